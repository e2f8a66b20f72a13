/**
 * The page's index (docs/package-format.md, "Data of the page"): which chunks can hold what. Every piece of a chunk's
 * folded texts of one and of two UTF-16 units, and every name that is filtered by, sets two of its column's bits. A
 * search reads only chunks whose bits are all set; whether a record matches is decided on its text, as everywhere (SR4).
 */
export interface GramLayout {
  /** A power of two. */
  readonly buckets: number;
  /** Bytes of a bucket's row: one bit a chunk. */
  readonly rowBytes: number;
  /** Buckets in one file. */
  readonly perFile: number;
}

const MIN_FILE = 256 * 1024;

/** `chunks`: how many there are at most. */
export function gramLayout(chunks: number): GramLayout {
  const buckets = chunks <= 64 ? 1 << 15 : 1 << 18;
  const rowBytes = Math.ceil(chunks / 8);
  let perFile = buckets;
  while (perFile > 256 && (perFile / 2) * rowBytes >= MIN_FILE) perFile /= 2;
  return { buckets, rowBytes, perFile };
}

/** FNV-1a over UTF-16 units, with its bits mixed at the end. */
export function hash32(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const SECOND = 0x9e3779b9;

/** Both buckets of a name: `conversation`, `agent` and so on stand before it, so that names of two sorts don't meet. */
export function nameBuckets(sort: string, name: string, layout: GramLayout): readonly [number, number] {
  const text = `${sort}\u0000${name}`;
  return [hash32(text, 1) & (layout.buckets - 1), hash32(text, SECOND) & (layout.buckets - 1)];
}

/** One or two UTF-16 units as one number: the key of a gram. */
const pair = (first: number, second: number): number => first * 0x10000 + second;

function gramBuckets(gram: number, layout: GramLayout): readonly [number, number] {
  const mask = layout.buckets - 1;
  return [mix((gram | 0) ^ 0x5bd1e995) & mask, mix(Math.imul(gram | 0, 0x01000193) ^ SECOND) & mask];
}

/** Adds a folded text's grams to a set, which a chunk gathers. */
export function addGrams(folded: string, into: Set<number>): void {
  let before = 0;
  for (let at = 0; at < folded.length; at++) {
    const unit = folded.charCodeAt(at);
    into.add(unit);
    if (at > 0) into.add(pair(before, unit));
    before = unit;
  }
}

/** Buckets that are set in every chunk with a text that contains this (folded, non-empty) term. */
export function termBuckets(term: string, layout: GramLayout): number[] {
  const grams = new Set<number>();
  if (term.length === 1) grams.add(term.charCodeAt(0));
  for (let at = 1; at < term.length && grams.size < 24; at++) grams.add(pair(term.charCodeAt(at - 1), term.charCodeAt(at)));
  return [...grams].flatMap((gram) => gramBuckets(gram, layout));
}

/** The table while it is made: one column a chunk. */
export interface GramTable {
  readonly layout: GramLayout;
  /** `chunk` from 0. */
  set(chunk: number, grams: ReadonlySet<number>, names: Iterable<readonly [sort: string, name: string]>): void;
  /** Bytes of one file, from 0. */
  file(index: number): Uint8Array;
}

export function createGramTable(layout: GramLayout): GramTable {
  const bits = new Uint8Array(layout.buckets * layout.rowBytes);
  return {
    layout,
    set(chunk, grams, names) {
      const byte = chunk >> 3;
      const bit = 1 << (chunk & 7);
      const mark = (buckets: readonly [number, number]): void => {
        for (const bucket of buckets) {
          const at = bucket * layout.rowBytes + byte;
          bits[at] = (bits[at] as number) | bit;
        }
      };
      for (const gram of grams) mark(gramBuckets(gram, layout));
      for (const [sort, name] of names) mark(nameBuckets(sort, name, layout));
    },
    file: (index) => bits.subarray(index * layout.perFile * layout.rowBytes, (index + 1) * layout.perFile * layout.rowBytes),
  };
}
