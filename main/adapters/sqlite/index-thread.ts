import type { Worker } from 'node:worker_threads';
import type { RewriteOutcome } from '#main/core/ports/administration-store.ts';
import { AppFailure, isAppErrorCode } from '#shared/contract/errors.ts';
import type { IndexWorkerReport, IndexWorkerRequest } from './search/index.worker.ts';

/** The thread that owns search.db, seen from the main thread. When it dies or fails, answers stay exact: readers scan the rest. */
export interface IndexThread {
  /** There may be something new in the queue. Cheap; many in a row are one. */
  wake(): void;
  rebuild(progress: (done: number, total: number) => void): Promise<void>;
  optimize(): Promise<void>;
  /** Nothing of what was deleted from these months is left in the file afterwards (AD2). */
  erase(months: readonly number[]): Promise<RewriteOutcome>;
  close(): Promise<void>;
}

interface Waiting {
  readonly until: 'rebuilt' | 'optimized' | 'erased';
  readonly progress?: (done: number, total: number) => void;
  resolve(): void;
  reject(failure: AppFailure): void;
}

/**
 * The writer's queue is cut at most this often: each cut is a commit of its own, and the disk's time for commits is what
 * bounds how fast events come in. What stands in it longer is only skipped.
 */
const TRIM_REST_MS = 500;
/** After it has died that often, it is left dead until the next start. */
const RESTARTS = 3;

/** Resolves when the thread is ready, or has said that it can't be: the records can be used without it. */
export async function openIndexThread(
  start: () => Worker,
  trim: (appliedSeq: number) => Promise<void>,
): Promise<IndexThread> {
  let worker: Worker | null = null;
  let ended: Promise<void> = Promise.resolve();
  let closing = false;
  let restarts = 0;
  let wakeScheduled = false;
  let waiting: Waiting[] = [];
  /** Trimming runs one at a time, always to the newest number. */
  let trimTo = 0;
  let trimming: NodeJS.Timeout | null = null;
  let outcome: RewriteOutcome = 'done';

  const trimSoon = (): void => {
    if (trimming !== null || closing) return;
    trimming = setTimeout(() => {
      const seq = trimTo;
      trim(seq)
        // A locked or full disk: the queue is only longer than it need be, and trimmed with the next report.
        .catch(() => undefined)
        .finally(() => {
          trimming = null;
          if (trimTo > seq) trimSoon();
        });
    }, TRIM_REST_MS);
    trimming.unref();
  };
  const settle = (until: Waiting['until']): void => {
    for (const entry of waiting) if (entry.until === until) entry.resolve();
    waiting = waiting.filter((entry) => entry.until !== until);
  };
  const fail = (failure: AppFailure): void => {
    for (const entry of waiting) entry.reject(failure);
    waiting = [];
  };
  const post = (request: IndexWorkerRequest): void => worker?.postMessage(request);

  const begin = (): Promise<void> =>
    new Promise((ready) => {
      const started = start();
      worker = started;
      started.on('message', (report: IndexWorkerReport) => {
        switch (report.type) {
          case 'ready':
            trimTo = Math.max(trimTo, report.applied_seq);
            trimSoon();
            ready();
            break;
          case 'applied':
            trimTo = Math.max(trimTo, report.seq);
            trimSoon();
            break;
          case 'progress':
            for (const entry of waiting) entry.progress?.(report.done, report.total);
            break;
          case 'rebuilt':
          case 'optimized':
            settle(report.type);
            break;
          case 'erased':
            outcome = report.outcome;
            settle('erased');
            break;
          case 'failed':
            fail(new AppFailure(isAppErrorCode(report.code) ? report.code : 'INTERNAL', report.message));
            ready();
            break;
          case 'closed':
            break;
        }
      });
      ended = new Promise((resolve) => {
        started.on('error', () => undefined);
        started.on('exit', () => {
          if (worker === started) worker = null;
          fail(new AppFailure('INTERNAL', 'the index thread ended', { worker: 'index' }));
          ready();
          resolve();
          if (!closing && restarts < RESTARTS) {
            restarts += 1;
            void begin();
          }
        });
      });
    });

  await begin();
  const ask = (
    request: IndexWorkerRequest,
    until: Waiting['until'],
    progress?: (done: number, total: number) => void,
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      if (worker === null) {
        reject(new AppFailure('INTERNAL', 'the index thread is not running', { worker: 'index' }));
        return;
      }
      waiting.push({ until, resolve, reject, ...(progress === undefined ? {} : { progress }) });
      post(request);
    });

  return {
    wake: () => {
      if (wakeScheduled || closing) return;
      wakeScheduled = true;
      queueMicrotask(() => {
        wakeScheduled = false;
        post({ type: 'wake' });
      });
    },
    rebuild: (progress) => ask({ type: 'rebuild' }, 'rebuilt', progress),
    optimize: () => ask({ type: 'optimize' }, 'optimized'),
    erase: async (months) => {
      await ask({ type: 'erase', months }, 'erased');
      return outcome;
    },
    close: async () => {
      closing = true;
      if (trimming !== null) clearTimeout(trimming);
      post({ type: 'close' });
      await ended;
    },
  };
}
