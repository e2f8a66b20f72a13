import { AppFailure, type AppErrorCode } from '#shared/contract/errors.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { IngestResult, Store } from '../ports/store.ts';

export const MAX_BATCH = 1_000;
/** While a stream is flowing, what has arrived is gathered this long before it is stored (at most 50 ms, store.md). */
const GATHER_MS = 20;
/** Stop reading from the socket at the upper mark, go on at the lower one. Events. */
const HIGH_MARK = 5_000;
const LOW_MARK = 1_000;
/** A full disk or a locked file: tried again this often, nothing is lost meanwhile (ST5). */
const RETRY_MS = 1_000;

export interface IngestOptions {
  readonly account: AccountId;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** After commit: changes to announce, the number to acknowledge. */
  readonly onStored: (result: IngestResult) => void;
  /** A number is missing after the cursor: the stream has to begin anew from there (SY2). */
  readonly onGap: (missingBefore: number) => void;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onProblem: (code: AppErrorCode) => void;
}

/** Events → rows, in order, in batches; one instance an account (SY2). */
export interface Ingest {
  push(event: GatewayEvent): void;
  /**
   * While a snapshot is being paged, events wait: applied before the page they are newer than, they would be undone by
   * it. At most HIGH_MARK of them wait; what comes beyond is let go of, unacknowledged, and asked for again (`onGap`)
   * when those that waited are stored. The socket goes on being read: the snapshot's pages come through it.
   */
  hold(): void;
  release(): void;
  /** Drops what is queued: it will come again after resume. What is being stored right now still is. */
  discard(): void;
  /** Resolves when nothing is queued or being stored (or the rest has been discarded). */
  idle(): Promise<void>;
  stop(): void;
}

export function createIngest(options: IngestOptions): Ingest {
  const { clock, store, account, logger } = options;
  let queue: GatewayEvent[] = [];
  let held = false;
  let storing = false;
  let stopped = false;
  let paused = false;
  let lastBatch = 0;
  let timer: TimerHandle | null = null;
  /** The first event that was let go of while held. */
  let missedFrom: number | null = null;
  let problem: AppErrorCode | null = null;
  let waiters: (() => void)[] = [];

  function settleWaiters(): void {
    if (storing || (queue.length > 0 && !stopped)) return;
    const ready = waiters;
    waiters = [];
    for (const resolve of ready) resolve();
  }

  function schedule(delay: number): void {
    if (storing || held || stopped || queue.length === 0) return;
    if (timer !== null) {
      // A batch that is full needs no gathering.
      if (queue.length < MAX_BATCH || problem !== null) return;
      clock.clearTimeout(timer);
      timer = null;
    }
    if (delay === 0) {
      // Everything that came in the same chunk of the socket is still being pushed: gather it.
      storing = true;
      queueMicrotask(() => void flush());
      return;
    }
    timer = clock.setTimeout(() => {
      timer = null;
      if (storing || held || stopped) return;
      storing = true;
      void flush();
    }, delay);
  }

  async function flush(): Promise<void> {
    const batch = queue.slice(0, MAX_BATCH);
    if (batch.length === 0) {
      storing = false;
      settleWaiters();
      return;
    }
    let result: IngestResult;
    const source = queue;
    try {
      result = await store.ingest(account, batch);
    } catch (thrown) {
      failed(thrown);
      return;
    }
    storing = false;
    lastBatch = batch.length;
    if (problem !== null) {
      logger.log('info', 'ingest.recovered', { account });
      problem = null;
    }
    // `discard` may have replaced the queue meanwhile; the batch was part of the old one.
    const current = queue === source;
    if (current) queue.splice(0, batch.length);
    if (paused && queue.length <= LOW_MARK) {
      paused = false;
      options.onResume();
    }
    options.onStored(result);
    const gapAt = result.gap_at ?? (queue.length === 0 && !held ? missedFrom : null);
    if (gapAt !== null && current) {
      queue = [];
      logger.log('warn', 'ingest.gap', { account, cursor: result.event_seq, gap_at: gapAt });
      options.onGap(gapAt);
    }
    schedule(lastBatch > 8 && queue.length < MAX_BATCH ? GATHER_MS : 0);
    settleWaiters();
  }

  function failed(thrown: unknown): void {
    storing = false;
    const code: AppErrorCode = thrown instanceof AppFailure ? thrown.error.code : 'INTERNAL';
    if (problem !== code) {
      problem = code;
      logger.log('error', 'ingest.failed', { account, code });
      options.onProblem(code);
    }
    if (!paused) {
      paused = true;
      options.onPause();
    }
    schedule(RETRY_MS);
    settleWaiters();
  }

  return {
    push(event) {
      if (stopped) return;
      if (missedFrom !== null || (held && queue.length >= HIGH_MARK)) {
        missedFrom ??= event.event_seq;
        return;
      }
      queue.push(event);
      // Replies to the snapshot's pages come through the same socket, so while held it must go on being read.
      if (!paused && !held && queue.length >= HIGH_MARK) {
        paused = true;
        options.onPause();
      }
      schedule(lastBatch > 8 && queue.length < MAX_BATCH ? GATHER_MS : 0);
    },
    hold() {
      held = true;
    },
    release() {
      held = false;
      schedule(0);
      settleWaiters();
    },
    discard() {
      queue = [];
      paused = false;
      missedFrom = null;
      settleWaiters();
    },
    idle() {
      if (!storing && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
    stop() {
      stopped = true;
      queue = [];
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
      settleWaiters();
    },
  };
}
