import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { serve } from '#main/hosts/browser/serve.ts';
import { keepCompiledCode } from '#main/hosts/code-cache.ts';
import type { ServeOptions } from '#main/hosts/browser/serve.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { answer } from './children.ts';

// The browser host as it is, with a probe of how long its main thread was held up.

keepCompiledCode();
const options = JSON.parse(process.argv[2] ?? '') as Omit<ServeOptions, 'port' | 'open' | 'print'>;
const serving = await serve({ ...options, port: 0, open: false, print: () => undefined });
const { app } = serving.workbench;

/** Every 1 ms: what comes later than that was held up by something. */
const RESOLUTION_MS = 1;
let used = performance.eventLoopUtilization();
let delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

answer(
  {
    url: () => serving.url,
    state: async () => (await app.handlers['accounts.list']({})).map(({ state }) => state),
    begin() {
      delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delay.enable();
      used = performance.eventLoopUtilization();
    },
    /** Milliseconds that the main thread was held up, above the probe's own period; memory in MB. */
    end() {
      delay.disable();
      const at = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
      return {
        p50: at(delay.percentile(50)),
        p99: at(delay.percentile(99)),
        worst: at(delay.max),
        busy: performance.eventLoopUtilization(used).utilization,
        rssMb: process.memoryUsage().rss / 2 ** 20,
      };
    },
    /** Page and capped count of one search, as the window asks for them. Milliseconds of each. */
    async search(query: SearchQuery) {
      const timed = async (work: Promise<unknown>): Promise<number> => {
        const began = performance.now();
        await work.catch(() => undefined);
        return performance.now() - began;
      };
      return Promise.all([
        timed(app.handlers['search.page']({ slot: 'bench', query, limit: 50, cursor: null })),
        timed(app.handlers['search.count']({ slot: 'bench', query, cap: 1_000 })),
      ]);
    },
    /** Imports as the window would, and says what the main thread felt. */
    async import(file: string) {
      const handle = serving.workbench.handles.register(file);
      const { mapping } = await app.handlers['import.preview']({ file: handle });
      const began = performance.now();
      const { job_id } = await app.handlers['import.start']({
        file: handle,
        mapping: mapping as never,
      });
      for (;;) {
        const job = (await app.handlers['jobs.list']({})).find((candidate) => candidate.job_id === job_id);
        if (job !== undefined && job.state !== 'running' && job.state !== 'queued')
          return { state: job.state, ms: performance.now() - began, result: job.result };
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    pid: () => process.pid,
    indexStatus: () => serving.workbench.store.indexStatus(),
  },
  () => serving.close(),
);
