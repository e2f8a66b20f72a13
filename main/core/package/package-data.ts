import type { Scorecard } from '#shared/domain/review/scorecard.ts';
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
  /** By the names that stand in the package. */
  knows(conversationId: string, shop: string): boolean;
  /** Chains the record and puts it into the page's chunk. `sentAt`: of the message it came with. */
  add(record: PlainRecord, sentAt: number): void;
  /** Between two messages. True where a chunk was ended and handed on: work can be taken up again behind it. */
  endOfRow(): Promise<boolean>;
  /** Files of messages that are in it, by the SHA-256 of their content, with how many messages have them. */
  attachments(): ReadonlyMap<string, number>;
  /** How far the chain was when the last chunk ended. */
  state(): PackageDataState;
  /** A chunk that was written before, in their order: everything about it is known again. */
  replay(chunk: string): void;
  finish(scorecard?: Scorecard): Promise<{ readonly head: string; readonly counts: Manifest['counts'] }>;
}

export interface PackageDataState {
  readonly n: number;
  readonly head: string;
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
    /** Whole lines of records.jsonl, in the chain's order. */
    records(lines: Uint8Array): Promise<void>;
    file(name: string, content: Uint8Array): Promise<void>;
  },
  from: PackageDataState | null = null,
): PackageData {
  const encoder = new TextEncoder();
  const perChunk = Math.max(LEAST_RECORDS, Math.ceil(rows / CHUNKS));
  const table = createGramTable(Math.ceil(rows / perChunk) + 1);
  let n = from?.n ?? 0;
  let head = from?.head ?? CHAIN_START;
  let ended: PackageDataState = { n, head };
  const counts = new Map<string, number>();
  const conversations = new Map<
    string,
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
  /** Conversations by their id alone, as messages name them. */
  const byId = new Map<string, string>();
  const agents = new Map<string, { messages: number; conversations: number }>();
  const consumers = new Set<string>();
  const attachments = new Map<string, number>();

  const chunks: PackageIndex['chunks'][number][] = [];
  let lines: string[] = [];
  let characters = 0;
  let oldest: number | null = null;
  let newest: number | null = null;
  let grams = new Set<number>();
  let names = new Map<string, readonly [string, string]>();

  const name = (sort: string, value: unknown): void => {
    if (typeof value === 'string' && value !== '') names.set(`${sort}\u0000${value}`, [sort, value]);
  };

  function note(record: PlainRecord, sentAt: number): void {
    counts.set(record.type, (counts.get(record.type) ?? 0) + 1);
    const id = textOf(record['conversation_id']);
    name('conversation', id);
    for (const number of [...list(record['order_nos']), ...list(record['violation_nos'])]) name('number', number);
    if (record.type === 'conversation') {
      const shop = textOf(record['shop']);
      const consumer = textOf(record['consumer']);
      const key = keyOf(id, shop);
      byId.set(id, key);
      conversations.set(key, { id, shop, consumer, agents: [], messages: 0, from: sentAt, to: sentAt });
      consumers.add(`${shop}\u0000${consumer}`);
    } else if (record.type === 'message') {
      const agent = textOf(record['agent']);
      name('agent', agent);
      const file = (record['attachment'] as { readonly sha256?: unknown } | undefined)?.sha256;
      if (typeof file === 'string') attachments.set(file, (attachments.get(file) ?? 0) + 1);
      addGrams(fold(textOf(record['text'])), grams);
      oldest = oldest === null ? sentAt : Math.min(oldest, sentAt);
      newest = newest === null ? sentAt : Math.max(newest, sentAt);
      const conversation =
        conversations.get(keyOf(id, textOf(record['shop']))) ?? conversations.get(byId.get(id) ?? '');
      if (conversation !== undefined) {
        conversation.from = conversation.messages === 0 ? sentAt : Math.min(conversation.from, sentAt);
        conversation.to = conversation.messages === 0 ? sentAt : Math.max(conversation.to, sentAt);
        conversation.messages++;
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
  }

  function closeChunk(records: number): void {
    table.set(chunks.length, grams, names.values());
    chunks.push({ records, from: oldest, to: newest });
    lines = [];
    characters = 0;
    oldest = null;
    newest = null;
    grams = new Set();
    names = new Map();
  }

  async function endChunk(): Promise<void> {
    if (lines.length === 0) return;
    const number = chunks.length + 1;
    const content = encoder.encode(`${chunkBegin(number)}${lines.join(',\n')}\n${CHUNK_END}`);
    const own = encoder.encode(`${lines.join('\n')}\n`);
    closeChunk(lines.length);
    ended = { n, head };
    await out.records(own);
    await out.file(chunkName(number), content);
  }

  return {
    knows: (id, shop) => conversations.has(keyOf(id, shop)),

    add(record, sentAt) {
      const { line, hash } = chainRecord(record, ++n, head, sha256);
      head = hash;
      lines.push(line);
      characters += line.length;
      note(record, sentAt);
    },

    async endOfRow() {
      if (lines.length < perChunk && characters < CHUNK_CHARACTERS) return false;
      await endChunk();
      return true;
    },

    attachments: () => attachments,

    state: () => ended,

    replay(chunk) {
      const all = chunk.split('\n').slice(1, -2);
      for (const [at, text] of all.entries()) {
        const line = at === all.length - 1 ? text : text.slice(0, -1);
        const record = JSON.parse(line) as PlainRecord;
        const sentAt = record.type === 'message' ? Date.parse(textOf(record['sent_at'])) : 0;
        note(record, sentAt);
      }
      closeChunk(all.length);
    },

    async finish(scorecard) {
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
        ...(scorecard === undefined ? {} : { scorecard }),
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

const keyOf = (id: string, shop: string): string => `${shop}\u0000${id}`;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
