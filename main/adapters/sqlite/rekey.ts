import {
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { openReadable, openWritable, pragma, rekeyCopy } from './connection.ts';
import { sqliteCode, toFailure } from './errors.ts';
import { writeKeyCheck } from './open-records.ts';
import { KEY_CHECK_FILE, RECORDS_FILE, SEARCH_FILE } from './profile-files.ts';

/**
 * Gives the store's files another key (ST1). Only under `holdProfile`, with the store closed. A file is copied, the copy gets
 * the new key, is checked and flushed, and then takes the file's name: whenever the program dies, each file is whole and
 * opens with one of the two keys, and doing it again goes on where it stopped. AppFailure DISK_FULL, STORE_DAMAGED,
 * STORE_LOCKED; the file is then as it was.
 */
export function rekeyStore(
  directory: string,
  from: Uint8Array,
  to: Uint8Array,
  onStep: (step: string) => void = nothing,
): void {
  rekeyFile(join(directory, RECORDS_FILE), from, to, onStep);
  onStep('records');
  try {
    rekeyFile(join(directory, SEARCH_FILE), from, to, onStep);
  } catch {
    // Derived from the records: made anew at the next opening.
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(directory, SEARCH_FILE + suffix), { force: true });
  }
  onStep('search');
  if (existsSync(join(directory, RECORDS_FILE))) writeKeyCheck(join(directory, KEY_CHECK_FILE), to);
  onStep('check');
}

function nothing(): void {}

function rekeyFile(path: string, from: Uint8Array, to: Uint8Array, onStep: (step: string) => void): void {
  const copy = `${path}.rekey`;
  removeDatabase(copy);
  if (!existsSync(path) || statSync(path).size === 0 || opens(path, to)) return;
  try {
    const db = openWritable(path, from);
    try {
      // Nothing may be left beside the file: the log is sealed with the old key.
      pragma(db, 'wal_checkpoint(TRUNCATE)');
    } finally {
      db.close();
    }
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    onStep('copied');
    rekeyCopy(copy, from, to);
    onStep('rekeyed');
    verifyCopy(copy, to);
    flush(copy);
    despiteHolders(() => renameSync(copy, path));
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  } catch (thrown) {
    removeDatabase(copy);
    throw asFailure(thrown);
  }
}

/** A closed copy that has one of the former keys gets the present one; any other is left for its opening to refuse. */
export function adaptKey(path: string, key: Uint8Array, former: readonly Uint8Array[]): void {
  if (former.length === 0 || opens(path, key)) return;
  const old = former.find((each) => opens(path, each));
  if (old === undefined) return;
  rekeyCopy(path, old, key);
  flush(path);
}

/** Any file of the store opens with this key. */
export function opens(path: string, key: Uint8Array): boolean {
  try {
    openReadable(path, key).close();
    return true;
  } catch (thrown) {
    if (sqliteCode(thrown) === 'SQLITE_NOTADB') return false;
    throw toFailure(thrown);
  }
}

function verifyCopy(path: string, key: Uint8Array): void {
  const db = openReadable(path, key);
  try {
    if (pragma(db, 'quick_check(1)')[0]?.['quick_check'] !== 'ok')
      throw new AppFailure('STORE_DAMAGED', 'the copy with the new key does not pass its check');
  } finally {
    db.close();
  }
}

function flush(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

function asFailure(thrown: unknown): AppFailure {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppFailure('DISK_FULL', 'no room for a copy', { code });
  if (code === 'EBUSY' || code === 'EPERM') return new AppFailure('STORE_LOCKED', 'another program reads it', { code });
  return thrown instanceof AppFailure ? thrown : toFailure(thrown);
}
