import type { Handlers } from '#shared/contract/procedures.ts';
import type { SelfCheck } from '#shared/contract/upkeep.ts';
import { DAY } from '#shared/lib/durations.ts';
import type { Audit } from '../audit/audit.ts';
import { throwIfCancelled, type Jobs } from '../jobs/jobs.ts';
import type { Backups } from '../ports/backups.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';

/** A daily backup older than this is said; the machine may have been off over a week-end. */
const BACKUP_TOO_OLD_MS = 4 * DAY;

/** ST4: what is wrong with file, key, schema, rows, index, log, backups and disk; repairs what can be derived. */
export function createDoctor(options: {
  readonly store: Store;
  readonly backups: Backups | null;
  readonly clock: Clock;
  readonly jobs: Jobs;
  readonly audit: Audit;
  readonly actor: () => Promise<string>;
  readonly title: () => string;
}): Pick<Handlers, 'doctor.run'> {
  const { store, jobs } = options;
  return {
    async 'doctor.run'({ repair }) {
      const { job_id } = jobs.start({
        kind: 'check',
        title: options.title(),
        unit: 'rows',
        total: null,
        async run({ signal, progress }) {
          if (repair) {
            await store.rebuildIndex((done, total) => progress(done, total));
            throwIfCancelled(signal);
            await options.audit.write(await options.actor(), 'store.repaired', {});
          }
          const checks: SelfCheck[] = [...(await store.check())];
          throwIfCancelled(signal);
          if (options.backups !== null) checks.push(await backupCheck(options.backups, options.clock));
          return { ok: checks.every(({ ok }) => ok), checks };
        },
      });
      return { job_id };
    },
  };
}

/** The newest one opens and is not too old. None at all is no fault of a store that is new. */
export async function backupCheck(backups: Backups, clock: Pick<Clock, 'wallNow'>): Promise<SelfCheck> {
  const name = 'backups';
  try {
    const all = await backups.list();
    const newest = all.find(({ reason }) => reason === 'daily' || reason === 'manual');
    if (newest === undefined) return { name, ok: true, detail: 'none yet' };
    const { inventory } = await backups.inspect(newest.name);
    const age = clock.wallNow() - newest.made_at;
    const days = Math.max(0, Math.floor(age / DAY));
    return {
      name,
      ok: age < BACKUP_TOO_OLD_MS,
      detail: `newest ${days} days old, opens, ${inventory.messages} messages, ${all.length} in all`,
    };
  } catch (thrown) {
    const { error } = thrown as { error?: { code?: unknown } };
    return { name, ok: false, detail: `the newest does not open: ${String(error?.code ?? 'INTERNAL')}` };
  }
}
