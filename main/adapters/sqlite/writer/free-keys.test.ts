import { afterEach, expect, test } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { openRecords } from '../open-records.ts';
import type { WritableDatabase } from '../connection.ts';
import { createFreeKeys } from './free-keys.ts';

let db: WritableDatabase | null = null;
afterEach(() => db?.close());

/** Rows of one conversation; counts how often the file had to be walked for a free key. */
function bench() {
  const records = openRecords(temporaryFolder(), KEY);
  db = records;
  records.execute(`
    INSERT INTO sources (name) VALUES ('practice');
    INSERT INTO shops (source, shop_id, name, platform) VALUES (1, 's-1', '店', 'practice');
    INSERT INTO conversations (source, conversation_id, shop, type, title, intake, assignments, order_nos, violation_nos, last_seq,
      agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at) VALUES (1, 'c1', 1, 0, '张三', 1, '[]', '[]', '[]', 0, 0, 0, 0, 0, 5);
  `);
  const taken = records.readOne<number>('SELECT 1 FROM messages WHERE id = ?');
  const insert = records.write(
    `INSERT INTO messages (id, conversation, msg_id, sender_role, sender_id, sender_name, kind, sent_at, status)
     VALUES (?, 1, ?, 1, 'u1', '张三', 0, 0, 0)`,
  );
  let walks = 0;
  let keys = createFreeKeys(records);
  const put = (slot: number): number => {
    let key = keys.from(slot);
    while (taken.get(key) !== undefined) {
      walks++;
      key = keys.after(key);
    }
    insert.run(key, `m${key}`);
    keys.took(slot, key);
    return key;
  };
  return {
    put,
    /** One commit for all. */
    together: (work: () => void) => records.transaction(work),
    restart: () => {
      keys = createFreeKeys(records);
    },
    get walks() {
      return walks;
    },
  };
}

test('[ST2] a burst that fills the slots beyond its own keeps its order, and the file is not walked for each message', () => {
  const b = bench();
  const given: number[] = [];
  // Twenty messages to a slot: 20,000 a second.
  const burst = (from: number, to: number): void =>
    b.together(() => {
      for (let slot = from; slot < to; slot++) for (let n = 0; n < 20; n++) given.push(b.put(slot));
    });
  burst(1_000, 1_200);
  expect(given).toEqual(Array.from({ length: 4_000 }, (_, index) => 1_000 + index));
  expect(b.walks).toBe(0);
  // After a restart the stretch is found once, not once for each slot.
  b.restart();
  burst(1_200, 1_300);
  expect(given.at(-1)).toBe(1_000 + 5_999);
  expect(b.walks).toBe(1);
});

test('[ST2] wherever messages come in between, each gets the first free key at or after its slot', () => {
  const b = bench();
  const prng = createPrng(5);
  const truth = new Set<number>();
  // The present, two places of the past that are filled meanwhile, and times that many share.
  const places = [
    () => 90_000 + truth.size,
    () => 500 + prng.int(40),
    () => 40_000 + prng.int(3),
    () => prng.int(100) * 7,
  ];
  b.together(() => {
    for (let n = 0; n < 3_000; n++) {
      if (n === 1_500) b.restart();
      const slot = prng.pick(places)();
      let expected = slot;
      while (truth.has(expected)) expected++;
      expect(b.put(slot)).toBe(expected);
      truth.add(expected);
    }
  });
});
