import type { Inventory, LocalKind } from '#shared/contract/upkeep.ts';
import type { ReadableDatabase } from './connection.ts';
import { schemaVersion } from './migrations/index.ts';

/** Where each kind of local truth lies. A file of an older version has not all of these tables. */
const LOCAL: Readonly<Record<LocalKind, readonly string[]>> = {
  drafts: ['drafts', 'staged_attachments'],
  outgoing: ['outbox'],
  seals: ['seals'],
  recalls: ['recalls'],
  incidents: ['incidents'],
  cases: ['cases'],
  reviews: ['reviews'],
  replies: ['quick_replies'],
  articles: ['articles'],
  holds: ['holds'],
  searches: ['saved_searches'],
  audit: ['audit'],
};

/** What lies in a file of records, in numbers, all of one moment. */
export function readInventory(db: ReadableDatabase): Inventory {
  return db.snapshot(() => {
    const tables = new Set(db.readOne<string>(`SELECT name FROM main.sqlite_schema WHERE type = 'table'`).all());
    const count = (table: string): number =>
      tables.has(table) ? (db.readOne<number>(`SELECT count(*) FROM main.${table}`).get() ?? 0) : 0;
    return {
      schema: schemaVersion(db),
      conversations: count('conversations'),
      messages: count('messages'),
      newest_at: tables.has('messages')
        ? (db.readOne<number>('SELECT sent_at FROM main.messages ORDER BY id DESC LIMIT 1').get() ?? null)
        : null,
      unsent_files:
        count('staged_attachments') +
        (tables.has('staged_attachments')
          ? (db.readOne<number>('SELECT count(*) FROM main.outbox WHERE attachment IS NOT NULL').get() ?? 0)
          : 0),
      local: Object.fromEntries(
        Object.entries(LOCAL).map(([kind, names]) => [kind, names.reduce((sum, name) => sum + count(name), 0)]),
      ) as Record<LocalKind, number>,
    };
  });
}
