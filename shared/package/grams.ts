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
  /** Buckets in one file, a power of two. */
  readonly perFile: number;
}

const MIN_FILE = 256 * 1024;

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

type Buckets = Pick<GramLayout, 'buckets'>;

const SECOND = 0x9e3779b9;

/**
 * A name's buckets: four, since with two of them one name in some hundreds would fall together with common grams and have
 * a third of the package read. `sort` (conversation, agent, number) keeps names of two sorts apart.
 */
export function nameBuckets(sort: string, name: string, layout: Buckets): readonly number[] {
  const text = `${sort}\u0000${name}`;
  return NAME_SEEDS.map((seed) => hash32(text, seed) & (layout.buckets - 1));
}
const NAME_SEEDS = [1, SECOND, 0x85ebca6b, 0x27d4eb2f];

/** One or two UTF-16 units as one number: the key of a gram. */
const pair = (first: number, second: number): number => first * 0x10000 + second;

function gramBuckets(gram: number, layout: Buckets): readonly [number, number] {
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
export function termBuckets(term: string, layout: Buckets): number[] {
  const grams = new Set<number>();
  if (term.length === 1) grams.add(term.charCodeAt(0));
  for (let at = 1; at < term.length && grams.size < 24; at++)
    grams.add(pair(term.charCodeAt(at - 1), term.charCodeAt(at)));
  return [...grams].flatMap((gram) => gramBuckets(gram, layout));
}

/** The table while it is made: one column a chunk. */
export interface GramTable {
  /** `chunk` from 0. */
  set(chunk: number, grams: ReadonlySet<number>, names: Iterable<readonly [sort: string, name: string]>): void;
  /** Of what is in it now. */
  layout(): GramLayout;
  /** Bytes of one file of `layout()`, from 0. */
  file(index: number): Uint8Array;
}

/** `chunks`: about how many there will be. It grows where there are more. */
export function createGramTable(chunks: number): GramTable {
  const buckets = chunks <= 64 ? 1 << 15 : 1 << 18;
  let capacity = Math.ceil(chunks / 8) + 1;
  let bits = new Uint8Array(buckets * capacity);
  let used = 0;

  const layout = (): GramLayout => {
    const rowBytes = Math.max(1, Math.ceil(used / 8));
    let perFile = buckets;
    while (perFile > 256 && (perFile / 2) * rowBytes >= MIN_FILE) perFile /= 2;
    return { buckets, rowBytes, perFile };
  };

  function grow(): void {
    const wider = capacity * 2;
    const next = new Uint8Array(buckets * wider);
    for (let bucket = 0; bucket < buckets; bucket++)
      next.set(bits.subarray(bucket * capacity, (bucket + 1) * capacity), bucket * wider);
    bits = next;
    capacity = wider;
  }

  return {
    layout,
    set(chunk, grams, names) {
      const byte = chunk >> 3;
      while (byte >= capacity) grow();
      used = Math.max(used, chunk + 1);
      const bit = 1 << (chunk & 7);
      const mark = (own: readonly number[]): void => {
        for (const bucket of own) {
          const at = bucket * capacity + byte;
          bits[at] = (bits[at] as number) | bit;
        }
      };
      for (const gram of grams) mark(gramBuckets(gram, { buckets }));
      for (const [sort, name] of names) mark(nameBuckets(sort, name, { buckets }));
    },
    file(index) {
      const { rowBytes, perFile } = layout();
      const out = new Uint8Array(perFile * rowBytes);
      for (let row = 0; row < perFile; row++) {
        const from = (index * perFile + row) * capacity;
        out.set(bits.subarray(from, from + rowBytes), row * rowBytes);
      }
      return out;
    },
  };
}
