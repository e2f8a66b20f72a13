import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { copyInto, openReadable, pragma, type WritableDatabase } from '../connection.ts';
import { RECORDS_FILE } from '../profile-files.ts';
import { REWRITE_IN_PLACE } from './eraser.ts';

/**
 * The rest of an erasure for a file that is too large to be rewritten while it is open (AD2): a copy without anything that was
 * deleted takes its place, at the start, when nobody else writes. Memory stays bounded and nothing is written in the clear
 * (SQLite's own rewriting would keep the whole file in memory, or in an unencrypted temporary file). Answers with the
 * database to go on with; where another process reads the file, it stays as it is until the next start.
 */
export function compactAtOpen(
  directory: string,
  key: Uint8Array,
  db: WritableDatabase,
  reopen: () => WritableDatabase,
  limit: number = REWRITE_IN_PLACE,
): WritableDatabase {
  const path = join(directory, RECORDS_FILE);
  const copy = `${path}.clean`;
  rmSync(copy, { force: true });
  const pending = db.readOne<number>("SELECT count(*) FROM erasures WHERE stage = 'pages'").get() ?? 0;
  if (pending === 0 || statSync(path).size <= limit) return db;
  copyInto(db, copy);
  const written = openReadable(copy, key);
  const sound = pragma(written, 'quick_check(1)')[0]?.['quick_check'] === 'ok';
  written.close();
  db.close();
  // The last one to close takes the log into the file and removes it; a log that stays belongs to another reader.
  if (!sound || existsSync(`${path}-wal`)) {
    rmSync(copy, { force: true });
    return reopen();
  }
  const file = openSync(copy, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  despiteHolders(() => renameSync(copy, path));
  const fresh = reopen();
  fresh.write("UPDATE erasures SET stage = 'rewritten' WHERE stage = 'pages'").run();
  return fresh;
}
