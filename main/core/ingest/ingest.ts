import { type AppErrorCode, codeOf } from '#shared/contract/errors.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { IngestResult, Store } from '../ports/store.ts';

export const MAX_BATCH = 1_000;
/** Batches handed to the store at a time: while one commits, the next is on its way, so that the writer never waits for us. */
const IN_FLIGHT = 2;
/** While a stream is flowing, what has arrived is gathered this long before it is stored (at most 50 ms, store.md). */
const GATHER_MS = 20;
/** Stop reading from the socket at the upper mark, go on at the lower one. Events. */
const HIGH_MARK = 5_000;
const LOW_MARK = 2_000;
/** The same in characters of their frames, for messages of a megabyte each; and what of them is stored at a time. */
const HIGH_CHARS = 32 * 1_048_576;
const LOW_CHARS = 8 * 1_048_576;
const MAX_BATCH_CHARS = 4 * 1_048_576;
/** A full disk or a locked file: tried again this often, nothing is lost meanwhile (ST5). */
const RETRY_MS = 1_000;

export interface IngestOptions {
  readonly account: AccountId;
  readonly store: Pick<Store, 'ingest'>;
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
  /** `chars`: of its frame. */
  push(event: GatewayEvent, chars: number): void;
  /**
   * Events wait until `release`. `snapshot`: pages of one are read meanwhile, through the same socket, which therefore goes on
   * being read: at most HIGH_MARK events (or HIGH_CHARS) wait, what comes beyond is let go of, unacknowledged, and asked for again (`onGap`)
   * when those that waited are stored. (Applied before the page they are newer than, they would be undone by it.) Otherwise
   * nothing has to come through the socket, and it is read no further than that.
   */
  hold(snapshot: boolean): void;
  release(): void;
  /** Drops what is queued: it will come again after resume. What is being stored right now still is. */
  discard(): void;
  /** Resolves when nothing is queued or being stored (or the rest has been discarded). */
  idle(): Promise<void>;
  stop(): void;
}

export function createIngest(options: IngestOptions): Ingest {
  const { clock, store, account, logger } = options;
  /** What isn't stored yet; its first `handed` events are with the store. */
  let queue: GatewayEvent[] = [];
  let sizes: number[] = [];
  let handed = 0;
  /** Characters of the whole queue, and of what is with the store. */
  let queuedChars = 0;
  let handedChars = 0;
  let inFlight = 0;
  /** Goes up when what was handed over no longer stands at the head of the queue: discarded, after a gap, or to be handed over again. */
  let run = 0;
  let held: 'no' | 'socket read' | 'socket waits' = 'no';
  /** A flush is about to begin in this turn. */
  let gathering = false;
  let stopped = false;
  let paused = false;
  let lastBatch = 0;
  let timer: TimerHandle | null = null;
  /** The first event that was let go of while held. */
  let missedFrom: number | null = null;
  let problem: AppErrorCode | null = null;
  let waiters: (() => void)[] = [];

  function settleWaiters(): void {
    if (inFlight > 0 || gathering || (queue.length > 0 && !stopped)) return;
    const ready = waiters;
    waiters = [];
    for (const resolve of ready) resolve();
  }

  const pauseSocket = (): void => {
    if (paused) return;
    paused = true;
    options.onPause();
  };

  function schedule(delay: number): void {
    const waiting = queue.length - handed;
    if (gathering || held !== 'no' || stopped || waiting === 0) return;
    const full = (waiting >= MAX_BATCH || queuedChars - handedChars >= MAX_BATCH_CHARS) && problem === null;
    // Behind a batch under way only a full one is worth the trip; the rest is gathered until that one is stored.
    if (inFlight > 0 && !(full && inFlight < IN_FLIGHT)) return;
    if (timer !== null) {
      // A batch that is full needs no gathering.
      if (!full) return;
      clock.clearTimeout(timer);
      timer = null;
    }
    if (delay === 0 || full) {
      // Everything that came in the same chunk of the socket is still being pushed: gather it.
      gathering = true;
      queueMicrotask(flush);
      return;
    }
    timer = clock.setTimeout(() => {
      timer = null;
      if (held === 'no' && !stopped) flush();
    }, delay);
  }

  /** How many events behind those that are with the store go next, and their characters: at least one, where there is one. */
  function nextBatch(): { readonly size: number; readonly chars: number } {
    let chars = 0;
    let size = 0;
    for (; size < MAX_BATCH && handed + size < queue.length && chars < MAX_BATCH_CHARS; size++)
      chars += sizes[handed + size] ?? 0;
    return { size, chars };
  }

  function flush(): void {
    gathering = false;
    do {
      const { size, chars } = nextBatch();
      if (size === 0) break;
      const batch = queue.slice(handed, handed + size);
      handed += size;
      handedChars += chars;
      inFlight++;
      const mine = run;
      store.ingest(account, batch).then(
        (result) => stored(size, chars, result, mine === run),
        (thrown: unknown) => failed(thrown, mine === run),
      );
    } while (
      problem === null &&
      inFlight < IN_FLIGHT &&
      (queue.length - handed >= MAX_BATCH || queuedChars - handedChars >= MAX_BATCH_CHARS)
    );
    settleWaiters();
  }

  /** In the order they were handed over. `current`: the batch stands at the head of the queue. */
  function stored(size: number, chars: number, result: IngestResult, current: boolean): void {
    inFlight--;
    // Behind a batch that failed the store finds a number missing and takes nothing: that says nothing about the stream.
    if (!current && result.applied === 0) return goOn();
    lastBatch = size;
    if (current) {
      queue.splice(0, size);
      sizes.splice(0, size);
      handed -= size;
      queuedChars -= chars;
      handedChars -= chars;
      if (problem !== null) {
        logger.log('info', 'ingest.recovered', { account });
        problem = null;
      }
    }
    if (paused && problem === null && queue.length <= LOW_MARK && queuedChars <= LOW_CHARS) {
      paused = false;
      options.onResume();
    }
    options.onStored(result);
    const gapAt = result.gap_at ?? (queue.length === 0 && held === 'no' ? missedFrom : null);
    if (gapAt !== null && current) {
      drop();
      logger.log('warn', 'ingest.gap', { account, cursor: result.event_seq, gap_at: gapAt });
      options.onGap(gapAt);
    }
    goOn();
  }

  function failed(thrown: unknown, current: boolean): void {
    inFlight--;
    // What was handed over behind it goes with it.
    if (!current) return goOn();
    startOver();
    const code = codeOf(thrown);
    if (problem !== code) {
      problem = code;
      logger.log('error', 'ingest.failed', { account, code });
      options.onProblem(code);
    }
    pauseSocket();
    goOn();
  }

  function startOver(): void {
    run++;
    handed = 0;
    handedChars = 0;
  }

  function drop(): void {
    queue = [];
    sizes = [];
    queuedChars = 0;
    startOver();
  }

  const isHigh = (): boolean => queue.length >= HIGH_MARK || queuedChars >= HIGH_CHARS;

  function goOn(): void {
    schedule(problem !== null ? RETRY_MS : lastBatch > 8 ? GATHER_MS : 0);
    settleWaiters();
  }

  return {
    push(event, chars) {
      if (stopped) return;
      if (missedFrom !== null || (held === 'socket read' && isHigh())) {
        missedFrom ??= event.event_seq;
        return;
      }
      queue.push(event);
      sizes.push(chars);
      queuedChars += chars;
      // Replies to the snapshot's pages come through the same socket, so meanwhile it must go on being read.
      if (held !== 'socket read' && isHigh()) pauseSocket();
      schedule(lastBatch > 8 ? GATHER_MS : 0);
    },
    hold(snapshot) {
      held = snapshot ? 'socket read' : 'socket waits';
    },
    release() {
      held = 'no';
      schedule(0);
      settleWaiters();
    },
    discard() {
      drop();
      paused = false;
      missedFrom = null;
      settleWaiters();
    },
    idle() {
      if (inFlight === 0 && !gathering && queue.length === 0) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
    stop() {
      stopped = true;
      drop();
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
      settleWaiters();
    },
  };
}
