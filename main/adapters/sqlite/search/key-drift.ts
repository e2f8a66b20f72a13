import { MESSAGE_KEY_EPOCH, messageKeySlot } from '#shared/domain/time.ts';
import type { ReadableDatabase, WritableDatabase } from '../connection.ts';

/**
 * How far a key lies from its message's time: nothing, but where messages came in the same slot (an import whose times are
 * whole minutes). The largest distance of a file is kept in `meta`, so that the difference of two keys tells the difference
 * of two times to a known error, without reading the messages.
 */
const NAME = 'key_drift_slots';
const DAY_MS = 86_400_000;
/** Times before the keys' beginning share the first keys: those of two days are never told from their keys. */
const FIRST_TOLD_MS = MESSAGE_KEY_EPOCH + DAY_MS;
const FIRST_TOLD_KEY = messageKeySlot(MESSAGE_KEY_EPOCH + 2 * DAY_MS);
/** Later times than a Date can have share the last keys. */
const LAST_TOLD_MS = 8.64e15;
const LAST_TOLD_KEY = messageKeySlot(LAST_TOLD_MS);

export interface KeyDrift {
  note(id: number, sentAt: number): void;
  /** Writes what has grown; before COMMIT. */
  flush(): void;
  /** After a rollback. */
  reset(): void;
}

export function createKeyDrift(db: WritableDatabase): KeyDrift {
  const put = db.write(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  let stored: number | null = null;
  let largest = 0;
  return {
    note: (id, sentAt) => {
      if (sentAt < FIRST_TOLD_MS || sentAt >= LAST_TOLD_MS) return;
      const drift = Math.abs(id - messageKeySlot(sentAt));
      if (drift > largest) largest = drift;
    },
    flush: () => {
      stored ??= readDrift(db);
      if (largest <= stored) return;
      put.run(NAME, largest);
      stored = largest;
    },
    reset: () => {
      stored = null;
      largest = 0;
    },
  };
}

const readDrift = (db: ReadableDatabase): number =>
  Number(db.readOne<number | null>('SELECT value FROM meta WHERE name = ?').get(NAME) ?? 0);

export interface KeyTimes {
  /** Milliseconds from one message to a later one, by their keys; null where keys don't tell. */
  between(first: number, second: number): number | null;
  /** How far `between` may be from the truth, milliseconds. */
  readonly error: number;
}

export function readKeyTimes(db: ReadableDatabase): KeyTimes {
  const told = (key: number): boolean => key >= FIRST_TOLD_KEY && key < LAST_TOLD_KEY;
  const milliseconds = (slots: number): number => (slots * 1_000) / 1_024;
  return {
    between: (first, second) => (told(first) && told(second) ? milliseconds(second - first) : null),
    // Both keys may have moved, and both are rounded.
    error: 2 * milliseconds(readDrift(db)) + 2,
  };
}
