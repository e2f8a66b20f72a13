import type { Bindable, ReadableDatabase } from '../connection.ts';
import { INDEX_SCHEMA } from './index-file.ts';
import type { Plan } from './plan.ts';

/** A matching row. `text` is null where nobody needs it. */
export type WalkedRow = readonly [
  id: number,
  conversation: number,
  agent: number | null,
  sentAt: number,
  flags: number,
  senderRole: number,
  text: string | null,
];

/** What a WalkedRow is made of, but for its text. */
export const WALKED_COLUMNS = 'm.id, m.conversation, m.agent, m.sent_at, m.flags, m.sender_role';

export interface Driver {
  /** A key such that at most about `size` candidates lie in [it, high). */
  boundary(low: number, high: number, size: number): number;
  /** Candidates in [low, high) that fulfil the plan's SQL, newest first. */
  rows(low: number, high: number, text: boolean): WalkedRow[];
  /** How many fulfil it. */
  count(low: number, high: number): number;
}

export interface IndexDriver extends Driver {
  /** The newest `limit` of `rows`: for where hardly any candidate is lost to the plan's SQL. */
  take(low: number, high: number, text: boolean, limit: number): WalkedRow[];
}

export interface Drivers {
  readonly scan: Driver;
  readonly states: Driver;
  readonly conversationsDriver: (conversations: readonly number[]) => Driver;
  readonly indexDriver: (table: string, expression: string) => IndexDriver;
}

/** Where the candidates of a plan can come from. Each gives those in a range of keys that fulfil the plan's SQL. */
export function createDrivers(db: ReadableDatabase, plan: Plan): Drivers {
  const { where, parameters } = plan;

  const scan: Driver = {
    boundary: (low, high, size) =>
      db
        .readOne<number>('SELECT id FROM messages WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?')
        .get(low, high, BigInt(size - 1)) ?? low,
    rows: (low, high, text) =>
      db
        .readRaw<[...WalkedRow]>(
          `SELECT ${WALKED_COLUMNS}, ${text ? 'm.text' : 'NULL'} FROM messages m NOT INDEXED WHERE m.id >= ? AND m.id < ?${where} ORDER BY m.id DESC`,
        )
        .all(low, high, ...parameters),
    count: (low, high) =>
      db
        .readOne<number>(`SELECT count(*) FROM messages m NOT INDEXED WHERE m.id >= ? AND m.id < ?${where}`)
        .get(low, high, ...parameters) ?? 0,
  };

  const STATES = 'messages m INDEXED BY messages_by_state WHERE m.flags & 63 <> 0 AND m.id >= ? AND m.id < ?';
  const states: Driver = {
    boundary: (low, high, size) =>
      db
        .readOne<number>(`SELECT m.id FROM ${STATES} ORDER BY m.id DESC LIMIT 1 OFFSET ?`)
        .get(low, high, BigInt(size - 1)) ?? low,
    rows: (low, high, text) =>
      db
        .readRaw<[...WalkedRow]>(
          `SELECT ${WALKED_COLUMNS}, ${text ? 'm.text' : 'NULL'} FROM ${STATES}${where} ORDER BY m.id DESC`,
        )
        .all(low, high, ...parameters),
    count: (low, high) =>
      db.readOne<number>(`SELECT count(*) FROM ${STATES}${where}`).get(low, high, ...parameters) ?? 0,
  };

  /** All keys of some conversations in a range, descending; read once for the widest range asked for. */
  const conversationsDriver = (conversations: readonly number[]): Driver => {
    const list = JSON.stringify(conversations);
    let keys: Float64Array | null = null;
    const load = (high: number): Float64Array => {
      if (keys === null) {
        keys = Float64Array.from(
          db
            .readOne<number>(
              'SELECT m.id FROM json_each(?) j CROSS JOIN messages m ON m.conversation = j.value AND m.id >= ? AND m.id < ?',
            )
            .all(list, plan.low, high),
        ).sort();
      }
      return keys;
    };
    /** Index of the first key ≥ `key`, ascending. */
    const lower = (sorted: Float64Array, key: number): number => {
      let from = 0;
      let to = sorted.length;
      while (from < to) {
        const middle = (from + to) >>> 1;
        if ((sorted[middle] as number) < key) from = middle + 1;
        else to = middle;
      }
      return from;
    };
    const within = (low: number, high: number): string => {
      const sorted = load(high);
      return JSON.stringify([...sorted.subarray(lower(sorted, low), lower(sorted, high))].reverse());
    };
    return {
      boundary: (low, high, size) => {
        const sorted = load(high);
        const at = lower(sorted, high) - size;
        return at <= 0 ? low : Math.max(low, sorted[at] as number);
      },
      rows: (low, high, text) =>
        db
          .readRaw<[...WalkedRow]>(
            `SELECT ${WALKED_COLUMNS}, ${text ? 'm.text' : 'NULL'} FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value WHERE 1${where}`,
          )
          .all(within(low, high), ...parameters),
      count: (low, high) => {
        if (where === '') {
          const sorted = load(high);
          return lower(sorted, high) - lower(sorted, low);
        }
        return (
          db
            .readOne<number>(
              `SELECT count(*) FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value WHERE 1${where}`,
            )
            .get(within(low, high), ...parameters) ?? 0
        );
      },
    };
  };

  /**
   * `expression` "" means every row of the table. Rows that are queued are not this driver's. Keys are bound as BigInt:
   * FTS5 takes a range only as integers, numbers would be bound as REAL and make it read the whole list.
   */
  const indexDriver = (table: string, expression: string): IndexDriver => {
    const match = expression === '' ? '1' : `${table} MATCH ?`;
    const from = expression === '' ? `${INDEX_SCHEMA}.${table}_docsize f` : `${INDEX_SCHEMA}.${table}`;
    const key = expression === '' ? 'f.id' : `${table}.rowid`;
    const bound: Bindable[] = expression === '' ? [] : [expression];
    const select = (text: boolean): string =>
      `SELECT ${WALKED_COLUMNS}, ${text ? 'm.text' : 'NULL'} FROM ${from} CROSS JOIN messages m ON m.id = ${key} WHERE ${match} AND ${key} >= ? AND ${key} < ?${where}`;
    return {
      boundary: (low, high, size) =>
        db
          .readOne<number>(
            `SELECT ${key} FROM ${from} WHERE ${match} AND ${key} >= ? AND ${key} < ? ORDER BY ${key} DESC LIMIT 1 OFFSET ?`,
          )
          .get(...bound, BigInt(low), BigInt(high), BigInt(size - 1)) ?? low,
      rows: (low, high, text) =>
        db
          .readRaw<[...WalkedRow]>(`${select(text)} ORDER BY ${key} DESC`)
          .all(...bound, BigInt(low), BigInt(high), ...parameters),
      take: (low, high, text, limit) =>
        db
          .readRaw<[...WalkedRow]>(`${select(text)} ORDER BY ${key} DESC LIMIT ?`)
          .all(...bound, BigInt(low), BigInt(high), ...parameters, BigInt(limit)),
      count: (low, high) =>
        db
          .readOne<number>(
            `SELECT count(*) FROM ${from} CROSS JOIN messages m ON m.id = ${key} WHERE ${match} AND ${key} >= ? AND ${key} < ?${where}`,
          )
          .get(...bound, BigInt(low), BigInt(high), ...parameters) ?? 0,
    };
  };

  return { scan, states, conversationsDriver, indexDriver };
}
