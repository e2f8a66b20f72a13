/**
 * Small seeded generator (mulberry32): the same seed gives the same sequence on every runtime.
 * For simulation, sampling, jitter and fuzz; never for keys or tokens.
 */
export interface Prng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  int(bound: number): number;
  /** One element of a non-empty list. */
  pick<T>(list: readonly T[]): T;
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean;
  /** An independent generator derived from this one and a label, so that parts don't disturb each other. */
  fork(label: string): Prng;
}

export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const prng: Prng = {
    next,
    int: (bound) => Math.floor(next() * bound),
    pick: (list) => {
      if (list.length === 0) throw new RangeError('pick from an empty list');
      return list[Math.floor(next() * list.length)] as (typeof list)[number];
    },
    chance: (probability) => next() < probability,
    fork: (label) => {
      let hash = seed >>> 0;
      for (let i = 0; i < label.length; i++) hash = (Math.imul(hash ^ label.charCodeAt(i), 0x01000193) + 1) >>> 0;
      return createPrng(hash);
    },
  };
  return prng;
}
