import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** IN1–IN6 in the window: lists, jumps, marks, notes, history, notices; and a lesson from start to score. */

let host: TestHost;
test.beforeEach(async () => {
  host = await startTestHost();
});
test.afterEach(async () => {
  await host.stop();
});

const picture = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));
async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}
async function live(): Promise<void> {
  await expect.poll(async () => (await host.call('accounts.list', {}))[0]?.state).toBe('live');
}
const heading = (page: Page) => page.locator('.chat-header h2');

test('[IN1] order, filters, pins, stars, notes and tags; one key to the longest waiting and to the next unreplied', async ({
  page,
}) => {
  await live();
  await page.goto(host.url);
  const rows = page.getByRole('option');
  await expect(rows.first()).toBeVisible();

  // A pin from the menu of a row, a star with the keyboard.
  const third = (await rows.nth(2).locator('.conv-row-name').textContent()) ?? '';
  await rows.nth(2).click({ button: 'right' });
  await page.getByRole('menuitem', { name: '置顶' }).click();
  await expect(rows.first()).toContainText(third);
  await expect(rows.first()).toContainText('已置顶');
  await rows.first().click();
  await expect(heading(page)).toHaveText(third);
  await page.getByRole('listbox', { name: '接待中' }).focus();
  await page.keyboard.press('s');
  await expect(rows.first()).toContainText('星标');

  // Tags and a note on the consumer; the tag stands in the list and filters it.
  await page.getByRole('tab', { name: '消费者' }).click();
  await page.getByRole('combobox', { name: '标签' }).fill('老客');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: '备注' }).fill('偏好顺丰');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('备注已保存')).toBeVisible();
  await expect(rows.first()).toContainText('老客');
  await expect(page.getByRole('textbox', { name: '备注' })).toHaveValue('偏好顺丰');
  const before = await rows.count();
  await page.getByRole('button', { name: '筛选', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: '老客' }).click();
  await expect(rows).toHaveCount(1);
  await page.screenshot({ path: picture('desk-filters') });
  await page.getByRole('menuitem', { name: '清除筛选' }).click();
  await expect.poll(() => rows.count()).toBe(before);
  await page.getByRole('button', { name: /^排序/ }).click();
  await page.getByRole('menuitemradio', { name: '未回复优先' }).click();
  await expect(rows.first()).toContainText(third);
  await page.getByRole('textbox', { name: '按名字找会话' }).fill(third.slice(0, 2));
  await expect(rows.first()).toContainText(third);
  await page.getByRole('textbox', { name: '按名字找会话' }).fill('没有这个人');
  await expect(page.getByText('没有符合筛选的会话')).toBeVisible();
  await page.getByRole('button', { name: '清除筛选' }).click();
  await expect(page.getByText('没有符合筛选的会话')).toBeHidden();
  await expect(page.getByRole('textbox', { name: '按名字找会话' })).toHaveValue('');
  await expect.poll(() => rows.count()).toBe(before);

  const longest = await host.call('conversations.next', { account_id: null, what: 'longest_waiting' });
  await page.keyboard.press('F8');
  await expect(heading(page)).toHaveText(longest.conversation?.consumer?.name ?? '');
  await page.keyboard.press('F8');
  await expect(heading(page)).not.toHaveText(longest.conversation?.consumer?.name ?? '');
  await page.keyboard.press('F9');
  const unreplied = await host.call('conversations.next', { account_id: null, what: 'unreplied' });
  await expect(heading(page)).toHaveText(unreplied.conversation?.consumer?.name ?? unreplied.conversation?.title ?? '');
  expect(await findings(page), 'list').toEqual([]);
  await page.screenshot({ path: picture('desk-list') });

  // Order and filters are there again after a restart, for this choice of accounts alone.
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('button', { name: '筛选', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: '只看星标' }).click();
  await expect(rows).toHaveCount(1);
  await page.keyboard.press('Escape');
  await host.restart();
  await live();
  await page.goto(host.url);
  await expect(rows).toHaveCount(1);
  await expect(page.getByRole('button', { name: '排序: 未回复优先' })).toBeVisible();
  await page.getByRole('button', { name: '筛选（1）' }).click();
  await page.getByRole('menuitem', { name: '清除筛选' }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(1);
});

test('[IN1] [IN3] [IN4] [IN5] notices lead to their conversation, earlier sessions fold, a long one scrolls to its beginning', async ({
  page,
}) => {
  await live();
  await page.goto(host.url);
  await expect(page.getByRole('option').first()).toBeVisible();
  await expect(page).toHaveTitle(/^（\d+）商家客服工作台$/);

  // Without the browser's permission a line in the window says it, with the way there.
  await page.getByRole('button', { name: '设置' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('switch', { name: /整个账号/ })).toBeChecked();
  expect(await findings(page), 'settings').toEqual([]);
  await page.screenshot({ path: picture('desk-notices') });
  await page.keyboard.press('Escape');
  const { conversation_id } = await host.control.newEnquiry({ name: '景小雨', text: '有人吗' });
  await expect(page.getByText('新的咨询：景小雨')).toBeVisible();
  await page.getByRole('button', { name: '打开', exact: true }).click();
  await expect(heading(page)).toHaveText('景小雨');

  // A session with a colleague, an end, and the consumer comes back to us.
  await host.control.assign(conversation_id, 'a-ajie', 'claimed');
  await host.control.agentSays('a-ajie', conversation_id, '您好，这边是阿杰。');
  await host.control.endSession(conversation_id);
  const composer = page.locator('.chat-closed');
  await expect(composer).toContainText('消费者再次来信后会重新进入未接入');
  await host.control.consumerSays(conversation_id, '我又来了');
  await host.control.assign(conversation_id, 'a-xiaomei', 'claimed');
  const bubble = page.locator('.chat-history');
  await expect(bubble).toContainText('更早的会话');
  await expect(bubble).toContainText('客服阿杰');
  await expect(page.getByText('您好，这边是阿杰。')).toBeHidden();
  await expect(page.locator('.chat-item').getByText('我又来了')).toBeVisible();
  expect(await findings(page), 'history').toEqual([]);
  await page.screenshot({ path: picture('desk-history') });
  await bubble.getByRole('button', { name: '展开' }).click();
  await expect(page.getByText('您好，这边是阿杰。')).toBeVisible();

  // More than the window holds of it: what was let go of above comes back, also while the wheel stands at the very top.
  const sentences = Array.from({ length: 320 }, (_, index) => `第 ${index} 句`);
  await Promise.all(sentences.map((text) => host.control.consumerSays(conversation_id, text)));
  const rows = page.locator('.chat-item');
  await expect(rows.getByText('第 319 句')).toBeVisible();
  await page.locator('.chat-scroll').hover();
  await expect(async () => {
    await page.mouse.wheel(0, -4_000);
    await expect(rows.getByText('有人吗', { exact: true })).toBeVisible({ timeout: 50 });
  }).toPass({ timeout: 30_000, intervals: [50] });
});

test('[UX5] [IN5] a lesson from start to score, situations, recalls and the shop’s time on demand, a lesson written', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await live();
  await host.call('settings.set', { send_delay_ms: 0 });
  await page.goto(host.url);
  await page.getByRole('button', { name: '练习', exact: true }).click();
  await expect(page.getByRole('heading', { name: '练习课程' })).toBeVisible();
  expect(await findings(page), 'lessons').toEqual([]);
  await page.screenshot({ path: picture('lessons') });
  await page
    .getByRole('listitem')
    .filter({ hasText: '撤回时限内的错误报价' })
    .getByRole('button', { name: '开始' })
    .click();
  const strip = page.getByRole('region', { name: '正在进行的课程' });
  await expect(strip).toContainText('0 分');
  await expect(heading(page)).toHaveText('练习·问价的买家');
  const wrong = page.locator('.chat-item').filter({ hasText: '现在 89 元' });
  await wrong.getByText('现在 89 元').click({ button: 'right' });
  await page.getByRole('menuitem', { name: /撤回/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: '撤回' }).click();
  await expect(strip).toContainText('70 分');
  await page.locator('#composer').fill('抱歉报错了，这款四件套是 189 元');
  await page.locator('#composer').press('Enter');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /发送/ })
    .click({ timeout: 3_000 })
    .catch(() => undefined);
  await expect(strip).toContainText('100 分');
  await expect(strip.getByText('全部做到了')).toBeVisible();
  expect(await findings(page), 'strip').toEqual([]);
  await page.screenshot({ path: picture('lesson-running') });
  await strip.getByRole('button', { name: '结束课程' }).click();
  await expect(strip).toBeHidden();
  await page.getByRole('button', { name: '练习', exact: true }).click();
  await expect(page.getByRole('listitem').filter({ hasText: '撤回时限内的错误报价' })).toContainText('最好成绩 100 分');
  await page.getByRole('button', { name: /转接给我/ }).click();
  await expect(page.getByText('已发生：转接给我')).toBeVisible();

  // A recall to practise, chosen by what is to happen; then the shop's clock jumps ahead and says so (IN5).
  await page.getByRole('button', { name: /40 秒后已读/ }).click();
  await expect(heading(page)).toHaveText('40 秒后已读');
  await page.getByRole('button', { name: '练习', exact: true }).click();
  await page.getByRole('button', { name: '跳过', exact: true }).click();
  await page.getByRole('menuitem', { name: /^2 天/ }).click();
  const time = page.getByRole('region', { name: '练习店铺的时间与真实时间不同' });
  await expect(time).toContainText('比真实时间快 2天');
  await page.getByRole('radio', { name: '60 倍' }).click();
  await expect(time).toContainText('60 倍速度');
  expect(await findings(page), 'practice').toEqual([]);
  await page.getByRole('heading', { name: '练习店铺的时间' }).scrollIntoViewIfNeeded();
  await page.screenshot({ path: picture('practice-time') });
  await time.getByRole('button', { name: '回到真实时间' }).click();
  await expect(time).toBeHidden();

  // A supervisor writes a lesson in the window; what is missing is said at its place.
  await host.control.setRole('a-xiaomei', 'supervisor');
  await page.getByRole('button', { name: '编写课程' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('button', { name: '保存课程' }).click();
  await expect(form.getByText('还有 6 处要填写或修改')).toBeVisible();
  await form.getByRole('textbox', { name: '名称' }).fill('退差价');
  await form.getByRole('textbox', { name: '目标' }).fill('说清规则，再登记');
  await form.getByRole('textbox', { name: '昵称' }).fill('要退差价的买家');
  await form.getByRole('textbox', { name: '一开始说的话' }).fill('昨天买的今天降价了');
  await form.getByRole('textbox', { name: '给学员看的说明' }).fill('撤回错误的报价');
  await page.waitForTimeout(300);
  expect(await findings(page), 'form').toEqual([]);
  await page.screenshot({ path: picture('lesson-form') });
  await form.getByRole('textbox', { name: '消息里的文字' }).fill('89 元');
  await form.getByRole('button', { name: '保存课程' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: '退差价' }).filter({ hasText: '主管编写' })).toBeVisible();
});
