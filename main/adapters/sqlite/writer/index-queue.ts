import type { WritableDatabase } from '../connection.ts';

/**
 * What the index thread has still to take over, written in the transaction that changed the messages. Buffered, so that a
 * batch costs one statement.
 */
export interface IndexQueue {
  /** The message is new, or its text, agent, shop or kind changed. */
  put(message: number): void;
  /** The message is recalled or gone. */
  remove(message: number): void;
  /** Before COMMIT. */
  flush(): void;
  reset(): void;
}

const OP_PUT = 0;
const OP_REMOVE = 1;

export function createIndexQueue(db: WritableDatabase): IndexQueue {
  let entries: (readonly [number, number])[] = [];
  return {
    put: (message) => {
      entries.push([message, OP_PUT]);
    },
    remove: (message) => {
      entries.push([message, OP_REMOVE]);
    },
    flush: () => {
      if (entries.length === 0) return;
      db.write('INSERT INTO index_queue (message, op) SELECT value ->> 0, value ->> 1 FROM json_each(?)').run(
        JSON.stringify(entries),
      );
      entries = [];
    },
    reset: () => {
      entries = [];
    },
  };
}
