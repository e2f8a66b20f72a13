import { closeSync, copyFileSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';
import { codeOf, importRecord, KEY, open, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import { openReadable } from './connection.ts';
import { openStore } from './index.ts';
import { salvageRecords, type SalvagedTable } from './salvage.ts';

const PAGE = 4_096;
const MESSAGES = 2_000;

/** Records of a hundred conversations, with orders, an audit log and settings; closed. */
async function filled(): Promise<string> {
  const directory = temporaryFolder();
  const store = await open({ directory });
  for (let start = 0; start < MESSAGES; start += 1_000)
    await store.importRecords(
      Array.from({ length: 1_000 }, (_, i) =>
        importRecord({
          message_id: `m-${start + i}`,
          conversation_id: `c-${(start + i) % 100}`,
          sender: i % 2 === 0 ? 'consumer' : 'agent',
          sent_at: T0 + (start + i) * 7_000,
          text: `第${start + i}条，发货了吗`.repeat(1 + (i % 4)),
          order_nos: i % 5 === 0 ? [`2026090100${start + i}`] : [],
        }),
      ),
    );
  for (let entry = 0; entry < 40; entry++)
    await store.appendAudit({ at: entry, actor: 'a', action: 'seal.opened', details: { entry } });
  await store.close();
  return directory;
}

async function emptyPages(): Promise<number> {
  const directory = temporaryFolder();
  const store = await open({ directory });
  await store.close();
  return statSync(join(directory, 'records.db')).size / PAGE;
}

function turnOver(directory: string, pages: readonly number[]): void {
  const file = openSync(join(directory, 'records.db'), 'r+');
  for (const page of pages) writeSync(file, Buffer.alloc(16, 0x5a), 0, 16, page * PAGE + 100);
  closeSync(file);
}

function copyOf(directory: string): string {
  const copy = temporaryFolder();
  mkdirSync(copy, { recursive: true });
  for (const name of ['records.db', 'key-check']) {
    try {
      copyFileSync(join(directory, name), join(copy, name));
    } catch {
      // Not every store has all of them.
    }
  }
  return copy;
}

const of = (tables: readonly SalvagedTable[], name: string): SalvagedTable | undefined =>
  tables.find(({ table }) => table === name);

function texts(directory: string): ReadonlyMap<number, string> {
  const db = openReadable(join(directory, 'records.db'), KEY);
  try {
    return new Map(db.readRaw<[number, string]>('SELECT id, text FROM messages').all());
  } finally {
    db.close();
  }
}

test('[ST4] what is still readable in a damaged file comes out as it was written, is counted, and makes a whole store', async () => {
  const whole = await filled();
  const truth = texts(whole);
  const pages = statSync(join(whole, 'records.db')).size / PAGE;
  // The schema lies in what a store has from its beginning: without it nothing says which page is whose.
  const schema = await emptyPages();
  const random = createPrng(7);
  let lostSomewhere = 0;
  let keptSomewhere = 0;
  for (const count of [0, 8]) {
    const damaged = copyOf(whole);
    turnOver(
      damaged,
      Array.from({ length: count }, () => schema + random.int(pages - schema)),
    );
    const target = temporaryFolder();
    const report = salvageRecords(damaged, target, KEY);
    const messages = of(report.tables, 'messages');
    const found = texts(target);
    expect(found.size).toBe(messages?.kept);
    for (const [id, text] of found) expect(text).toBe(truth.get(id));
    if (messages?.lost !== null) expect(found.size + (messages?.lost ?? 0) + (messages?.dangling ?? 0)).toBe(MESSAGES);
    if (count === 0) expect(report.whole).toBe(true);
    lostSomewhere += report.whole ? 0 : 1;
    keptSomewhere += found.size > MESSAGES * 0.7 ? 1 : 0;

    const store = await openStore({ directory: target, key: KEY, readers: 1 });
    try {
      const failed = (await store.check()).filter(
        ({ name, ok }) => !ok && name.startsWith('store.') && name !== 'store.disk',
      );
      expect(failed.filter(({ name }) => name !== 'store.audit')).toEqual([]);
      // A hole in the log is not papered over.
      expect(failed.length === 0).toBe(of(report.tables, 'audit')?.lost === 0);
    } finally {
      await store.close();
    }
  }
  expect(lostSomewhere).toBe(1);
  expect(keptSomewhere).toBe(2);
}, 90_000);

test('[ST4] without its first page nothing of a file can be told apart: STORE_DAMAGED, and nothing is left behind', async () => {
  const directory = temporaryFolder();
  await (await open({ directory })).close();
  turnOver(directory, [0]);
  const target = temporaryFolder();
  expect(
    await codeOf(
      (async () => {
        salvageRecords(directory, target, KEY);
      })(),
    ),
  ).toBe('STORE_DAMAGED');
  expect(statSync(join(target, 'records.db'), { throwIfNoEntry: false })).toBeUndefined();
});
