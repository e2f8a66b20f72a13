import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AttachmentStoreWriter } from '#main/core/ports/attachment-store.ts';
import type { DeskStoreWriter } from '#main/core/ports/desk-store.ts';
import type { ComposerStoreWriter } from '#main/core/ports/composer-store.ts';
import type { ReviewStoreWriter } from '#main/core/ports/review-store.ts';
import type { AdministrationStoreWriter } from '#main/core/ports/administration-store.ts';
import type { IngestResult, PackedRecords, SearchProgress, Store, StoreWriter } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Inventory } from '#shared/contract/upkeep.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { openIndexThread, type IndexThread } from './index-thread.ts';
import { KEY_BYTES, RECORDS_FILE } from './profile-files.ts';
import type { ReaderMethods } from './reader.worker.ts';
import { connectWorker, type CallOptions, type WorkerClient } from './rpc.ts';
import { workerUrl } from './worker-url.ts';
import type { WriterMethods } from './writer.worker.ts';

export interface OpenStoreOptions {
  /** The profile's folder; made if it isn't there. */
  readonly directory: string;
  /** 32 raw bytes. */
  readonly key: Uint8Array;
  /** Reader threads: one for views, the others for searches. At least 1. */
  readonly readers?: number;
  /**
   * Reads beside a program that has the profile open (command line): no writer, no index thread; every writing method
   * answers STORE_READ_ONLY.
   */
  readonly readOnly?: boolean;
}

const DEFAULT_READERS = 3;
/** One for views and one for searches; the others begin when those are busy, and end when it is quiet: each costs 30 to 60 MB. */
const READERS_KEPT = 2;
const READER_RESTS_MS = 30_000;
/** Starting a thread takes as long as that many short readings. */
const START_WORTH = 4;
/**
 * Rows are garbage as soon as they are handed over, and V8 never gives a young generation back once it has grown: five threads
 * of its own choosing are 200 MB. MB.
 */
const LIMITS = { maxYoungGenerationSizeMb: 12 };

const utf8 = new TextEncoder();

/**
 * Opens the store of a profile (ST1). AppFailure STORE_KEY_WRONG, STORE_DAMAGED, STORE_FROM_NEWER_VERSION, STORE_LOCKED
 * (another process writes this profile), STORE_READ_ONLY, DATA_FOLDER_UNWRITABLE, DISK_FULL, and NOT_FOUND for reading what isn't there.
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { directory, key, readOnly = false } = options;
  if (key.length !== KEY_BYTES) throw new AppFailure('KEY_FILE_INVALID', `a database key has ${KEY_BYTES} bytes`);
  if (readOnly && !existsSync(join(directory, RECORDS_FILE)))
    throw new AppFailure('NOT_FOUND', 'there is no store in this folder');
  const workerData = { directory, key };
  const start = (name: string) => (): Worker =>
    new Worker(workerUrl(name), { workerData, name, resourceLimits: LIMITS });
  const startReader = (name: string, restAfterMs?: number): WorkerClient<ReaderMethods> =>
    connectWorker<ReaderMethods>(name, start('reader.worker'), restAfterMs === undefined ? {} : { restAfterMs });

  const writer = readOnly ? null : connectWorker<WriterMethods>('writer', start('writer.worker'));
  let index: IndexThread | null = null;
  const readers: WorkerClient<ReaderMethods>[] = [];
  const closeAll = async (): Promise<void> => {
    await Promise.all(readers.map((reader) => reader.close()));
    await index?.close();
    await writer?.close();
  };
  try {
    for (let i = 0; i < Math.max(1, options.readers ?? DEFAULT_READERS); i++)
      readers.push(startReader(`reader ${i + 1}`, i < READERS_KEPT ? undefined : READER_RESTS_MS));
    for (const reader of readers.slice(0, READERS_KEPT)) reader.start();
    if (writer !== null) {
      await writer.call('open', []);
      index = await openIndexThread(start('search/index.worker'), (appliedSeq) =>
        writer.call('trimIndexQueue', [appliedSeq]),
      );
    }
    // After the index thread: readers attach the file it has made.
    await Promise.all(readers.slice(0, READERS_KEPT).map((reader) => reader.call('open', [])));
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
  return assemble({ writer, index, readers, startReader, closeAll });
}

/**
 * Opens a copy of records.db with this key on a thread of its own, reads all of it, and says what lies in it. AppFailure
 * STORE_DAMAGED, STORE_KEY_WRONG, STORE_FROM_NEWER_VERSION, NOT_FOUND.
 */
export async function inspectBackup(options: { readonly path: string; readonly key: Uint8Array }): Promise<Inventory> {
  if (!existsSync(options.path)) throw new AppFailure('NOT_FOUND', 'no such backup');
  const workerData = { directory: dirname(options.path), key: options.key };
  const reader = connectWorker<ReaderMethods>(
    'inspector',
    () => new Worker(workerUrl('reader.worker'), { workerData, name: 'inspector' }),
  );
  try {
    return await reader.call('inspectCopy', [options.path]);
  } finally {
    await reader.close();
  }
}

function assemble(parts: {
  readonly writer: WorkerClient<WriterMethods> | null;
  readonly index: IndexThread | null;
  readonly readers: readonly WorkerClient<ReaderMethods>[];
  readonly startReader: (name: string) => WorkerClient<ReaderMethods>;
  readonly closeAll: () => Promise<void>;
}): Store {
  const { writer, index, readers } = parts;
  const leastBusy = (of: readonly WorkerClient<ReaderMethods>[]): WorkerClient<ReaderMethods> =>
    of.reduce((best, next) => (waitAt(next) < waitAt(best) ? next : best));
  const waitAt = ({ busy, running }: WorkerClient<ReaderMethods>): number => busy + (running ? 0 : START_WORTH);
  const searching = readers.length > 1 ? readers.slice(1) : readers;

  type R = ReaderMethods;
  /** Views go to whoever is free first; searches never take the first reader, so that a chat opens at once beside them. */
  const view = <N extends keyof R & string>(name: N) =>
    ((...args: never[]) => leastBusy(readers).call(name, args as never)) as never;
  const search =
    <N extends keyof R & string>(name: N) =>
    (args: unknown[], signal: AbortSignal | undefined, progress?: SearchProgress): never =>
      leastBusy(searching).call(name, args as never, {
        signal,
        onProgress: progress === undefined ? undefined : (done, total) => progress(done / total),
      } satisfies CallOptions) as never;

  type W = WriterMethods;
  const write = <N extends keyof W & string>(name: N, transfer?: (...args: never[]) => readonly ArrayBuffer[]) =>
    (async (...args: never[]) => {
      if (writer === null) throw new AppFailure('STORE_READ_ONLY', 'this store was opened for reading only');
      try {
        return await writer.call(name, args as never, transfer === undefined ? {} : { transfer: transfer(...args) });
      } finally {
        index?.wake();
      }
    }) as never;

  const ingestText: (account: AccountId, batch: string) => Promise<IngestResult> = write('ingestText');
  const importPacked: (records: PackedRecords) => ReturnType<Store['importRecords']> = write(
    'importPacked',
    ({ json }: PackedRecords) => [json.buffer],
  );

  /** Long readings get a thread of their own, which ends with them. */
  const apart = async <T>(work: (reader: WorkerClient<ReaderMethods>) => Promise<T>): Promise<T> => {
    const reader = parts.startReader('maintenance');
    try {
      return await work(reader);
    } finally {
      await reader.close();
    }
  };

  const writing: StoreWriter &
    ReviewStoreWriter &
    AttachmentStoreWriter &
    ComposerStoreWriter &
    DeskStoreWriter &
    AdministrationStoreWriter = {
    putStaged: write('putStaged'),
    dropStaged: write('dropStaged'),
    enqueueFiles: write('enqueueFiles'),
    setUploaded: write('setUploaded'),
    putDownload: write('putDownload'),
    dropDownload: write('dropDownload'),
    attachmentsErased: write('attachmentsErased'),
    putAccount: write('putAccount'),
    removeAccount: write('removeAccount'),
    putWelcome: write('putWelcome'),
    // As JSON: cloning a batch of objects costs the writer's thread more than twice as much as parsing its text.
    ingest: (account, batch) => ingestText(account, JSON.stringify(batch)),
    putSnapshotPage: write('putSnapshotPage'),
    setCursor: write('setCursor'),
    putMessages: write('putMessages'),
    keptRaw: write('keptRaw'),
    takeKept: write('takeKept'),
    closeGap: write('closeGap'),
    noteRead: write('noteRead'),
    enqueueSend: write('enqueueSend'),
    cancelDelayed: write('cancelDelayed'),
    setSendState: write('setSendState'),
    settleSend: write('settleSend'),
    discardSend: write('discardSend'),
    returnDelayedToDrafts: write('returnDelayedToDrafts'),
    createRecall: write('createRecall'),
    resolveRecall: write('resolveRecall'),
    openIncident: write('openIncident'),
    appendIncident: write('appendIncident'),
    putPlaybooks: write('putPlaybooks'),
    putCases: write('putCases'),
    putScorecard: write('putScorecard'),
    putReviewSample: write('putReviewSample'),
    closeReviewSample: write('closeReviewSample'),
    putReviews: write('putReviews'),
    setDraft: write('setDraft'),
    setSetting: write('setSetting'),
    putSavedSearch: write('putSavedSearch'),
    renameSavedSearch: write('renameSavedSearch'),
    removeSavedSearch: write('removeSavedSearch'),
    putWords: write('putWords'),
    putLocalWords: write('putLocalWords'),
    putReplies: write('putReplies'),
    removeReply: write('removeReply'),
    countReplyUse: write('countReplyUse'),
    putArticle: write('putArticle'),
    markConversation: write('markConversation'),
    noteConsumer: write('noteConsumer'),
    putLesson: write('putLesson'),
    removeLesson: write('removeLesson'),
    putLessonRun: write('putLessonRun'),
    appendAudit: write('appendAudit'),
    putDeletion: write('putDeletion'),
    purgeExpired: write('purgeExpired'),
    purgeReleased: write('purgeReleased'),
    advanceErasures: write('advanceErasures'),
    placeHold: write('placeHold'),
    releaseHold: write('releaseHold'),
    announceRetention: write('announceRetention'),
    removeRetained: write('removeRetained'),
    rewriteRecords: write('rewriteRecords'),
    eraseIndex: async (months) => {
      if (index === null) throw new AppFailure('STORE_READ_ONLY', 'this store was opened for reading only');
      return index.erase(months);
    },
    importRecords: (records) =>
      importPacked(
        'json' in records ? records : { length: records.length, json: utf8.encode(JSON.stringify(records)) },
      ),
    rebuildIndex: async (progress) => {
      if (index === null) throw new AppFailure('STORE_READ_ONLY', 'this store was opened for reading only');
      await index.rebuild(progress);
    },
    backup: (path) => apart((reader) => reader.call('backup', [path])),
    optimize: async () => {
      if (writer === null || index === null)
        throw new AppFailure('STORE_READ_ONLY', 'this store was opened for reading only');
      await writer.call('optimize', []);
      await index.optimize();
    },
  };

  return {
    ...writing,
    staged: view('staged'),
    stagedFile: view('stagedFile'),
    outgoingFile: view('outgoingFile'),
    downloads: view('downloads'),
    keptAttachments: view('keptAttachments'),
    attachmentHashes: view('attachmentHashes'),
    attachmentErasures: view('attachmentErasures'),
    accounts: view('accounts'),
    shops: view('shops'),
    recallTimes: view('recallTimes'),
    pendingSends: view('pendingSends'),
    pendingRecalls: view('pendingRecalls'),
    gaps: view('gaps'),
    rangesSince: view('rangesSince'),
    conversations: view('conversations'),
    conversationCounts: view('conversationCounts'),
    waitingByShop: view('waitingByShop'),
    nextConversation: view('nextConversation'),
    consumer: view('consumer'),
    consumerTags: view('consumerTags'),
    lessons: view('lessons'),
    lessonRuns: view('lessonRuns'),
    lessonRun: view('lessonRun'),
    conversation: view('conversation'),
    conversationByWireId: view('conversationByWireId'),
    messages: view('messages'),
    message: view('message'),
    recall: view('recall'),
    openSeal: view('openSeal'),
    incidents: view('incidents'),
    incident: view('incident'),
    incidentOfMessage: view('incidentOfMessage'),
    incidentBodies: view('incidentBodies'),
    undraftedRecalls: view('undraftedRecalls'),
    playbooks: view('playbooks'),
    cases: view('cases'),
    scorecards: view('scorecards'),
    scorecard: view('scorecard'),
    drawReviews: view('drawReviews'),
    reviewSamples: view('reviewSamples'),
    reviewSample: view('reviewSample'),
    review: view('review'),
    reviewsOf: view('reviewsOf'),
    reviews: view('reviews'),
    reception: view('reception'),
    receptionsNamed: view('receptionsNamed'),
    reviewersNamed: view('reviewersNamed'),
    exportedPackage: view('exportedPackage'),
    recallFacts: view('recallFacts'),
    overviewFacts: view('overviewFacts'),
    savedSearches: view('savedSearches'),
    wordsPage: view('wordsPage'),
    wordList: view('wordList'),
    localWords: view('localWords'),
    replies: view('replies'),
    articles: view('articles'),
    article: view('article'),
    setting: view('setting'),
    groups: view('groups'),
    group: view('group'),
    deletion: view('deletion'),
    openDeletions: view('openDeletions'),
    hasExpired: view('hasExpired'),
    missingMessages: view('missingMessages'),
    openIncidents: view('openIncidents'),
    pendingErasures: view('pendingErasures'),
    pendingAttachmentErasures: view('pendingAttachmentErasures'),
    protections: view('protections'),
    holds: view('holds'),
    retentionTotals: view('retentionTotals'),
    retentionCalendar: view('retentionCalendar'),
    retentionList: view('retentionList'),
    auditPage: view('auditPage'),
    auditFacets: view('auditFacets'),
    verifyAudit: view('verifyAudit'),
    search: (query, visibility, page, signal, progress) =>
      search('search')([query, visibility, page], signal, progress),
    count: (query, visibility, cap, signal, progress) => search('count')([query, visibility, cap], signal, progress),
    searchAgents: (query, visibility, signal, progress) =>
      search('searchAgents')([query, visibility], signal, progress),
    searchNumbers: (query, visibility, signal, progress) =>
      search('searchNumbers')([query, visibility], signal, progress),
    searchConsumers: (query, visibility, page, signal, progress) =>
      search('searchConsumers')([query, visibility, page], signal, progress),
    searchMarks: (query, visibility, conversation, place, signal) =>
      search('searchMarks')([query, visibility, conversation, place], signal),
    findPeople: (text, visibility, limit, signal) => search('findPeople')([text, visibility, limit], signal),
    estimate: (query, visibility, signal) => search('estimate')([query, visibility], signal),
    check: () => apart((reader) => reader.call('check', [])),
    inventory: () => apart((reader) => reader.call('inventory', [])),
    indexStatus: view('indexStatus'),
    close: parts.closeAll,
  };
}
