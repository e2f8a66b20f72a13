import { useEffect, useRef } from 'react';
import type { JobView } from '#shared/contract/views.ts';
import { useLive, watchedJobs } from './live.ts';

/**
 * The job as it stands now; null before it is known. While it is shown, its end needs no notice besides.
 * `onEnd` is called once, with the job done, failed or cancelled.
 */
export function useJob(jobId: string | null, onEnd?: (job: JobView) => void): JobView | null {
  useEffect(() => {
    if (jobId === null) return;
    watchedJobs.add(jobId);
    return () => void watchedJobs.delete(jobId);
  }, [jobId]);
  const job = useLive((state) => (jobId === null ? null : (state.jobs.find((one) => one.job_id === jobId) ?? null)));
  const told = useRef<string | null>(null);
  const ended = job?.state === 'done' || job?.state === 'failed' || job?.state === 'cancelled';
  // After each drawing, and cheap: the callback is a new one each time, the end of a job comes once.
  useEffect(() => {
    if (job === null || !ended || told.current === job.job_id) return;
    told.current = job.job_id;
    onEnd?.(job);
  });
  return job;
}

/** Whether the job still goes on, or waits for its turn. */
export function isRunning(job: JobView | null): boolean {
  return job?.state === 'running' || job?.state === 'queued';
}

/** A number of a job's result; the result is plain data of its kind. */
export function numberOf(job: JobView, name: string): number | null {
  const value = job.result?.[name];
  return typeof value === 'number' ? value : null;
}
