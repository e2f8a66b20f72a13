import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * What a person feels in the window (issue: start, switching, typing, search, steadiness), in Chromium against the browser
 * host with its practice shop. The host is warm, every start is a new browser: nothing cached.
 *
 *   npm run bench:ui [-- --starts 5 --switches 80 --keys 150 --seconds 15 --rate 20]
 */
const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    switches: { type: 'string', default: '80' },
    keys: { type: 'string', default: '150' },
    seconds: { type: 'string', default: '15' },
    rate: { type: 'string', default: '20' },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rows: string[][] = [];
const note = (what: string, result: string, target: string): void => {
  rows.push([what, result, target]);
  say(rows.at(-1)?.join(' | ') ?? '');
};
const wait = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

interface Seen {
  /** First moment at which rows of the list stood in the document. */
  rowsAt: number | null;
  shifts: { value: number; at: number; nodes: string[] }[];
  long: number[];
  paints: number[];
}
type Watched = typeof globalThis & { seen: Seen };

/** Before anything of the page runs. */
function watch(): void {
  const seen: Seen = { rowsAt: null, shifts: [], long: [], paints: [] };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const shift = entry as PerformanceEntry & {
        value: number;
        sources?: readonly { readonly node?: Element | null }[];
      };
      seen.shifts.push({
        value: shift.value,
        at: entry.startTime,
        nodes: (shift.sources ?? []).map(({ node }) => node?.className ?? node?.nodeName ?? '?'),
      });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.long.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });
  new MutationObserver((_, observer) => {
    if (document.querySelector('.inbox [role="option"]') === null) return;
    seen.rowsAt = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true });
}

const seenIn = (page: Page): Promise<Seen> => page.evaluate(() => (globalThis as Watched).seen);

async function starts(host: TestHost): Promise<void> {
  const paint: number[] = [];
  const usable: number[] = [];
  let scripts = 0;
  let count = 0;
  for (let turn = 0; turn < Number(values.starts); turn++) {
    const browser = await launch();
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
      await page.addInitScript(watch);
      const bodies: Promise<number>[] = [];
      page.on('response', (response) => {
        if (/\.js(\?|$)/.test(new URL(response.url()).pathname))
          // Those that come after the start may be cut off by the browser's end; they don't count.
          bodies.push(
            response.body().then(
              (body) => gzipSync(body).length,
              () => 0,
            ),
          );
      });
      await page.goto(host.url);
      await page.locator('.inbox [role="option"]').first().waitFor();
      const loaded = bodies.length;
      paint.push(
        await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN),
      );
      // Rows are there and the thread has come to rest: a press would be answered at once.
      const idle = await page.evaluate(
        () => new Promise<number>((resolve) => requestIdleCallback(() => resolve(performance.now()))),
      );
      usable.push(Math.max(idle, (await seenIn(page)).rowsAt ?? idle));
      scripts = (await Promise.all(bodies.slice(0, loaded))).reduce((sum, bytes) => sum + bytes, 0);
      count = loaded;
    } finally {
      await browser.close();
    }
    await host.restart();
  }
  note('first contentful paint, browser and host fresh', show(spread(paint)), '< 1,000');
  note('… until conversations are there and a press would be answered', show(spread(usable)), '< 2,000');
  note(`scripts until then (${count} files), gzip`, `${(scripts / 1_000).toFixed(0)} kB`, '< 600 kB');
}

const SCREENS = ['概览', '接待', '记录', '质检', '误发', '知识库', '管理', '连接'] as const;

/** Without a press: the browser would count nothing that follows one. */
async function shifts(page: Page): Promise<void> {
  const start = (await seenIn(page)).shifts;
  const moved = start.reduce((sum, { value }) => sum + value, 0);
  note(
    'layout shift of the start',
    moved.toFixed(4) + (moved > 0 ? ` (${start.flatMap(({ nodes }) => nodes).join(', ')})` : ''),
    '0',
  );
  for (const name of SCREENS) {
    const found = page.locator('.rail-screen', { hasText: name }).first();
    if ((await found.count()) === 0) continue;
    const from = await page.evaluate(() => performance.now());
    await found.evaluate((element: HTMLElement) => element.click());
    await wait(1_500);
    const after = (await seenIn(page)).shifts.filter(({ at }) => at > from);
    const sum = after.reduce((total, { value }) => total + value, 0);
    note(
      `layout shift: ${name}`,
      sum.toFixed(4) + (sum > 0 ? ` (${after.flatMap(({ nodes }) => nodes)[0] ?? ''})` : ''),
      '0',
    );
  }
}

async function switching(page: Page): Promise<void> {
  await page.locator('.rail-screen', { hasText: '接待' }).first().click();
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.locator('.inbox [role="option"]').first().waitFor();
  const samples = await page.evaluate(async (turns) => {
    const found: number[] = [];
    const frame = (): Promise<void> =>
      new Promise((resolve) =>
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve();
          channel.port2.postMessage(null);
        }),
      );
    for (let turn = 0; turn < turns; turn++) {
      const options = [...document.querySelectorAll<HTMLElement>('.inbox [role="option"]')];
      const option = options[turn % Math.min(10, options.length)];
      if (option === undefined || option.getAttribute('aria-selected') === 'true') continue;
      const before = document.querySelector('.chat-header h2')?.textContent;
      const from = performance.now();
      option.click();
      // Its name in the header, its messages below, and the frame drawn.
      while (
        document.querySelector('.chat-header h2')?.textContent === before ||
        document.querySelector('.chat-scroll [role="article"], .chat-scroll article') === null
      ) {
        await frame();
        if (performance.now() - from > 5_000) break;
      }
      await frame();
      found.push(performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    return found;
  }, Number(values.switches));
  note(`conversation switch, press to messages drawn (${samples.length})`, show(spread(samples)), 'p95 < 60');
}

async function typing(page: Page, what: string): Promise<void> {
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await composer.fill('');
  await composer.focus();
  await page.evaluate(() => {
    const { seen } = globalThis as Watched;
    seen.paints = [];
    Object.assign(globalThis, {
      onKey: (event: Event) => {
        const from = event.timeStamp;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => seen.paints.push(performance.now() - from);
          channel.port2.postMessage(null);
        });
      },
    });
    addEventListener('keydown', (globalThis as unknown as { onKey: EventListener }).onKey, { capture: true });
  });
  for (let index = 0; index < Number(values.keys); index++) {
    await page.keyboard.press(index % 40 === 39 ? 'Space' : String.fromCharCode(97 + (index % 26)));
    await wait(50 + (index % 7) * 9);
  }
  const { paints } = await seenIn(page);
  await page.evaluate(() =>
    removeEventListener('keydown', (globalThis as unknown as { onKey: EventListener }).onKey, { capture: true }),
  );
  await composer.fill('');
  note(`key press to pixels${what} (${paints.length} keys)`, show(spread(paints)), 'p95 < 50');
}

async function searching(page: Page): Promise<void> {
  await page.locator('.rail-screen', { hasText: '记录' }).first().click();
  const field = page.getByRole('searchbox').first();
  await field.waitFor();
  await page.getByRole('radio', { name: '不限' }).click();
  const samples: number[] = [];
  for (const text of ['发货', '退款', '优惠', '您', '地址', '尺码', '订单', '什么', '好的', '快递']) {
    await field.fill(text);
    await page.evaluate((wanted) => {
      const seen: { at: number | null; from: number } = { at: null, from: Number.NaN };
      Object.assign(globalThis, { searched: seen });
      addEventListener('keydown', (event) => (seen.from = event.timeStamp), { capture: true, once: true });
      const look = (): void => {
        // Rows of the new search, with its words marked.
        const mark = [...document.querySelectorAll('.records mark')].some((each) => each.textContent === wanted);
        if (mark && seen.at === null) seen.at = performance.now();
        if (seen.at === null) requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, text);
    await field.press('Enter');
    const found = await page
      .waitForFunction(
        () => (globalThis as unknown as { searched: { at: number | null } }).searched.at !== null,
        null,
        {
          timeout: 5_000,
        },
      )
      .then(
        () => true,
        () => false,
      );
    if (found)
      samples.push(
        await page.evaluate(() => {
          const { at, from } = (globalThis as unknown as { searched: { at: number; from: number } }).searched;
          return at - from;
        }),
      );
    await wait(200);
  }
  note(`search, Enter to marked rows (${samples.length} words, practice records)`, show(spread(samples)), 'p95 < 200');
}

const loadBefore = loadavg()[0] ?? 0;
const host = await startTestHost();
try {
  await host.call('settings.set', { first_run_done: true });
  await starts(host);
  const ids: string[] = [];
  for (let index = 0; index < 24; index++) {
    const { conversation_id } = await host.control.newEnquiry({
      name: `忙碌买家${index}`,
      text: '这件什么时候发货，地址可以改吗',
      shop_id: 's-qinghe',
      assign_to: 'a-xiaomei',
    });
    ids.push(conversation_id);
  }
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    await page.addInitScript(watch);
    await page.goto(host.url);
    await page.locator('.inbox [role="option"]').first().waitFor();
    await wait(1_500);
    await shifts(page);
    await switching(page);
    await typing(page, '');
    await searching(page);
    // Back to a conversation that is written to as well.
    await page.locator('.rail-screen', { hasText: '接待' }).first().click();
    await page.getByRole('tab', { name: /接待中/ }).click();
    await page
      .getByRole('option', { name: /忙碌买家23/ })
      .first()
      .click();
    await page.getByRole('textbox', { name: '输入消息' }).waitFor();
    await wait(1_000);
    const rate = Number(values.rate);
    let events = 0;
    const beat = setInterval(() => {
      const id = ids[events++ % ids.length] as string;
      void host.control.consumerSays(id, `第${events}句，请问这件什么时候能发货`).catch(() => undefined);
    }, 1_000 / rate);
    const before = (await seenIn(page)).long.length;
    const began = performance.now();
    await typing(page, ` while ${rate} messages/s arrive`);
    while (performance.now() - began < Number(values.seconds) * 1_000) await wait(100);
    // The same with the overview open, which counts anew all the time.
    const middle = (await seenIn(page)).long.length;
    await page.locator('.rail-screen', { hasText: '概览' }).first().click();
    await wait(2_000);
    const settled = (await seenIn(page)).long.length;
    await wait(Number(values.seconds) * 1_000);
    clearInterval(beat);
    const { long } = await seenIn(page);
    const tell = (list: readonly number[]): string =>
      list.length === 0 ? 'none' : `${list.length}, longest ${ms(Math.max(...list))}`;
    note(
      `tasks over 50 ms while ${rate} messages/s arrive, typing in the chat`,
      tell(long.slice(before, middle)),
      'none',
    );
    note('… with the overview open', tell(long.slice(settled)), 'none');
  } finally {
    await browser.close();
  }
} finally {
  await host.stop();
}
process.stdout.write(`${table(['what (p50 / p95 / worst, ms)', 'result', 'target'], rows)}\n`);
say(`load before ${loadBefore.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`);
