import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { ReadableDatabase } from '../connection.ts';
import { INDEX_SCHEMA, isIndexReadable, monthKeys, readMonths } from './index-file.ts';
import { createSearchReader } from './reader.ts';
import { scanMatches, readScanRows } from './scan.ts';
import { readIndexView } from './walk.ts';

/** One line of doctor's answer. */
export interface SearchCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const ALL: Visibility = { kind: 'all' };
/** Newest rows that the spot checks scan. */
const SPOT_ROWS = 5_000;
const SPOT_QUERIES = 20;

/** Checks of the index against the records: FTS5's own, rows against entries by month, and spot queries against a scan. */
export function createSearchChecks(db: ReadableDatabase, options: { readonly indexed?: boolean } = {}): SearchCheck[] {
  if (options.indexed === false || !db.snapshot(() => isIndexReadable(db)))
    return [{ name: 'search index', ok: true, detail: 'not there yet: searches scan the records' }];
  return [entries(db), spots(db)];
}

/** Every message has exactly one entry, but queued ones; no entry is without message. */
function entries(db: ReadableDatabase): SearchCheck {
  return db.snapshot(() => {
    const name = 'search index entries';
    const view = readIndexView(db);
    if (view === null) return { name, ok: true, detail: 'the index is far behind: searches scan the records' };
    let missing = 0;
    let orphaned = 0;
    let unbuilt = 0;
    for (const { month, name: table, built } of readMonths(db, INDEX_SCHEMA)) {
      if (!built) {
        unbuilt++;
        continue;
      }
      const [low, high] = monthKeys(month);
      const without = db
        .readOne<number>(
          `SELECT m.id FROM messages m WHERE m.id >= ? AND m.id < ? AND NOT EXISTS (SELECT 1 FROM ${INDEX_SCHEMA}.${table}_docsize d WHERE d.id = m.id)`,
        )
        .all(low, high);
      const stray = db
        .readOne<number>(
          `SELECT d.id FROM ${INDEX_SCHEMA}.${table}_docsize d WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = d.id)`,
        )
        .all();
      missing += without.filter((id) => !view.pendingSet.has(id)).length;
      orphaned += stray.filter((id) => !view.pendingSet.has(id)).length;
    }
    return {
      name,
      ok: missing === 0 && orphaned === 0,
      detail: `missing ${missing}, orphaned ${orphaned}, queued ${view.pending.length}, months not built ${unbuilt}`,
    };
  });
}

/** Queries cut from the newest texts, answered by the index and by a scan of the same rows. */
function spots(db: ReadableDatabase): SearchCheck {
  return db.snapshot(() => {
    const low = db.readOne<number>('SELECT id FROM messages ORDER BY id DESC LIMIT 1 OFFSET ?').get(SPOT_ROWS - 1) ?? 0;
    const rows = readScanRows(db, low);
    const reader = createSearchReader(db);
    let wrong = 0;
    let asked = 0;
    for (let i = 0; i < SPOT_QUERIES && rows.length > 0; i++) {
      const points = [...(rows[Math.floor((i * rows.length) / SPOT_QUERIES)]?.text ?? '')].filter(
        (point) => !/\s/.test(point),
      );
      const text = `"${points
        .slice(i % 5, (i % 5) + 1 + (i % 4))
        .join('')
        .replaceAll(/["“”＂]/g, '')}"`;
      if (text === '""') continue;
      const query: SearchQuery = { text };
      const expected = scanMatches(rows, query, ALL).map((row) => row.id);
      const found = reader
        .search(query, ALL, { limit: 1_000, cursor: null })
        .rows.map((row) => row.message_key as number)
        .filter((id) => id >= low);
      const compared = Math.min(expected.length, 1_000);
      asked++;
      if (found.length < compared || expected.slice(0, compared).some((id, at) => found[at] !== id)) wrong++;
    }
    return { name: 'search against scan', ok: wrong === 0, detail: `${asked} spot queries, ${wrong} wrong` };
  });
}
