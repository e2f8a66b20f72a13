import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** 管理 in the window: a customer group's whole way out of use (AD2), retention and holds (AD3), the log (AD4), roles (AD1). */

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

async function joinAdmin(): Promise<void> {
  await host.call('practice.join', { role: 'admin', joined: true });
  await expect
    .poll(async () => (await host.call('accounts.list', {})).filter(({ state }) => state === 'live').length, {
      timeout: 20_000,
    })
    .toBe(2);
}

test('[AD1] an agent reads why the page is not theirs and whom to ask', async ({ page }) => {
  await host.control.setRole('a-xiaomei', 'agent');
  await expect.poll(async () => (await host.call('access.mine', {})).roles).toEqual(['agent']);
  await page.goto(host.url);
  await page.getByRole('button', { name: '管理', exact: true }).click();
  await expect(page.getByText('你的角色看不到这一页')).toBeVisible();
  await expect(page.getByText(/需要：主管、质检、管理员/)).toBeVisible();
  await expect(page.getByText('你的角色：客服')).toBeVisible();
  await page.getByRole('tab', { name: '角色与权限' }).click();
  await expect(page.getByRole('rowheader', { name: '删除客户群' })).toBeVisible();
  expect(await findings(page)).toEqual([]);
});

test('[AD2] a customer group: export, notice, typed name, restore, and erased for good', async ({ page }) => {
  test.setTimeout(180_000);
  await joinAdmin();
  await page.goto(host.url);
  await page.getByRole('button', { name: '管理', exact: true }).click();
  const groups = page.getByRole('grid', { name: '客户群' });
  const row = groups.getByRole('row').nth(1);
  const { groups: all } = await host.call('groups.list', {});
  const group = all[0]!;
  await row.click();
  const pane = page.getByRole('complementary', { name: '删除步骤' });
  await expect(pane.getByText('你可以删除这个群。')).toBeVisible();

  await pane.getByRole('button', { name: '导出质检包' }).click();
  await expect(pane.getByText(/已导出 \d+ 条消息.*验证通过/)).toBeVisible({ timeout: 30_000 });
  expect(await findings(page), 'notice').toEqual([]);
  await page.screenshot({ path: screen('group-notice-light') });
  // Whoever looked away finds the only copy again.
  await page.getByRole('tab', { name: '到期清理' }).click();
  await page.getByRole('tab', { name: '客户群' }).click();
  await row.click();
  await expect(pane.getByRole('link', { name: '保存到下载' })).toBeVisible();

  await pane.getByRole('textbox', { name: '新的联系渠道' }).fill('请加新群：清禾会员二群');
  await pane.getByRole('button', { name: '保存通知' }).click();
  const remove = pane.getByRole('button', { name: '通知成员并删除' });
  await expect(remove).toBeDisabled();
  await pane.getByRole('textbox', { name: '群名' }).fill('别的群');
  await expect(pane.getByText('与群名不一致')).toBeVisible();
  await expect(remove).toBeDisabled();
  await pane.getByRole('textbox', { name: '群名' }).fill(group.title);
  expect(await findings(page), 'confirm').toEqual([]);
  await page.screenshot({ path: screen('group-confirm-light') });
  await remove.click();

  await expect(pane.getByRole('timer')).toHaveText(/还可恢复/);
  expect(await findings(page), 'removed').toEqual([]);
  await page.screenshot({ path: screen('group-removed-light') });
  // The members were told, with the new channel.
  const conversation = await host.call('conversations.get', { conversation_key: group.key });
  const seen = await host.control.consumerView(conversation.conversation_id);
  expect(JSON.stringify(seen)).toContain('清禾会员二群');
  // Out of the lists.
  const listed = await host.call('conversations.list', {
    account_id: null,
    intake: 'active',
    limit: 1_000,
    cursor: null,
  });
  expect(listed.conversations.some(({ key }) => key === group.key)).toBe(false);

  await pane.getByRole('button', { name: '恢复这个群' }).click();
  await expect(pane.getByRole('button', { name: '导出质检包' })).toBeVisible();
  await expect(row.getByText('使用中')).toBeVisible();

  // Once more, and this time nobody restores it.
  await pane.getByRole('button', { name: '导出质检包' }).click();
  await expect(pane.getByRole('button', { name: '保存通知' })).toBeVisible({ timeout: 30_000 });
  await pane.getByRole('button', { name: '保存通知' }).click();
  await pane.getByRole('textbox', { name: '群名' }).fill(group.title);
  await pane.getByRole('button', { name: '通知成员并删除' }).click();
  await expect(pane.getByRole('timer')).toBeVisible();
  await host.control.fault('clock-skew', 8 * 86_400_000);
  await host.control.runDue();
  await expect(pane.getByText(/内容和个人信息已从记录、索引/)).toBeVisible({ timeout: 30_000 });
  await expect(pane.getByText('质检包校验值')).toBeVisible();
  await host.call('settings.set', { theme: 'dark' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await findings(page), 'erased').toEqual([]);
  await page.screenshot({ path: screen('group-erased-dark') });
});

for (const theme of ['light', 'dark'] as const)
  test(`[AD3] [AD4] retention, holds, log and roles, ${theme}`, async ({ page }) => {
    test.setTimeout(150_000);
    await host.call('settings.set', { theme });
    await joinAdmin();
    await page.goto(host.url);
    await page.getByRole('button', { name: '管理', exact: true }).click();
    await expect(page.getByRole('grid', { name: '客户群' })).toBeVisible();
    expect(await findings(page), 'groups').toEqual([]);
    await page.screenshot({ path: screen(`groups-${theme}`) });

    await page.getByRole('tab', { name: '到期清理' }).click();
    await expect(page.getByRole('grid', { name: '将清除的会话' })).toBeVisible();
    await expect(page.getByText('还没有清理过')).toBeVisible();
    await page.getByRole('button', { name: '现在清理到期的会话' }).click();
    await expect(page.getByText(/上次清理.*清除 0 个/)).toBeVisible();
    expect(await findings(page), 'retention').toEqual([]);
    await page.screenshot({ path: screen(`retention-${theme}`) });

    await page.getByRole('tab', { name: '保全与凭证' }).click();
    await page.getByRole('button', { name: '添加保全' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: '订单号' }).click();
    await dialog.getByRole('textbox', { name: '订单号或违规编号' }).fill('240901-112233445566');
    await dialog.getByRole('textbox', { name: '原因' }).fill('平台仲裁 88123');
    await expect(page.locator('.ant-modal')).toHaveCSS('opacity', '1');
    expect(await findings(page), 'hold dialog').toEqual([]);
    await dialog.getByRole('button', { name: '添加', exact: true }).click();
    await expect(page.getByRole('grid', { name: '保全与凭证' }).getByText('240901-112233445566')).toBeVisible();
    expect(await findings(page), 'holds').toEqual([]);
    await page.screenshot({ path: screen(`holds-${theme}`) });

    await page.getByRole('tab', { name: '审计日志' }).click();
    const log = page.getByRole('grid', { name: '审计日志' });
    await expect(log.getByText('添加法律保全')).toBeVisible();
    await expect(log.getByText('登录').first()).toBeVisible();
    await page.getByRole('button', { name: '验证日志' }).click();
    await expect(page.getByText(/日志完整：\d+ 条/)).toBeVisible();
    await log.getByText('添加法律保全').click();
    await expect(page.getByRole('complementary', { name: '记录详情' })).toContainText('hold.placed');
    expect(await findings(page), 'audit').toEqual([]);
    await page.screenshot({ path: screen(`audit-${theme}`) });

    await page.getByRole('tab', { name: '角色与权限' }).click();
    await expect(page.getByRole('rowheader', { name: '查看审计日志' })).toBeVisible();
    expect(await findings(page), 'roles').toEqual([]);
    await page.screenshot({ path: screen(`roles-${theme}`) });
  });
