import type { ConversationKey } from '#shared/domain/ids.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import {
  CHAIN_START,
  chainRecord,
  CHUNK_END,
  chunkBegin,
  chunkName,
  conversationsName,
  FILE,
  gramsName,
  toBase64,
  type Manifest,
  type Sha256,
} from '#shared/package/format.ts';
import { addGrams, createGramTable } from '#shared/package/grams.ts';
import type { PackageConversation, PackageIndex } from '#shared/package/page-data.ts';
import { fold } from '#shared/search/normalise.ts';
import type { PlainRecord } from './records.ts';

export interface PackageData {
  knows(conversation: ConversationKey): boolean;
  /** Chains the record and puts it into the page's chunk. `row`: the message it came with. */
  add(row: SearchRow, record: PlainRecord): Promise<void>;
  finish(): Promise<{ readonly head: string; readonly counts: Manifest['counts'] }>;
}

/** A chunk is read as one script: small enough for a moment, large enough that a million records are about a thousand. */
const LEAST_RECORDS = 500;
const CHUNKS = 1_000;
const CHUNK_CHARACTERS = 4 * 1024 * 1024;
const CONVERSATIONS_A_FILE = 2_000;

/** The chain of records, and what the page needs to find its way in them (docs/package-format.md, "Data of the page"). */
export function createPackageData(
  sha256: Sha256,
  rows: number,
  out: {
    /** One record's line, without a line feed, in the chain's order. */
    line(line: string): void;
    file(name: string, content: Uint8Array): Promise<void>;
  },
): PackageData {
  const encoder = new TextEncoder();
  const perChunk = Math.max(LEAST_RECORDS, Math.ceil(rows / CHUNKS));
  const table = createGramTable(Math.ceil(rows / perChunk) + 1);
  let n = 0;
  let head = CHAIN_START;
  const counts = new Map<string, number>();
  const conversations = new Map<
    ConversationKey,
    {
      readonly id: string;
      readonly shop: string;
      readonly consumer: string;
      agents: string[];
      messages: number;
      from: number;
      to: number;
    }
  >();
  const agents = new Map<string, { messages: number; conversations: number }>();
  const consumers = new Set<string>();

  const chunks: PackageIndex['chunks'][number][] = [];
  let lines: string[] = [];
  let characters = 0;
  let from: number | null = null;
  let to: number | null = null;
  let grams = new Set<number>();
  let names = new Map<string, readonly [string, string]>();

  const name = (sort: string, value: unknown): void => {
    if (typeof value === 'string' && value !== '') names.set(`${sort}\u0000${value}`, [sort, value]);
  };

  async function endChunk(): Promise<void> {
    if (lines.length === 0) return;
    const number = chunks.length + 1;
    table.set(chunks.length, grams, names.values());
    chunks.push({ records: lines.length, from, to });
    const content = `${chunkBegin(number)}${lines.join(',\n')}\n${CHUNK_END}`;
    lines = [];
    characters = 0;
    from = null;
    to = null;
    grams = new Set();
    names = new Map();
    await out.file(chunkName(number), encoder.encode(content));
  }

  return {
    knows: (conversation) => conversations.has(conversation),

    async add(row, record) {
      const { line, hash } = chainRecord(record, ++n, head, sha256);
      head = hash;
      counts.set(record.type, (counts.get(record.type) ?? 0) + 1);
      out.line(line);
      lines.push(line);
      characters += line.length;
      name('conversation', record['conversation_id']);
      for (const number of [...list(record['order_nos']), ...list(record['violation_nos'])]) name('number', number);
      if (record.type === 'conversation') {
        const consumer = textOf(record['consumer']);
        conversations.set(row.conversation_key, {
          id: textOf(record['conversation_id']),
          shop: textOf(record['shop']),
          consumer,
          agents: [],
          messages: 0,
          from: row.sent_at,
          to: row.sent_at,
        });
        consumers.add(`${textOf(record['shop'])}\u0000${consumer}`);
      } else if (record.type === 'message') {
        const agent = textOf(record['agent']);
        name('agent', agent);
        addGrams(fold(textOf(record['text'])), grams);
        from = from === null ? row.sent_at : Math.min(from, row.sent_at);
        to = to === null ? row.sent_at : Math.max(to, row.sent_at);
        const conversation = conversations.get(row.conversation_key);
        if (conversation !== undefined) {
          conversation.messages++;
          conversation.from = Math.min(conversation.from, row.sent_at);
          conversation.to = Math.max(conversation.to, row.sent_at);
        }
        if (agent !== '') {
          const total = agents.get(agent) ?? { messages: 0, conversations: 0 };
          total.messages++;
          if (conversation !== undefined && !conversation.agents.includes(agent)) {
            conversation.agents.push(agent);
            total.conversations++;
          }
          agents.set(agent, total);
        }
      }
      if (lines.length >= perChunk || characters >= CHUNK_CHARACTERS) await endChunk();
    },

    async finish() {
      await endChunk();
      const all = [...conversations.values()];
      let files = 0;
      for (let at = 0; at < all.length; at += CONVERSATIONS_A_FILE) {
        const part: readonly PackageConversation[] = all.slice(at, at + CONVERSATIONS_A_FILE);
        files++;
        await out.file(
          conversationsName(files),
          encoder.encode(`packageConversations(${files},${canonicalJson(part)});\n`),
        );
      }
      const layout = table.layout();
      // With a handful of chunks all of them are read sooner than a table.
      const gramFiles = chunks.length < 4 ? 0 : layout.buckets / layout.perFile;
      for (let file = 0; file < gramFiles; file++)
        await out.file(
          gramsName(file + 1),
          encoder.encode(`packageGrams(${file + 1},"${toBase64(table.file(file))}");\n`),
        );
      const of = (type: string): number => counts.get(type) ?? 0;
      const index: PackageIndex = {
        chunks,
        conversations: { count: all.length, files },
        grams: { ...layout, files: gramFiles },
        agents: [...agents].map(([agent, total]) => ({ name: agent, ...total })),
      };
      await out.file(FILE.index, encoder.encode(`packageIndex(${canonicalJson(index)});\n`));
      return {
        head,
        counts: {
          records: n,
          messages: of('message'),
          recalls: of('recall'),
          corrections: of('correction'),
          transfers: of('transfer'),
          conversations: all.length,
          agents: agents.size,
          consumers: consumers.size,
        },
      };
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
