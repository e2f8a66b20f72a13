import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { FILE } from '#shared/package/format.ts';
import { verifyPackage } from '#shared/package/verify.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';
import { inMemory, unpack } from '../support/package-bytes.ts';

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

let host: TestHost;
let folder: string;
test.beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-export-'));
  host = await startTestHost();
});
test.afterAll(async () => {
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('[EX1] [EX3] [EX5] [EX8] a review package from the window: size before, masks and reason chosen, verified, named in the audit log', async ({
  page,
}) => {
  const file = path.join(folder, '记录.csv');
  writeFileSync(
    file,
    `\uFEFF会话号,时间,客服,消费者,发送方,内容\r\n${Array.from(
      { length: 30 },
      (_, n) =>
        `S${n},2026-09-01 10:${String(n).padStart(2, '0')}:00,小李,景甜甜,消费者,你好，电话13812348000，第${n}次催了`,
    ).join('\r\n')}\r\n`,
  );
  await page.goto(host.url);
  await page.getByRole('button', { name: '记录', exact: true }).click();
  await page.getByRole('button', { name: '导入', exact: true }).click();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: '选择文件' }).click();
  await (await chooser).setFiles(file);
  await page.getByRole('button', { name: '开始导入' }).click();
  await expect(page.getByRole('dialog', { name: '导入聊天记录' })).toContainText('导入 30 行', { timeout: 30_000 });
  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: '不限', exact: true }).check({ force: true });
  await page.getByRole('button', { name: '查询', exact: true }).click();
  await page.getByRole('button', { name: '导出', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: '导出查询结果' });
  await dialog.getByRole('radio', { name: '质检包', exact: true }).click();
  await expect(dialog.getByRole('status')).toContainText('预计');
  await dialog.getByRole('button', { name: '全部遮盖', exact: true }).click();
  await expect(dialog.getByRole('checkbox', { name: '姓名', exact: true })).toBeChecked();
  await dialog.getByRole('textbox', { name: /用途/ }).fill('九月抽查');
  await page.screenshot({ path: screen('export-package') });
  await dialog.getByRole('button', { name: '导出', exact: true }).click();
  await expect(dialog).toContainText('导出完成', { timeout: 30_000 });
  await expect(dialog).toContainText('签名公钥指纹');
  await page.screenshot({ path: screen('export-package-done') });
  const download = page.waitForEvent('download');
  await dialog.getByRole('link', { name: '下载文件' }).click();
  const bytes = new Uint8Array(readFileSync(await (await download).path()));
  const report = await verifyPackage(inMemory(bytes), verifyTools);
  expect(report.problems).toEqual([]);
  expect(report.manifest).toMatchObject({ reason: '九月抽查', masks: expect.arrayContaining(['phone', 'name']) });
  const text = (await unpack(bytes)).get(FILE.records)!.toString('utf8');
  expect(text).toContain('138****8000');
  expect(text).not.toContain('景甜甜');

  // Closed as soon as it was begun: it goes on, and its end leads to its file.
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '导出', exact: true }).click();
  await expect(dialog.getByRole('status')).toContainText('预计');
  await dialog.evaluate((element) => {
    [...element.querySelectorAll('button')].find(({ textContent }) => textContent === '导出')?.click();
    element.querySelector<HTMLElement>('.ant-modal-close')?.click();
  });
  await expect(dialog).toHaveCount(0);
  const later = page.waitForEvent('download');
  await page.getByRole('region', { name: '通知' }).getByRole('button', { name: '下载文件' }).click();
  expect(readFileSync(await (await later).path(), 'utf8')).toContain('13812348000');
});
