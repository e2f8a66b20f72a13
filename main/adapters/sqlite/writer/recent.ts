/**
 * A map of bounded size that forgets what was not asked for lately: two generations, of which the older is dropped when the
 * younger is full. What is asked for moves into the younger one, so a hit costs little more than a Map's, and nothing that
 * is in use is forgotten with the rest, as it is where a full map is emptied.
 */
export interface Recent<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  clear(): void;
  /** Forgets the older generation where the younger is full; only here. */
  trim(): void;
}

/** Holds `limit` entries and those of the generation before: at most twice as many. */
export function createRecent<K, V>(limit: number): Recent<K, V> {
  let young = new Map<K, V>();
  let old = new Map<K, V>();
  return {
    get: (key) => {
      const value = young.get(key);
      if (value !== undefined) return value;
      const before = old.get(key);
      if (before !== undefined) young.set(key, before);
      return before;
    },
    set: (key, value) => {
      young.set(key, value);
    },
    delete: (key) => {
      young.delete(key);
      old.delete(key);
    },
    clear: () => {
      young = new Map();
      old = new Map();
    },
    trim: () => {
      if (young.size < limit) return;
      old = young;
      young = new Map();
    },
  };
}
