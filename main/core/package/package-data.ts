import type { Scorecard } from '#shared/domain/review/scorecard.ts';
import { canonicalJson } from '#shared/lib/canonical-json.ts';
import {
  CHAIN_START,
  CHUNK_END,
  chunkBegin,
  chunkName,
  conversationsName,
  FILE,
  gramsName,
  toBase64,
  type Manifest,
} from '#shared/package/format.ts';
import { createGramColumns, createGramRows, gramLayout } from '#shared/package/grams.ts';
import type { PackageIndex } from '#shared/package/page-data.ts';
import { fold } from '#shared/search/normalise.ts';
import type { Cryptography } from '../ports/cryptography.ts';
import type { FilePart } from '../ports/files.ts';
import { createChainLines } from './chain-lines.ts';
import { createConversationTable } from './conversation-table.ts';
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
  replay(chunk: string): Promise<void>;
  finish(scorecard?: Scorecard): Promise<{ readonly head: string; readonly counts: Manifest['counts'] }>;
}

export interface PackageDataState {
  readonly n: number;
  readonly head: string;
}

/** A chunk is read as one script: small enough for a moment, large enough that a million records are about a thousand. */
const LEAST_RECORDS = 500;
const CHUNKS = 1_000;
const CHUNK_BYTES = 4 * 1024 * 1024;
const CONVERSATIONS_A_FILE = 2_000;
/** Files of the table that are made in one reading of its columns: half a megabyte each in large packages. */
const GRAM_FILES_AT_ONCE = 16;

/** The chain of records, and what the page needs to find its way in them (docs/package-format.md, "Data of the page"). */
export function createPackageData(
  sha256: Cryptography['sha256'],
  rows: number,
  out: {
    /** Whole lines of records.jsonl, in the chain's order. */
    records(lines: Uint8Array): Promise<void>;
    file(name: string, content: Uint8Array): Promise<void>;
    /** Where the page's table waits: columns one behind the other. */
    readonly table: Pick<FilePart, 'write' | 'settle' | 'written' | 'read'>;
  },
  from: PackageDataState | null = null,
): PackageData {
  const encoder = new TextEncoder();
  const perChunk = Math.max(LEAST_RECORDS, Math.ceil(rows / CHUNKS));
  const table = createGramColumns(Math.ceil(rows / perChunk) + 1);
  let n = from?.n ?? 0;
  let head = from?.head ?? CHAIN_START;
  let ended: PackageDataState = { n, head };
  const counts = new Map<string, number>();
  const conversations = createConversationTable();
  const agents = new Map<string, { messages: number; conversations: number }>();
  const attachments = new Map<string, number>();

  const chunks: PackageIndex['chunks'][number][] = [];
  const lines = createChainLines(sha256);
  let records = 0;
  let oldest: number | null = null;
  let newest: number | null = null;

  const name = (sort: string, value: unknown): void => {
    if (typeof value === 'string' && value !== '') table.addName(sort, value);
  };

  function note(record: PlainRecord, sentAt: number): void {
    counts.set(record.type, (counts.get(record.type) ?? 0) + 1);
    const id = textOf(record['conversation_id']);
    name('conversation', id);
    for (const number of list(record['order_nos'])) name('number', number);
    for (const number of list(record['violation_nos'])) name('number', number);
    if (record.type === 'conversation')
      conversations.add(id, textOf(record['shop']), textOf(record['consumer']), sentAt);
    else if (record.type === 'message') {
      const agent = textOf(record['agent']);
      name('agent', agent);
      const file = (record['attachment'] as { readonly sha256?: unknown } | undefined)?.sha256;
      if (typeof file === 'string') attachments.set(file, (attachments.get(file) ?? 0) + 1);
      table.addText(fold(textOf(record['text'])));
      oldest = oldest === null ? sentAt : Math.min(oldest, sentAt);
      newest = newest === null ? sentAt : Math.max(newest, sentAt);
      const first = conversations.message(id, textOf(record['shop']), agent, sentAt);
      if (agent !== '') {
        let total = agents.get(agent);
        if (total === undefined) agents.set(agent, (total = { messages: 0, conversations: 0 }));
        total.messages++;
        if (first) total.conversations++;
      }
    }
  }

  async function closeChunk(): Promise<void> {
    await out.table.write(table.endChunk());
    chunks.push({ records, from: oldest, to: newest });
    records = 0;
    oldest = null;
    newest = null;
  }

  async function endChunk(): Promise<void> {
    if (records === 0) return;
    const number = chunks.length + 1;
    const own = lines.take();
    const content = chunkOf(number, own, records);
    await closeChunk();
    ended = { n, head };
    await out.records(own);
    await out.file(chunkName(number), content);
  }

  return {
    knows: (id, shop) => conversations.has(id, shop),

    add(record, sentAt) {
      head = lines.add(record, ++n, head);
      records++;
      note(record, sentAt);
    },

    async endOfRow() {
      if (records < perChunk && lines.length < CHUNK_BYTES) return false;
      await endChunk();
      return true;
    },

    attachments: () => attachments,

    state: () => ended,

    async replay(chunk) {
      const all = chunk.split('\n').slice(1, -2);
      for (const [at, text] of all.entries()) {
        const line = at === all.length - 1 ? text : text.slice(0, -1);
        const record = JSON.parse(line) as PlainRecord;
        const sentAt = record.type === 'message' ? Date.parse(textOf(record['sent_at'])) : 0;
        note(record, sentAt);
        records++;
      }
      await closeChunk();
    },

    async finish(scorecard) {
      await endChunk();
      let files = 0;
      for (let at = 0; at < conversations.size(); at += CONVERSATIONS_A_FILE) {
        const part = conversations.slice(at, at + CONVERSATIONS_A_FILE);
        files++;
        await out.file(
          conversationsName(files),
          encoder.encode(`packageConversations(${files},${canonicalJson(part)});\n`),
        );
      }
      const layout = gramLayout(table.buckets, chunks.length);
      // With a handful of chunks all of them are read sooner than a table.
      const gramFiles = chunks.length < 4 ? 0 : layout.buckets / layout.perFile;
      await out.table.settle();
      for (let first = 0; first < gramFiles; first += GRAM_FILES_AT_ONCE) {
        const rows = createGramRows(layout, first, Math.min(GRAM_FILES_AT_ONCE, gramFiles - first));
        let at = 0;
        for await (const piece of out.table.read(0, out.table.written())) {
          rows.take(at, piece);
          at += piece.length;
        }
        for (const [index, bytes] of rows.files().entries())
          await out.file(
            gramsName(first + index + 1),
            encoder.encode(`packageGrams(${first + index + 1},"${toBase64(bytes)}");\n`),
          );
      }
      const of = (type: string): number => counts.get(type) ?? 0;
      const index: PackageIndex = {
        chunks,
        conversations: { count: conversations.size(), files },
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
          conversations: conversations.size(),
          agents: agents.size,
          consumers: conversations.consumers(),
        },
      };
    },
  };
}

const LINE_FEED = 10;
const COMMA = 44;

/** A chunk's script around its lines: a comma behind each but the last. Bytes of text that exists already are only copied. */
function chunkOf(number: number, own: Uint8Array, records: number): Uint8Array {
  const encoder = new TextEncoder();
  const begin = encoder.encode(chunkBegin(number));
  const end = encoder.encode(CHUNK_END);
  const out = new Uint8Array(begin.length + own.length + records - 1 + end.length);
  out.set(begin);
  let to = begin.length;
  for (let from = 0; from < own.length;) {
    const feed = own.indexOf(LINE_FEED, from);
    out.set(own.subarray(from, feed), to);
    to += feed - from;
    if (feed + 1 < own.length) out[to++] = COMMA;
    out[to++] = LINE_FEED;
    from = feed + 1;
  }
  out.set(end, to);
  return out;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
