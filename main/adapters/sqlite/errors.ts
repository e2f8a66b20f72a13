import { AppFailure } from '#shared/contract/errors.ts';

/** The primary result code of what better-sqlite3 threw ("SQLITE_BUSY_SNAPSHOT" → "SQLITE_BUSY"), or null. */
export function sqliteCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return null;
  return /^SQLITE_[A-Z]+/.exec(thrown.code)?.[0] ?? null;
}

/**
 * What went wrong below as an AppFailure of the closed union (ST3–ST5). Only SQLite's own words are passed on: they name
 * tables and columns, never bound values. Anything unknown becomes INTERNAL with its name.
 */
export function toFailure(thrown: unknown): AppFailure {
  if (thrown instanceof AppFailure) return thrown;
  const code = sqliteCode(thrown);
  const details = code === null ? undefined : { sqlite: (thrown as { code: string }).code };
  switch (code) {
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return new AppFailure('STORE_DAMAGED', 'the database file is damaged', details);
    case 'SQLITE_FULL':
      return new AppFailure('DISK_FULL', 'no space left for the database', details);
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return new AppFailure('STORE_READ_ONLY', 'the database can be read but not written', details);
    case 'SQLITE_CANTOPEN':
      return new AppFailure('STORE_READ_ONLY', 'the database file cannot be opened', details);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return new AppFailure('STORE_LOCKED', 'another program holds the database', details);
    case 'SQLITE_IOERR':
      // A full disk shows itself here when the write-ahead log or its shared memory can't grow.
      return ioFailure(thrown, details);
    case null:
      break;
    default:
      return new AppFailure('INTERNAL', (thrown as Error).message, details);
  }
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    switch (thrown.code) {
      case 'ENOSPC':
      case 'EDQUOT':
        return new AppFailure('DISK_FULL', 'no space left in the data folder', { errno: thrown.code });
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        return new AppFailure('DATA_FOLDER_UNWRITABLE', 'the data folder cannot be written', { errno: thrown.code });
      default:
        return new AppFailure('INTERNAL', `${thrown.name} ${thrown.code}`);
    }
  }
  return new AppFailure('INTERNAL', thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown');
}

function ioFailure(thrown: unknown, details: { sqlite: string } | undefined): AppFailure {
  const code = details?.sqlite ?? '';
  if (/SHMSIZE|WRITE|FSYNC|TRUNCATE/.test(code))
    return new AppFailure('DISK_FULL', 'the disk does not take any more', details);
  // aegis reports a page whose authentication tag doesn't fit as a read error.
  if (/READ|SHORT_READ|DATA|CORRUPTFS/.test(code))
    return new AppFailure('STORE_DAMAGED', 'a page of the database cannot be read', details);
  return new AppFailure('STORE_DAMAGED', thrown instanceof Error ? thrown.message : 'input/output error', details);
}
