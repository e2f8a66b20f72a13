import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { MarksPlace } from '#shared/contract/views.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { attach, type ReadableDatabase } from './connection.ts';
import { backupTo, inspectCopy } from './backup.ts';
import { readInventory } from './inventory.ts';
import { checkStore } from './check.ts';
import { toFailure } from './errors.ts';
import { openRecordsForReading, requireCurrent } from './open-records.ts';
import { SEARCH_FILE } from './profile-files.ts';
import { createReader, type RecordsReader } from './reader/create-reader.ts';
import { findPeople } from './reader/people.ts';
import { restWhenQuiet } from './rest.ts';
import { serve, type CallContext } from './rpc.ts';
import { createSearchReader, indexStatus, type SearchReader } from './search/reader.ts';
import type { Cancelled } from './search/walk.ts';
import { warmUp } from './search/warm.ts';

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
    warmSoon(db, indexed);
    return opened;
  } catch (thrown) {
    db.close();
    throw thrown;
  }
}

/** The window is there first. Milliseconds. */
const WARM_AFTER_MS = 1_500;

/** Between the calls: one that comes in is answered after the present step. */
function warmSoon(db: ReadableDatabase, indexed: boolean): void {
  const steps = warmUp(db, indexed);
  const step = (): void => {
    if (opened?.db !== db) return;
    try {
      if (steps.next().done !== true) setImmediate(step).unref();
    } catch {
      // Whoever needs what can't be read here will say so.
    }
  };
  setTimeout(step, WARM_AFTER_MS).unref();
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
  'staged',
  'stagedFile',
  'outgoingFile',
  'downloads',
  'keptAttachments',
  'attachmentHashes',
  'attachmentErasures',
  'gaps',
  'rangesSince',
  'conversations',
  'conversationCounts',
  'waitingByShop',
  'nextConversation',
  'consumer',
  'consumerTags',
  'lessons',
  'lessonRuns',
  'lessonRun',
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
  'scorecards',
  'scorecard',
  'drawReviews',
  'reviewSamples',
  'reviewSample',
  'review',
  'reviewsOf',
  'reviews',
  'reception',
  'receptionsNamed',
  'reviewersNamed',
  'exportedPackage',
  'recallFacts',
  'overviewFacts',
  'savedSearches',
  'groups',
  'group',
  'deletion',
  'openDeletions',
  'hasExpired',
  'missingMessages',
  'openIncidents',
  'pendingErasures',
  'pendingAttachmentErasures',
  'protections',
  'holds',
  'retentionTotals',
  'retentionCalendar',
  'retentionList',
  'auditPage',
  'auditFacets',
  'verifyAudit',
  'wordsPage',
  'wordList',
  'localWords',
  'replies',
  'articles',
  'article',
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

/** Searches that are done within this say nothing of their progress; later ones not more often than this. Milliseconds. */
const PROGRESS_MS = 300;

/** Asked between windows whether the search is to go on, and told how far it is. */
function stoppable(context: CallContext): Cancelled {
  let last = performance.now();
  return (share) => {
    const now = performance.now();
    if (share !== undefined && now - last >= PROGRESS_MS) {
      last = now;
      context.progress(share, 1);
    }
    return context.cancelled();
  };
}

const all = {
  ...plain,
  open: (): void => {
    open();
  },
  search: (context: CallContext, query: SearchQuery, visibility: Visibility, page: Page) =>
    open().search.search(query, visibility, page, stoppable(context)),
  count: (context: CallContext, query: SearchQuery, visibility: Visibility, cap: number | null) =>
    open().search.count(query, visibility, cap, stoppable(context)),
  searchAgents: (context: CallContext, query: SearchQuery, visibility: Visibility) =>
    open().search.searchAgents(query, visibility, stoppable(context)),
  searchNumbers: (context: CallContext, query: SearchQuery, visibility: Visibility) =>
    open().search.searchNumbers(query, visibility, stoppable(context)),
  searchConsumers: (context: CallContext, query: SearchQuery, visibility: Visibility, page: Page) =>
    open().search.searchConsumers(query, visibility, page, stoppable(context)),
  searchMarks: (
    context: CallContext,
    query: SearchQuery,
    visibility: Visibility,
    conversation: ConversationKey,
    place: MarksPlace,
  ) => open().search.searchMarks(query, visibility, conversation, place, context.cancelled),
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
  check: () => {
    let opened: Opened;
    try {
      opened = open();
    } catch (thrown) {
      // Doctor is asked exactly when something is wrong: that it can't be opened is an answer.
      const { code, message } = toFailure(thrown).error;
      return [{ name: 'store.file', ok: false, detail: `${code}: ${message}` }];
    }
    return checkStore(opened.db, { directory, indexed: opened.indexed });
  },
  backup: (_: CallContext, path: string) => backupTo(open().db, path, key),
  inventory: () => readInventory(open().db),
  /** Of another file under the same key; the profile's own need not be there. */
  inspectCopy: (_: CallContext, path: string) => inspectCopy(path, key),
};

export type ReaderMethods = typeof all;

if (parentPort !== null) {
  // Its page caches stay: what is asked first after a pause is what somebody waits for.
  restWhenQuiet();
  serve(parentPort, all, () => {
    const db = opened?.db;
    opened = null;
    db?.close();
  });
}
