import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** The QA's home, through the window alone: records come in by the import dialog, everything else by bar, tables and keys. */

const SESSIONS = 600;
const ASKED = 10_000;

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));
const order = (n: number): string => `2609${String(n).padStart(8, '0')}`;
const stamp = (minute: number): string =>
  new Date(Date.UTC(2026, 8, 1) + minute * 60_000).toISOString().slice(0, 19).replace('T', ' ');

interface Row {
  readonly session: string;
  readonly at: string;
  readonly agent: string;
  readonly consumer: string;
  readonly sender: string;
  readonly text: string;
  readonly order: string;
}

/** Sessions of four agents; every fifth is left unanswered, every third speaks of a refund twice. */
function records(): Row[] {
  const rows: Row[] = [];
  for (let n = 0; n < SESSIONS; n++) {
    const common = {
      session: `S${n}`,
      agent: ['小李', '小周', '阿May', '欧阳敏敏（夜班）'][n % 4]!,
      consumer: `消费者${String(n).padStart(3, '0')}`,
    };
    const line = (minute: number, sender: string, text: string, number = ''): void => {
      rows.push({ ...common, at: stamp(n * 20 + minute), sender, text, order: number });
    };
    line(0, '消费者', n % 3 === 0 ? '你好，想问下退款多久到账' : '这款尺码偏大吗😀', order(n));
    if (n % 5 !== 0)
      line(2, '客服', n % 3 === 0 ? '退款一般 1-3 个工作日原路退回，附回执' : '正常尺码，按平时的买就可以');
    line(4, '消费者', '好的，谢谢');
  }
  return rows;
}

let host: TestHost;
let folder: string;
const rows = records();

test.beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-records-'));
  const file = path.join(folder, '历史记录.csv');
  const head = ['会话号', '时间', '客服', '消费者', '发送方', '内容', '订单号'];
  const lines = rows.map((row) => [row.session, row.at, row.agent, row.consumer, row.sender, row.text, row.order]);
  // One row nobody can place in time: the report has to say so in words.
  lines.push(['S-bad', '不是时间', '小李', '消费者', '客服', '坏行', '']);
  writeFileSync(file, `\uFEFF${[head, ...lines].map((cells) => cells.join(',')).join('\r\n')}\r\n`);
  writeFileSync(
    path.join(folder, '另存过.csv'),
    '会话,时间,角色,内容,订单号\nc-1,2026-09-01 10:00:00,买家,在吗,6.92021E+18\nc-1,2026-09-01 10:00:05,客服,在的,6920211234567890000\n',
  );
  host = await startTestHost();
});

test.afterAll(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function openRecords(page: Page): Promise<void> {
  // An address works once, and its cookie belongs to one browser context: each test takes a new one.
  await host.restart();
  await page.goto(host.url);
  await page.getByRole('button', { name: '记录', exact: true }).click();
  await expect(page.getByRole('search').first()).toBeVisible();
}

const run = (page: Page): Promise<void> => page.getByRole('button', { name: '查询', exact: true }).click();
const choose = (page: Page, name: string): Promise<void> =>
  page.getByRole('radio', { name, exact: true }).check({ force: true });
const grid = (page: Page, name: string): Locator => page.getByRole('grid', { name });

// The first brings the records in that the others search.
test.describe.configure({ mode: 'serial' });

test('[SR11] [UX6] import: the window’s zone is proposed, the report names the bad row in words', async ({ page }) => {
  await openRecords(page);
  await page.getByRole('button', { name: '导入', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: '导入聊天记录' });
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: '选择文件' }).click();
  await (await chooser).setFiles(path.join(folder, '另存过.csv'));
  await expect(dialog.getByRole('note')).toContainText('“订单号”一列：开头的行里有 2 行的编号被表格软件改过。');
  await page.screenshot({ path: screen('import-cut-numbers') });
  const again = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: '选择文件' }).click();
  await (await again).setFiles(path.join(folder, '历史记录.csv'));
  await expect(dialog.getByRole('button', { name: '开始导入' })).toBeEnabled();
  // The browser is in Shanghai, whatever zone the host's machine has.
  await expect(dialog).toContainText('UTC+08:00');
  await expect(dialog.getByRole('table', { name: '预览' })).toContainText('2026-09-01 00:00:00');
  await page.screenshot({ path: screen('import-preview') });
  await dialog.getByRole('button', { name: '开始导入' }).click();
  await expect(dialog).toContainText(`导入 ${rows.length.toLocaleString('zh-CN')} 行`, { timeout: 30_000 });
  await expect(dialog).toContainText('时间无法识别');
  await page.screenshot({ path: screen('import-report') });
});

test('[SR2] [SR5] [SR6] 10,000 pasted numbers: parsed live, one line each, transcript and its matches by key', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openRecords(page);
  await choose(page, '不限');
  await choose(page, '订单 / 违规编号');
  await page.getByRole('button', { name: '粘贴编号' }).first().click();
  const dialog = page.getByRole('dialog', { name: '批量编号' });
  // Every separator people paste, twenty duplicates, three that are no numbers.
  const separators = ['\n', ' ', ',', '，', '\t', ';', '；', '、', '\r\n'];
  const numbers = Array.from({ length: ASKED }, (_, n) => order(n));
  const pasted =
    numbers.map((number, n) => number + separators[n % separators.length]!).join('') +
    `${numbers.slice(0, 20).join('\n')}\n` +
    '退款\n😀😀\n!!!\n';
  await page.evaluate((text) => navigator.clipboard.writeText(text), pasted);
  await dialog.getByRole('textbox', { name: '编号' }).focus();
  await page.keyboard.press('ControlOrMeta+v');
  await expect(dialog).toContainText('10,000 个编号');
  await expect(dialog).toContainText('合并重复 20 个');
  await expect(dialog).toContainText('格式不对 3 个');
  await page.screenshot({ path: screen('records-numbers-dialog') });
  await dialog.getByRole('button', { name: '查询这些编号' }).click();

  const table = grid(page, '总览');
  await expect(table).toHaveAttribute('aria-rowcount', String(ASKED + 1));
  await expect(page.getByText(`${rows.length.toLocaleString('en-US')} 条消息`)).toBeVisible();
  const first = table.getByRole('row').nth(1);
  await expect(first).toContainText(order(0));
  await expect(first).toContainText('命中');
  // How many were found stands above, and leaves only those: 10,000 − 600 were not.
  await page.getByRole('radio', { name: '未命中 9,400' }).click();
  await expect(table).toHaveAttribute('aria-rowcount', String(ASKED - SESSIONS + 1));
  await expect(page.getByText('没有这个编号的记录')).toBeVisible();
  await page.getByRole('radio', { name: '全部 10,000' }).click();
  await expect(table).toHaveAttribute('aria-rowcount', String(ASKED + 1));
  await page.screenshot({ path: screen('records-numbers') });
  await table.focus();
  await page.keyboard.press('End');
  await expect(table.getByRole('row', { selected: true })).toContainText(order(ASKED - 1));
  await expect(table.getByRole('row', { selected: true })).toContainText('未命中');
  await page.keyboard.press('Home');
  await expect(table.getByRole('row', { selected: true })).toContainText(order(0));

  // With a word as well: the transcript opens at its first match, n and p walk.
  await page.getByRole('searchbox', { name: '搜索内容' }).fill('退款');
  await run(page);
  const transcript = page.getByRole('log', { name: '聊天记录' });
  await expect(transcript.locator('mark').first()).toHaveText('退款');
  const hits = grid(page, '总览');
  await hits.focus();
  await hits.getByRole('row', { name: new RegExp(order(3)) }).click();
  await expect(page.getByText('1 / 2 处匹配')).toBeVisible();
  await page.keyboard.press('n');
  await expect(page.getByText('2 / 2 处匹配')).toBeVisible();
  await expect(transcript.locator('mark.is-current')).toHaveText('退款');
  await page.keyboard.press('p');
  await expect(page.getByText('1 / 2 处匹配')).toBeVisible();
  await page.screenshot({ path: screen('records-transcript') });
});

test('[SR2] a file of numbers: an XLSX and a GB18030 CSV are loaded behind what is there', async ({ page }) => {
  const book = path.join(folder, '待查订单.xlsx');
  const parts: Uint8Array[] = [];
  const sheet = createXlsxWriter().create(
    { write: async (chunk) => void parts.push(Uint8Array.from(chunk)) },
    {
      columns: [{ header: '订单号', kind: 'text', width: 20 }],
      sheetName: (index) => `第${index}页`,
      cutMark: () => '…',
      program: 'test',
      madeAt: 0,
    },
  );
  await sheet.writeRows([[order(1)], [order(2)], [order(9_999)]]);
  await sheet.endRows();
  await sheet.close({ name: '说明', widths: [10], rows: [['说明']] });
  writeFileSync(book, Buffer.concat(parts));
  const csv = path.join(folder, '违规.csv');
  // 订单 in GB18030, then numbers between semicolons.
  writeFileSync(
    csv,
    Buffer.concat([Buffer.from([0xb6, 0xa9, 0xb5, 0xa5]), Buffer.from(`;x\r\n${order(2)};${order(5)}\r\n`)]),
  );
  await openRecords(page);
  await choose(page, '不限');
  await choose(page, '订单 / 违规编号');
  await page.getByRole('button', { name: '粘贴编号' }).first().click();
  const dialog = page.getByRole('dialog', { name: '批量编号' });
  for (const file of [book, csv]) {
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: '从文件载入' }).click();
    await (await chooser).setFiles(file);
    await expect(dialog.getByRole('button', { name: '从文件载入' })).toBeEnabled();
    await expect(dialog).toContainText(file === book ? '3 个编号' : '4 个编号');
  }
  await expect(dialog).toContainText('合并重复 1 个');
  await expect(dialog.getByRole('textbox', { name: '编号' })).toHaveValue(/订单/);
  await dialog.getByRole('textbox', { name: '编号' }).press('Control+Enter');
  const table = grid(page, '总览');
  await expect(table).toHaveAttribute('aria-rowcount', '5');
  // Three were written months ago: of today they are not found, which says so and leads back to all of it.
  await choose(page, '今天');
  await expect(page.getByText('4 个在“今天”里没有记录')).toBeVisible();
  await page.getByRole('button', { name: '不限时间再查' }).click();
  await expect(page.getByRole('radio', { name: '命中 3', exact: true })).toBeVisible();
});

test('[SR6] [SR7] [UX2] the overview by keyboard: agents, consumers, transcript; unanswered with since when', async ({
  page,
}) => {
  await openRecords(page);
  await choose(page, '不限');
  await run(page);
  const agents = grid(page, '总览');
  await expect(agents.getByRole('row', { name: /小李/ })).toBeVisible();
  // 600 sessions over four agents, every fifth unanswered: 30 each.
  const cells = await agents.getByRole('row', { name: /小李/ }).getByRole('gridcell').allTextContents();
  expect(cells.slice(1, 5)).toEqual(['150', '150', '420', '30']);
  await agents.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const consumers = grid(page, '消费者');
  await expect(consumers).toBeFocused();
  await page.keyboard.press('Home');
  const open = consumers.getByRole('row', { name: /未回复/ }).first();
  await open.click();
  await expect(page.getByRole('note').filter({ hasText: '已分流至该客服，未回复' })).toContainText(
    /20\d\d-\d\d-\d\d \d\d:\d\d/,
  );
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log', { name: '聊天记录' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(consumers).toBeFocused();
  await page.screenshot({ path: screen('records-overview') });
  // From what was found to its conversation at the desk.
  const name = (await page.getByRole('region', { name: '聊天记录' }).locator('.pane-title').textContent()) ?? '';
  await page.getByRole('button', { name: '到接待中打开' }).click();
  await expect(page.locator('.chat-header h2')).toHaveText(name);
});

test('[SR5] [UX2] columns are chosen and kept; rows are copied as a table', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openRecords(page);
  await choose(page, '不限');
  await page.getByRole('searchbox', { name: '搜索内容' }).fill('回执');
  await run(page);
  await choose(page, '消息');
  const messages = grid(page, '消息');
  await expect(messages.getByRole('row').nth(1)).toBeVisible();
  await page.getByRole('button', { name: '列', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: '订单号' }).click();
  await page.getByRole('menuitemcheckbox', { name: '消费者' }).click();
  await page.screenshot({ path: screen('records-columns') });
  await page.keyboard.press('Escape');
  await expect(messages.getByRole('columnheader', { name: '订单号' })).toBeVisible();
  await expect(messages.getByRole('columnheader', { name: '消费者' })).toHaveCount(0);
  // Two rows from the newest on, by keys.
  await messages.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('ControlOrMeta+c');
  await expect(page.getByText('已复制 2 行')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const newest = rows
    .filter((row) => row.text.includes('回执'))
    .toReversed()
    .slice(0, 2);
  expect(copied.split('\r\n').map((line) => line.split('\t')[0])).toEqual(newest.map((row) => row.at));
  await page.getByRole('button', { name: '复制为表格' }).click();
  await expect(page.getByText(/已复制 \d+0 行/)).toBeVisible();
  expect((await page.evaluate(() => navigator.clipboard.readText())).split('\r\n')[0]).toBe(
    '时间\t发送人\t内容\t客服\t订单号',
  );
  // Kept: the next start shows the same columns.
  await openRecords(page);
  await choose(page, '不限');
  await run(page);
  await choose(page, '消息');
  await expect(grid(page, '消息').getByRole('columnheader', { name: '订单号' })).toBeVisible();
});

test('[SR9] a search is saved, passed on as a file, and run again from the bar', async ({ page }) => {
  await openRecords(page);
  await choose(page, '不限');
  await page.getByRole('searchbox', { name: '搜索内容' }).fill('回执');
  const save = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: '保存的查询' }).click();
    await page.getByRole('menuitem', { name: /保存当前条件/ }).click();
    await page.getByRole('textbox', { name: '名称' }).fill(name);
    await page.getByRole('button', { name: '保存', exact: true }).click();
  };
  await save('退款复查');
  await expect(page.getByText('已保存“退款复查”')).toBeVisible();
  await save('退款复查');
  await expect(page.getByText('已有同名的查询')).toBeVisible();
  await page.screenshot({ path: screen('saved-taken') });
  await page.getByRole('button', { name: '取消', exact: true }).click();

  await page.getByRole('button', { name: '保存的查询' }).click();
  await page.getByRole('menuitem', { name: /管理保存的查询/ }).click();
  const dialog = page.getByRole('dialog', { name: '保存的查询' });
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: '存为文件' }).click();
  const file = path.join(folder, 'shared.json');
  await (await download).saveAs(file);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    kind: 'merchant-workbench.search',
    version: 1,
    name: '退款复查',
    search: { range: 'any', query: { text: '回执' } },
  });
  await page.screenshot({ path: screen('saved-manage') });
  await dialog.getByRole('button', { name: '删除' }).click();
  await expect(page.getByText('已删除“退款复查”')).toBeVisible();
  await page.keyboard.press('Escape');

  // A colleague's file: it is kept here too, and run at once.
  await page.getByRole('searchbox', { name: '搜索内容' }).fill('');
  await page.getByRole('button', { name: '保存的查询' }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('menuitem', { name: /从文件载入/ }).click();
  await (await chooser).setFiles(file);
  await expect(page.getByText('已载入“退款复查”')).toBeVisible();
  await expect(page.getByRole('searchbox', { name: '搜索内容' })).toHaveValue('回执');
  const found = rows.filter((row) => row.text.includes('回执')).length;
  await expect(page.getByText(`${found} 条消息`)).toBeVisible();

  writeFileSync(file, JSON.stringify({ kind: 'something else' }));
  await page.getByRole('button', { name: '保存的查询' }).click();
  const again = page.waitForEvent('filechooser');
  await page.getByRole('menuitem', { name: /从文件载入/ }).click();
  await (await again).setFiles(file);
  await expect(page.getByText('FILE_FORMAT').or(page.getByText(/格式/)).first()).toBeVisible();
});

test('[EX1] [EX2] [SR2] the result of a batch is exported from the window and reads back row by row', async ({
  page,
}) => {
  await openRecords(page);
  await choose(page, '不限');
  await choose(page, '订单 / 违规编号');
  await page.getByRole('button', { name: '粘贴编号' }).first().click();
  const numbers = Array.from({ length: 50 }, (_, n) => order(n * 3));
  await page.getByRole('textbox', { name: '编号' }).fill(numbers.join('\n'));
  await page.getByRole('button', { name: '查询这些编号' }).click();
  await expect(grid(page, '总览')).toHaveAttribute('aria-rowcount', '51');
  await page.getByRole('button', { name: '导出', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: '导出查询结果' });
  const wanted = rows.filter((row) => Number(row.session.slice(1)) % 3 === 0 && Number(row.session.slice(1)) < 150);
  await expect(dialog).toContainText(`预计 ${wanted.length} 行`);
  await dialog.getByRole('textbox', { name: /用途/ }).fill('端到端测试');
  await dialog.getByRole('button', { name: '导出', exact: true }).click();
  const link = dialog.getByRole('link', { name: '下载文件' });
  await expect(link).toBeVisible({ timeout: 30_000 });
  const download = page.waitForEvent('download');
  await link.click();
  const read = parse(readFileSync(await (await download).path(), 'utf8'), { bom: true }) as string[][];
  const column = read[0]!.findIndex((name) => name === 'text' || name === '内容');
  expect(
    read
      .slice(1)
      .map((row) => row[column])
      .sort(),
  ).toEqual(wanted.map((row) => row.text).sort());
});

test('[SR8] a running search can be stopped from the bar, and asked again', async ({ page }) => {
  await openRecords(page);
  // The host answers no search until it is told to: what a slow one looks like, without a machine that is slow.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const cancelled: string[] = [];
  await page.routeWebSocket(/\/bridge/, (socket) => {
    const server = socket.connectToServer();
    const slow = new Map<number, string>();
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { id: number; procedure: string; input: { slot?: string } };
      if (frame.procedure === 'search.cancel') cancelled.push(frame.input.slot ?? '');
      if (frame.procedure === 'search.agents' && cancelled.length < 100) slow.set(frame.id, frame.procedure);
      server.send(message);
    });
    server.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { id?: number };
      if (frame.id !== undefined && slow.has(frame.id)) void held.then(() => socket.send(message));
      else socket.send(message);
    });
  });
  await host.restart();
  await page.goto(host.url);
  await page.getByRole('button', { name: '记录', exact: true }).click();
  await choose(page, '不限');
  cancelled.length = 0;
  await run(page);
  const bar = page.getByRole('search').first();
  await expect(bar.getByRole('button', { name: '取消' })).toBeVisible();
  await expect(page.getByRole('progressbar', { name: '正在查询' })).toBeVisible();
  await expect(page.getByText(/正在查询，已/)).toBeVisible();
  await page.screenshot({ path: screen('records-slow') });
  cancelled.length = 0;
  await bar.getByRole('button', { name: '取消' }).click();
  await expect.poll(() => cancelled).toContain('records-overview');
  await expect(page.getByText('查询已取消')).toBeVisible();
  await expect(bar.getByRole('button', { name: '查询', exact: true })).toBeVisible();
  await page.screenshot({ path: screen('records-cancelled') });
  // What comes late is not shown any more.
  release();
  await expect(page.getByText('查询已取消')).toBeVisible();
  await page.getByRole('main').getByRole('button', { name: '查询', exact: true }).last().click();
  await expect(grid(page, '总览').getByRole('row', { name: /小李/ })).toBeVisible();
});

test('[UX2] Ctrl/⌘ K looks up records and people; Ctrl/⌘ F finds in the open conversation', async ({ page }) => {
  await openRecords(page);
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('消费者123');
  const palette = page.getByRole('dialog', { name: '命令面板' });
  await expect(palette.getByRole('option', { name: /消费者123/ }).first()).toContainText('import');
  await expect(palette.getByRole('option', { name: '搜索记录：消费者123' })).toBeVisible();
  await page.screenshot({ path: screen('palette-lookup') });
  await page.keyboard.press('Enter');
  await expect(grid(page, '消费者').getByRole('row', { name: /消费者123/ })).toBeVisible();

  const enquiry = await host.control.newEnquiry({
    name: '查找测试',
    text: '有蓝色的吗',
    shop_id: 's-senyu',
    assign_to: 'a-xiaomei',
  });
  await page.getByRole('button', { name: '接待', exact: true }).click();
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('option', { name: /查找测试/ }).click();
  await expect(page.getByRole('heading', { name: '查找测试' })).toBeVisible();
  for (const text of ['蓝色有货', '深蓝色要等三天', '红色也有'])
    await host.control.consumerSays(enquiry.conversation_id, text);
  await expect(page.getByRole('article').filter({ hasText: '红色也有' })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+f');
  const find = page.getByRole('search', { name: '在会话中查找' });
  await find.getByRole('textbox').fill('蓝色');
  await expect(find).toContainText('3 / 3');
  const log = page.getByRole('log', { name: '消息' });
  await expect(log.locator('mark')).toHaveCount(3);
  await expect(log.getByRole('article').filter({ hasText: '深蓝色' }).locator('mark.is-current')).toHaveText('蓝色');
  await page.keyboard.press('Enter');
  await expect(find).toContainText('2 / 3');
  await page.screenshot({ path: screen('chat-find') });
  await page.setViewportSize({ width: 1024, height: 640 });
  await page.screenshot({ path: screen('chat-find-1024') });
  await page.keyboard.press('Escape');
  await expect(find).toBeHidden();
  await expect(log.locator('mark')).toHaveCount(0);
});

test('[IN6] presence is switched in the status bar', async ({ page }) => {
  await openRecords(page);
  const status = page.getByRole('contentinfo');
  await status.getByRole('button', { name: /接待状态/ }).click();
  await page.getByRole('menuitemradio', { name: /忙碌/ }).click();
  await expect(status.getByRole('button', { name: /接待状态：忙碌/ })).toBeVisible();
  await page.screenshot({ path: screen('presence') });
});

test('[UX3] the screen in the dark, in English, and in the smallest windows', async ({ page }) => {
  await page.setViewportSize({ width: 1180, height: 720 });
  await openRecords(page);
  await choose(page, '不限');
  await page.getByRole('searchbox', { name: '搜索内容' }).fill('退款');
  await run(page);
  await expect(page.getByRole('log', { name: '聊天记录' }).locator('mark').first()).toBeVisible();
  await page.screenshot({ path: screen('records-1180') });
  await host.call('settings.set', { theme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.screenshot({ path: screen('records-1180-dark') });
  // Nothing is cut off at the right, also where least fits.
  await page.setViewportSize({ width: 1024, height: 640 });
  await host.call('settings.set', { theme: 'light', locale: 'en' });
  await expect(page.getByRole('button', { name: 'Saved searches' })).toBeVisible();
  for (const name of ['Saved searches', 'Import', 'Search', 'Export'])
    await expect(page.getByRole('button', { name, exact: true }).first()).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1024);
  await page.screenshot({ path: screen('records-1024-en') });
});
