import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { attach, type ReadableDatabase } from './connection.ts';
import { backupTo } from './backup.ts';
import { checkStore } from './check.ts';
import { openRecordsForReading, requireCurrent } from './open-records.ts';
import { SEARCH_FILE } from './profile-files.ts';
import { createReader, type RecordsReader } from './reader/create-reader.ts';
import { findPeople } from './reader/people.ts';
import { serve, type CallContext } from './rpc.ts';
import { createSearchReader, indexStatus, type SearchReader } from './search/reader.ts';

/** Reads both files; opens them read-only. Several of these run beside the one writer (ST1). */

const { directory, key } = workerData as { readonly directory: string; readonly key: Uint8Array };

interface Opened {
  readonly db: ReadableDatabase;
  readonly reader: RecordsReader;
  readonly search: SearchReader;
  readonly indexed: boolean;
}
let opened: Opened | null = null;

function open(): Opened {
  if (opened !== null) return opened;
  const db = openRecordsForReading(directory, key);
  try {
    requireCurrent(db);
    const indexed = attachIndex(db);
    opened = { db, reader: createReader(db), search: createSearchReader(db, { indexed }), indexed };
    return opened;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** Without an index (none yet, or it is damaged and being rebuilt) searches scan: slower, and as exact. */
function attachIndex(db: ReadableDatabase): boolean {
  const path = join(directory, SEARCH_FILE);
  if (!existsSync(path)) return false;
  try {
    attach(db, path, 'search', key);
    return db.readOne<number>(`SELECT count(*) FROM search.sqlite_schema WHERE name = 'months'`).get() === 1;
  } catch {
    return false;
  }
}

type Plain = {
  readonly [N in keyof RecordsReader]: (
    context: CallContext,
    ...args: Parameters<RecordsReader[N]>
  ) => ReturnType<RecordsReader[N]>;
};

const names = [
  'accounts',
  'shops',
  'recallTimes',
  'pendingSends',
  'pendingRecalls',
  'gaps',
  'conversations',
  'conversationCounts',
  'waitingByShop',
  'conversation',
  'conversationByWireId',
  'messages',
  'message',
  'recall',
  'openSeal',
  'incidents',
  'incident',
  'incidentOfMessage',
  'incidentBodies',
  'undraftedRecalls',
  'playbooks',
  'cases',
  'recallFacts',
  'savedSearches',
  'setting',
] as const satisfies readonly (keyof RecordsReader)[];

const plain = Object.fromEntries(
  names.map((name) => [
    name,
    (_: CallContext, ...args: unknown[]) => (open().reader[name] as (...args: unknown[]) => unknown)(...args),
  ]),
) as unknown as Plain;

interface Page {
  readonly limit: number;
  readonly cursor: string | null;
}

const all = {
  ...plain,
  open: (): void => {
    open();
  },
  search: (context: CallContext, query: SearchQuery, visibility: Visibility, page: Page) =>
    open().search.search(query, visibility, page, context.cancelled),
  count: (context: CallContext, query: SearchQuery, visibility: Visibility, cap: number | null) =>
    open().search.count(query, visibility, cap, context.cancelled),
  searchAgents: (context: CallContext, query: SearchQuery, visibility: Visibility) =>
    open().search.searchAgents(query, visibility, context.cancelled),
  searchNumbers: (context: CallContext, query: SearchQuery, visibility: Visibility) =>
    open().search.searchNumbers(query, visibility, context.cancelled),
  searchConsumers: (context: CallContext, query: SearchQuery, visibility: Visibility, page: Page) =>
    open().search.searchConsumers(query, visibility, page, context.cancelled),
  searchMarks: (context: CallContext, query: SearchQuery, visibility: Visibility, conversation: ConversationKey) =>
    open().search.searchMarks(query, visibility, conversation, context.cancelled),
  findPeople: (context: CallContext, text: string, visibility: Visibility, limit: number) => {
    const { db } = open();
    return db.snapshot(() => findPeople(db, text, visibility, limit, () => context.cancelled()));
  },
  estimate: (context: CallContext, query: SearchQuery, visibility: Visibility) =>
    open().search.estimate(query, visibility, context.cancelled),
  indexStatus: () => {
    const { db, indexed } = open();
    return indexed
      ? indexStatus(db)
      : { indexed: 0, pending: db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0 };
  },
  check: () => checkStore(open().db, { directory, indexed: open().indexed }),
  backup: (_: CallContext, path: string) => backupTo(open().db, path, key),
};

export type ReaderMethods = typeof all;

if (parentPort !== null) serve(parentPort, all, () => opened?.db.close());
