/** Repetitions further apart than this many rows are one row told twice (overlapping exports), not said twice. */
const REMEMBERED_ROWS = 500_000;
/** A power of two, twice as many as are remembered: a look-up takes one or two steps. */
const PLACES = 1_048_576;
/** Above, a count stands beside its place. */
const MAX_COUNT = 255;

/** Contents by their hash, in 9 MB whatever they are. */
interface Generation {
  readonly size: number;
  get(key: number): number;
  set(key: number, count: number): void;
  clear(): void;
}

/**
 * How often this content was seen before, in bounded memory: two generations of 53-bit hashes. Two contents with the same
 * hash would only be numbered differently, the same way each time, which keeps a second import harmless.
 */
export function createRepeatCounter(): (content: string) => number {
  /** Made for the first row: a preview and a file with ids have none to count. */
  let young: Generation | null = null;
  let old: Generation | null = null;
  return (content) => {
    const key = hash53(content);
    young ??= createGeneration();
    const before = young.get(key) || (old?.get(key) ?? 0);
    young.set(key, before + 1);
    if (young.size >= REMEMBERED_ROWS) {
      const emptied = old ?? createGeneration();
      old = young;
      young = emptied;
      young.clear();
    }
    return before;
  };
}

/** Open addressing in plain arrays: a Map of a million such numbers takes 50 MB and as much again while it grows. */
function createGeneration(): Generation {
  /** 0: free; else the hash and one. */
  const keys = new Float64Array(PLACES);
  const counts = new Uint8Array(PLACES);
  const many = new Map<number, number>();
  let size = 0;
  const placeOf = (key: number): number => {
    // The lower bits of the hash are as well mixed as all others.
    let place = (key >>> 0) % PLACES;
    while (keys[place] !== 0 && keys[place] !== key + 1) place = (place + 1) % PLACES;
    return place;
  };
  return {
    get size() {
      return size;
    },
    get: (key) => {
      const count = counts[placeOf(key)] ?? 0;
      return count === MAX_COUNT ? (many.get(key) ?? count) : count;
    },
    set: (key, count) => {
      const place = placeOf(key);
      if (keys[place] === 0) {
        keys[place] = key + 1;
        size += 1;
      }
      counts[place] = Math.min(count, MAX_COUNT);
      if (count >= MAX_COUNT) many.set(key, count);
    },
    clear: () => {
      keys.fill(0);
      counts.fill(0);
      many.clear();
      size = 0;
    },
  };
}

/** cyrb53 (public domain): fast and well mixed, not for secrets. */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 4_294_967_296 * (2_097_151 & low) + (high >>> 0);
}
