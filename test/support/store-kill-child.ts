import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compactAtOpen } from '#main/adapters/sqlite/administration/compact.ts';
import { rewriteFile } from '#main/adapters/sqlite/administration/eraser.ts';
import { backupTo } from '#main/adapters/sqlite/backup.ts';
import { openWritable } from '#main/adapters/sqlite/connection.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { holdProfile, openRecords, openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { finishRotation } from '#main/hosts/keys/key-profile.ts';
import { LATER, storedKey } from './store-kill-plan.ts';

/**
 * The store's slow and dangerous steps alone, over and over in one process, to be killed in the middle of one. Says
 * `begin N` before and `end N` after each; what it has said to have ended is whole.
 */
const [step = '', folder = '', first = '0'] = process.argv.slice(2);
const KEY = new Uint8Array(32).fill(7);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const own = (n: number): string => {
  const directory = join(folder, String(n));
  if (existsSync(directory)) return directory;
  // Whole or not at all: the run before may have been killed while it copied.
  const half = `${directory}.half`;
  rmSync(half, { recursive: true, force: true });
  cpSync(join(folder, 'template'), half, { recursive: true });
  renameSync(half, directory);
  return directory;
};

if (step === 'migrate')
  for (let n = Number(first); ; n++) {
    const directory = own(n);
    say(`begin ${n}`);
    openRecords(directory, KEY, LATER).close();
    say(`end ${n}`);
  }
if (step === 'rewrite')
  for (let n = Number(first); ; n++) {
    const db = openWritable(join(own(n), 'records.db'), KEY);
    say(`begin ${n}`);
    rewriteFile(db);
    say(`end ${n}`);
    db.close();
  }
if (step === 'compact')
  for (let n = Number(first); ; n++) {
    const directory = own(n);
    const db = openRecords(directory, KEY);
    say(`begin ${n}`);
    const fresh = compactAtOpen(directory, KEY, db, () => openRecords(directory, KEY), 0);
    say(`end ${n}`);
    fresh.close();
  }
if (step === 'rotate')
  for (let n = Number(first); ; n++) {
    const directory = own(n);
    const { secrets, key } = await storedKey(directory);
    say(`begin ${n}`);
    await finishRotation({ folder: directory, store: join(directory, 'store') }, secrets, key);
    say(`end ${n}`);
  }
if (step === 'reindex')
  for (let n = Number(first); ; n++) {
    const store = await openStore({ directory: own(n), key: KEY, readers: 1 });
    say(`begin ${n}`);
    await store.rebuildIndex(() => undefined);
    say(`end ${n}`);
    await store.close();
  }
if (step === 'create')
  for (let n = Number(first); ; n++) {
    say(`begin ${n}`);
    const directory = join(folder, String(n));
    const hold = holdProfile(directory);
    openRecords(directory, KEY).close();
    hold.release();
    say(`end ${n}`);
  }
if (step === 'backup') {
  const db = openRecordsForReading(join(folder, 'template'), KEY);
  for (let n = Number(first); ; n++) {
    say(`begin ${n}`);
    backupTo(db, join(folder, 'copy.db'), KEY);
    say(`end ${n}`);
  }
}
