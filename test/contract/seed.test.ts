import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attach, openReadable, type ReadableDatabase } from '#main/adapters/sqlite/connection.ts';
import { createSearchReader } from '#main/adapters/sqlite/search/reader.ts';
import { readScanRows, scanMatches } from '#main/adapters/sqlite/search/scan.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { addFilters, readFilters } from '#main/hosts/cli/filters.ts';
import { cliWords } from '#shared/i18n/cli.ts';
import { KEY, temporaryFolder } from '../support/store-fixtures.ts';

/** docs/seed.md publishes questions about seeded records with their answers: these very lines are asked here. */
const page = readFileSync(fileURLToPath(new URL('../../docs/seed.md', import.meta.url)), 'utf8');
const published = [...page.matchAll(/^\| `([^`]+)` +\| (\d+) +\| (\d+) +\|$/gmu)].map(
  ([, options = '', messages, conversations]) => ({
    options,
    messages: Number(messages),
    conversations: Number(conversations),
  }),
);

const zone = process.env['TZ'];
let db: ReadableDatabase;
beforeAll(async () => {
  process.env['TZ'] = 'Asia/Shanghai';
  const directory = temporaryFolder();
  await seed({ directory, key: KEY, messages: 20_000, seed: 1 });
  db = openReadable(`${directory}/records.db`, KEY);
  attach(db, `${directory}/search.db`, 'search', KEY);
}, 240_000);
afterAll(() => {
  db.close();
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

it('[SR4] the published questions about seeded records have the published answers, by the search and by a scan', async () => {
  expect(published.length).toBeGreaterThanOrEqual(19);
  const search = createSearchReader(db);
  const rows = readScanRows(db);
  const words = cliWords['zh-CN'];
  for (const { options, messages, conversations } of published) {
    const command = addFilters(new Command().exitOverride(), words).parse(options.split(' '), { from: 'user' });
    const store = { savedSearches: async () => [] };
    const { query } = await readFilters(command.opts(), NO_FILES, words, Date.UTC(2026, 9, 1), store);
    const matches = scanMatches(rows, query, { kind: 'all' });
    expect(matches.length, options).toBe(messages);
    expect(new Set(matches.map((row) => row.conversation)).size, options).toBe(conversations);
    expect(search.count(query, { kind: 'all' }, null), options).toEqual({ count: messages, exact: true });
    const newest = search.search(query, { kind: 'all' }, { limit: 20, cursor: null }).rows;
    expect(newest.map((row) => row.message_key)).toEqual(matches.slice(0, 20).map((row) => row.id));
  }
});

/** None of the questions names a file. */
const NO_FILES = {} as Parameters<typeof readFilters>[1];
