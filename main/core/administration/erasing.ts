import { codeOf } from '#shared/contract/errors.ts';
import { MINUTE } from '#shared/lib/durations.ts';
import type { PendingErasure } from '../ports/administration-store.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** A reader that keeps the log from being emptied, a full disk, a lock: tried again after this. */
const AGAIN_MS = MINUTE;

export interface Erasing {
  /** There may be something to erase. Cheap. */
  poke(): void;
  /** A hold was released: a purge may have waited for it. */
  released(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * What follows a purge (AD2): the rows are gone, then the index is built anew without them, then the attachment
 * cache lets go, then every page of the database is written anew and its log emptied. Each stage is stored when it is done,
 * so that after whatever ends the program the next start goes on there.
 */
export function createErasing(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Erases what the store says is mentioned no more. Absent: there is no cache. */
  readonly sweepAttachments?: () => Promise<void>;
  onChanges(changes: StoreChanges): void;
}): Erasing {
  const { store, clock, logger } = ports;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  /** Looked at when the program starts and whenever a hold is released. */
  let holdsChanged = true;
  let timer: TimerHandle | null = null;

  const at = (all: readonly PendingErasure[], stage: PendingErasure['stage']): readonly PendingErasure[] =>
    all.filter((each) => each.stage === stage);
  const advance = async (all: readonly PendingErasure[], stage: 'pages' | 'attachments' | 'done'): Promise<void> => {
    ports.onChanges(
      await store.advanceErasures(
        all.map(({ id }) => id),
        stage,
        { at: clock.wallNow(), actor: 'system' },
      ),
    );
  };

  /** Answers whether everything that can be done now is done. */
  const pass = async (): Promise<boolean> => {
    let complete = true;
    const pending = await store.pendingErasures();
    if (pending.length === 0) return true;
    if (at(pending, 'held').length > 0 && holdsChanged) {
      holdsChanged = false;
      ports.onChanges((await store.purgeReleased(clock.wallNow())).changes);
    }
    const index = at(await store.pendingErasures(), 'index');
    if (index.length > 0 && !stopped) {
      const outcome = await store.eraseIndex([...new Set(index.flatMap(({ months }) => months))]);
      // Too large to be written anew while it is open: marked, and built anew at the next start.
      if (outcome === 'busy') complete = false;
      else await advance(index, 'attachments');
    }
    const attachments = at(await store.pendingErasures(), 'attachments');
    if (attachments.length > 0 && !stopped) {
      await ports.sweepAttachments?.();
      if (ports.sweepAttachments === undefined || (await store.pendingAttachmentErasures()) === 0)
        await advance(attachments, 'pages');
      else complete = false;
    }
    const rewritten = at(await store.pendingErasures(), 'rewritten');
    if (rewritten.length > 0 && !stopped) await advance(rewritten, 'done');
    // Last: what the stages before have deleted from the database goes with it.
    const pages = at(await store.pendingErasures(), 'pages');
    if (pages.length > 0 && !stopped) {
      const outcome = await store.rewriteRecords();
      if (outcome === 'done') await advance(pages, 'done');
      else if (outcome === 'busy') complete = false;
      else logger.log('info', 'erasing.deferred', { count: pages.length });
    }
    return complete;
  };

  const run = async (): Promise<void> => {
    try {
      do {
        again = false;
        if (!(await pass())) later();
      } while (again && !stopped);
    } catch (thrown) {
      const code = codeOf(thrown);
      logger.log('error', 'erasing.failed', { code });
      later();
    }
  };
  const later = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    if (!stopped) timer = clock.setTimeout(poke, AGAIN_MS);
  };
  function poke(): void {
    if (stopped) return;
    if (running !== null) {
      again = true;
      return;
    }
    running = run().finally(() => {
      running = null;
    });
  }

  return {
    poke,
    released() {
      holdsChanged = true;
      poke();
    },
    idle: async () => {
      await running;
    },
    async stop() {
      stopped = true;
      if (timer !== null) clock.clearTimeout(timer);
      await running;
    },
  };
}
