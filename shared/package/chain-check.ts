import { CHAIN_START, FILE, hashFits, RECORD_TYPES, type Manifest } from './format.ts';
import { parseCanonicalJson } from '../lib/canonical-json.ts';
import { createRecordScanner } from './record-line.ts';
import type { ProblemCode, VerifyTools } from './verify.ts';

/** A record's text is at most 1 MB; JSON writes each unit with up to 6 characters. */
const MAX_LINE = 16 * 1024 * 1024;
/** A line of more bytes is longer than that whatever its characters. */
const MAX_LINE_BYTES = 3 * MAX_LINE;
const LINE_FEED = 10;
const HEX_LENGTH = 64;

export type Report = (where: string, what: ProblemCode, records?: readonly [number, number]) => void;

/**
 * The lines of records.jsonl as they come. A line's own hash says whether it was changed; where it fits, `n` and `prev`
 * say what happened around it: numbers that are passed over were removed, unless they come later (swapped) or stand
 * behind a line that can't be read; numbers that were there are doubled.
 */
export function createChainCheck(tools: Pick<VerifyTools, 'sha256'>, report: Report) {
  const counts = new Map<string, number>();
  const read = createLineReader(tools);
  /** The beginning of a line whose end has not come yet. */
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let lines = 0;
  /** The record with the highest number so far; hash null where it could not be read. */
  let top: { readonly n: number; readonly hash: string | null } = { n: 0, hash: CHAIN_START };
  /** Lines since `top` that could not be trusted: each may be one of the numbers passed over. */
  let damaged = 0;
  const missing: { from: number; to: number; readonly line: number }[] = [];

  const where = (line: number): string => `${FILE.records}:${line}`;

  function line(bytes: Uint8Array, from: number, to: number): void {
    lines++;
    const record = read(bytes, from, to, top.hash);
    if (record === null) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED');
      return;
    }
    const { n, hash, type } = record;
    if (n === null) {
      damaged++;
      report(where(lines), 'RECORD_CHANGED', [top.n + damaged, top.n + damaged]);
      return;
    }
    if (type === null) report(where(lines), 'RECORD_MALFORMED', [n, n]);
    else counts.set(type, (counts.get(type) ?? 0) + 1);
    if (n <= top.n) {
      const gap = missing.find(({ from: first, to: last }) => first <= n && n <= last);
      if (gap === undefined) report(where(lines), 'RECORD_TWICE', [n, n]);
      else {
        report(where(lines), 'RECORD_SWAPPED', [n, n]);
        missing.splice(missing.indexOf(gap), 1);
        if (gap.from < n) missing.push({ ...gap, to: n - 1 });
        if (n < gap.to) missing.push({ ...gap, from: n + 1 });
      }
      return;
    }
    const passed = n - top.n - 1;
    if (passed > damaged) missing.push({ from: top.n + damaged + 1, to: n - 1, line: lines });
    else if (passed === 0 && damaged === 0 && !record.follows)
      // Its own hash fits and it follows by number: what it follows is another record than the one before it.
      report(where(lines), 'RECORD_CHANGED', [n, n]);
    top = { n, hash };
    damaged = 0;
  }

  function lineOf(pieces: readonly Uint8Array[], bytes: number): void {
    line(joined(pieces, bytes), 0, bytes);
  }

  return {
    /** The bytes are read at once and not kept. */
    feed(piece: Uint8Array): void {
      let at = 0;
      for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, at)) {
        if (restBytes === 0) line(piece, at, end);
        else {
          rest.push(piece.subarray(at, end));
          lineOf(rest, restBytes + end - at);
          rest = [];
          restBytes = 0;
        }
        at = end + 1;
      }
      // An endless line is given up, not gathered.
      if (at === piece.length || restBytes > MAX_LINE_BYTES) return;
      rest.push(piece.slice(at));
      restBytes += piece.length - at;
    },
    end(manifest: Manifest | undefined): void {
      if (restBytes > 0) {
        lineOf(rest, restBytes);
        report(where(lines), 'RECORDS_TRUNCATED');
      }
      for (const { from, to, line: at } of missing) report(where(at), 'RECORD_REMOVED', [from, to]);
      if (manifest === undefined) return;
      const { records } = manifest.counts;
      const counted = [...counts.values()].reduce((sum, count) => sum + count, 0);
      if (top.n + damaged < records) report(where(lines + 1), 'RECORDS_TRUNCATED', [top.n + damaged + 1, records]);
      else if (top.n !== records || top.hash !== manifest.chain.head) {
        if (damaged === 0) report(where(lines), 'HEAD_DIFFERS');
        // Of a line that can't be read nobody knows what it is: it is said already.
      } else if (lines === records && counted === lines) {
        const of = (type: string): number => counts.get(type) ?? 0;
        const { counts: said } = manifest;
        if (
          of('message') !== said.messages ||
          of('recall') !== said.recalls ||
          of('correction') !== said.corrections ||
          of('transfer') !== said.transfers ||
          of('conversation') !== said.conversations
        )
          report(FILE.manifest, 'COUNT_DIFFERS');
      }
    },
    lines: () => lines,
  };
}

interface ReadRecord {
  /** Null where the line has no number, or another hash than its own. */
  readonly n: number | null;
  readonly hash: string;
  /** Null where it is none of ours. */
  readonly type: string | null;
  /** Its `prev` is the hash before. */
  readonly follows: boolean;
}

/**
 * Reads one line; null where it is no canonical JSON of an object. Lines as the exporter writes them are judged as the bytes
 * they are; whatever isn't one, or doesn't fit, is parsed and written again, which takes several times as long.
 */
function createLineReader(tools: Pick<VerifyTools, 'sha256'>) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const { scan, found } = createRecordScanner();
  let hashed = new Uint8Array(4_096);

  return (bytes: Uint8Array, from: number, to: number, before: string | null): ReadRecord | null => {
    if (scan(bytes, from, to)) {
      const { n, prevAt, hashAt, hashMemberAt, typeAt, typeLength } = found;
      const memberEnd = hashAt + HEX_LENGTH + 1;
      const head = hashMemberAt - from;
      const length = HEX_LENGTH + head + to - memberEnd;
      if (hashed.length < length) hashed = new Uint8Array(2 * length);
      hashed.set(bytes.subarray(prevAt, prevAt + HEX_LENGTH));
      hashed.set(bytes.subarray(from, hashMemberAt), HEX_LENGTH);
      hashed.set(bytes.subarray(memberEnd, to), HEX_LENGTH + head);
      const hash = tools.sha256(hashed.subarray(0, length));
      if (stands(bytes, hashAt, hash))
        return {
          n,
          hash,
          type: RECORD_TYPES.find((type) => type.length === typeLength && stands(bytes, typeAt, type)) ?? null,
          follows: before !== null && stands(bytes, prevAt, before),
        };
    }
    const text = to - from > MAX_LINE_BYTES ? null : decoder.decode(bytes.subarray(from, to));
    const value = text === null || text.length > MAX_LINE ? undefined : parseCanonicalJson(text);
    if (text === null || typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const record = value as Readonly<Record<string, unknown>>;
    const { n, prev, hash, type } = record;
    const own = typeof n === 'number' && n >= 1 && typeof hash === 'string' && hashFits(text, record, tools.sha256);
    return {
      n: own ? n : null,
      hash: own ? hash : '',
      type: RECORD_TYPES.find((one) => one === type) ?? null,
      follows: prev === before,
    };
  };
}

/** Whether these characters, all of them ASCII, stand there. */
function stands(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** One array of all pieces. */
export function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined) return only;
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
