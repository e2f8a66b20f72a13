import { expect, it } from 'vitest';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { agentToken, senderToken } from '#shared/search/tokens.ts';
import { attach, openWritable } from '../connection.ts';
import { createIndexSchema, createMonthTable, openIndexFile } from './index-file.ts';
import { leavesOf, rarestOf } from './rarest.ts';
import { WALK_TUNING } from './walk.ts';

const table = 'fts_202608';
const grams = ['订单', '没有', '瑜伽'];

it('[SR4] the rarest piece of a text is told from the lengths of the lists alone, and asked for alone only where that pays', () => {
  const directory = temporaryFolder();
  const index = openIndexFile(`${directory}/search.db`, KEY);
  createIndexSchema(index);
  createMonthTable(index, table);
  const everything = [senderToken(0), senderToken(1)];
  const owner = agentToken(1);
  index.transaction(() => {
    const insert = index.write(`INSERT INTO ${table} (rowid, tokens) VALUES (?, ?)`);
    // With others in between, as there always are: lists on one leaf can't be told apart.
    for (let row = 1; row <= 20_000; row++)
      insert.run(
        row,
        `${row % 50 === 0 ? owner : agentToken(1_000 + (row % 997))} ${senderToken(row % 2)} 订单 没有${row % 20 === 0 ? ' 瑜伽' : ''} 点${row % 997} 界${row % 997}`,
      );
  });
  index.execute(`INSERT INTO ${table} (${table}) VALUES ('optimize')`);
  index.close();
  const db = openWritable(`${directory}/records.db`, KEY);
  attach(db, `${directory}/search.db`, 'search', KEY);
  try {
    const lists = { grams, owners: [[owner]], everything };
    const known = { ...WALK_TUNING, knownLeaves: 1 };
    expect(rarestOf(db, table, lists, known)?.gram).toBe('瑜伽');
    // Few of its rows have to be looked at, less than two long lists. Of a frequent one's they are too many, unless they are one owner's.
    expect(rarestOf(db, table, lists, known)?.worth).toBeGreaterThan(0);
    const frequent = { ...lists, grams: ['订单', '没有'] };
    expect(rarestOf(db, table, { ...frequent, owners: [] }, { ...known, leafWorth: 100 })?.worth).toBe(0);
    expect(rarestOf(db, table, frequent, { ...known, leafWorth: 100 })?.worth).toBeGreaterThan(0);
    expect(rarestOf(db, table, lists, { ...known, leafWorth: 0 })?.worth).toBe(0);
    // A table of a few rows says nothing about the others.
    expect(rarestOf(db, table, lists, { ...known, knownLeaves: 1_000_000 })).toBeNull();
    // By key, in the table of leaves, which has a row for every 4,000 bytes of the index.
    const plan = db
      .read<{ detail: string }>(`EXPLAIN QUERY PLAN ${leavesOf(table)}`)
      .all('[]')
      .map(({ detail }) => detail);
    expect(plan).toContain(`SEARCH search.${table}_idx USING PRIMARY KEY (segid=? AND term>?)`);
    expect(plan).toContain(`SEARCH search.${table}_idx USING PRIMARY KEY (segid=? AND term<?)`);
    expect(plan.filter((step) => step.includes('SCAN') && step.includes('_idx'))).toEqual([]);
  } finally {
    db.close();
  }
});
