import type { WritableDatabase } from '../connection.ts';
import { createRecent } from './recent.ts';

/**
 * Which key a message gets (ST2): the slot of its time, or the next free one. A burst (more than 1,024 messages of one second,
 * or a gateway that gives a whole catch-up one time) fills the slots far beyond its own; looking for the end of such a stretch
 * anew for each slot would cost its square, so stretches are remembered. Only ever a hint: the row's own key decides.
 */
export interface FreeKeys {
  /** Where to try first. */
  from(slot: number): number;
  /** The first free key behind one that turned out to be taken. */
  after(taken: number): number;
  /** A row stands there now. */
  took(slot: number, key: number): void;
  /** After a rollback. */
  reset(): void;
}

/** Keys `from` to below `to` are taken. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** And as many again of the generation before. */
const SLOTS = 25_000;
/** The present, and some places of the past that are being filled meanwhile. */
const STRETCHES = 8;

export function createFreeKeys(db: WritableDatabase): FreeKeys {
  /** Slot → the first key after it that was free when last looked: rows of one and the same time, from many places in turn. */
  const bySlot = createRecent<number, number>(SLOTS);
  /** The last used first. */
  let stretches: Stretch[] = [];

  const endOfStretch = (key: number): number => stretches.find(({ from, to }) => from <= key && key < to)?.to ?? key;
  /** Joins what touches. */
  const remember = (from: number, to: number): void => {
    let joined: Stretch = { from, to };
    const rest: Stretch[] = [];
    for (const other of stretches)
      if (other.from <= joined.to && joined.from <= other.to)
        joined = { from: Math.min(other.from, joined.from), to: Math.max(other.to, joined.to) };
      else if (rest.length < STRETCHES - 1) rest.push(other);
    stretches = [joined, ...rest];
  };

  return {
    from: (slot) => endOfStretch(bySlot.get(slot) ?? slot),
    after: (taken) => {
      const free = db
        .readOne<number>(
          'SELECT m.id + 1 FROM messages m WHERE m.id >= ? AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.id = m.id + 1) ORDER BY m.id LIMIT 1',
        )
        .get(taken) as number;
      remember(taken, free);
      return free;
    },
    took: (slot, key) => {
      const newest = stretches[0];
      if (newest !== undefined && newest.to === key) stretches[0] = { from: newest.from, to: key + 1 };
      else remember(key, key + 1);
      // A slot that was free is found by the row that clashes with it.
      if (key === slot) return;
      bySlot.trim();
      bySlot.set(slot, key + 1);
    },
    reset: () => {
      bySlot.clear();
      stretches = [];
    },
  };
}
