import { recordParts } from '#shared/package/format.ts';
import type { Cryptography } from '../ports/cryptography.ts';
import type { PlainRecord } from './records.ts';

const HASH_LENGTH = 64;
const HASH_NAME = new TextEncoder().encode('"hash":"');
const QUOTE = 0x22;
const COMMA = 0x2c;
const LINE_FEED = 10;
/** A UTF-16 unit takes at most so many bytes. */
const WIDEST = 3;

/** Lines of records.jsonl while they are made: chainRecord's, each put into bytes once, for its hash and for the file. */
export interface ChainLines {
  /** Bytes of the lines so far. */
  readonly length: number;
  /** The record's hash. */
  add(record: PlainRecord, n: number, prev: string): string;
  /** All lines since the last call, each with its line feed. */
  take(): Uint8Array;
}

export function createChainLines(sha256: Cryptography['sha256']): ChainLines {
  const encoder = new TextEncoder();
  /** What is hashed: `prev`, then the record without its `hash`. */
  let hashed = new Uint8Array(16 * 1024);
  let lines = new Uint8Array(256 * 1024);
  let length = 0;

  function append(from: number, to: number): void {
    lines.set(hashed.subarray(from, to), length);
    length += to - from;
  }
  function room(bytes: number): void {
    if (lines.length - length >= bytes) return;
    const wider = new Uint8Array(2 * (length + bytes));
    wider.set(lines.subarray(0, length));
    lines = wider;
  }

  return {
    get length() {
      return length;
    },
    add(record, n, prev) {
      const [before, after] = recordParts(record, n, prev);
      const most = WIDEST * (prev.length + before.length + after.length + 2);
      if (hashed.length < most) hashed = new Uint8Array(2 * most);
      const open = encoder.encodeInto(prev, hashed).written;
      const begin = open + encoder.encodeInto(`{${before}`, hashed.subarray(open)).written;
      // The comma before `hash` stands there; the one behind it goes with it.
      const end = begin + encoder.encodeInto(`${after.slice(1)}}`, hashed.subarray(begin)).written;
      const hash = sha256(hashed.subarray(0, end));
      room(end + HASH_NAME.length + HASH_LENGTH + 3);
      append(open, begin);
      lines.set(HASH_NAME, length);
      length += HASH_NAME.length;
      for (let at = 0; at < HASH_LENGTH; at++) lines[length++] = hash.charCodeAt(at);
      lines[length++] = QUOTE;
      lines[length++] = COMMA;
      append(begin, end);
      lines[length++] = LINE_FEED;
      return hash;
    },
    take() {
      const own = lines.slice(0, length);
      length = 0;
      return own;
    },
  };
}
