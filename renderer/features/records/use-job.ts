import { useEffect } from 'react';
import type { JobView } from '#shared/contract/views.ts';
import { useLive, watchedJobs } from '#renderer/bridge/live.ts';

/** The job as it stands now; null before it is known. While it is shown, its end needs no notice. */
export function useJob(jobId: string | null): JobView | null {
  useEffect(() => {
    if (jobId === null) return;
    watchedJobs.add(jobId);
    return () => void watchedJobs.delete(jobId);
  }, [jobId]);
  return useLive((state) => (jobId === null ? null : (state.jobs.find((job) => job.job_id === jobId) ?? null)));
}

/** A number of a job's result; the result is plain data of its kind. */
export function numberOf(job: JobView, name: string): number | null {
  const value = job.result?.[name];
  return typeof value === 'number' ? value : null;
}
