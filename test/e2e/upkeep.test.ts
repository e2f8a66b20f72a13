import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** 连接与同步 in the window: backups and restoring (ST4), the start without records, several accounts (IN7), diagnosis. */

let host: TestHost;

test.beforeEach(async () => {
  host = await startTestHost();
});
test.afterEach(async () => {
  await host.stop();
});

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

async function openPage(page: Page): Promise<void> {
  await page.goto(host.url);
  await page.getByRole('button', { name: '连接', exact: true }).click();
  await expect(page.getByRole('heading', { name: '连接与同步' })).toBeVisible();
}

/** Waits for it: a host says that it serves before the practice shop's conversations have come. */
async function firstConversation(): Promise<{ key: never; draft: string | null }> {
  let first: unknown;
  await expect
    .poll(async () => {
      const { conversations } = await host.call('conversations.list', {
        account_id: null,
        intake: 'active',
        limit: 50,
        cursor: null,
      });
      return (first = conversations[0]) !== undefined;
    })
    .toBe(true);
  return first as never;
}

test('[ST4] back up and restore in the window: what changes is shown first, and the program comes back with it', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await host.call('practice.join', { role: 'admin', joined: true });
  await expect.poll(async () => (await host.call('access.mine', {})).permissions['backup.restore']).toBe(true);
  const { key } = await firstConversation();
  await host.call('drafts.set', { conversation_key: key, text: '备份时的草稿' });
  let toPage: (message: object) => void = () => undefined;
  await page.routeWebSocket(/\/bridge/, (socket) => {
    socket.connectToServer();
    toPage = (message) => socket.send(JSON.stringify(message));
  });
  await openPage(page);
  // Damage that is met while the program runs leads there by one press, from wherever one is.
  await page.getByRole('button', { name: '记录', exact: true }).click();
  toPage({ topic: 'problem', payload: { code: 'STORE_DAMAGED', details: {} } });
  await expect(page.getByText('本机的记录文件有损坏。')).toBeVisible();
  await page.getByRole('button', { name: '备份与恢复' }).click();
  await expect(page.getByText('还没有备份')).toBeVisible();
  await expect(page.getByText('本机的记录文件有损坏。')).toBeHidden();
  await page.getByRole('button', { name: '现在备份' }).click();
  const list = page.getByRole('grid', { name: '备份' });
  await expect(list.getByText('手动')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/^共 1 份，.*下一份约.*磁盘还剩/)).toBeVisible();
  await host.call('drafts.set', { conversation_key: key, text: '' });
  expect(await findings(page), 'backups').toEqual([]);
  await page.screenshot({ path: screen('backups-light') });

  await list.getByText('手动').click();
  await page.getByRole('button', { name: '从此恢复' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('row', { name: /草稿/ })).toContainText('多 1');
  await expect(page.locator('.ant-modal')).toHaveCSS('opacity', '1');
  expect(await findings(page), 'restore').toEqual([]);
  await page.screenshot({ path: screen('restore-light') });
  await dialog.getByRole('button', { name: '保留现在的记录并恢复' }).click();
  // The page loads anew, on the restored records.
  await expect(dialog).toBeHidden({ timeout: 30_000 });
  await expect.poll(async () => (await firstConversation()).draft, { timeout: 20_000 }).toBe('备份时的草稿');
  await expect(page.getByRole('navigation').first()).toBeVisible();
  await page.getByRole('button', { name: '连接', exact: true }).click();
  await page.getByRole('tab', { name: '备份与恢复' }).click();
  await expect(page.getByRole('grid', { name: '备份' }).getByText('恢复前的记录')).toBeVisible({ timeout: 20_000 });
  await host.call('settings.set', { theme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await findings(page), 'dark').toEqual([]);
  await page.screenshot({ path: screen('backups-dark') });
});

test('[ST4] a start without records: the window shows the way back, backup first and empty last', async ({ page }) => {
  test.setTimeout(120_000);
  const { key } = await firstConversation();
  await host.call('drafts.set', { conversation_key: key, text: '只在本机' });
  const { job_id } = await host.call('backups.make', {});
  await expect
    .poll(async () => (await host.call('jobs.list', {})).find((job) => job.job_id === job_id)?.state)
    .toBe('done');
  await host.crash();
  const file = openSync(path.join(host.folder, 'store', 'records.db'), 'r+');
  for (let at = 0; at < 40; at++) writeSync(file, randomBytes(600), 0, 600, at * 4_096);
  closeSync(file);
  // Where nothing was taken over from the log yet, it has these pages whole.
  rmSync(path.join(host.folder, 'store', 'records.db-wal'), { force: true });
  await host.restart();

  await page.goto(host.url);
  await expect(page.getByRole('heading', { name: '本机的记录打不开' })).toBeVisible();
  await expect(page.getByText('STORE_DAMAGED')).toBeVisible();
  expect(await findings(page), 'recovery').toEqual([]);
  await page.screenshot({ path: screen('recovery-light') });
  // The last way is the hardest to press.
  await page.getByRole('button', { name: '从空白开始' }).click();
  const confirm = page.getByRole('dialog').getByRole('button', { name: '确认' });
  await expect(confirm).toBeDisabled();
  await page.getByRole('dialog').getByRole('button', { name: '取消' }).click();

  await page
    .getByRole('button', { name: /^选择这份备份/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('row', { name: /草稿/ })).toContainText('读不出');
  await page.screenshot({ path: screen('recovery-restore-light') });
  await dialog.getByRole('button', { name: '保留现在的记录并恢复' }).click();
  await expect(page.getByRole('tab', { name: /接待中/ })).toBeVisible({ timeout: 30_000 });
  await expect.poll(async () => (await firstConversation()).draft, { timeout: 20_000 }).toBe('只在本机');
});

test('[IN7] [SY4] two accounts side by side, and a diagnosis that names the step', async ({ page }) => {
  test.setTimeout(120_000);
  await host.call('practice.join', { role: 'qa', joined: true });
  await openPage(page);
  const cards = page.getByRole('article');
  await expect(cards).toHaveCount(2);
  await host.control.kick('a-xiaomei', '前台电脑');
  await expect(cards.filter({ hasText: '已在 前台电脑 登录' })).toHaveCount(1);
  await expect(cards.filter({ hasText: '已连接' })).toHaveCount(1);

  const other = cards.filter({ hasText: '已连接' });
  await other.getByRole('button', { name: '逐项检查' }).click();
  await expect(other.getByText('逐项检查都正常。')).toBeVisible({ timeout: 20_000 });
  await expect(other.getByRole('listitem').filter({ hasText: '登录令牌' })).toContainText('已被网关接受');
  const kicked = cards.filter({ hasText: '前台电脑' });
  await kicked.getByRole('button', { name: '逐项检查' }).click();
  await expect(kicked.getByText(/这个账号在别处登录了/)).toBeVisible({ timeout: 20_000 });
  await expect(kicked.getByText('都能通过，请注意：登录令牌')).toBeVisible();
  expect(await findings(page), 'connection').toEqual([]);
  await page.screenshot({ path: screen('diagnosis-light'), fullPage: true });

  await page.getByRole('tab', { name: '连接日志' }).click();
  await expect(page.getByRole('grid', { name: '连接日志' }).getByText('connection.phase').first()).toBeVisible();
  await page.getByRole('button', { name: '复制报告' }).click();
  await expect(page.getByRole('textbox', { name: '报告' })).toHaveValue(/Merchant Workbench .*browser/);
  expect(await findings(page), 'log').toEqual([]);
  await page.screenshot({ path: screen('connection-log-light') });

  await page.getByRole('tab', { name: '自检' }).click();
  await page.getByRole('button', { name: '开始自检' }).click();
  await expect(page.getByText(/全部正常|磁盘空间不足/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('rowheader', { name: '审计日志' })).toBeVisible();
  expect(await findings(page), 'doctor').toEqual([]);
  await page.screenshot({ path: screen('doctor-light') });
});

test('[SY7] what is older than this machine is asked for from the records screen', async ({ page }) => {
  const before = (await host.call('search.count', { slot: 't', query: {}, cap: null })).count;
  await page.goto(host.url);
  await page.getByRole('button', { name: '记录', exact: true }).click();
  await page.getByRole('button', { name: '查看各客服接待' }).click();
  await page.getByRole('button', { name: '向网关查更早的记录' }).click();
  await expect(page.getByText(/网关上这一范围有 \d+ 条记录/)).toBeVisible({ timeout: 20_000 });
  await page.screenshot({ path: screen('older-records-light') });
  expect((await host.call('search.count', { slot: 't', query: {}, cap: null })).count).toBeGreaterThanOrEqual(before);
});
