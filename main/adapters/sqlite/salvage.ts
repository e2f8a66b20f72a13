import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  openReadable,
  openWritable,
  pragma,
  type Bindable,
  type ReadableDatabase,
  type WritableDatabase,
} from './connection.ts';
import { sqliteCode, toFailure } from './errors.ts';
import { MIGRATIONS, refuseNewer, schemaVersion } from './migrations/index.ts';
import { RECORDS_FILE } from './profile-files.ts';

/** What came out of a damaged file, in rows. Plain data, no content. */
export interface SalvageReport {
  readonly tables: readonly SalvagedTable[];
  /** Every row that was there was read. */
  readonly whole: boolean;
}

export interface SalvagedTable {
  readonly table: string;
  readonly kept: number;
  /** Rows that could not be read; null: some, and the file doesn't say how many. */
  readonly lost: number | null;
  /** Rows that were read and let go of, since what they belong to is lost. */
  readonly dangling: number;
}

/** Beyond every id of ours; SQLite's own bound doesn't fit into a number. */
const LAST_ROWID = 2 ** 53 - 1;
const LAST_TEXT = '\u{10ffff}';
const LAST_ASCII = 0x7e;
/** A range is halved so often while nothing in it can be read: mostly it is one page, and each look costs a failure. */
const DEPTH = 5;

/**
 * Reads what is still readable in a damaged records.db and writes it into a new one in `target`, which has to be an empty
 * folder (ST4). Each page of the file carries its own check, so that a row is read as it was written or not at all. Between
 * pages that cannot be read, rows are looked for from both sides and in the middle. What refers to rows that are lost is let go
 * of, except entries of the audit log, whose broken chain shows the hole. Accounts forget how far they were, so that gateways
 * send again what they still have (SY7). The damaged file is only read. AppFailure STORE_DAMAGED where its first page or its schema
 * cannot be read, STORE_KEY_WRONG never (the caller knows the key), STORE_FROM_NEWER_VERSION, DISK_FULL.
 */
export function salvageRecords(damaged: string, target: string, key: Uint8Array): SalvageReport {
  const path = join(target, RECORDS_FILE);
  let from: ReadableDatabase | null = null;
  let to: WritableDatabase | null = null;
  try {
    from = openReadable(join(damaged, RECORDS_FILE), key);
    refuseNewer(from);
    to = openWritable(path, key);
    const report = salvage(from, to);
    pragma(to, 'wal_checkpoint(TRUNCATE)');
    return report;
  } catch (thrown) {
    to?.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    throw toFailure(thrown);
  } finally {
    from?.close();
    to?.close();
  }
}

function salvage(from: ReadableDatabase, to: WritableDatabase): SalvageReport {
  const version = schemaVersion(from);
  for (const { sql } of MIGRATIONS.slice(0, version)) to.execute(sql);
  to.execute(`PRAGMA user_version = ${version}; PRAGMA foreign_keys = OFF`);
  const triggers = to
    .read<{ name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
    .all();
  const tables = to
    .readOne<string>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    .all();
  return to.transaction(() => {
    // They react to what people do; here rows come as they were.
    for (const { name } of triggers) to.execute(`DROP TRIGGER ${name}`);
    const kept = new Map(tables.map((table) => [table, copyTable(from, to, table)]));
    const dangling = dropDangling(to, tables);
    if (tables.includes('accounts')) to.execute('UPDATE accounts SET event_seq = 0, has_cursor = 0');
    for (const { sql } of triggers) to.execute(sql);
    const report = tables.map((table): SalvagedTable => {
      const { rows, holes } = kept.get(table) ?? { rows: 0, holes: 0 };
      const gone = dangling.get(table) ?? 0;
      const there = holes === 0 ? rows : countOf(from, table);
      return { table, kept: rows - gone, lost: there === null ? null : Math.max(0, there - rows), dangling: gone };
    });
    return { tables: report, whole: report.every(({ lost, dangling: gone }) => lost === 0 && gone === 0) };
  });
}

/** Copies what can be read. `holes`: how often reading met something that cannot be. */
function copyTable(
  from: ReadableDatabase,
  to: WritableDatabase,
  table: string,
): { readonly rows: number; readonly holes: number } {
  const columns = pragma(to, `table_info(${table})`).map(({ name, type, pk }) => ({
    name: String(name),
    type: String(type),
    pk: Number(pk),
  }));
  const names = columns.map(({ name }) => name).join(', ');
  to.execute(`DELETE FROM ${table}`);
  const insert = to.write(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
  let rows = 0;
  let holes = 0;
  /** Reads until the end or until something cannot be read. */
  const take = (sql: string, parameters: readonly Bindable[], onRow: (row: readonly Bindable[]) => void): boolean => {
    try {
      for (const row of from.readRaw<Bindable[]>(sql).iterate(...parameters)) onRow(row);
      return true;
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      holes += 1;
      return false;
    }
  };
  const keep = (row: readonly Bindable[]): void => {
    rows += insert.run(...row).changes;
  };

  const rowid = hasRowid(from, table);
  const key = rowid ? undefined : columns.find(({ pk }) => pk === 1);
  const by = key?.name ?? 'rowid';
  const inRange = `SELECT ${by}, ${names} FROM ${table} WHERE ${by} BETWEEN ? AND ? ORDER BY ${by}`;
  const numeric = rowid || key?.type === 'INTEGER';
  /** Both ends belong to it: a row that is read again is ignored, and others may have the same first column. */
  const between = <V extends number | string>(low: V, high: V, middleOf: Middle<V>, depth: number): void => {
    let next = low;
    let last = high;
    const toEnd = take(`${inRange} ASC`, [low, high], ([value, ...row]) => {
      keep(row);
      next = value as V;
    });
    if (toEnd) return;
    take(`${inRange} DESC`, [next, high], ([value, ...row]) => {
      keep(row);
      last = value as V;
    });
    const below = next === low && last === high ? depth + 1 : 0;
    const middle = below > DEPTH ? null : middleOf(next, last);
    if (middle === null) return;
    between(next, middle, middleOf, below);
    between(middle, last, middleOf, below);
  };
  if (numeric) between(0, LAST_ROWID, middleNumber, 0);
  else between('', LAST_TEXT, middleText, 0);
  return { rows, holes };
}

/** A value strictly between two; null where there is none, or none that is easily said. */
type Middle<V> = (low: V, high: V) => V | null;

function middleNumber(low: number, high: number): number | null {
  return high - low < 2 ? null : Math.floor(low + (high - low) / 2);
}

/** In the order of SQLite's bytes as far as texts are ASCII, as numbers and ids are; elsewhere a poorer guess, never a wrong row. */
function middleText(low: string, high: string): string | null {
  let at = 0;
  while (at < low.length && low[at] === high[at]) at++;
  const from = low.charCodeAt(at) || 0;
  const to = Math.min(high.charCodeAt(at) || 0, LAST_ASCII + 1);
  const next = low.charCodeAt(at + 1) || 0;
  const middle =
    to - from > 1
      ? low.slice(0, at) + String.fromCharCode((from + to) >> 1)
      : low.slice(0, at + 1) + String.fromCharCode((next + LAST_ASCII + 1) >> 1);
  return low < middle && middle < high ? middle : null;
}

function hasRowid(db: ReadableDatabase, table: string): boolean {
  return !/WITHOUT\s+ROWID\s*(?:,\s*STRICT\s*)?$/iu.test(
    db.readOne<string>('SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?').get('table', table) ?? '',
  );
}

/** By the first of its indexes that is whole; null where none is. */
function countOf(db: ReadableDatabase, table: string): number | null {
  const indexes = pragma(db, `index_list(${table})`)
    .filter(({ partial }) => partial === 0)
    .map(({ name }) => String(name));
  for (const by of ['NOT INDEXED', ...indexes.map((name) => `INDEXED BY "${name}"`)]) {
    try {
      return db.readOne<number>(`SELECT count(*) FROM ${table} ${by}`).get() ?? null;
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
    }
  }
  return null;
}

/** What hangs on a message or conversation without a declared reference; as `store.orphans` looks at it. */
const HANGS_ON: readonly (readonly [table: string, column: string, parent: string])[] = [
  ['seals', 'message', 'messages'],
  ['recalls', 'message', 'messages'],
  ['order_messages', 'message', 'messages'],
  ['violation_messages', 'message', 'messages'],
  ['outbox', 'conversation', 'conversations'],
];

/** Until nothing refers to a row that isn't there. Rows that went, by table. */
function dropDangling(db: WritableDatabase, tables: readonly string[]): ReadonlyMap<string, number> {
  const references = [
    ...HANGS_ON.filter(([table, , parent]) => tables.includes(table) && tables.includes(parent)).map(
      ([table, column, parent]) => ({ table, parent, on: [[column, 'id']] }),
    ),
    ...tables.flatMap((table) => {
      const byId = Map.groupBy(pragma(db, `foreign_key_list(${table})`), ({ id }) => id);
      return [...byId.values()].map((parts) => ({
        table,
        parent: String(parts[0]?.['table']),
        on: parts.map(({ from, to }) => [String(from), String(to ?? 'id')]),
      }));
    }),
  ];
  const gone = new Map<string, number>();
  for (let changed = true; changed;) {
    changed = false;
    for (const { table, parent, on } of references) {
      const named = on.map(([column]) => `${table}.${column} IS NOT NULL`).join(' AND ');
      const same = on.map(([column, other]) => `parent.${other} = ${table}.${column}`).join(' AND ');
      const { changes } = db
        .write(`DELETE FROM ${table} WHERE ${named} AND NOT EXISTS (SELECT 1 FROM ${parent} AS parent WHERE ${same})`)
        .run();
      if (changes === 0) continue;
      changed = true;
      gone.set(table, (gone.get(table) ?? 0) + changes);
    }
  }
  return gone;
}

function isDamage(thrown: unknown): boolean {
  const code = sqliteCode(thrown);
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB' || code === 'SQLITE_IOERR';
}
