import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { unpack } from '../support/package-bytes.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * The review package as its receiver opens it (EX3): from file://, in Chromium, without network. Time to the first screen, and
 * from Enter to the first hits of words of one to four characters; what the page's own verification takes.
 *
 *   node test/bench/page.bench.ts [--messages 1000000]
 */
const { values } = parseArgs({ options: { messages: { type: 'string', default: '1000000' } } });
const WORDS = ['发货', '退货', '尺码', '运费', '您好', '发', '订单号'];
const OPENINGS = 5;

const folder = mkdtempSync(join(tmpdir(), 'workbench-page-bench-'));
const workbench = (...args: readonly string[]): void => {
  const main = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));
  const environment = {
    ...process.env,
    WORKBENCH_DATA: join(folder, 'data'),
    WORKBENCH_KEY_FILE: join(folder, 'key'),
    LC_ALL: 'zh_CN.UTF-8',
  };
  const done = spawnSync(process.execPath, [main, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environment,
  });
  if (done.status !== 0) throw new Error(`${args[0]} ended with ${done.status}`);
};

async function firstScreen(page: Page): Promise<number> {
  const began = performance.now();
  await page.goto(pathToFileURL(join(folder, 'unpacked', 'index.html')).href);
  await page.locator('[role=listbox] [role=option]').first().waitFor({ timeout: 60_000 });
  return performance.now() - began;
}

/** From Enter until the hits are drawn, or it says that there are none. */
async function search(page: Page, text: string): Promise<number> {
  const box = page.getByRole('searchbox', { name: '查找' });
  await page.getByRole('button', { name: '清除' }).click();
  await box.fill(text);
  const hits = page.getByRole('listbox', { name: '消息' }).getByRole('option');
  await hits.first().waitFor({ state: 'detached' });
  const began = performance.now();
  await box.press('Enter');
  await hits.first().waitFor({ timeout: 60_000 });
  return performance.now() - began;
}

try {
  workbench('seed', '--messages', values.messages);
  const zip = join(folder, 'records.zip');
  workbench('export', '--format', 'package', '--out', zip, '--reason', '平台仲裁');
  for (const [name, content] of await unpack(new Uint8Array(readFileSync(zip)))) {
    const place = join(folder, 'unpacked', name);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
  const browser = await launch();
  try {
    const openings: number[] = [];
    for (let n = 0; n < OPENINGS; n++) {
      const context = await browser.newContext({ offline: true, locale: 'zh-CN' });
      openings.push(await firstScreen(await context.newPage()));
      await context.close();
    }
    const context = await browser.newContext({ offline: true, locale: 'zh-CN' });
    const page = await context.newPage();
    await firstScreen(page);
    const searches: number[] = [];
    for (const text of WORDS) {
      searches.push(await search(page, text));
      process.stderr.write(`${text}: ${ms(searches.at(-1) ?? 0)} ms\n`);
    }
    process.stdout.write(
      `${Number(values.messages).toLocaleString('en')} messages, ${cpus().length} × ${cpus()[0]?.model ?? ''}, load ${loadavg()[0]?.toFixed(1)}. Milliseconds p50 / p95 / worst.\n\n${table(
        ['what', 'result', 'target'],
        [
          [`first screen, ${OPENINGS} openings`, show(spread(openings)), '< 2,000'],
          [`first hits of ${WORDS.length} words of 1–4 characters`, show(spread(searches)), '< 1,000'],
        ],
      )}\n`,
    );
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
