import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { unpack } from '../support/package-bytes.ts';

/** The review package as its receiver meets it: unpacked, opened from file://, without any network. */

const MAIN = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));
const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

const ATTACK = `</script><script>window.hacked=1</script><img src=x onerror="window.hacked=1">{{hacked}}`;
const LONG = '长'.repeat(1_000_000);
const BIDI = '\u202e付款请转\u202c账户\u0000尾';

let folder: string;
let zip: string;
let head: string;

function workbench(...args: readonly string[]): string {
  const environment = {
    ...process.env,
    WORKBENCH_DATA: path.join(folder, 'data'),
    WORKBENCH_KEY_FILE: path.join(folder, 'key'),
    LC_ALL: 'zh_CN.UTF-8',
    TZ: 'Asia/Shanghai',
  };
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: environment });
  if (done.status !== 0) throw new Error(`${args[0]}: ${done.status} ${done.stderr}`);
  return done.stdout;
}

test.beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-package-'));
  const row = (index: number, over: object = {}): string =>
    JSON.stringify({
      type: 'message',
      message_id: `m-${index}`,
      conversation_id: `c-${index % 60}`,
      shop: '旗舰店',
      agent: index % 60 < 30 ? '客服小美' : '客服老王',
      consumer: `买家${index % 60}`,
      sender: index % 2 === 0 ? 'consumer' : 'agent',
      sent_at: new Date(Date.UTC(2026, 8, 1) + index * 60_000).toISOString(),
      kind: 'text',
      text: `第${index}条消息，请问什么时候发货`,
      order_nos: [],
      recalled: false,
      ...over,
    });
  const rows = Array.from({ length: 3_000 }, (_, index) => row(index));
  rows.push(
    row(3_001, { conversation_id: 'c-hostile', consumer: ATTACK, agent: '客服小美', text: ATTACK }),
    row(3_002, { conversation_id: 'c-hostile', consumer: ATTACK, agent: '客服小美', text: BIDI }),
    row(3_003, { conversation_id: 'c-hostile', consumer: ATTACK, agent: '客服小美', text: LONG }),
    row(3_004, {
      conversation_id: 'c-order',
      consumer: '下单的人',
      agent: '客服老王',
      text: '改价到 19.90',
      order_nos: ['260901-123456789012345'],
    }),
    row(3_005, { conversation_id: 'c-order', consumer: '下单的人', agent: '客服老王', text: '撤回前', recalled: true }),
  );
  writeFileSync(path.join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  workbench('import', path.join(folder, 'rows.jsonl'), '--json');
  zip = path.join(folder, 'records.zip');
  workbench('export', '--format', 'package', '--out', zip, '--reason', '平台仲裁', '--json');
  const unpacked = path.join(folder, 'unpacked');
  for (const [name, content] of await unpack(new Uint8Array(readFileSync(zip)))) {
    mkdirSync(path.dirname(path.join(unpacked, name)), { recursive: true });
    writeFileSync(path.join(unpacked, name), content);
  }
  head = (JSON.parse(readFileSync(path.join(unpacked, 'manifest.json'), 'utf8')) as { chain: { head: string } }).chain
    .head;
});

test.afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Opens index.html of a folder; answers with every address that was asked for. */
async function open(page: Page, where = 'unpacked'): Promise<string[]> {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.context().setOffline(true);
  await page.goto(pathToFileURL(path.join(folder, where, 'index.html')).href);
  return asked;
}

test('[EX3] opened from file:// without network: lists, search, order, date, transcript', async ({ page }) => {
  const asked = await open(page);
  await expect(page.getByRole('heading', { name: '质检包' })).toBeVisible();
  await expect(page.getByText('用途: 平台仲裁')).toBeVisible();
  await expect(page.getByText('3,005 条消息')).toBeVisible();
  await expect(page.getByRole('tab', { name: /会话 62/ })).toBeVisible();
  await page.getByRole('tab', { name: /客服 2/ }).click();
  await expect(page.getByRole('listbox', { name: '客服' }).getByRole('option', { name: /客服小美/ })).toContainText(
    '31 个会话',
  );
  await page.getByRole('tab', { name: /消费者 62/ }).click();
  await expect(page.getByRole('option', { name: /下单的人/ })).toBeVisible();

  // Two characters that stand in one message only, then a word of another.
  const box = page.getByRole('searchbox', { name: '查找' });
  await box.fill('第2999条');
  await box.press('Enter');
  await expect(page.getByRole('status')).toHaveText('找到 1 条');
  await page.getByRole('listbox', { name: '消息' }).getByRole('option').click();
  const log = page.getByRole('log');
  await expect(log.locator('mark')).toHaveText('第2999条');
  await expect(log.getByRole('article')).toHaveCount(50);
  await box.fill('改');
  await box.press('Enter');
  await expect(page.getByRole('status')).toHaveText('找到 1 条');
  await box.fill('发货 -第29');
  await page.getByLabel('客服', { exact: true }).selectOption('客服小美');
  await box.press('Enter');
  const expected = Array.from({ length: 3_000 }, (_, i) => i).filter(
    (i) => i % 60 < 30 && !`第${i}条消息，请问什么时候发货`.includes('第29'),
  ).length;
  await expect(page.getByRole('tab', { name: /消息/ })).toContainText('+');
  await expect(async () => {
    await page.getByRole('listbox', { name: '消息' }).press('End');
    await expect(page.getByRole('status')).toHaveText(`找到 ${expected.toLocaleString('zh-CN')} 条`, { timeout: 200 });
  }).toPass({ timeout: 20_000 });

  await page.getByRole('button', { name: '清除' }).click();
  await page.getByPlaceholder('订单号或违规编号').fill('260901-123456789012345');
  await page.getByRole('button', { name: '查找' }).click();
  await expect(page.getByRole('status')).toHaveText('找到 2 条');
  await page.getByRole('listbox', { name: '消息' }).getByRole('option').first().click();
  await expect(log).toContainText('客服老王 撤回了一条消息');
  await expect(log).toContainText('改价到 19.90');
  await expect(log).not.toContainText('撤回前');

  await page.getByRole('button', { name: '清除' }).click();
  await page.getByLabel('从').fill('2026-09-02');
  await page.getByLabel('到').fill('2026-09-02');
  await box.fill('条');
  await box.press('Enter');
  // A day of Shanghai, 16:00 UTC to 16:00 UTC: 1,440 messages, one a minute.
  await expect(async () => {
    await page.getByRole('listbox', { name: '消息' }).press('End');
    await expect(page.getByRole('status')).toHaveText('找到 1,440 条', { timeout: 200 });
  }).toPass({ timeout: 20_000 });
  expect(asked.filter((url) => !url.startsWith('file:'))).toEqual([]);
  await page.screenshot({ path: screen('package-page') });
});

test('[EX4] the page verifies the records it shows, and the archive it came from', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: '校验' }).click();
  const dialog = page.getByRole('dialog', { name: '校验' });
  await expect(dialog).toContainText('记录链完整：3,068 条记录一条不缺');
  await expect(dialog).toContainText('清单的签名有效');
  await expect(dialog).toContainText('还没有检查压缩包本身');
  await dialog.getByLabel('选择 .zip 文件').setInputFiles(zip);
  await expect(dialog).toContainText('压缩包里每个文件、每个字节都与清单一致');
  await dialog.getByLabel(/导出方公布的指纹/).fill('ab'.repeat(32));
  await expect(dialog).toContainText('签名的是别人');
  await dialog.getByLabel(/导出方公布的指纹/).fill('');
  const bytes = readFileSync(zip);
  // The length of the archive's comment: no unpacking program minds it.
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  const flipped = path.join(folder, 'flipped.zip');
  writeFileSync(flipped, bytes);
  await dialog.getByLabel('选择 .zip 文件').setInputFiles(flipped);
  await expect(dialog).toContainText('发现 1 处问题');
  await expect(dialog).toContainText('压缩包的结构在这里被改动');
  await page.screenshot({ path: screen('package-verify') });
});

test('[EX4] a record changed in the data of the page is found by the page and named', async ({ page }) => {
  const chunk = path.join(folder, 'unpacked/data/chunk-00002.js');
  const before = readFileSync(chunk, 'utf8');
  const changed = before.replace('请问什么时候发货', '请问什么时候退款');
  expect(changed).not.toBe(before);
  writeFileSync(chunk, changed);
  try {
    await open(page);
    await page.getByRole('button', { name: '校验' }).click();
    const dialog = page.getByRole('dialog', { name: '校验' });
    await expect(dialog).toContainText('记录链与清单不符');
    await expect(dialog).toContainText('记录被改动');
    await expect(dialog).toContainText(/records\.jsonl:\d+/);
  } finally {
    writeFileSync(chunk, before);
  }
});

test('[SE2] hostile records are shown as text, a megabyte of one word does not break the page', async ({ page }) => {
  await open(page);
  const box = page.getByRole('searchbox', { name: '查找' });
  await box.fill('"</script>"');
  await box.press('Enter');
  await expect(page.getByRole('status')).toHaveText('找到 1 条');
  await page.getByRole('listbox', { name: '消息' }).getByRole('option').click();
  const log = page.getByRole('log');
  await expect(log).toContainText(ATTACK);
  await expect(log).toContainText('付款请转');
  await log.getByRole('button', { name: '显示全部 1,000,000 字' }).click();
  await expect(log.getByRole('article').last()).toContainText(LONG.slice(0, 5_000));
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  expect(await page.evaluate(() => document.images.length)).toBe(0);
});

test('[QA4] a review written in the page is saved as a small file and read back', async ({ page }) => {
  await open(page);
  await page.getByRole('option', { name: /下单的人/ }).click();
  const form = page.getByRole('form', { name: '评审' });
  // Everything in full but the first criterion; the fatal ones passed.
  const criteria = form.getByRole('group');
  await expect(criteria.first()).toBeVisible();
  for (let index = 0; index < (await criteria.count()); index++)
    await criteria
      .nth(index)
      .getByRole('radio', { name: index === 0 ? '0' : index < 7 ? '5' : '通过', exact: true })
      .check();
  await expect(form.getByText('总分 85')).toBeVisible();
  await form.getByLabel('评语').fill('改价没有二次确认');
  await form.getByLabel('标签').fill('改价 漏确认');
  await page.getByRole('log').getByRole('button', { name: '标记' }).first().click();
  await page.getByLabel('评审人').fill('质检小陈');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: '保存评审文件' }).click();
  const saved = path.join(folder, 'review.json');
  await (await downloading).saveAs(saved);
  const file = JSON.parse(readFileSync(saved, 'utf8')) as object;
  expect(file).toMatchObject({
    kind: 'merchant-workbench-review',
    format: 2,
    package: { head },
    card: { card_id: 'general' },
    reviewer: '质检小陈',
    reviews: [
      {
        conversation_id: 'c-order',
        marks: { response: 0, privacy: 1 },
        comment: '改价没有二次确认',
        tags: ['改价', '漏确认'],
      },
    ],
  });
  await page.reload();
  await page.getByLabel('读入评审文件').setInputFiles(saved);
  await expect(page.getByText('1 个会话已评')).toBeVisible();
  await page.getByRole('option', { name: /下单的人/ }).click();
  await expect(form.getByText('总分 85')).toBeVisible();
  // Damaged on its way: not taken.
  writeFileSync(saved, readFileSync(saved, 'utf8').replace('改价没有', '改价已经'));
  await page.getByLabel('读入评审文件').setInputFiles(saved);
  await expect(page.getByRole('alert')).toHaveText('这不是本质检包的评审文件');
});

test('[UX2] axe finds nothing on the page, in both languages', async ({ page }) => {
  await open(page);
  await page.getByRole('option', { name: /下单的人/ }).click();
  await expect(page.getByRole('log')).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('button', { name: 'Verification' }).click();
  await expect(page.getByRole('dialog')).toContainText("The manifest's signature is valid.");
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

test('[EX4] what the command line says about the same package', () => {
  expect(JSON.parse(workbench('verify', zip, '--json'))).toMatchObject({ ok: true, records: 3_068, problems: [] });
});
