import { agentToken, kindToken, rowTokens, senderToken, shopToken } from '#shared/search/tokens.ts';
import { fold } from '#shared/search/normalise.ts';
import type { ReadableDatabase, WritableDatabase } from '../connection.ts';
import {
  createIndexSchema,
  createMonthTable,
  INDEX_VERSION,
  monthKeys,
  monthOf,
  readAppliedSeq,
} from './index-file.ts';

/**
 * Keeps search.db in step with records.db. One thread owns it (index.worker.ts); everything here is synchronous and short,
 * so that the thread can listen between two steps.
 */
export interface Indexer {
  /** Takes over at most `limit` entries of the change queue, in one transaction with the watermark. */
  step(limit: number): { readonly applied_seq: number; readonly entries: number };
  /** Marks every month to be built anew, or these. Months that have an index stay searchable with it until theirs is ready. */
  startRebuild(months?: readonly number[]): void;
  /** The next part of a rebuild; null when there is nothing to rebuild. `rows` of `total` are done. */
  rebuildStep(limit: number): { readonly rows: number; readonly total: number; readonly done: boolean } | null;
  /** One small piece of merging; false when nothing is left. Sealed months become one segment, the newest few. */
  mergeStep(): boolean;
  /** Makes `mergeStep` bring every month, the newest too, into one segment. */
  startOptimize(): void;
  /** Merges everything, now. */
  optimize(): void;
  appliedSeq(): number;
}

/** Rows of a month that is being built. */
interface Building {
  readonly month: number;
  readonly table: string;
  /** Rows below are in the new table. */
  next: number;
  readonly end: number;
}

type IndexedRow = readonly [
  id: number,
  agent: number | null,
  shop: number,
  senderRole: number,
  kind: number,
  text: string | null,
  flags: number,
];

/** What a message is found by. A recalled one keeps its owner and kind, never its text (RC19). */
export function messageTokens(row: IndexedRow): string {
  const [, agent, shop, senderRole, kind, text, flags] = row;
  let tokens = `${agentToken(agent)} ${shopToken(shop)} ${senderToken(senderRole)}`;
  if (kind !== 0) tokens += ` ${kindToken(kind)}`;
  if (text !== null && text !== '' && (flags & 1) === 0) tokens += rowTokens(fold(text));
  return tokens;
}

const ROW = 'm.id, m.agent, c.shop, m.sender_role, m.kind, m.text, m.flags';
/** Rows that are read at a time, and the characters of their texts that are enough for one step: a second, where all are letters. */
const ROWS_AT_ONCE = 100;
const STEP_CHARS = 1_048_576;
/** Pages of FTS5 that one piece of merging writes: some 10 ms. */
const MERGE_PAGES = 200;

export function createIndexer(records: ReadableDatabase, index: WritableDatabase): Indexer {
  const queue = records.readRaw<[number, number]>(
    'SELECT seq, message FROM index_queue WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const lastQueued = records.readOne<number>("SELECT seq FROM sqlite_sequence WHERE name = 'index_queue'");
  const rowsByKey = records.readRaw<[...IndexedRow]>(
    `SELECT ${ROW} FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value CROSS JOIN conversations c ON c.id = m.conversation`,
  );
  const rowsInRange = records.readRaw<[...IndexedRow]>(
    `SELECT ${ROW} FROM messages m CROSS JOIN conversations c ON c.id = m.conversation WHERE m.id >= ? AND m.id < ? ORDER BY m.id LIMIT ?`,
  );
  const keyBounds = records.readRaw<[number | null, number | null]>('SELECT min(id), max(id) FROM messages');
  const nextKey = records.readOne<number | null>('SELECT min(id) FROM messages WHERE id >= ?');
  const countRows = records.readOne<number>('SELECT count(*) FROM messages');

  createIndexSchema(index);
  const setMeta = index.write(
    'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  );
  const readMeta = index.readOne<number>('SELECT value FROM meta WHERE name = ?');
  const readMonth = index.readRaw<[string, number]>('SELECT name, built FROM months WHERE month = ?');
  const putMonth = index.write(`
    INSERT INTO months (month, name, built, dirty) VALUES (?, ?, ?, 1)
    ON CONFLICT (month) DO UPDATE SET name = excluded.name, built = excluded.built, dirty = 1`);
  const setDirty = index.write('UPDATE months SET dirty = ? WHERE month = ? AND dirty <> ?');
  const putPlan = index.write('INSERT OR IGNORE INTO rebuild_months (month) VALUES (?)');
  const totalChanges = index.readOne<number>('SELECT total_changes()');

  const nextPlanned = index.readOne<number | null>('SELECT max(month) FROM rebuild_months');
  const dropPlanned = index.write('DELETE FROM rebuild_months WHERE month = ?');

  let building: Building | null = null;
  let rebuiltRows = 0;
  let totalRows = 0;

  const insertInto = (table: string): ((id: number, tokens: string) => void) => {
    const statement = index.write(`INSERT OR REPLACE INTO ${table} (rowid, tokens) VALUES (?, ?)`);
    return (id, tokens) => void statement.run(id, tokens);
  };
  const deleteFrom = (table: string, id: number): void =>
    void index.write(`DELETE FROM ${table} WHERE rowid = ?`).run(id);

  const planRebuild = (): void => {
    // The snapshot is taken before the watermark is read from it: rows committed later are queued above it.
    records.snapshot(() => {
      const [first, last] = keyBounds.get() ?? [null, null];
      totalRows = countRows.get() ?? 0;
      rebuiltRows = 0;
      index.transaction(() => {
        index.execute('DELETE FROM rebuild_months');
        if (first !== null && last !== null) {
          for (let key: number | null = first; key !== null;) {
            const month = monthOf(key);
            if (readMonth.get(month) === undefined) putMonth.run(month, '', 0);
            putPlan.run(month);
            key = nextKey.get(monthKeys(month)[1]) ?? null;
          }
        }
        if (readAppliedSeq(index, 'main') === null) setMeta.run('applied_seq', lastQueued.get() ?? 0);
        setMeta.run('version', INDEX_VERSION);
      });
    });
  };

  // A file that was never filled, or that another version of the tokens filled.
  if (readMeta.get('version') !== INDEX_VERSION) {
    index.transaction(() => {
      for (const name of index.readOne<string>("SELECT name FROM months WHERE name <> ''").all())
        index.execute(`DROP TABLE IF EXISTS ${name}`);
      index.execute("DELETE FROM months; DELETE FROM meta WHERE name = 'applied_seq';");
    });
    planRebuild();
  } else if (readAppliedSeq(index, 'main') === null || (lastQueued.get() ?? 0) < (readAppliedSeq(index, 'main') ?? 0)) {
    // The records were replaced by an older copy (restored from a backup): nothing here can be trusted.
    index.transaction(() => {
      for (const name of index.readOne<string>("SELECT name FROM months WHERE name <> ''").all())
        index.execute(`DROP TABLE IF EXISTS ${name}`);
      index.execute("DELETE FROM months; DELETE FROM meta WHERE name = 'applied_seq';");
    });
    planRebuild();
  }

  type Entries = readonly (readonly [seq: number, message: number])[];

  /** Null where their texts are too much for one step; never for a single one. */
  const rowsOf = (keys: readonly number[]): Map<number, IndexedRow> | null => {
    const rows = new Map<number, IndexedRow>();
    let chars = 0;
    for (let at = 0; at < keys.length; at += ROWS_AT_ONCE) {
      for (const row of rowsByKey.all(JSON.stringify(keys.slice(at, at + ROWS_AT_ONCE)))) {
        rows.set(row[0], row);
        chars += row[5]?.length ?? 0;
      }
      if (chars > STEP_CHARS && rows.size > 1) return null;
    }
    return rows;
  };

  /** As many of them, from the first on, as one step can take over. */
  const readEntries = (
    entries: Entries,
  ): { entries: Entries; keys: readonly number[]; rows: Map<number, IndexedRow> } => {
    const keys = [...new Set(entries.map(([, message]) => message))].sort((a, b) => a - b);
    const rows = rowsOf(keys);
    return rows === null ? readEntries(entries.slice(0, Math.ceil(entries.length / 8))) : { entries, keys, rows };
  };

  const step = (limit: number): { applied_seq: number; entries: number } => {
    const applied = readAppliedSeq(index, 'main') ?? 0;
    return records.snapshot(() => {
      const { entries, keys, rows } = readEntries(queue.all(applied, limit));
      const newest = entries.at(-1)?.[0];
      if (newest === undefined) return { applied_seq: applied, entries: 0 };
      index.transaction(() => {
        let month = 0;
        let end = 0;
        let insert: ((id: number, tokens: string) => void) | null = null;
        let table = '';
        let shadow: Building | null = null;
        for (const key of keys) {
          if (key >= end) {
            month = monthOf(key);
            end = monthKeys(month)[1];
            shadow = building !== null && building.month === month ? building : null;
            let known = readMonth.get(month);
            if (known === undefined) {
              // No rows but queued ones: it is complete from its first row on.
              known = [`fts_${month}`, 1];
              createMonthTable(index, known[0]);
              putMonth.run(month, known[0], 1);
            }
            table = known[0];
            insert = known[1] !== 0 ? insertInto(table) : null;
            if (insert !== null) setDirty.run(1, month, 1);
          }
          const row = rows.get(key);
          const tokens = row === undefined ? null : messageTokens(row);
          if (insert !== null) {
            if (tokens === null) deleteFrom(table, key);
            else insert(key, tokens);
          }
          // Rows above `next` are read when their turn comes.
          if (shadow !== null && key < shadow.next) {
            if (tokens === null) deleteFrom(shadow.table, key);
            else insertInto(shadow.table)(key, tokens);
          }
        }
        setMeta.run('applied_seq', newest);
      });
      return { applied_seq: newest, entries: entries.length };
    });
  };

  const rebuildStep = (limit: number): { rows: number; total: number; done: boolean } | null => {
    if (building === null) {
      const month = nextPlanned.get() ?? null;
      if (month === null) return null;
      if (totalRows === 0) totalRows = countRows.get() ?? 0;
      const old = readMonth.get(month)?.[0];
      const table = old === `fts_${month}` ? `fts_${month}_b` : `fts_${month}`;
      const [from, end] = monthKeys(month);
      index.transaction(() => {
        index.execute(`DROP TABLE IF EXISTS ${table}`);
        createMonthTable(index, table);
      });
      building = { month, table, next: from, end };
    }
    const target = building;
    const rows: IndexedRow[] = [];
    let complete = false;
    records.snapshot(() => {
      for (let chars = 0; !complete && rows.length < limit && chars < STEP_CHARS;) {
        const part = rowsInRange.all((rows.at(-1)?.[0] ?? target.next - 1) + 1, target.end, ROWS_AT_ONCE);
        rows.push(...part);
        complete = part.length < ROWS_AT_ONCE;
        for (const row of part) chars += row[5]?.length ?? 0;
      }
    });
    const last = rows.at(-1)?.[0];
    index.transaction(() => {
      // Never there yet: `step` writes into this table only below `next`.
      const insert = index.write(`INSERT INTO ${target.table} (rowid, tokens) VALUES (?, ?)`);
      for (const row of rows) insert.run(row[0], messageTokens(row));
      if (complete) {
        const old = readMonth.get(target.month)?.[0];
        putMonth.run(target.month, target.table, 1);
        dropPlanned.run(target.month);
        if (old !== undefined && old !== '' && old !== target.table) index.execute(`DROP TABLE IF EXISTS ${old}`);
      }
    });
    rebuiltRows += rows.length;
    if (complete) building = null;
    else if (last !== undefined) target.next = last + 1;
    return {
      rows: rebuiltRows,
      total: Math.max(totalRows, rebuiltRows),
      done: building === null && (nextPlanned.get() ?? null) === null,
    };
  };

  /** A piece of merging; false when it changed nothing. `pages` negative starts an optimisation. */
  const merge = (table: string, pages: number): boolean => {
    const before = totalChanges.get() ?? 0;
    index.execute(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ${pages})`);
    return (totalChanges.get() ?? 0) - before >= 2;
  };
  /** Months whose optimisation has been started by this thread. */
  const optimising = new Set<number>();
  /** The newest month is optimised too, where asked for. */
  let everything = false;

  const mergeStep = (): boolean => {
    const dirty = index
      .readRaw<[number, string]>(
        "SELECT month, name FROM months WHERE dirty = 1 AND built = 1 AND name <> '' ORDER BY month DESC",
      )
      .all();
    if (dirty.length === 0) {
      everything = false;
      return false;
    }
    const newest = index.readOne<number>('SELECT max(month) FROM months').get() ?? 0;
    for (const [month, name] of dirty) {
      const sealed = everything || month < newest;
      const start = sealed && !optimising.has(month);
      if (start) optimising.add(month);
      if (merge(name, start ? -MERGE_PAGES : MERGE_PAGES)) return true;
      if (start) return true;
      optimising.delete(month);
      setDirty.run(0, month, 0);
    }
    everything = false;
    return false;
  };

  return {
    step,
    startRebuild: (months) => {
      if (building !== null) {
        index.execute(`DROP TABLE IF EXISTS ${building.table}`);
        // What was half built is built with the others.
        if (months !== undefined) putPlan.run(building.month);
        building = null;
      }
      if (months === undefined) planRebuild();
      else
        index.transaction(() => {
          for (const month of months) if (readMonth.get(month) !== undefined) putPlan.run(month);
        });
    },
    rebuildStep,
    mergeStep,
    startOptimize: () => {
      everything = true;
      optimising.clear();
      index.execute('UPDATE months SET dirty = 1 WHERE built = 1');
    },
    optimize: () => {
      for (const [month, name] of index
        .readRaw<[number, string]>("SELECT month, name FROM months WHERE built = 1 AND name <> ''")
        .all()) {
        index.execute(`INSERT INTO ${name} (${name}) VALUES ('optimize')`);
        setDirty.run(0, month, 0);
      }
    },
    appliedSeq: () => readAppliedSeq(index, 'main') ?? 0,
  };
}
