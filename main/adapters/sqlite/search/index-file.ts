import { MESSAGE_KEY_EPOCH, messageKeySlot } from '#shared/domain/time.ts';
import { existsSync, rmSync } from 'node:fs';
import { openWritable, type ReadableDatabase, type WritableDatabase } from '../connection.ts';
import { toFailure } from '../errors.ts';

/**
 * search.db: derived from records.db and rebuildable at any time. One contentless full-text table a month (UTC, by message
 * key), so that newest-first walks the months backwards, a range skips months, and retention drops tables.
 *
 * - `meta.applied_seq`: the newest entry of records.db's index_queue that these tables have seen. Rows queued after it
 *   are scanned by the reader.
 * - `months`: `built = 0` says that the month has rows which are not in the index yet: the reader scans the whole month.
 *   A month without a row here has no messages but queued ones.
 */

/** Raised when tokens, folding or layout change: an index of another version is built anew. */
export const INDEX_VERSION = 2;

/**
 * A list of the index spans many pages that are read one after the other: large pages need a quarter of the reads where
 * nothing is in memory yet, and take 9 % less space. The pieces that FTS5 cuts its lists into stay small (LEAF_BYTES), as
 * it searches them from their beginning; four fit into a page. Measured: docs/benchmarks.md.
 */
const PAGE_BYTES = 16_384;
const LEAF_BYTES = 4_000;

/** Schema name under which readers attach search.db. */
export const INDEX_SCHEMA = 'search';

/**
 * Opens search.db for writing, made anew where there is none, where it is damaged or of another key, and where its layout
 * is of another version: everything in it can be derived again. Throws what else keeps it from being opened (a lock, a
 * full disk): deleting cures neither.
 */
export function openIndexFile(path: string, key: Uint8Array): WritableDatabase {
  const open = (): WritableDatabase => openWritable(path, key, { pageBytes: PAGE_BYTES });
  if (existsSync(path)) {
    try {
      const db = open();
      const meta = db.readOne<number>("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").get() === 1;
      const version = meta ? db.readOne<number>("SELECT value FROM meta WHERE name = 'version'").get() : undefined;
      if (version === undefined || version === INDEX_VERSION) return db;
      db.close();
    } catch (thrown) {
      const { code } = toFailure(thrown).error;
      if (code !== 'STORE_DAMAGED' && code !== 'STORE_KEY_WRONG') throw thrown;
    }
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
  return open();
}

export function createIndexSchema(db: WritableDatabase): void {
  db.execute(`
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS months (
      month INTEGER PRIMARY KEY,          -- 202609
      name TEXT NOT NULL,                 -- of the full-text table
      built INTEGER NOT NULL,
      dirty INTEGER NOT NULL DEFAULT 1    -- rows were written since it was last optimised
    ) STRICT;
    CREATE TABLE IF NOT EXISTS rebuild_months (month INTEGER PRIMARY KEY) STRICT;
  `);
}

/**
 * `prefix='1'` lists the rows of every single character: 40 % more index (1.1 of the records), and the exact count of a
 * common character in a seventh of the time.
 *
 * Segments are merged when idle (indexer.ts), not while rows come in; `crisismerge` below FTS5's limit of segments, so
 * that a long load never fails. Values are literals on purpose: numbers are bound as REAL, which FTS5 refuses.
 */
export function createMonthTable(db: WritableDatabase, name: string): void {
  db.execute(`
    CREATE VIRTUAL TABLE ${name} USING fts5(tokens, content='', contentless_delete=1, tokenize='ascii', detail=full, prefix='1');
    INSERT INTO ${name} (${name}, rank) VALUES ('pgsz', ${LEAF_BYTES});
    INSERT INTO ${name} (${name}, rank) VALUES ('automerge', 0);
    INSERT INTO ${name} (${name}, rank) VALUES ('crisismerge', 128);
    INSERT INTO ${name} (${name}, rank) VALUES ('hashsize', 16777216);
  `);
}

/**
 * Whatever time a gateway or a file claims has a month: everything from the last one on, which no calendar of the runtime
 * may know any more, shares it.
 */
const LAST_MONTH = 999_912;
const LAST_MONTH_KEY = messageKeySlot(Date.UTC(9_999, 11));

/** The month a message key lies in, as 202609. */
export function monthOf(key: number): number {
  if (key >= LAST_MONTH_KEY) return LAST_MONTH;
  const date = new Date(MESSAGE_KEY_EPOCH + Math.floor((key * 1_000) / 1_024));
  const month = date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
  // The time of a key is rounded down, so at a month's first key it may fall into the month before.
  return key >= monthKeys(month)[1] ? monthAfter(month) : month;
}

const monthAfter = (month: number): number => (month % 100 === 12 ? month + 89 : month + 1);

/** Message keys of a month, [from, to). */
export function monthKeys(month: number): readonly [number, number] {
  if (month === LAST_MONTH) return [LAST_MONTH_KEY, Number.MAX_SAFE_INTEGER];
  const next = monthAfter(month);
  return [
    messageKeySlot(Date.UTC(Math.floor(month / 100), (month % 100) - 1)),
    messageKeySlot(Date.UTC(Math.floor(next / 100), (next % 100) - 1)),
  ];
}

export interface IndexMonth {
  readonly month: number;
  readonly name: string;
  readonly built: boolean;
}

/** Newest first. `schema` is `main` in the index thread and INDEX_SCHEMA in readers. */
export function readMonths(db: ReadableDatabase, schema: string): IndexMonth[] {
  return db
    .readRaw<[number, string, number]>(`SELECT month, name, built FROM ${schema}.months ORDER BY month DESC`)
    .all()
    .map(([month, name, built]) => ({ month, name, built: built !== 0 }));
}

/** Null for an index that has never been filled. */
export function readAppliedSeq(db: ReadableDatabase, schema: string): number | null {
  return db.readOne<number>(`SELECT value FROM ${schema}.meta WHERE name = 'applied_seq'`).get() ?? null;
}

/** False while an attached search.db has no tables yet, or those of another version. */
export function isIndexReadable(db: ReadableDatabase): boolean {
  const tables =
    db.readOne<number>(`SELECT count(*) FROM ${INDEX_SCHEMA}.sqlite_schema WHERE name IN ('meta', 'months')`).get() ??
    0;
  if (tables < 2) return false;
  return db.readOne<number>(`SELECT value FROM ${INDEX_SCHEMA}.meta WHERE name = 'version'`).get() === INDEX_VERSION;
}
