import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { ConversationView, SearchPage } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import { attach, pragma, type ReadableDatabase } from './connection.ts';
import { toFailure } from './errors.ts';
import { openRecordsForReading, requireCurrent } from './open-records.ts';
import { SEARCH_FILE } from './profile-files.ts';
import { collectWhileWorking } from './rest.ts';
import { createSearchReader } from './search/reader.ts';

/** Pages of a long reading are used once: a large cache would only grow (EX6). KiB a file. */
const CACHE_KIB = 4 * 1_024;

/** When the reader's thread looks for garbage: between pages, when what was made of the ones before is no longer in use. */
export interface Collecting {
  readonly everyPages: number;
  /** So much may gather before old objects are looked through. */
  readonly garbageMb: number;
}

export interface ExportReader {
  page(
    query: SearchQuery,
    visibility: Visibility,
    page: { readonly limit: number; readonly cursor: string | null },
    signal: AbortSignal,
  ): SearchPage;
  /** Who served it, and its numbers; null for none, and for purged ones. */
  conversation(key: ConversationKey): Pick<ConversationView, 'assignments' | 'order_nos' | 'violation_nos'> | null;
  close(): void;
}

/**
 * The one search over a handle of its own, on the thread of whoever calls: a thread that writes an export needs no other
 * one to hand it rows. Failures as the store's.
 */
export function openExportReader(directory: string, key: Uint8Array, collecting: Collecting): ExportReader {
  const failing = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      throw toFailure(thrown);
    }
  };
  const db = failing(() => openRecordsForReading(directory, key));
  try {
    requireCurrent(db);
    pragma(db, `cache_size = -${CACHE_KIB}`);
    const search = createSearchReader(db, { indexed: attachIndex(db, directory, key) });
    // The whole view of a conversation takes several times as long, and there are as many as a tenth of the messages.
    const linked = db.readRaw<[assignments: string, orders: string, violations: string]>(
      'SELECT assignments, order_nos, violation_nos FROM conversations WHERE id = ? AND purged_at IS NULL',
    );
    const collectGarbage = collectWhileWorking(collecting.garbageMb * 1_048_576);
    let pages = 0;
    return {
      page: (query, visibility, page, signal) => {
        if (++pages % collecting.everyPages === 0) collectGarbage();
        return failing(() => search.search(query, visibility, page, () => signal.aborted));
      },
      conversation: (conversation) =>
        failing(() => {
          const [row] = linked.all(conversation);
          if (row === undefined) return null;
          const [assignments, orders, violations] = row;
          return {
            assignments: JSON.parse(assignments) as ConversationView['assignments'],
            order_nos: JSON.parse(orders) as ConversationView['order_nos'],
            violation_nos: JSON.parse(violations) as ConversationView['violation_nos'],
          };
        }),
      close: () => db.close(),
    };
  } catch (thrown) {
    db.close();
    throw toFailure(thrown);
  }
}

/** Without an index searches scan: slower, and as exact. */
function attachIndex(db: ReadableDatabase, directory: string, key: Uint8Array): boolean {
  const path = join(directory, SEARCH_FILE);
  if (!existsSync(path)) return false;
  try {
    attach(db, path, 'search', key);
    pragma(db, `search.cache_size = -${CACHE_KIB}`);
    return db.readOne<number>(`SELECT count(*) FROM search.sqlite_schema WHERE name = 'months'`).get() === 1;
  } catch {
    return false;
  }
}
