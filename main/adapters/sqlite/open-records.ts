import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import {
  makePrivate,
  openReadable,
  openWritable,
  rollBackJournal,
  type ReadableDatabase,
  type WritableDatabase,
} from './connection.ts';
import { sqliteCode, toFailure } from './errors.ts';
import { migrate, MIGRATIONS, refuseNewer, schemaVersion, type Migration } from './migrations/index.ts';
import { KEY_CHECK_FILE, LOCK_FILE, RECORDS_FILE } from './profile-files.ts';

export { RECORDS_FILE };

/** Opening a profile's files: who may write, whose key it is, which version it has. */

/** Held until they are released: a handle that nobody names any more would be closed with the garbage, and the profile let go. */
const held = new Set<Sqlite.Database>();

/**
 * A profile has one writing process (two would each apply the same events). The lock is one that the operating system lets
 * go of when the process dies: an exclusive transaction on an empty database. AppFailure STORE_LOCKED, DATA_FOLDER_UNWRITABLE.
 */
export function holdProfile(directory: string): { release(): void } {
  let lock: Sqlite.Database;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    makePrivate(join(directory, LOCK_FILE));
    lock = new Sqlite(join(directory, LOCK_FILE), { timeout: 0 });
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.error.code === 'STORE_READ_ONLY')
      throw new AppFailure('DATA_FOLDER_UNWRITABLE', 'the data folder cannot be written', failure.error.details);
    throw failure;
  }
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    lock.close();
    if (sqliteCode(thrown) === 'SQLITE_BUSY')
      throw new AppFailure('STORE_LOCKED', 'another program has this profile open', { directory: 'in use' });
    if (sqliteCode(thrown) === 'SQLITE_READONLY')
      throw new AppFailure('DATA_FOLDER_UNWRITABLE', 'the data folder cannot be written');
    throw toFailure(thrown);
  }
  held.add(lock);
  return {
    release: () => {
      held.delete(lock);
      if (lock.open) lock.close();
    },
  };
}

/** Opens records.db for writing, making or migrating it (ST3). Only under `holdProfile`. */
export function openRecords(
  directory: string,
  key: Uint8Array,
  migrations: readonly Migration[] = MIGRATIONS,
): WritableDatabase {
  const path = join(directory, RECORDS_FILE);
  const checkFile = join(directory, KEY_CHECK_FILE);
  undoUnfinishedMaking(directory, key);
  const isNew = !existsSync(path) || statSync(path).size === 0;
  // SQLite takes a missing or empty file for a new one: records that were here must not vanish without a word (ST4).
  if (isNew && existsSync(checkFile))
    throw new AppFailure('STORE_DAMAGED', 'the database file is empty or missing', { file: RECORDS_FILE });
  // Version and key are looked at before anything can be written.
  if (!isNew) openRecordsForReading(directory, key, migrations).close();
  let db: WritableDatabase | null = null;
  try {
    db = openWritable(path, key);
    migrate(db, path, migrations);
    if (!existsSync(checkFile)) writeKeyCheck(checkFile, key);
    return db;
  } catch (thrown) {
    db?.close();
    throw openFailure(thrown, directory, key);
  }
}

/** Opens records.db for reading. AppFailure STORE_FROM_NEWER_VERSION, STORE_KEY_WRONG, STORE_DAMAGED, STORE_READ_ONLY. */
export function openRecordsForReading(
  directory: string,
  key: Uint8Array,
  migrations: readonly Migration[] = MIGRATIONS,
): ReadableDatabase {
  let db: ReadableDatabase | null = null;
  try {
    db = openReadable(join(directory, RECORDS_FILE), key);
    refuseNewer(db, migrations);
    return db;
  } catch (thrown) {
    db?.close();
    throw openFailure(thrown, directory, key);
  }
}

/** For those who only read: the schema has to be the newest already. */
export function requireCurrent(db: ReadableDatabase): void {
  const version = schemaVersion(db);
  if (version !== MIGRATIONS.length)
    throw new AppFailure('STORE_READ_ONLY', 'the database has to be opened for writing once', {
      version,
      supported: MIGRATIONS.length,
    });
}

/**
 * Only while a new file is switched to the write-ahead log does SQLite keep a rollback journal. Killed there, it leaves one
 * that a handle for reading can't play back, and every later start would end at the look before writing (ST3). So it is
 * played back first, unless the key is known to be another one.
 */
function undoUnfinishedMaking(directory: string, key: Uint8Array): void {
  const path = join(directory, RECORDS_FILE);
  const checkFile = join(directory, KEY_CHECK_FILE);
  if (!existsSync(`${path}-journal`) || !existsSync(path)) return;
  if (existsSync(checkFile) && readFileSync(checkFile, 'utf8').trim() !== keyCheck(key)) return;
  try {
    rollBackJournal(path, key);
  } catch (thrown) {
    throw openFailure(thrown, directory, key);
  }
}

/** A wrong key and a destroyed first page look alike to the cipher; the key check beside the file tells them apart. */
function openFailure(thrown: unknown, directory: string, key: Uint8Array): AppFailure {
  const failure = toFailure(thrown);
  if (sqliteCode(thrown) !== 'SQLITE_NOTADB') return failure;
  const checkFile = join(directory, KEY_CHECK_FILE);
  const known = existsSync(checkFile) ? readFileSync(checkFile, 'utf8').trim() : null;
  if (known !== null && /^[0-9a-f]{64}$/.test(known)) {
    if (known === keyCheck(key))
      return new AppFailure('STORE_DAMAGED', 'the beginning of the database file is damaged', failure.error.details);
    return new AppFailure('STORE_KEY_WRONG', 'the database was encrypted with another key');
  }
  const { size } = statSync(join(directory, RECORDS_FILE));
  // Without it: a file that isn't whole pages is damaged, anything else is more likely another key.
  return size % 4_096 === 0
    ? new AppFailure('STORE_KEY_WRONG', 'the database was encrypted with another key')
    : new AppFailure('STORE_DAMAGED', 'the database file is cut off', failure.error.details);
}

/** This key is the one that the store's files were last opened with; null where none was noted yet. */
export function isStoreKey(directory: string, key: Uint8Array): boolean | null {
  const file = join(directory, KEY_CHECK_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() === keyCheck(key) : null;
}

/** Public value that only this key yields; says nothing about a random 32-byte key. */
function keyCheck(key: Uint8Array): string {
  return createHmac('sha256', key).update('merchant-workbench key check 1').digest('hex');
}

export function writeKeyCheck(path: string, key: Uint8Array): void {
  writeFileSync(`${path}.new`, `${keyCheck(key)}\n`, { mode: 0o600, flush: true });
  despiteHolders(() => renameSync(`${path}.new`, path));
}
