import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { CDPSession } from '@playwright/test';
import { createPrng } from '#shared/lib/prng.ts';
import { startTestHost } from '../support/browser-host.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * What an event costs the window: questions asked and topics heard per event, processor time of the drawing thread (which
 * other work on the machine doesn't change much), rows drawn, long tasks, key press to pixels. 40 conversations, one open.
 *
 *   node test/bench/window.bench.ts [--rate 30] [--seconds 15] [--open 0.2 (share of events in the open chat)] [--keys]
 *     [--profile N (functions with the most processor time of their own)]
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '15' },
    open: { type: 'string', default: '0.2' },
    keys: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const random = createPrng(5);
const TEXTS = [
  '请问什么时候发货，地址可以改吗',
  '尺码偏小吗',
  '好的谢谢',
  '订单一直没有物流，麻烦看一下',
  '有优惠券吗，能便宜一点吗',
];

interface Found {
  readonly calls: Record<string, number>;
  readonly topics: Record<string, number>;
  readonly bytes: number;
  readonly nodes: number;
  readonly changes: number;
  readonly long: number[];
  readonly keys: number[];
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics: list } = await session.send('Performance.getMetrics');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

const before = loadavg()[0] ?? 0;
const host = await startTestHost();
const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
  await page.addInitScript(() => {
    const found = { calls: {}, topics: {}, bytes: 0, nodes: 0, changes: 0, long: [], keys: [] } as {
      calls: Record<string, number>;
      topics: Record<string, number>;
      bytes: number;
      nodes: number;
      changes: number;
      long: number[];
      keys: number[];
    };
    Object.assign(globalThis, { found });
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      const name = /"procedure":"([^"]+)"/.exec(String(data))?.[1];
      if (name) found.calls[name] = (found.calls[name] ?? 0) + 1;
      send.call(this, data);
    };
    const set = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage')?.set;
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
      set(listener: (event: MessageEvent) => void) {
        set?.call(this, (event: MessageEvent) => {
          const text = String(event.data);
          found.bytes += text.length;
          const topic = /^\{"topic":"([^"]+)"/.exec(text)?.[1];
          if (topic) found.topics[topic] = (found.topics[topic] ?? 0) + 1;
          listener(event);
        });
      },
    });
    new PerformanceObserver((list) => found.long.push(...list.getEntries().map((entry) => entry.duration))).observe({
      type: 'longtask',
    });
    addEventListener('DOMContentLoaded', () =>
      new MutationObserver((changes) => {
        found.changes += changes.length;
        for (const change of changes) found.nodes += change.addedNodes.length;
      }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true }),
    );
    addEventListener(
      'keydown',
      (event) => {
        const from = event.timeStamp;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => found.keys.push(performance.now() - from);
          channel.port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
  await host.call('settings.set', { first_run_done: true });
  const ids: string[] = [];
  for (let index = 0; index < 40; index++) {
    const { conversation_id } = await host.control.newEnquiry({
      name: `忙碌买家${index}`,
      text: TEXTS[index % TEXTS.length] as string,
      shop_id: 's-qinghe',
      assign_to: 'a-xiaomei',
    });
    ids.push(conversation_id);
  }
  const open = ids.at(-1) as string;
  // As much as a chat holds after a morning.
  for (let index = 0; index < 120; index++)
    await host.control.consumerSays(open, TEXTS[index % TEXTS.length] as string);
  await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page
    .getByRole('option', { name: /忙碌买家39/ })
    .first()
    .click();
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await composer.focus();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const take = (): Promise<Found> =>
    page.evaluate(() => {
      const { found } = globalThis as unknown as { found: Found };
      const copy = structuredClone(found);
      Object.assign(found, { calls: {}, topics: {}, bytes: 0, nodes: 0, changes: 0, long: [], keys: [] });
      return copy;
    });
  await new Promise((resolve) => setTimeout(resolve, 3_000));

  const rows: string[][] = [];
  const run = async (name: string, perSecond: number): Promise<void> => {
    await take();
    const from = await metrics(session);
    if (values.profile !== undefined && perSecond > 0) {
      await session.send('Profiler.enable');
      await session.send('Profiler.setSamplingInterval', { interval: 500 });
      await session.send('Profiler.start');
    }
    const began = performance.now();
    let sent = 0;
    let typed = 0;
    while (performance.now() - began < seconds * 1_000) {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
      for (; sent < due; sent++) {
        const id = random.next() < Number(values.open) ? open : (ids[sent % (ids.length - 1)] as string);
        void host.control.consumerSays(id, TEXTS[sent % TEXTS.length] as string).catch(() => undefined);
      }
      if (values.keys && (performance.now() - began) / 100 > typed) {
        typed++;
        await page.keyboard.press(typed % 40 === 39 ? 'Control+A' : String.fromCharCode(97 + (typed % 26)));
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (values.profile !== undefined && perSecond > 0) {
      const { profile } = await session.send('Profiler.stop');
      const own = new Map<string, number>();
      const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
      profile.samples?.forEach((id, index) => {
        const frame = nodes.get(id)?.callFrame;
        const key = `${frame?.functionName || '(anonymous)'} ${frame?.url.split('/').at(-1)}:${frame?.lineNumber}`;
        own.set(key, (own.get(key) ?? 0) + (profile.timeDeltas?.[index] ?? 0) / 1_000);
      });
      for (const [key, cost] of [...own].sort((a, b) => b[1] - a[1]).slice(0, Number(values.profile)))
        process.stderr.write(`${cost.toFixed(0).padStart(7)} ms ${key}\n`);
    }
    const to = await metrics(session);
    const found = await take();
    const each = (count: number): string => (sent === 0 ? count.toFixed(0) : (count / sent).toFixed(2));
    const spent = (metric: string): number => ((to[metric] ?? 0) - (from[metric] ?? 0)) * 1_000;
    const list = (counts: Record<string, number>): string =>
      Object.entries(counts)
        .sort((a, b) => b[1] - a[1])
        .map(([key, count]) => `${key} ${each(count)}`)
        .join(', ');
    rows.push(
      [`${name}: events`, String(sent)],
      ['questions per event', list(found.calls)],
      ['topics per event', list(found.topics)],
      ['bytes received per event', each(found.bytes)],
      ['document changes / nodes added per event', `${each(found.changes)} / ${each(found.nodes)}`],
      [
        'drawing thread, ms of processor per event (all / script / style / layout)',
        ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration']
          .map((metric) => each(spent(metric)))
          .join(' / '),
      ],
      ['tasks over 50 ms: how many, longest', `${found.long.length}, ${ms(Math.max(0, ...found.long))}`],
      ...(found.keys.length > 0 ? [['key press to pixels, p50 / p95 / worst', show(spread(found.keys))]] : []),
    );
  };
  await run('at rest', 0);
  await run(`${rate} events/s`, rate);
  process.stdout.write(`${table(['what', 'result'], rows)}\n`);
} finally {
  await browser.close();
  await host.stop();
}
process.stderr.write(`load before ${before.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}\n`);
