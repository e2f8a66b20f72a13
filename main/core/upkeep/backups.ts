import { type AppErrorCode, codeOf } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { DAY, HOUR, MINUTE } from '#shared/lib/durations.ts';
import type { Audit } from '../audit/audit.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Backups } from '../ports/backups.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { readSettings } from '../settings/settings.ts';
import { isFromTheFuture } from './backup-retention.ts';

/** The start belongs to the window and the connections. */
const FIRST_LOOK_MS = 2 * MINUTE;

export interface BackupCareOptions {
  readonly store: Store;
  readonly backups: Backups;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly actor: () => Promise<string>;
  readonly title: () => string;
  /** The daily one failed; once for each code. */
  readonly onProblem: (code: AppErrorCode) => void;
  readonly firstLookMs?: number;
}

type BackupHandlers = Pick<Handlers, 'backups.list' | 'backups.make' | 'backups.inspect' | 'backups.restore'>;

/** ST4: one backup a day, checked by opening, the newest ones kept; making and restoring by hand. */
export function createBackupCare(options: BackupCareOptions): {
  readonly handlers: BackupHandlers;
  start(): void;
  stop(): Promise<void>;
} {
  const { store, backups, clock, logger, jobs, audit } = options;
  let timer: TimerHandle | null = null;
  let working: Promise<void> = Promise.resolve();
  let stopped = false;
  let problem: AppErrorCode | null = null;

  function lookIn(ms: number): void {
    if (stopped) return;
    timer = clock.setTimeout(() => {
      timer = null;
      working = look().finally(() => lookIn(HOUR));
    }, ms);
  }

  async function look(): Promise<void> {
    try {
      const { backup_daily = true, backup_keep = 7 } = await readSettings(store);
      if (!backup_daily) return;
      const now = clock.wallNow();
      // Not one from the future, which would stand there as the newest, and never be a day old, until its time comes.
      const newest = (await backups.list()).find((each) => each.reason === 'daily' && !isFromTheFuture(each, now));
      if (newest !== undefined && now - newest.made_at < DAY) return;
      const { bytes } = await backups.make('daily');
      const removed = await backups.rotate(backup_keep);
      logger.log('info', 'backup.made', { bytes, removed });
      problem = null;
    } catch (thrown) {
      const code = codeOf(thrown);
      logger.log('error', 'backup.failed', { code });
      if (problem !== code) options.onProblem(code);
      problem = code;
    }
  }

  return {
    handlers: {
      async 'backups.list'() {
        const { backup_daily = true, backup_keep = 7 } = await readSettings(store);
        const [listed, room] = await Promise.all([backups.list(), backups.room()]);
        return { backups: listed, daily: backup_daily, keep: backup_keep, problem, room };
      },
      async 'backups.make'() {
        const { job_id } = jobs.start({
          kind: 'backup',
          title: options.title(),
          unit: 'bytes',
          total: null,
          run: async () => {
            const made = await backups.make('manual');
            problem = null;
            return { name: made.name, bytes: made.bytes };
          },
        });
        return { job_id };
      },
      'backups.inspect': ({ name }) => backups.inspect(name),
      async 'backups.restore'({ name }) {
        // The log of now goes aside with the records of now, and says there why.
        await audit.write(await options.actor(), 'store.restore_asked', { from: name });
        await backups.restore(name);
        return {};
      },
    },
    start: () => lookIn(options.firstLookMs ?? FIRST_LOOK_MS),
    async stop() {
      stopped = true;
      if (timer !== null) clock.clearTimeout(timer);
      await working;
    },
  };
}
