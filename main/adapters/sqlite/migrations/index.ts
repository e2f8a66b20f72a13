import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { copyInto, pragma, type ReadableDatabase, type WritableDatabase } from '../connection.ts';
import * as records from './0001-records.ts';
import * as incidents from './0002-incidents.ts';
import * as attachments from './0003-attachments.ts';
import * as composer from './0004-composer.ts';
import * as administration from './0005-administration.ts';
import * as reviews from './0006-reviews.ts';
import * as desk from './0007-desk.ts';
import * as evidence from './0008-evidence.ts';
import * as keyDrift from './0009-key-drift.ts';

/** One step of the schema. Its number is its place in the list, from 1; once released it never changes. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
  /** What SQL alone can't do; runs after `sql` in the same transaction. */
  readonly run?: (db: WritableDatabase) => void;
}

export const MIGRATIONS: readonly Migration[] = [
  records,
  incidents,
  attachments,
  composer,
  administration,
  reviews,
  desk,
  evidence,
  keyDrift,
];

/** 0 for a new file. */
export function schemaVersion(db: ReadableDatabase): number {
  return Number(pragma(db, 'user_version')[0]?.['user_version'] ?? 0);
}

/** ST3: a file from a newer version is left alone, with its own message. */
export function refuseNewer(db: ReadableDatabase, migrations: readonly Migration[] = MIGRATIONS): void {
  const version = schemaVersion(db);
  if (version > migrations.length)
    throw new AppFailure('STORE_FROM_NEWER_VERSION', `schema ${version} is newer than ${migrations.length}`, {
      version,
      supported: migrations.length,
    });
}

export interface MigrationReport {
  readonly from: number;
  readonly to: number;
  /** The copy that was taken before, where there was anything to lose. */
  readonly backup: string | null;
}

/**
 * Brings the file to the newest version (ST3): each step in a transaction with its number, a copy of the file
 * (`backups/NAME.vN`) before the first step on an existing one. AppFailure STORE_FROM_NEWER_VERSION before anything is written.
 */
export function migrate(
  db: WritableDatabase,
  path: string,
  migrations: readonly Migration[] = MIGRATIONS,
): MigrationReport {
  refuseNewer(db, migrations);
  const from = schemaVersion(db);
  let backup: string | null = null;
  if (from > 0 && from < migrations.length) backup = backUp(db, path, from);
  for (const migration of migrations.slice(from)) {
    db.transaction(() => {
      db.execute(migration.sql);
      migration.run?.(db);
      db.execute(`PRAGMA user_version = ${migration.version}`);
    });
  }
  return { from, to: migrations.length, backup };
}

function backUp(db: WritableDatabase, path: string, version: number): string {
  const folder = join(dirname(path), 'backups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, `${basename(path, '.db')}.v${version}.db`);
  const temporary = `${target}.partial`;
  rmSync(temporary, { force: true });
  copyInto(db, temporary);
  // An earlier attempt at the same step may have left one: the first copy is the untouched one.
  if (existsSync(target)) copyFileSync(target, `${target}.earlier`);
  despiteHolders(() => renameSync(temporary, target));
  return target;
}
