import { afterEach, expect, test } from 'vitest';
import type { ImportRecord } from '#main/core/ports/store.ts';
import { importRecord, KEY, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import type { WritableDatabase } from '../connection.ts';
import { openRecords } from '../open-records.ts';
import { createWriter } from './create-writer.ts';

let db: WritableDatabase | null = null;
afterEach(() => db?.close());

test('[SR11] more conversations and consumers than are remembered: each is met again as what it was', () => {
  const records = openRecords(temporaryFolder(), KEY);
  db = records;
  const writer = createWriter(records);
  const count = 18_000;
  const batch = 3_000;
  const put = (sender: 'consumer' | 'agent', at: number, upTo = count): { imported: number; duplicates: number } => {
    const total = { imported: 0, duplicates: 0 };
    for (let from = 0; from < upTo; from += batch) {
      const rows = Array.from({ length: batch }, (_, n): ImportRecord => {
        const id = String(from + n);
        return importRecord({
          conversation_id: `c${id}`,
          consumer: `买家${id}`,
          sender,
          text: '在吗',
          sent_at: at + from + n,
        });
      });
      const { imported, duplicates } = writer.importRecords(rows);
      total.imported += imported;
      total.duplicates += duplicates;
    }
    return total;
  };
  expect(put('consumer', T0)).toEqual({ imported: count, duplicates: 0 });
  expect(put('agent', T0 + 1_000_000)).toEqual({ imported: count, duplicates: 0 });
  // The beginning of the file again, long forgotten.
  expect(put('consumer', T0, batch)).toEqual({ imported: 0, duplicates: batch });

  const one = (sql: string): number | undefined => records.readOne<number>(sql).get();
  expect(one('SELECT count(*) FROM consumers')).toBe(count);
  expect(one('SELECT count(DISTINCT consumer) FROM conversations')).toBe(count);
  expect(one('SELECT count(*) FROM conversations')).toBe(count);
  expect(one('SELECT min(n) + max(n) FROM (SELECT count(*) AS n FROM messages GROUP BY conversation)')).toBe(4);
  expect(
    one(
      'SELECT count(*) FROM conversations c WHERE last_message = (SELECT max(id) FROM messages m WHERE m.conversation = c.id)',
    ),
  ).toBe(count);
  expect(one('SELECT count(*) FROM agent_conversations WHERE last_out IS NOT NULL')).toBe(count);
});
