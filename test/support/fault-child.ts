import { flushCompileCache } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { createFiles } from '#main/adapters/files/files.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { runApp, TEST_ACCOUNT } from './running-app.ts';

/**
 * The whole core in a process of its own, sending at random, to be killed at any instruction (SY2, SY3). Each thing it says
 * was answered by the program's door before: what it has said must be true afterwards.
 */
export interface FaultChildOptions {
  readonly directory: string;
  readonly url: string;
  readonly token: string;
  readonly seed: number;
  /** Longest pause between two sends of a conversation, milliseconds; null: it sends nothing. */
  readonly sendPauseMs: number | null;
  /** File that a backup is written to, over and over. */
  readonly backup?: string;
  /** File that an export is written to, over and over. */
  readonly export?: string;
  /** Says what its memory is, this often. */
  readonly memoryMs?: number;
}

export interface FaultChildStatus {
  readonly state: string;
  readonly event_seq: number;
  /** Sends that wait for the gateway's word. */
  readonly sends: number;
  readonly gaps: readonly unknown[];
  /** Changes that the index has not got. */
  readonly unindexed: number;
}

export type FaultChildSays =
  | { readonly say: 'ready' }
  /** The door has answered: from here on the program owes this message to the gateway. */
  | { readonly say: 'accepted'; readonly conversation: string; readonly text: string }
  | { readonly say: 'backup' | 'export' }
  | { readonly say: 'failed'; readonly what: string }
  /** To `status`. */
  | { readonly say: 'status'; readonly status: FaultChildStatus }
  | { readonly say: 'memory'; readonly rss: number; readonly heap: number; readonly external: number };

const options = JSON.parse(process.argv[2] ?? '') as FaultChildOptions;
let left = Number.POSITIVE_INFINITY;
const say = (what: FaultChildSays): void => void process.send?.(what);
const handles = new Map(options.export === undefined ? [] : [['export', options.export]]);
const running = await runApp({
  ...options,
  readers: 1,
  gather: false,
  files: createFiles({ resolve: (handle) => handles.get(handle) }),
});
process.once('disconnect', () => process.exit(1));
async function status(): Promise<FaultChildStatus> {
  const { state, event_seq } = await running.account();
  const [sends, gaps, index] = await Promise.all([
    running.store.pendingSends(TEST_ACCOUNT),
    running.store.gaps(TEST_ACCOUNT, 100),
    running.store.indexStatus(),
  ]);
  return { state, event_seq, sends: sends.length, gaps, unindexed: index.pending };
}
process.on('message', (message) => {
  // No more sends; what was accepted still goes.
  if (message === 'quiet') left = 0;
  if (message === 'status') void status().then((answer) => say({ say: 'status', status: answer }));
  if (message === 'close') void running.close().then(() => process.exit(0));
});
say({ say: 'ready' });
// A process that is killed never writes what it compiled: without this each start compiles everything.
flushCompileCache();

const prng = createPrng(options.seed);
const failed = (what: string) => (thrown: unknown) => say({ say: 'failed', what: `${what}: ${String(thrown)}` });

async function talk(conversation: string, key: number): Promise<void> {
  for (let n = 0; left > 0; n++) {
    await wait(prng.int((options.sendPauseMs ?? 0) + 1));
    if (left === 0) return;
    const text = `${conversation} 客服 ${options.seed}-${n}`;
    await running.call('messages.send', { conversation_key: key as never, text });
    say({ say: 'accepted', conversation, text });
  }
}
if (options.sendPauseMs !== null) {
  let found: readonly { key: number; conversation_id: string }[] = [];
  while (found.length === 0) {
    const page = await running
      .call('conversations.list', { account_id: null, intake: 'active', limit: 100, cursor: null })
      .catch(() => null);
    found = page?.conversations ?? [];
    if (found.length === 0) await wait(10);
  }
  for (const { key, conversation_id } of found) talk(conversation_id, key).catch(failed('send'));
}

async function over(what: 'backup' | 'export', once: () => Promise<void>): Promise<void> {
  for (;;) {
    await once();
    say({ say: what });
    await wait(prng.int(20));
  }
}
const { backup } = options;
if (backup !== undefined) over('backup', async () => void (await running.store.backup(backup))).catch(failed('backup'));
if (options.export !== undefined)
  over('export', async () => {
    const { job_id } = await running.call('export.start', {
      query: {},
      format: 'jsonl',
      target: 'export',
      reason: 'fault test',
    });
    for (;;) {
      const job = (await running.call('jobs.list', {})).find((candidate) => candidate.job_id === job_id);
      if (job?.state === 'done') return;
      if (job?.state === 'failed') throw new Error(JSON.stringify(job.error));
      await wait(5);
    }
  }).catch(failed('export'));
if (options.memoryMs !== undefined)
  setInterval(() => {
    // What is alive, not what the collector has not come to yet.
    (globalThis as { gc?: () => void }).gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    say({ say: 'memory', rss, heap: heapUsed, external });
  }, options.memoryMs);
