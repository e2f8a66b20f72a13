import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { serve } from '#main/hosts/browser/serve.ts';
import { keepCompiledCode } from '#main/hosts/code-cache.ts';
import type { ServeOptions } from '#main/hosts/browser/serve.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { answer } from './children.ts';
import { watchThreads } from './threads.ts';

// The browser host as it is, with a probe of how long its main thread was held up.

keepCompiledCode();
const threads = watchThreads();
const options = JSON.parse(process.argv[2] ?? '') as Omit<ServeOptions, 'port' | 'open' | 'print'>;
const serving = await serve({ ...options, port: 0, open: false, print: () => undefined });
const { app } = serving.workbench;

/** Every 1 ms: what comes later than that was held up by something. */
const RESOLUTION_MS = 1;
const WORDS = ['发货', '退款', '地址', '优惠券', '色', '质量问题', '什么时候'];
let used = performance.eventLoopUtilization();
let delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let rssBeforeMb = 0;

/** The most that was resident since `forgetPeak`, MB; 0 where the system doesn't say. */
function peakMb(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Then it is the peak since the start.
  }
}
let cpu = { main: process.threadCpuUsage(), all: process.cpuUsage() };

answer(
  {
    url: () => serving.url,
    state: async () => (await app.handlers['accounts.list']({})).map(({ state }) => state),
    begin() {
      rssBeforeMb = process.memoryUsage().rss / 2 ** 20;
      forgetPeak();
      delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      delay.enable();
      used = performance.eventLoopUtilization();
      cpu = { main: process.threadCpuUsage(), all: process.cpuUsage() };
    },
    beginThreads: () => threads.begin(),
    endThreads: () => threads.end(),
    /** Milliseconds that the main thread was held up, above the probe's own period; processor time since `begin`, µs; memory in MB. */
    end() {
      delay.disable();
      const main = process.threadCpuUsage(cpu.main);
      const all = process.cpuUsage(cpu.all);
      const at = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
      return {
        p50: at(delay.percentile(50)),
        p99: at(delay.percentile(99)),
        worst: at(delay.max),
        busy: performance.eventLoopUtilization(used).utilization,
        mainUs: main.user + main.system,
        allUs: all.user + all.system,
        rssMb: process.memoryUsage().rss / 2 ** 20,
        rssBeforeMb,
        peakMb: peakMb(),
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
        // Asking costs the main thread something too.
        await new Promise((resolve) => setTimeout(resolve, performance.now() - began < 1_000 ? 10 : 200));
      }
    },
    /** Another account, live when this resolves. */
    async connect(url: string, tokenFile: string) {
      const account_id = await app.addAccount({ label: url, url, token: readFileSync(tokenFile, 'utf8') });
      for (;;) {
        const accounts = await app.handlers['accounts.list']({});
        if (accounts.find((account) => account.account_id === account_id)?.state === 'live') return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    /** What a window asks for at its start and while somebody works: lists, chats, searches. */
    async work(rounds: number) {
      for (let round = 0; round < rounds; round++) {
        const { conversations } = await app.handlers['conversations.list']({
          account_id: null,
          intake: 'active',
          limit: 100,
          cursor: null,
        });
        const conversation = conversations[round % Math.max(1, conversations.length)];
        if (conversation !== undefined)
          await app.handlers['messages.page']({ conversation_key: conversation.key, limit: 100 });
        const query = { text: WORDS[round % WORDS.length] } as SearchQuery;
        await app.handlers['search.page']({ slot: 'bench', query, limit: 50, cursor: null }).catch(() => undefined);
        await app.handlers['search.count']({ slot: 'bench', query, cap: 1_000 }).catch(() => undefined);
      }
    },
    pid: () => process.pid,
    indexStatus: () => serving.workbench.store.indexStatus(),
  },
  () => serving.close(),
);
