import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Inventory } from '#shared/contract/upkeep.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { copyInto, openReadable, pragma, type ReadableDatabase } from './connection.ts';
import { sqliteCode, toFailure } from './errors.ts';
import { readInventory } from './inventory.ts';
import { refuseNewer } from './migrations/index.ts';

/** A copy is read and written once from beginning to end: larger caches, one on each side, would only be memory. */
const COPY_CACHE_KIB = 2 * 1_024;

/**
 * A consistent copy of records.db at `path`, encrypted with the same key: written to a temporary name beside it, opened and
 * checked, flushed, renamed. An existing file is replaced only by a whole one. AppFailure DISK_FULL, STORE_DAMAGED,
 * DATA_FOLDER_UNWRITABLE.
 */
export function backupTo(db: ReadableDatabase, path: string, key: Uint8Array): { readonly bytes: number } {
  const temporary = `${path}.partial`;
  rmSync(temporary, { force: true });
  try {
    pragma(db, `main.cache_size = -${COPY_CACHE_KIB}`);
    copyInto(db, temporary);
    verifyCopy(temporary, key, db);
    const file = openSync(temporary, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    despiteHolders(() => renameSync(temporary, path));
    return { bytes: statSync(path).size };
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
}

function verifyCopy(path: string, key: Uint8Array, original: ReadableDatabase): void {
  const copy = openReadable(path, key, COPY_CACHE_KIB);
  try {
    const answer = pragma(copy, 'quick_check(1)')[0]?.['quick_check'];
    if (answer !== 'ok') throw new AppFailure('STORE_DAMAGED', 'the copy does not pass its check');
    // The original may have grown meanwhile; a copy with fewer rows than it had at the start never happens, a missing table would.
    const tables = (of: ReadableDatabase): number =>
      of.readOne<number>(`SELECT count(*) FROM main.sqlite_schema`).get() ?? 0;
    if (tables(copy) !== tables(original)) throw new AppFailure('STORE_DAMAGED', 'the copy lacks tables');
  } finally {
    copy.close();
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}

/** Opens a copy with this key, reads all of it, and says what lies in it; leaves nothing beside it. Failures as `inspectBackup`. */
export function inspectCopy(path: string, key: Uint8Array): Inventory {
  // What a killed program left in its log belongs to the copy; what our own reading makes does not.
  const beside = ['-wal', '-shm'].filter((suffix) => !existsSync(path + suffix));
  let copy: ReadableDatabase | null = null;
  try {
    copy = openReadable(path, key);
    refuseNewer(copy);
    if (pragma(copy, 'quick_check(1)')[0]?.['quick_check'] !== 'ok')
      throw new AppFailure('STORE_DAMAGED', 'the copy does not pass its check');
    return readInventory(copy);
  } catch (thrown) {
    // The cipher can't tell another key from a destroyed first page; a copy that was made here has whole pages.
    if (sqliteCode(thrown) === 'SQLITE_NOTADB')
      throw statSync(path).size % 4_096 === 0
        ? new AppFailure('STORE_KEY_WRONG', 'the copy was encrypted with another key, or its beginning is damaged')
        : new AppFailure('STORE_DAMAGED', 'the copy is cut off');
    throw toFailure(thrown);
  } finally {
    copy?.close();
    for (const suffix of beside) rmSync(path + suffix, { force: true });
  }
}
