import { describe, expect, it } from 'vitest';
import type { Visibility } from '#main/core/ports/store.ts';
import { seed } from '../seed.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { openWritable } from '../connection.ts';
import { createPlanner } from './plan.ts';
import { createSearchReader } from './reader.ts';

const IMPORTS: Visibility = { kind: 'limited', sources: ['import', 'wss://gateway.example'], agents: [] };

describe('visibility', () => {
  it('[SR10] who sees each source whole is answered as one who sees everything; one source more, and each row is looked at', async () => {
    const directory = temporaryFolder();
    await seed({ directory, key: KEY, messages: 3_000, seed: 1 });
    const db = openWritable(`${directory}/records.db`, KEY);
    try {
      const plan = createPlanner(db);
      const reader = createSearchReader(db, { indexed: false });
      const everything = reader.searchAgents({}, { kind: 'all' });
      expect(everything.length).toBeGreaterThan(3);
      expect(plan({}, IMPORTS)).toMatchObject({ visibility: { kind: 'all' } });
      expect(reader.searchAgents({}, IMPORTS)).toEqual(everything);
      db.write('INSERT INTO sources (name) VALUES (?)').run('wss://other.example');
      db.write('UPDATE conversations SET source = (SELECT id FROM sources WHERE name = ?) WHERE id % 2 = 0').run(
        'wss://other.example',
      );
      expect(plan({}, IMPORTS)).toMatchObject({ visibility: IMPORTS });
      const seen = reader.count({}, IMPORTS, null).count;
      expect(seen).toBeGreaterThan(0);
      expect(seen).toBeLessThan(3_000);
    } finally {
      db.close();
    }
  });
});
