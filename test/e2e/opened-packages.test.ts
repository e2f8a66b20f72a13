import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { FILE } from '#shared/package/format.ts';
import { parseReviewFile } from '#shared/package/review.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';
import { unpack } from '../support/package-bytes.ts';
import { repack } from '../support/repack.ts';

/** Review packages opened beside live records: two at once, one of them changed on its way (EX7). */

const MAIN = fileURLToPath(new URL('../../main/hosts/cli/main.ts', import.meta.url));
const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

let folder: string;
let host: TestHost;

function workbench(...args: readonly string[]): void {
  const environment = {
    ...process.env,
    WORKBENCH_DATA: path.join(folder, 'data'),
    WORKBENCH_KEY_FILE: path.join(folder, 'key'),
    LC_ALL: 'zh_CN.UTF-8',
  };
  const done = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', env: environment });
  if (done.status !== 0) throw new Error(`${args[0]}: ${done.status} ${done.stderr}`);
}

test.beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-opened-'));
  const rows = Array.from({ length: 60 }, (_, at) =>
    JSON.stringify({
      type: 'message',
      message_id: `m-${at}`,
      conversation_id: `c-${at % 6}`,
      shop: '旗舰店',
      agent: at % 6 < 3 ? '客服小美' : '客服老王',
      consumer: `买家${at % 6}`,
      sender: at % 2 === 0 ? 'consumer' : 'agent',
      sent_at: new Date(Date.UTC(2026, 8, 1) + at * 60_000).toISOString(),
      kind: 'text',
      text: `第${at}条，${at % 4 === 0 ? '申请退货' : '请问发货'}`,
      order_nos: at === 8 ? ['260901-123456789012345'] : [],
      recalled: at === 13,
    }),
  );
  writeFileSync(path.join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
  workbench('import', path.join(folder, 'rows.jsonl'), '--json');
  workbench('export', '--format', 'package', '--out', path.join(folder, '九月抽查.zip'), '--reason', '九月抽查');
  const files = await unpack(new Uint8Array(readFileSync(path.join(folder, '九月抽查.zip'))));
  const records = new TextDecoder().decode(files.get(FILE.records)).replace('第50条，请问发货', '第50条，已经退款');
  const changed = new Map<string, Uint8Array>([...files, [FILE.records, new TextEncoder().encode(records)]]);
  writeFileSync(path.join(folder, '被改过.zip'), await repack(changed));
  writeFileSync(path.join(folder, '不是质检包.zip'), 'plain text');
  host = await startTestHost();
});
test.afterAll(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('[EX7] packages beside live records: opened, searched the same way, a changed one warned about, reviewed and closed', async ({
  page,
}) => {
  // Each package starts threads of its own; on a busy machine that takes its time.
  test.setTimeout(150_000);
  await page.goto(host.url);
  await page.getByRole('button', { name: '记录', exact: true }).click();
  const openPackage = async (name: string): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: '打开质检包' }).click();
    await (await chooser).setFiles(path.join(folder, name));
  };
  await openPackage('九月抽查.zip');
  const sources = page.getByRole('group', { name: '查询哪里的记录' });
  const good = sources.getByRole('button', { name: '九月抽查.zip', exact: true });
  await expect(good).toHaveAttribute('aria-pressed', 'true', { timeout: 30_000 });
  await expect(page.getByText('完整，签名有效')).toBeVisible();
  await expect(page.getByRole('grid').first()).toContainText('客服小美');
  await page.screenshot({ path: screen('package-opened') });

  // The same bar searches it.
  await page.getByRole('searchbox', { name: '消息内容' }).or(page.locator('.query-text input')).first().fill('退货');
  await page.getByRole('button', { name: '查询', exact: true }).click();
  await page.getByRole('radio', { name: '消息', exact: true }).click();
  await expect(page.locator('.result-count')).toContainText('15');
  await openPackage('被改过.zip');
  await expect(sources.getByRole('button', { name: '被改过.zip', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
    {
      timeout: 30_000,
    },
  );
  await expect(page.getByRole('alert')).toContainText('和导出时不一样');
  await page.locator('.query-text input').fill('退款');
  await page.getByRole('button', { name: '查询', exact: true }).click();
  await expect(page.getByRole('grid').getByText('已改动')).toBeVisible();
  await expect(page.getByRole('log').getByText('已改动')).toBeVisible();
  await page.screenshot({ path: screen('package-changed') });
  await page.getByRole('button', { name: '查看问题' }).click();
  const problems = page.getByRole('dialog', { name: '质检包的问题' });
  await expect(problems).toContainText('RECORD_CHANGED');
  await page.screenshot({ path: screen('package-problems') });
  await problems.getByRole('button', { name: '关闭', exact: true }).last().click();

  // In the whole one the same words find nothing: each source answers for itself.
  await good.click();
  await expect(
    page
      .getByText('没有找到', { exact: false })
      .or(page.getByText('没有符合', { exact: false }))
      .first(),
  ).toBeVisible();
  await page.locator('.query-text input').fill('第49条');
  await page.getByRole('button', { name: '查询', exact: true }).click();
  await expect(page.getByRole('log')).toContainText('撤回');
  await page.getByRole('button', { name: '评价', exact: true }).click();
  const form = page.getByRole('dialog', { name: '评价这段接待' });
  // What is not drawn yet would be a loop over nothing.
  await expect(form.getByRole('radiogroup').first()).toBeVisible();
  for (const group of await form.getByRole('radiogroup').all()) await group.getByRole('radio').last().click();
  await form.getByRole('textbox', { name: '评语' }).fill('回复及时');
  await form.getByRole('combobox', { name: '标记的消息' }).click();
  await page.locator('.ant-select-item-option').first().click();
  await form.getByRole('combobox', { name: '标签' }).fill('响应慢');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.screenshot({ path: screen('package-review') });
  const axe = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
  expect(axe.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  await form.getByRole('button', { name: '记下' }).click();
  await expect(page.getByText('1 条评价 · 未保存成文件')).toBeVisible();
  await page.getByRole('button', { name: '保存评价文件' }).click();
  const save = page.getByRole('dialog', { name: '保存评价文件' });
  await save.getByRole('textbox', { name: '评价人' }).fill('周质检');
  await save.getByRole('button', { name: '保存评价文件' }).click();
  const download = page.waitForEvent('download');
  await save.getByRole('link', { name: '下载文件' }).click();
  const written = parseReviewFile(readFileSync(await (await download).path(), 'utf8'));
  expect(written).toMatchObject({
    reviewer: '周质检',
    reviews: [{ agent: '客服小美', comment: '回复及时', tags: ['响应慢'], messages: [{ criterion_id: null }] }],
  });
  await save.getByRole('button', { name: '关闭', exact: true }).last().click();

  // What is no package says so, and live records are one click away.
  await openPackage('不是质检包.zip');
  await expect(sources).toContainText('不是质检包', { timeout: 30_000 });
  await expect(sources).toContainText('已损坏到无法读取');
  await sources.getByRole('button', { name: '本机记录' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  for (const name of ['九月抽查.zip', '被改过.zip', '不是质检包.zip'])
    await sources.getByRole('button', { name: `关闭 ${name}` }).click();
  await expect(sources).toHaveCount(0);
});
