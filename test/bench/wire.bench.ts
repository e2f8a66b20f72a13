import { spawnSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startChild } from './support/children.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * A message from the gateway's socket to the screen, and how long the main process is ever held up: gateway, host and
 * browser each in processes of their own, real Chromium, records seeded.
 *
 *   node test/bench/wire.bench.ts [--messages 1000000] [--data DIR (kept, reused)] [--seconds 15] [--page FOLDER of another build]
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: process.env['BENCH_MESSAGES'] ?? '1000000' },
    data: { type: 'string' },
    seconds: { type: 'string', default: '15' },
    page: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const folder = values.data ?? mkdtempSync(join(tmpdir(), 'wire-bench-'));
const profile = join(folder, 'p');
const keyFile = join(folder, 'k');
const QUERIES = ['发货', '退款', '什么时候', '您', '7天无理由', '保证', '地址', 'SF', '优惠券', '不喜欢'];

/** What the machine alone does to a process that has nothing to do, in the same time: the floor of all such numbers. */
const idle = monitorEventLoopDelay({ resolution: 1 });

interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Share of the time in which the main thread had something to do. */
  readonly busy: number;
  readonly rssMb: number;
}

if (!existsSync(join(profile, 'store', 'records.db'))) {
  say(`seeding ${values.messages} messages …`);
  const main = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));
  const seeded = spawnSync(
    process.execPath,
    [main, 'seed', '--messages', values.messages, '--data', profile, '--key-file', keyFile],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (seeded.status !== 0) throw new Error('seed failed');
}

const tokenFile = join(folder, 'token');
const gateway = await startChild('gateway.child.ts', { conversations: 50, tokenFile });
const host = await startChild('host.child.ts', {
  directory: profile,
  keyFile,
  ...(values.page === undefined ? {} : { page: values.page }),
  gateway: { url: await gateway.ask('url'), tokenFile },
});
const browser = await launch();
try {
  while (!(await host.ask<string[]>('state')).includes('live')) await new Promise((resolve) => setTimeout(resolve, 50));
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
  await page.goto(await host.ask<string>('url'));
  await page
    .getByText(await gateway.ask<string>('open'), { exact: true })
    .first()
    .click();
  await page.getByRole('textbox', { name: '输入消息' }).waitFor();
  // The moment at which a message first stands in the document, against the moment at which it left the gateway.
  await page.evaluate(() => {
    const seen = new Set<string>();
    const samples: number[] = [];
    const look = (node: Node): void => {
      for (const [, at = ''] of (node.textContent ?? '').matchAll(/(\d+句[^@]{0,60}@\d+)@/gu)) {
        if (seen.has(at)) continue;
        seen.add(at);
        samples.push(Date.now() - Number(at.slice(at.indexOf('@') + 1)));
      }
    };
    const chat = document.querySelector('main') ?? document.body;
    new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === 'characterData') look(change.target);
        for (const node of change.addedNodes) look(node);
      }
    }).observe(chat, { subtree: true, childList: true, characterData: true });
    Object.assign(window, { benchSamples: samples });
  });
  const take = async (): Promise<number[]> =>
    page.evaluate(() => (window as unknown as { benchSamples: number[] }).benchSamples.splice(0));
  const begin = async (): Promise<void> => {
    await host.ask('begin');
    idle.reset();
    idle.enable();
  };
  const rows: string[][] = [];
  const measured = (name: string, samples: number[], delay: Delay, more: string): void => {
    rows.push([
      name,
      samples.length === 0 ? '' : show(spread(samples)),
      `${ms(delay.p50)} / ${ms(delay.p99)} / ${ms(delay.worst)}`,
      ms(Math.max(0, idle.max / 1e6 - 1)),
      `${(delay.busy * 100).toFixed(0)} %`,
      `${delay.rssMb.toFixed(0)} MB`,
      more,
    ]);
    say(rows.at(-1)?.join(' | ') ?? '');
  };

  // Everything is compiled and loaded once before anything counts.
  await gateway.ask('send', 100, 3, 1);
  await take();

  await begin();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  measured('at rest', [], await host.ask<Delay>('end'), '');

  await begin();
  await gateway.ask('send', 100, seconds, 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const samples = await take();
  measured('100/s into the open chat', samples, await host.ask<Delay>('end'), `${samples.length} seen`);

  await begin();
  const flood = gateway.ask<{ sent: number; acknowledgedAfterMs: number }>('send', 1_000, seconds, 50);
  const searches: number[][] = [];
  let flooding = true;
  void flood.finally(() => (flooding = false));
  for (let i = 0; flooding; i++) {
    searches.push(await host.ask<number[]>('search', { text: QUERIES[i % QUERIES.length] as string }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { sent, acknowledgedAfterMs } = await flood;
  const delay = await host.ask<Delay>('end');
  await new Promise((resolve) => setTimeout(resolve, 500));
  const flooded = await take();
  const times = (n: number): string => show(spread(searches.map((one) => one[n] as number)));
  measured(
    '1,000/s into 50 chats, searching all the time',
    flooded,
    delay,
    `${Math.round(sent / (acknowledgedAfterMs / 1_000))}/s stored and acknowledged; ${searches.length} searches: page ${times(0)}, count ≤ 1,000 ${times(1)}`,
  );
  process.stdout.write(
    `${values.messages} messages seeded, encrypted, ${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}. Milliseconds.\n\n${table(
      [
        'messages',
        'socket → document: p50 / p95 / worst',
        'main thread held up: p50 / p99 / worst',
        'worst of an idle process beside',
        'main thread busy',
        'memory',
        '',
      ],
      rows,
    )}\n`,
  );
} finally {
  await browser.close();
  await host.end();
  await gateway.end();
  if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
}
