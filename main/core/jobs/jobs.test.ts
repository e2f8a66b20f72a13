import { expect, test } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import type { JobView } from '#shared/contract/views.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { createJobs, throwIfCancelled } from './jobs.ts';

function setUp() {
  const clock = createFakeClock();
  const published: JobView[] = [];
  let next = 0;
  const jobs = createJobs({
    clock,
    ids: { next: () => `job-${++next}`, random: () => 0 },
    publish: (job) => published.push(job),
  });
  return { clock, jobs, published };
}

/** A promise that the test settles. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

test('[UX4] a job tells progress, time left and its result', async () => {
  const { clock, jobs, published } = setUp();
  const first = gate();
  const { job_id } = jobs.start({
    kind: 'export',
    title: 'a.csv',
    unit: 'rows',
    total: 1_000,
    async run({ progress }) {
      clock.advance(1_000);
      progress(250);
      await first.passed;
      return { rows: 1_000 };
    },
  });
  await Promise.resolve();
  await Promise.resolve();
  expect(jobs.list()).toEqual([
    expect.objectContaining({ job_id, state: 'running', done: 250, total: 1_000, eta_ms: 3_000 }),
  ]);
  first.open();
  expect(await jobs.finished(job_id)).toMatchObject({
    state: 'done',
    done: 1_000,
    eta_ms: 0,
    result: { rows: 1_000 },
    error: null,
  });
  expect(published.map((job) => job.state)).toEqual(['running', 'running', 'done']);
  expect(jobs.list().length).toBe(1);
});

test('[UX4] progress is announced at most five times a second', async () => {
  const { clock, jobs, published } = setUp();
  const { job_id } = jobs.start({
    kind: 'import',
    title: 'x',
    unit: 'bytes',
    total: 10_000,
    async run({ progress }) {
      for (let done = 1; done <= 1_000; done++) {
        clock.advance(1);
        progress(done);
      }
      return {};
    },
  });
  await jobs.finished(job_id);
  expect(published.length).toBe(1 + 5 + 1);
});

test('[UX4] cancel: the job ends as cancelled once its work has looked; the others go on', async () => {
  const { jobs } = setUp();
  const step = gate();
  const run = async ({ signal }: { signal: AbortSignal }) => {
    await step.passed;
    throwIfCancelled(signal);
    return { rows: 1 };
  };
  const cancelled = jobs.start({ kind: 'export', title: 'a', unit: 'rows', total: null, run });
  const kept = jobs.start({ kind: 'export', title: 'b', unit: 'rows', total: null, run });
  jobs.cancel(cancelled.job_id);
  step.open();
  expect(await jobs.finished(cancelled.job_id)).toMatchObject({ state: 'cancelled', error: null, result: null });
  expect(await jobs.finished(kept.job_id)).toMatchObject({ state: 'done' });
  jobs.cancel(kept.job_id);
  expect(() => jobs.cancel('unknown')).toThrow(AppFailure);
});

test('[UX6] a failure is in the view with its code; a bug is INTERNAL without its text', async () => {
  const { jobs } = setUp();
  const failed = jobs.start({
    kind: 'export',
    title: 'a',
    unit: 'rows',
    total: null,
    run: async () => {
      throw new AppFailure('DISK_FULL', 'ENOSPC');
    },
  });
  const bug = jobs.start({
    kind: 'export',
    title: 'b',
    unit: 'rows',
    total: null,
    run: async () => {
      throw new TypeError('text of a message');
    },
  });
  expect((await jobs.finished(failed.job_id)).error).toMatchObject({ code: 'DISK_FULL' });
  expect((await jobs.finished(bug.job_id)).error).toEqual({ code: 'INTERNAL', message: 'TypeError' });
});

test('[UX4] closing cancels what runs and waits for it', async () => {
  const { jobs } = setUp();
  let ended = false;
  const step = gate();
  const { job_id } = jobs.start({
    kind: 'import',
    title: 'a',
    unit: 'rows',
    total: null,
    async run({ signal }) {
      await step.passed;
      ended = true;
      throwIfCancelled(signal);
      return {};
    },
  });
  await Promise.resolve();
  const closing = jobs.close();
  step.open();
  await closing;
  expect(ended).toBe(true);
  expect((await jobs.finished(job_id)).state).toBe('cancelled');
});
