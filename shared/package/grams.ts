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
const pair = (first: number, second: number): number => (first << 16) | second;

const firstBucket = (gram: number, mask: number): number => mix(gram ^ 0x5bd1e995) & mask;
const secondBucket = (gram: number, mask: number): number => mix(Math.imul(gram, 0x01000193) ^ SECOND) & mask;

/** Buckets that are set in every chunk with a text that contains this (folded, non-empty) term. */
export function termBuckets(term: string, layout: Buckets): number[] {
  const grams = new Set<number>();
  if (term.length === 1) grams.add(term.charCodeAt(0));
  for (let at = 1; at < term.length && grams.size < 24; at++)
    grams.add(pair(term.charCodeAt(at - 1), term.charCodeAt(at)));
  const mask = layout.buckets - 1;
  return [...grams].flatMap((gram) => [firstBucket(gram, mask), secondBucket(gram, mask)]);
}

/** The layout of a table with so many chunks. */
export function gramLayout(buckets: number, chunks: number): GramLayout {
  const rowBytes = Math.max(1, Math.ceil(chunks / 8));
  let perFile = buckets;
  while (perFile > 256 && (perFile / 2) * rowBytes >= MIN_FILE) perFile /= 2;
  return { buckets, rowBytes, perFile };
}

/**
 * The table while it is made: a column of bits a chunk, which the processor's caches hold while it is filled. Whoever makes
 * it keeps the columns, one behind the other, until rows are made of them (createGramRows).
 */
export interface GramColumns {
  readonly buckets: number;
  /** A folded text of the chunk under way. */
  addText(folded: string): void;
  /** A name of the chunk under way; `sort` as in nameBuckets. */
  addName(sort: string, name: string): void;
  /** The whole chunk's column, a bit a bucket; what is added from now on belongs to the next one. */
  endChunk(): Uint8Array;
}

/** `chunks`: about how many there will be. */
export function createGramColumns(chunks: number): GramColumns {
  const buckets = chunks <= 64 ? 1 << 15 : 1 << 18;
  const mask = buckets - 1;
  let column = new Uint8Array(buckets / 8);
  const names = new Map<string, Set<string>>();

  const set = (bucket: number): void => {
    column[bucket >> 3] = (column[bucket >> 3] as number) | (1 << (bucket & 7));
  };
  const addGram = (gram: number): void => {
    set(firstBucket(gram, mask));
    set(secondBucket(gram, mask));
  };

  return {
    buckets,
    addText(folded) {
      let before = 0;
      for (let at = 0; at < folded.length; at++) {
        const unit = folded.charCodeAt(at);
        addGram(unit);
        if (at > 0) addGram(pair(before, unit));
        before = unit;
      }
    },
    addName(sort, name) {
      let known = names.get(sort);
      if (known === undefined) names.set(sort, (known = new Set()));
      if (known.has(name)) return;
      known.add(name);
      for (const bucket of nameBuckets(sort, name, { buckets })) set(bucket);
    },
    endChunk() {
      const whole = column;
      column = new Uint8Array(buckets / 8);
      for (const known of names.values()) known.clear();
      return whole;
    },
  };
}

/** Rows of some of the table's files, while all columns pass by. */
export interface GramRows {
  /** Bytes of the columns, `at` bytes behind the first one's beginning. */
  take(at: number, bytes: Uint8Array): void;
  files(): readonly Uint8Array[];
}

export function createGramRows({ buckets, perFile, rowBytes }: GramLayout, first: number, count: number): GramRows {
  const columnBytes = buckets / 8;
  const fileBytes = perFile / 8;
  const lowest = first * fileBytes;
  const files = Array.from({ length: count }, () => new Uint8Array(perFile * rowBytes));
  return {
    take(at, bytes) {
      // One column's part after the other, and of it only what belongs to these files.
      for (let index = 0; index < bytes.length;) {
        const chunk = Math.floor((at + index) / columnBytes);
        const begin = (at + index) % columnBytes;
        const end = Math.min(columnBytes, begin + bytes.length - index);
        const bit = 1 << (chunk & 7);
        for (let place = Math.max(begin, lowest); place < Math.min(end, lowest + count * fileBytes); place++) {
          let rest = bytes[index + place - begin] as number;
          if (rest === 0) continue;
          const inFile = (place - lowest) % fileBytes;
          const file = files[(place - lowest - inFile) / fileBytes] as Uint8Array;
          for (let to = inFile * 8 * rowBytes + (chunk >> 3); rest !== 0; rest >>= 1, to += rowBytes)
            if ((rest & 1) !== 0) file[to] = (file[to] as number) | bit;
        }
        index += end - begin;
      }
    },
    files: () => files,
  };
}
