import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { KEY_BYTES } from './profile-files.ts';

/**
 * The one place that opens databases (SQLite, encrypted at rest, ST1). A readable and a writable handle are different
 * types, so that a query can't end up on the wrong thread: the writer worker alone has the writable one of records.db,
 * the index worker alone that of search.db.
 */

export type Bindable = number | bigint | string | Uint8Array | null;

/** A prepared statement. `P` are its bound values, `R` the shape of a row. */
export interface ReadStatement<R> {
  get(...parameters: Bindable[]): R | undefined;
  all(...parameters: Bindable[]): R[];
  iterate(...parameters: Bindable[]): IterableIterator<R>;
}
export interface WriteStatement {
  run(...parameters: Bindable[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
}

export interface ReadableDatabase {
  /** Prepares once per text and handle. */
  read<R>(sql: string): ReadStatement<R>;
  /** Rows as arrays (half the cost of objects). */
  readRaw<R extends readonly unknown[]>(sql: string): ReadStatement<R>;
  /** First column only. */
  readOne<V>(sql: string): ReadStatement<V>;
  /** Everything inside sees one snapshot. Nested calls join the outer one. */
  snapshot<T>(work: () => T): T;
  close(): void;
  /** True where this handle can't write. */
  readonly readonly: boolean;
}

export interface WritableDatabase extends ReadableDatabase {
  write(sql: string): WriteStatement;
  /** Several statements without values. */
  execute(sql: string): void;
  /** All or nothing; the write lock is taken at the start. Nested calls join the outer one. */
  transaction<T>(work: () => T): T;
}

/**
 * Page caches, KiB a file and handle. What is not in them lies (enciphered) in the system's cache, and deciphering costs next
 * to nothing; with three readers of two files each, every MiB here is six in the program's memory.
 */
const READER_CACHE_KIB = 16 * 1_024;
const ATTACHED_CACHE_KIB = 16 * 1_024;
const WRITER_CACHE_KIB = 6 * 1_024;
/** How long a statement waits for another thread's lock, milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** The key as SQLite's cipher takes it: raw, no derivation. Only for statements that can't take it as a value (KEY, ATTACH). */
function keyText(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) throw new RangeError(`a database key has ${KEY_BYTES} bytes`);
  return `raw:${Buffer.from(key).toString('hex')}`;
}

export interface OpenWritableOptions {
  readonly busyTimeoutMs?: number;
  /** Of a file that is made now; one that exists keeps its own. */
  readonly pageBytes?: number;
}

/** Opens (or makes) an encrypted file for writing: WAL, `synchronous = FULL`. Throws SQLite's errors; see errors.ts. */
export function openWritable(path: string, key: Uint8Array, options: OpenWritableOptions = {}): WritableDatabase {
  makePrivate(path);
  const sqlite = new Sqlite(path, { timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
  try {
    unlock(sqlite, key);
    if (options.pageBytes !== undefined) sqlite.pragma(`page_size = ${options.pageBytes}`);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma('temp_store = MEMORY');
    sqlite.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
    // Keeps the log from staying large after a big load.
    sqlite.pragma('journal_size_limit = 67108864');
  } catch (thrown) {
    sqlite.close();
    throw thrown;
  }
  return wrap(sqlite);
}

/** Plays back the rollback journal beside a file, as opening it for writing does, and changes nothing else. */
export function rollBackJournal(path: string, key: Uint8Array): void {
  const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    unlock(sqlite, key);
  } finally {
    sqlite.close();
  }
}

/** Gives a closed copy that nobody else uses another key, in place. Never the original: killed here, it would be neither. */
export function rekeyCopy(path: string, from: Uint8Array, to: Uint8Array): void {
  const sqlite = new Sqlite(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    unlock(sqlite, from);
    // The cipher changes a key only without a write-ahead log.
    sqlite.pragma('journal_mode = DELETE');
    sqlite.pragma(`rekey = '${keyText(to)}'`);
  } finally {
    sqlite.close();
  }
}

/** Opens an existing encrypted file for reading only. Throws SQLite's errors; see errors.ts. */
export function openReadable(path: string, key: Uint8Array, cacheKib = READER_CACHE_KIB): ReadableDatabase {
  const sqlite = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  try {
    unlock(sqlite, key);
    sqlite.pragma('temp_store = MEMORY');
    sqlite.pragma(`cache_size = -${cacheKib}`);
  } catch (thrown) {
    sqlite.close();
    throw thrown;
  }
  return wrap(sqlite);
}

/**
 * Attaches another encrypted file under a schema name; with a read-only handle it is read-only too. `schema` is ours,
 * never outside text.
 */
export function attach(db: ReadableDatabase, path: string, schema: string, key: Uint8Array): void {
  const sqlite = handleOf(db);
  sqlite.prepare(`ATTACH DATABASE ? AS ${schema} KEY ?`).run(path, keyText(key));
  sqlite.pragma(`${schema}.cache_size = -${ATTACHED_CACHE_KIB}`);
}

/** A consistent encrypted copy of the main file at `path`, which must not exist. */
export function copyInto(db: ReadableDatabase, path: string): void {
  handleOf(db).prepare('VACUUM INTO ?').run(path);
}

/** Value(s) of a pragma; `text` is ours, never outside text. */
export function pragma(db: ReadableDatabase, text: string): readonly Readonly<Record<string, unknown>>[] {
  return handleOf(db).pragma(text) as Record<string, unknown>[];
}

/** The file exists afterwards, readable by the user alone; SQLite gives the files beside it the same mode. */
export function makePrivate(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function unlock(sqlite: Sqlite.Database, key: Uint8Array): void {
  sqlite.pragma(`cipher = 'aegis'`);
  sqlite.pragma(`key = '${keyText(key)}'`);
  // The key is only tried at the first read.
  sqlite.prepare('SELECT count(*) FROM sqlite_schema').get();
}

const handles = new WeakMap<ReadableDatabase, Sqlite.Database>();

function handleOf(db: ReadableDatabase): Sqlite.Database {
  const sqlite = handles.get(db);
  if (sqlite === undefined) throw new TypeError('not a handle of connection.ts');
  return sqlite;
}

function wrap(sqlite: Sqlite.Database): WritableDatabase {
  const objects = new Map<string, Sqlite.Statement>();
  const arrays = new Map<string, Sqlite.Statement>();
  const single = new Map<string, Sqlite.Statement>();
  const prepared = (
    cache: Map<string, Sqlite.Statement>,
    sql: string,
    shape: (s: Sqlite.Statement) => Sqlite.Statement,
  ): Sqlite.Statement => {
    let statement = cache.get(sql);
    if (statement === undefined) {
      statement = shape(sqlite.prepare(sql));
      cache.set(sql, statement);
    }
    return statement;
  };
  const within = <T>(begin: string, work: () => T): T => {
    if (sqlite.inTransaction) return work();
    sqlite.exec(begin);
    try {
      const result = work();
      sqlite.exec('COMMIT');
      return result;
    } catch (thrown) {
      // SQLite has rolled back by itself after some errors (full disk, damage).
      if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
      throw thrown;
    }
  };
  const db: WritableDatabase = {
    read: <R>(sql: string) => prepared(objects, sql, (s) => s) as unknown as ReadStatement<R>,
    readRaw: <R extends readonly unknown[]>(sql: string) =>
      prepared(arrays, sql, (s) => s.raw(true)) as unknown as ReadStatement<R>,
    readOne: <V>(sql: string) => prepared(single, sql, (s) => s.pluck(true)) as unknown as ReadStatement<V>,
    write: (sql) => prepared(objects, sql, (s) => s) as unknown as WriteStatement,
    execute: (sql) => {
      sqlite.exec(sql);
    },
    snapshot: (work) => within('BEGIN', work),
    transaction: (work) => within('BEGIN IMMEDIATE', work),
    close: () => {
      if (sqlite.open) sqlite.close();
    },
    readonly: sqlite.readonly,
  };
  handles.set(db, sqlite);
  return db;
}
