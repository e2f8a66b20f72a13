import { constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { openReadable } from '#main/adapters/sqlite/connection.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { launch } from './support/browser.ts';
import { startChild } from './support/children.ts';
import { textsToFind } from './support/searched.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * From the key press to the first rows on screen (SR8), in Chromium against the browser host over seeded records.
 *
 *   node test/bench/records.bench.ts [--messages 1000000] [--data DIR (of `bench search`, copied)] [--searches 120] [--page FOLDER]
 */
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: process.env['BENCH_MESSAGES'] ?? '1000000' },
    data: { type: 'string' },
    searches: { type: 'string', default: '120' },
    page: { type: 'string' },
  },
});
const KEY = new Uint8Array(32).fill(7);
/** Searches that are named while it runs. */
const SLOW_MS = 200;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const wait = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));

const folder = mkdtempSync(join(tmpdir(), 'records-bench-'));
const profile = join(folder, 'p');
const keyFile = join(folder, 'k');
const rows: string[][] = [];
try {
  const store = join(profile, 'store');
  mkdirSync(store, { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, KEY, { mode: 0o600 });
  if (values.data === undefined) await seed({ directory: store, key: KEY, messages: Number(values.messages), seed: 1 });
  else
    for (const name of ['records.db', 'search.db'].filter((file) => existsSync(join(values.data as string, file))))
      copyFileSync(join(values.data, name), join(store, name), constants.COPYFILE_FICLONE);
  const db = openReadable(join(store, 'records.db'), KEY);
  const total = db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0;
  // Marks are compared with what was asked for: nothing that folds into something else.
  const texts = textsToFind(db, Number(values.searches)).filter(
    (text) => text === text.normalize('NFKC').toLowerCase(),
  );
  db.close();

  const host = await startChild('host.child.ts', {
    directory: profile,
    keyFile,
    real: true,
    ...(values.page === undefined ? {} : { page: values.page }),
  });
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    await page.goto(await host.ask<string>('url'));
    await page.locator('.rail-screen', { hasText: '记录' }).first().click();
    await page.getByRole('radio', { name: '不限' }).click();
    // What is read into memory after the start is read.
    await wait(5_000);
    for (const name of ['key press → rows on screen, first time', '… the same again']) {
      await host.ask('begin');
      const samples: number[] = [];
      let late = 0;
      for (const text of texts) {
        const took = await search(page, text);
        if (took === null) {
          late++;
          say(`no rows within 10 s: ${JSON.stringify(text)}`);
        } else samples.push(took);
        if (took !== null && took > SLOW_MS) say(`${ms(took)} ms: ${JSON.stringify(text)}`);
        await wait(400);
      }
      const held = await host.ask<Record<'p99' | 'worst' | 'rssMb', number>>('end');
      rows.push([
        `${name} (${samples.length} searches${late > 0 ? `, ${late} without rows in 10 s` : ''})`,
        show(spread(samples)),
        'p95 < 100',
      ]);
      rows.push(['main thread held up meanwhile, p99 / worst', `${ms(held.p99)} / ${ms(held.worst)}`, '≤ 16']);
      say(rows.at(-2)?.join(' | ') ?? '');
    }
  } finally {
    await browser.close();
    await host.end();
  }
  process.stdout.write(
    `${total.toLocaleString('en')} messages, ${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}. Milliseconds p50 / p95 / worst.\n\n${table(['what', 'result', 'target'], rows)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds from pressing Enter until rows with this text marked are drawn; null after ten seconds. */
async function search(page: Page, text: string): Promise<number | null> {
  const field = page.getByRole('searchbox').first();
  await field.fill(text);
  await page.evaluate((wanted) => {
    const seen: { took: number | null } = { took: null };
    Object.assign(globalThis, { searched: seen });
    addEventListener(
      'keydown',
      ({ timeStamp }) => {
        const look = (): void => {
          const marks = [...document.querySelectorAll('.records mark')];
          // Matches beside each other are one mark.
          if (!marks.some((mark) => mark.textContent?.toLowerCase().replaceAll(wanted, '') === '')) {
            requestAnimationFrame(look);
            return;
          }
          // After the frame that shows them.
          const channel = new MessageChannel();
          channel.port1.onmessage = () => (seen.took = performance.now() - timeStamp);
          channel.port2.postMessage(null);
        };
        requestAnimationFrame(look);
      },
      { capture: true, once: true },
    );
  }, text);
  await field.press('Enter');
  try {
    await page.waitForFunction(
      () => (globalThis as unknown as { searched: { took: number | null } }).searched.took !== null,
      null,
      { timeout: 10_000 },
    );
  } catch {
    return null;
  }
  return page.evaluate(() => (globalThis as unknown as { searched: { took: number } }).searched.took);
}
