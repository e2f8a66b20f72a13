import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CDPSession, Page } from '@playwright/test';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { openWritable } from '#main/adapters/sqlite/connection.ts';
import { startTestHost } from '../support/browser-host.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * The desk with much on it (IN1): scrolling a list of 100,000 and a conversation of 200,000 messages in Chromium, frames a
 * second and growth of memory; switching between conversations beside them.
 *
 *   node test/bench/desk.bench.ts [--rows 100000] [--messages 200000] [--seconds 8] [--switches 60]
 *
 * The rows are written into the practice profile's own file while its host is down; the window then reads them as always.
 */
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    messages: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '8' },
    switches: { type: 'string', default: '60' },
  },
});
const ROWS = Number(values.rows);
const MESSAGES = Number(values.messages);
const SECONDS = Number(values.seconds);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const results: string[][] = [];
const load = loadavg()[0] ?? 0;

const host = await startTestHost();
const browser = await launch();
try {
  await until(async () => (await host.call('accounts.list', {}))[0]?.state === 'live');
  const long = await host.control.newEnquiry({ name: '二十万条', text: '在吗', assign_to: 'a-xiaomei' });
  await until(
    async () =>
      (
        await host.call('conversations.list', {
          account_id: null,
          intake: 'active',
          limit: 100,
          cursor: null,
          filter: { name: '二十万条' },
        })
      ).total === 1,
  );
  await host.crash();
  fill(host.folder, long.conversation_id);
  await host.restart();
  await until(async () => (await host.call('accounts.list', {}))[0]?.state === 'live');

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
  const cdp = await page.context().newCDPSession(page);
  await page.goto(host.url);
  await page.getByRole('tab', { name: /已结束/ }).click();
  const list = page.getByRole('listbox', { name: '已结束' });
  await list.getByRole('option').first().waitFor();
  await measure(`list of ${ROWS.toLocaleString('en')} rows`, page, cdp, '.inbox .ui-list', 1);
  const place = await list.evaluate((element) => element.scrollTop / 54);
  say(`scrolled to row ${Math.round(place)}`);
  await list.evaluate((element) => (element.scrollTop = element.scrollHeight));
  await page.waitForFunction(
    () => document.querySelectorAll('.inbox .conv-row:not(.is-missing)').length > 5,
    undefined,
    { timeout: 10_000 },
  );

  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('option').filter({ hasText: '二十万条' }).click();
  await page.locator('.chat-scroll').waitFor();
  await page.waitForTimeout(500);
  await measure(`conversation of ${MESSAGES.toLocaleString('en')} messages, upwards`, page, cdp, '.chat-scroll', -1);
  await switches(page);
} finally {
  await browser.close();
  await host.stop();
}
process.stdout.write(
  `${table(['what', 'frames/s', 'frame p50 / p95 / worst ms', 'heap growth MB', 'note'], results)}\n`,
);
say(`load before ${load.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`);

/** Turns of the wheel for some seconds; each drawn frame is counted in the page. */
async function measure(what: string, page: Page, cdp: CDPSession, selector: string, direction: 1 | -1): Promise<void> {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`${selector} is not on screen`);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const before = await heap(cdp);
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    let going = true;
    const tick = (now: number): void => {
      frames.push(now - last);
      last = now;
      if (going) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    Object.assign(window, { endFrames: () => ((going = false), frames.slice(1)) });
  });
  const end = Date.now() + SECONDS * 1_000;
  let turns = 0;
  while (Date.now() < end) {
    await page.mouse.wheel(0, direction * 240);
    turns += 1;
  }
  const frames = await page.evaluate(() => (window as unknown as { endFrames(): number[] }).endFrames());
  const total = frames.reduce((sum, frame) => sum + frame, 0);
  const growth = (await heap(cdp)) - before;
  const loaded = await page.evaluate((of) => Math.round(document.querySelector(of)?.scrollHeight ?? 0), selector);
  results.push([
    what,
    ((frames.length * 1_000) / total).toFixed(1),
    show(spread(frames)),
    (growth / 1_048_576).toFixed(1),
    `${turns} turns of 240 px, height then ${loaded} px`,
  ]);
  say(results.at(-1)?.join(' · ') ?? '');
}

async function heap(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await cdp.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize;
}

/** From the click to the frame in which the other conversation's name and messages stand. */
async function switches(page: Page): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < Number(values.switches); index++) {
    const time = await page.evaluate(async (at) => {
      const rows = [...document.querySelectorAll<HTMLElement>('.inbox [role=option]')].filter(
        (row) => row.getAttribute('aria-selected') !== 'true',
      );
      const row = rows[at % rows.length];
      const name = row?.querySelector('.conv-row-name')?.textContent ?? '';
      if (!row) return null;
      const began = performance.now();
      row.click();
      for (;;) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const shown = document.querySelector('.chat-header h2')?.textContent === name;
        if (shown && document.querySelectorAll('.chat-item').length > 1) break;
        if (performance.now() - began > 5_000) return 5_000;
      }
      return performance.now() - began;
    }, index);
    if (time !== null) times.push(time);
    await page.waitForTimeout(120);
  }
  const result = spread(times);
  results.push([
    'conversation switch, click to content',
    '',
    show(result),
    '',
    `${times.length} switches; p95 ${ms(result.p95)} ms`,
  ]);
  say(results.at(-1)?.join(' · ') ?? '');
}

function fill(folder: string, conversationId: string): void {
  const key = openKeyFile(path.join(folder, 'practice.key'), { mayCreate: false });
  const db = openWritable(path.join(folder, 'store', 'records.db'), key);
  const began = performance.now();
  const salt = randomBytes(4).toString('hex');
  db.transaction(() => {
    db.execute(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      INSERT INTO consumers (source, consumer_id, name)
        SELECT (SELECT source FROM conversations LIMIT 1), 'bench-${salt}-' || i, '买家' || (i * 7919 % 90000) FROM n;
      INSERT INTO conversations (source, conversation_id, shop, type, title, consumer, intake, assignments, order_nos, violation_nos,
        last_seq, last_message_at, agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at, last_consumer_seq, last_agent_seq)
        SELECT u.source, u.consumer_id, (SELECT min(id) FROM shops WHERE source = u.source) + u.id % 3, 0, u.name, u.id, 2,
          '[]', '[]', '[]', 9, 1760000000000 + u.id * 1000, 9, 9, 0, 0, 1760000000000 + u.id * 1000, 8, 9
        FROM consumers u WHERE u.consumer_id LIKE 'bench-${salt}-%';
    `);
    const { id, last } = db
      .read<{ id: number; last: number }>(
        'SELECT c.id, (SELECT min(id) FROM messages m WHERE m.conversation = c.id) AS last FROM conversations c WHERE conversation_id = ?',
      )
      .get(conversationId) ?? { id: 0, last: 0 };
    // Before what is there: the newest stays the newest, and numbers below it are those of a long past.
    db.execute(`
      UPDATE messages SET conv_seq = conv_seq + ${MESSAGES} WHERE conversation = ${id};
      UPDATE conversations SET last_seq = last_seq + ${MESSAGES} WHERE id = ${id};
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MESSAGES})
      INSERT INTO messages (id, conversation, msg_id, conv_seq, sender_role, sender_id, sender_name, kind, text, sent_at, status)
        SELECT ${last} - (${MESSAGES} - i + 1) * 2048, ${id}, 'bench-${salt}-' || i, i, i % 2, CASE i % 2 WHEN 0 THEN 'a-xiaomei' ELSE 'u' END,
          CASE i % 2 WHEN 0 THEN '客服小美' ELSE '二十万条' END, 0, '第 ' || i || ' 条：' || substr('您好这款四件套有货今天可以发出请问尺码颜色怎么选质量怎么样优惠券能用吗', 1, 5 + i * 37 % 30),
          (SELECT sent_at FROM messages WHERE id = ${last}) - (${MESSAGES} - i + 1) * 2000, 0 FROM n;
    `);
  });
  db.close();
  say(
    `filled in ${ms(performance.now() - began)} (${readFileSync(path.join(folder, 'store', 'records.db')).length >> 20} MB)`,
  );
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the host is not ready');
}
