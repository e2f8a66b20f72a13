import { describe, expect, it } from 'vitest';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import { seed } from '../seed.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { attach, openWritable } from '../connection.ts';
import { createPlanner } from './plan.ts';
import { createSearchReader } from './reader.ts';
import { readScanRows, scanAgents, scanMatches } from './scan.ts';

const IMPORTS: Extract<Visibility, { kind: 'limited' }> = {
  kind: 'limited',
  sources: ['import', 'wss://gateway.example'],
  agents: [],
};

describe('visibility', () => {
  it('[SR10] who sees each source whole is answered as one who sees everything; a source seen not at all is left out by its shops', async () => {
    const directory = temporaryFolder();
    await seed({ directory, key: KEY, messages: 3_000, seed: 1 });
    const db = openWritable(`${directory}/records.db`, KEY);
    attach(db, `${directory}/search.db`, 'search', KEY);
    try {
      const plan = createPlanner(db);
      const reader = createSearchReader(db);
      const everything = reader.searchAgents({}, { kind: 'all' });
      expect(everything.length).toBeGreaterThan(3);
      expect(plan({}, IMPORTS)).toMatchObject({ visibility: { kind: 'all' }, shops: null });
      expect(reader.searchAgents({}, IMPORTS)).toEqual(everything);

      // A removed account leaves its source behind: without records nobody notices, with records they are left out.
      db.write('INSERT INTO sources (name) VALUES (?)').run('wss://other.example');
      expect(plan({}, IMPORTS)).toMatchObject({ visibility: { kind: 'all' }, shops: null });
      const other = db.readOne<number>('SELECT max(id) FROM sources').get() as number;
      const shop = db.readOne<number>('SELECT max(id) FROM shops').get() as number;
      db.write('UPDATE shops SET source = ? WHERE id = ?').run(other, shop);
      db.write('UPDATE conversations SET source = ? WHERE shop = ?').run(other, shop);
      const some = plan({}, IMPORTS);
      expect(some).toMatchObject({ visibility: { kind: 'all' }, limited: false, rowFilters: false });
      expect(some.shops).not.toContain(shop);
      expect(plan({ text: '退款' }, IMPORTS).index).toMatchObject({ strictComplete: true });
      const rows = readScanRows(db);
      for (const query of [{}, { text: '退款' }, { shops: ['seed-1-s-1', 'seed-1-s-2'] }] as SearchQuery[]) {
        const seen = scanMatches(rows, query, IMPORTS);
        expect(seen.length).toBeGreaterThan(0);
        expect(seen.length).toBeLessThan(scanMatches(rows, query, { kind: 'all' }).length);
        expect(reader.count(query, IMPORTS, null).count).toBe(seen.length);
        const agents = new Map(scanAgents(rows, query, IMPORTS).map((row) => [row.agent_key, row]));
        const found = reader.searchAgents(query, IMPORTS);
        expect(found.map(({ agent: _agent, account: _account, ...figures }) => figures)).toEqual(
          found.map(({ agent_key }) => agents.get(agent_key)),
        );
        expect(found.length).toBe(agents.size);
      }

      // Seen in part: each row is looked at.
      const partly = { ...IMPORTS, agents: [{ source: 'wss://other.example', agent_id: 'kf-1-001' }] };
      expect(plan({}, partly)).toMatchObject({ visibility: partly, limited: true });
    } finally {
      db.close();
    }
  });
});
