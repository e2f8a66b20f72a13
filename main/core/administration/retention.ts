import type { Handlers } from '#shared/contract/procedures.ts';
import type { RetentionOverview } from '#shared/contract/administration.ts';
import { DEFAULT_RETENTION, RetentionSettings } from '#shared/domain/administration/retention.ts';
import { HOUR, MINUTE } from '#shared/lib/durations.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** Conversations in one transaction: sends and events wait no longer than that takes. */
const BATCH = 50;
/** At most this many in one run by itself; the next run goes on. */
const MOST_IN_A_RUN = 5_000;
const FIRST_RUN_MS = 2 * MINUTE;
const EVERY_MS = HOUR;

const SETTINGS = 'retention';
const LAST_RUN = 'retention_last_run';

type RetentionHandlers = Pick<
  Handlers,
  'retention.get' | 'retention.set' | 'retention.calendar' | 'retention.list' | 'retention.run'
>;

export interface Retention {
  readonly handlers: RetentionHandlers;
  start(): void;
  stop(): Promise<void>;
}

/** AD3: announces a week ahead, removes what nothing protects, by itself every hour and when asked; audited with counts. */
export function createRetention(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly jobs: Jobs;
  actor(): Promise<string>;
  title(): string;
  localOffsetMinutes(at: number): number;
  onChanges(changes: StoreChanges): void;
  /** Something was removed: pages, index and cache follow. */
  onErased(): void;
}): Retention {
  const { store, clock, logger } = ports;
  let timer: TimerHandle | null = null;
  let running: Promise<unknown> | null = null;
  let stopping = new AbortController();

  const settings = async (): Promise<RetentionSettings> => {
    const stored = RetentionSettings.safeParse(await store.setting(SETTINGS));
    return stored.success ? stored.data : DEFAULT_RETENTION;
  };
  const query = async () => ({ settings: await settings(), now: clock.wallNow() });

  const run = async (
    actor: string,
    signal: AbortSignal,
    progress: (done: number) => void = () => undefined,
  ): Promise<{ removed: number; announced: number; messages: number }> => {
    const current = await settings();
    let announced = 0;
    let removed = 0;
    let messages = 0;
    if (current.enabled) {
      const audit = () => ({ at: clock.wallNow(), actor });
      const fresh = await store.announceRetention({ settings: current, now: clock.wallNow() }, MOST_IN_A_RUN, audit());
      announced += fresh;
      while (removed < MOST_IN_A_RUN) {
        throwIfCancelled(signal);
        const batch = await store.removeRetained({ settings: current, now: clock.wallNow() }, BATCH, audit());
        ports.onChanges(batch.changes);
        removed += batch.removed;
        messages += batch.messages;
        progress(removed);
        if (batch.removed < BATCH) break;
      }
    }
    await store.setSetting(LAST_RUN, { at: clock.wallNow(), removed, announced });
    if (removed > 0) {
      logger.log('info', 'retention.removed', { removed, messages });
      ports.onErased();
    }
    return { removed, announced, messages };
  };

  /** One at a time, whoever asked. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = (running ?? Promise.resolve()).then(work, work);
    running = next.catch(() => undefined);
    return next;
  };

  const schedule = (ms: number): void => {
    timer = clock.setTimeout(() => {
      void alone(() => run('system', stopping.signal))
        .catch((thrown: unknown) =>
          logger.log('error', 'retention.failed', { name: thrown instanceof Error ? thrown.name : 'unknown' }),
        )
        .finally(() => {
          if (!stopping.signal.aborted) schedule(EVERY_MS);
        });
    }, ms);
  };

  const overview = async (): Promise<RetentionOverview> => {
    const asked = await query();
    const shops = (await Promise.all((await store.accounts()).map(({ account_id }) => store.shops(account_id)))).flat();
    const rules = new Map(
      shops.map(({ shop_id, name, policy }) => [
        shop_id,
        {
          shop: name,
          waiting_ms: policy?.retention.waiting_ms ?? null,
          accepted_ms: policy?.retention.accepted_ms ?? null,
        },
      ]),
    );
    const last = await store.setting(LAST_RUN);
    return {
      settings: asked.settings,
      rules: [...rules.values()],
      ...(await store.retentionTotals(asked)),
      last_run: (last ?? null) as RetentionOverview['last_run'],
    };
  };

  return {
    handlers: {
      'retention.get': overview,
      async 'retention.set'(wanted) {
        const before = await settings();
        await store.appendAudit({
          at: clock.wallNow(),
          actor: await ports.actor(),
          action: 'retention.settings',
          details: { before, after: wanted },
        });
        await store.setSetting(SETTINGS, wanted);
        return overview();
      },
      'retention.calendar': async ({ from, to }) => ({
        days: await store.retentionCalendar(await query(), {
          from,
          to,
          offset_ms: ports.localOffsetMinutes(from) * MINUTE,
        }),
      }),
      'retention.list': async (range) => store.retentionList(await query(), range),
      async 'retention.run'() {
        const actor = await ports.actor();
        const job = ports.jobs.start({
          kind: 'retention',
          title: ports.title(),
          unit: 'rows',
          total: null,
          run: ({ signal, progress }) => alone(() => run(actor, signal, progress)),
        });
        return { job_id: job.job_id };
      },
    },
    start() {
      stopping = new AbortController();
      schedule(FIRST_RUN_MS);
    },
    async stop() {
      stopping.abort();
      if (timer !== null) clock.clearTimeout(timer);
      await running;
    },
  };
}
