import { AppFailure, appError } from '#shared/contract/errors.ts';
import type { JobView } from '#shared/contract/views.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';

/** Long work with progress, time left and cancel (UX4). Finished jobs stay listed until the program ends, the newest ones. */
export interface Jobs {
  /** Starts at once; failures end up in the view, never in an unhandled rejection. */
  start(job: {
    readonly kind: JobView['kind'];
    readonly title: string;
    readonly unit: JobView['unit'];
    readonly total: number | null;
    /** Answers with the job's result. Must look at `signal` between chunks and throw AppFailure CANCELLED. */
    run(context: JobContext): Promise<Readonly<Record<string, unknown>>>;
  }): JobView;
  list(): readonly JobView[];
  /** NOT_FOUND for an unknown id; a finished one stays as it is. */
  cancel(jobId: string): void;
  /** The view once it is done, failed or cancelled. */
  finished(jobId: string): Promise<JobView>;
  /** Cancels what runs and waits for it. */
  close(): Promise<void>;
}

export interface JobContext {
  readonly signal: AbortSignal;
  /** `bytes`: written so far. */
  progress(done: number, total?: number, bytes?: number): void;
}

const NOTICE_INTERVAL_MS = 200;
const KEPT_FINISHED = 50;

export function createJobs(ports: { readonly clock: Clock; readonly ids: Ids; publish(job: JobView): void }): Jobs {
  const { clock } = ports;
  const running = new Map<
    string,
    { view: JobView; readonly abort: AbortController; readonly finished: Promise<JobView> }
  >();
  const finished: JobView[] = [];

  const find = (jobId: string): JobView | undefined =>
    running.get(jobId)?.view ?? finished.find((job) => job.job_id === jobId);

  return {
    start({ kind, title, unit, total, run }) {
      const abort = new AbortController();
      const jobId = ports.ids.next();
      const startedAt = clock.monotonicNow();
      let noticedAt = startedAt;
      let view: JobView = {
        job_id: jobId,
        kind,
        title,
        state: 'running',
        done: 0,
        total,
        unit,
        started_at: clock.wallNow(),
        eta_ms: null,
        error: null,
        result: null,
      };
      const set = (next: JobView): void => {
        view = next;
        const entry = running.get(jobId);
        if (entry !== undefined) entry.view = next;
        ports.publish(next);
      };
      const work = async (): Promise<JobView> => {
        let outcome: Partial<JobView>;
        try {
          const result = await run({
            signal: abort.signal,
            progress(done, newTotal, bytes) {
              const now = clock.monotonicNow();
              const nextTotal = newTotal ?? view.total;
              const elapsed = now - startedAt;
              const left =
                nextTotal === null || done === 0
                  ? null
                  : Math.max(0, Math.round((elapsed / done) * (nextTotal - done)));
              const next = { ...view, done, total: nextTotal, eta_ms: left, ...(bytes === undefined ? {} : { bytes }) };
              if (now - noticedAt >= NOTICE_INTERVAL_MS) {
                noticedAt = now;
                set(next);
              } else {
                view = next;
                const entry = running.get(jobId);
                if (entry !== undefined) entry.view = next;
              }
            },
          });
          outcome = { state: 'done', result, done: view.total ?? view.done, eta_ms: 0 };
        } catch (thrown) {
          const error =
            thrown instanceof AppFailure
              ? thrown.error
              : appError('INTERNAL', thrown instanceof Error ? thrown.name : 'unknown');
          outcome =
            error.code === 'CANCELLED'
              ? { state: 'cancelled', eta_ms: null }
              : { state: 'failed', error, eta_ms: null };
        }
        const last = { ...view, ...outcome };
        running.delete(jobId);
        finished.push(last);
        if (finished.length > KEPT_FINISHED) finished.shift();
        set(last);
        return last;
      };
      // The work starts behind the entry, so that progress of its first synchronous part finds it.
      const entry = { view, abort, finished: Promise.resolve().then(work) };
      running.set(jobId, entry);
      ports.publish(view);
      return view;
    },
    list: () => [...[...running.values()].map((entry) => entry.view), ...finished.toReversed()],
    cancel(jobId) {
      if (find(jobId) === undefined) throw new AppFailure('NOT_FOUND', 'no such job');
      running.get(jobId)?.abort.abort();
    },
    async finished(jobId) {
      const view = (await running.get(jobId)?.finished) ?? find(jobId);
      if (view === undefined) throw new AppFailure('NOT_FOUND', 'no such job');
      return view;
    },
    async close() {
      const all = [...running.values()];
      for (const { abort } of all) abort.abort();
      await Promise.all(all.map((entry) => entry.finished));
    },
  };
}

/** Between two chunks of a job's work. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppFailure('CANCELLED', 'cancelled by the person');
}
