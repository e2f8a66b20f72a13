import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { WritableDatabase } from '../connection.ts';
import { openReadable, pragma } from '../connection.ts';
import { rewriteFile } from '../administration/eraser.ts';
import { toFailure } from '../errors.ts';
import { collectWhileWorking, restWhenQuiet } from '../rest.ts';
import { openIndexFile } from './index-file.ts';
import { createIndexer } from './indexer.ts';

/**
 * The thread that owns search.db (store.md, "Two files, two writers"). It takes over the change queue of records.db as
 * fast as it comes, rebuilds and merges in small pieces in between, and never keeps the queue waiting for either.
 */

export interface IndexWorkerData {
  readonly directory: string;
  readonly key: Uint8Array;
}

export type IndexWorkerRequest =
  | { readonly type: 'wake' | 'rebuild' | 'optimize' | 'close' }
  /** Nothing of what was deleted from these months is left in the file afterwards (AD2). */
  | { readonly type: 'erase'; readonly months: readonly number[] };

export type IndexWorkerReport =
  | { readonly type: 'ready'; readonly applied_seq: number }
  | { readonly type: 'applied'; readonly seq: number }
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'rebuilt' }
  | { readonly type: 'optimized' }
  | { readonly type: 'erased'; readonly outcome: 'done' | 'deferred' | 'busy' }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** Entries of the queue in one transaction: some 50 ms. */
const STEP = 2_000;
const REBUILD_STEP = 2_000;
/**
 * Between two small steps: each is a commit, and the disk does one at a time for all files, those of the records among them.
 * What waits meanwhile is few and is scanned.
 */
const STEP_REST_MS = 100;
/** Of the records it only reads what was just written, or everything once: a page is hardly ever met again. */
const RECORDS_CACHE_KIB = 2 * 1_024;
/** Rows, their texts and grams are garbage after each step; while a long queue is taken over, this much of it may gather. */
const GARBAGE_BYTES = 16 * 1_048_576;
/** Idle time before merging begins, so that it stays out of the way of bursts. */
const MERGE_AFTER_MS = 500;

const port = parentPort;
if (port === null) throw new Error('index.worker runs as a worker');
const { directory, key } = workerData as IndexWorkerData;
const report = (message: IndexWorkerReport): void => port.postMessage(message);

/** Says that the file holds something that has to go and was too large to be rewritten: the next start builds it anew. */
const RESET_FILE = 'search.reset';

/** Damage in the middle of the file shows only when it is met: then too the next start builds it anew (ST4). */
function failed(thrown: unknown): void {
  const { code, message } = toFailure(thrown).error;
  if (code === 'STORE_DAMAGED')
    try {
      writeFileSync(join(directory, RESET_FILE), '', { mode: 0o600, flush: true });
    } catch {
      // It will be met again.
    }
  report({ type: 'failed', code, message });
}

function openIndex(): WritableDatabase {
  const path = join(directory, 'search.db');
  const reset = join(directory, RESET_FILE);
  if (existsSync(reset)) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    rmSync(reset);
  }
  return openIndexFile(path, key);
}

try {
  const index = openIndex();
  const records = openReadable(join(directory, 'records.db'), key, RECORDS_CACHE_KIB);
  const indexer = createIndexer(records, index);
  const stopResting = restWhenQuiet(() => {
    pragma(index, 'shrink_memory');
    pragma(records, 'shrink_memory');
  });
  const collectGarbage = collectWhileWorking(GARBAGE_BYTES);
  let scheduled = false;
  let closing = false;
  let optimizing = false;
  let erasing = false;
  let idleTimer: NodeJS.Timeout | null = null;
  let resting: NodeJS.Timeout | null = null;

  const schedule = (): void => {
    if (scheduled || closing || resting !== null) return;
    scheduled = true;
    setImmediate(run);
  };
  const rested = (): void => {
    resting = null;
    schedule();
  };
  const run = (): void => {
    scheduled = false;
    if (closing) return;
    if (idleTimer !== null) {
      clearTimeout(idleTimer);
      idleTimer = null;
    }
    try {
      const { applied_seq, entries } = indexer.step(STEP);
      collectGarbage();
      if (entries > 0) {
        report({ type: 'applied', seq: applied_seq });
        if (entries === STEP) {
          schedule();
          return;
        }
      }
      const rebuilt = indexer.rebuildStep(REBUILD_STEP);
      if (rebuilt !== null) {
        report({ type: 'progress', done: rebuilt.rows, total: rebuilt.total });
        if (rebuilt.done) report({ type: 'rebuilt' });
        schedule();
        return;
      }
      if (erasing) {
        erasing = false;
        const outcome = rewriteFile(index);
        pragma(index, 'secure_delete = OFF');
        if (outcome === 'deferred') writeFileSync(join(directory, RESET_FILE), '', { mode: 0o600, flush: true });
        report({ type: 'erased', outcome });
        schedule();
        return;
      }
      if (optimizing) {
        // In pieces, so that the queue never waits for more than one.
        if (!indexer.mergeStep()) {
          optimizing = false;
          report({ type: 'optimized' });
        }
        schedule();
        return;
      }
      if (entries > 0) resting = setTimeout(rested, STEP_REST_MS);
      else idleTimer = setTimeout(mergeWhileIdle, MERGE_AFTER_MS);
    } catch (thrown) {
      failed(thrown);
      // A lock or a full disk passes: try again with the next wake, and by itself.
      if (!closing) idleTimer = setTimeout(schedule, 5_000);
    }
  };
  const mergeWhileIdle = (): void => {
    idleTimer = null;
    if (closing || scheduled) return;
    try {
      if (indexer.mergeStep()) idleTimer = setTimeout(mergeWhileIdle, 1);
    } catch (thrown) {
      failed(thrown);
    }
  };

  port.on('message', (request: IndexWorkerRequest) => {
    try {
      handle(request);
    } catch (thrown) {
      failed(thrown);
    }
  });
  const handle = (request: IndexWorkerRequest): void => {
    switch (request.type) {
      case 'wake':
        schedule();
        break;
      case 'rebuild':
        indexer.startRebuild();
        // Nothing to build is done at once.
        if (indexer.rebuildStep(REBUILD_STEP)?.done ?? true) report({ type: 'rebuilt' });
        schedule();
        break;
      case 'erase':
        // What is dropped is overwritten at once, until the whole file is written anew.
        pragma(index, 'secure_delete = ON');
        indexer.startRebuild(request.months);
        erasing = true;
        schedule();
        break;
      case 'optimize':
        indexer.startOptimize();
        optimizing = true;
        schedule();
        break;
      case 'close':
        closing = true;
        for (const timer of [idleTimer, resting]) if (timer !== null) clearTimeout(timer);
        stopResting();
        records.close();
        index.close();
        report({ type: 'closed' });
        port.close();
        break;
    }
  };
  report({ type: 'ready', applied_seq: indexer.appliedSeq() });
  schedule();
} catch (thrown) {
  const { code, message } = toFailure(thrown).error;
  report({ type: 'failed', code, message });
  port.close();
}
