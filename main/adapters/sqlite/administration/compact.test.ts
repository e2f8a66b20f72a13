import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openReadable } from '#main/adapters/sqlite/connection.ts';
import { openRecords } from '#main/adapters/sqlite/open-records.ts';
import { decryptedPages, foundIn } from '#test/support/decrypted.ts';
import { fillWithGroup, purgeGroup, SECRETS } from '#test/support/erasure-plan.ts';
import { KEY, open, temporaryFolder } from '#test/support/store-fixtures.ts';
import { compactAtOpen } from './compact.ts';
import { rewriteFile } from './eraser.ts';

test('[AD2] a file too large to be rewritten while open is replaced by a clean copy at the start, not beside another reader', async () => {
  const directory = temporaryFolder();
  const store = await open({ directory });
  await fillWithGroup(store, 80);
  await purgeGroup(store);
  const [erasure] = await store.pendingErasures();
  await store.advanceErasures([erasure!.id], 'pages', { at: 1, actor: 'system' });
  const { attachmentsErased, attachmentErasures } = store;
  const { erase, keep } = await attachmentErasures();
  await attachmentsErased([...erase, ...keep]);
  await store.close();

  const path = join(directory, 'records.db');
  const reopen = () => openRecords(directory, KEY);
  const first = reopen();
  expect(rewriteFile(first, 0)).toBe('deferred');
  // Somebody else reads: nothing is swapped under them.
  const other = openReadable(path, KEY);
  other.readOne('SELECT count(*) FROM messages').get();
  const inode = statSync(path).ino;
  const second = compactAtOpen(directory, KEY, first, reopen, 0);
  expect(statSync(path).ino).toBe(inode);
  other.close();
  const third = compactAtOpen(directory, KEY, second, reopen, 0);
  expect(statSync(path).ino).not.toBe(inode);
  expect(third.readOne<string>('SELECT stage FROM erasures').all()).toEqual(['rewritten']);
  expect(third.readOne<number>('SELECT count(*) FROM messages').get()).toBe(80);
  expect(existsSync(`${path}.clean`)).toBe(false);
  third.close();
  expect(foundIn(decryptedPages(path, KEY), SECRETS)).toEqual([]);
});
