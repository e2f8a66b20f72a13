import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import type { RecallOutcomeName } from '#shared/contract/practice.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';
import { recallChat, type RecallChat } from '../support/recall-chat.ts';

/**
 * The outcomes that the practice gateway stages by name (main/practice/outcomes.ts), several in one page load: what the menu,
 * the dialog, the tombstone and the card say of each, with a picture. Ten times faster than in the practice shop.
 */

const screen = (name: string): string => fileURLToPath(new URL(`./screens/recall-${name}.png`, import.meta.url));
const ME = 'a-xiaomei';
const BLOCKS = 's-qinghe';
const WARNS = 's-senyu';

let host: TestHost;
let chat: RecallChat;

test.afterEach(async () => {
  await host.stop();
});

/** Mine, as an agent; what is asked before a text goes out is proved elsewhere. */
async function begin(page: Page): Promise<void> {
  host = await startTestHost({ timeScale: 10 });
  await host.control.setRole(ME, 'agent');
  for (const shop of [BLOCKS, WARNS]) await host.control.changePolicy(shop, { send: { confirm: [] } });
  await host.call('settings.set', { send_delay_ms: 0 });
  await page.goto(host.url);
  chat = recallChat(page, host);
}

/** Stages it, opens it, and says what is to be recalled. */
async function stage(outcome: RecallOutcomeName, shop: string, text: string | null) {
  const name = `买家${outcome.replaceAll('_', '')}`;
  const { conversation_id: id } = await host.control.stageOutcome(outcome, { agent_id: ME, shop_id: shop, name });
  await chat.open(name);
  const bubble = text === null ? null : await chat.say(id, text);
  return { id, name, bubble };
}

async function blocked(page: Page, code: string, words: RegExp, name: string): Promise<void> {
  await expect(chat.item).toHaveAttribute('aria-disabled', 'true');
  await expect(chat.item).toContainText(words);
  await page.screenshot({ path: screen(`${name}-menu`) });
  await page.getByRole('menuitem', { name: /补救/ }).click();
  await expect(chat.card).toContainText(code);
  await page.screenshot({ path: screen(`${name}-card`) });
}

test('[RC5] [RC6] [RC3] attachment opened, group, restricted by the consumer, other device, transferred', async ({
  page,
}) => {
  await begin(page);
  const opened = await stage('attachment_opened', BLOCKS, null);
  await expect
    .poll(async () => (await host.control.messages(opened.id)).at(-1)?.opened_at, { timeout: 15_000 })
    .not.toBeNull();
  const picture = page.getByRole('article').last();
  await chat.menu(picture);
  await blocked(page, 'ATTACHMENT_OPENED', /已打开附件/, 'attachment-opened');

  const group = await stage('group', BLOCKS, '群里说错了');
  await chat.menu(group.bubble!);
  await blocked(page, 'GROUP_RULE', /群规则/, 'group');

  const restricted = await stage('consumer_restricted', BLOCKS, '不许撤回的');
  await chat.menu(restricted.bubble!);
  await blocked(page, 'CONSUMER_RESTRICTED', /./, 'restricted');

  await stage('other_device', WARNS, '这是电脑上说的');
  const elsewhere = page.getByRole('article').filter({ hasText: '我用手机回复您' });
  await expect(elsewhere).toBeVisible();
  await chat.menu(elsewhere);
  await expect(chat.item).toContainText('另一台设备');
  await chat.item.click();
  await expect(chat.dialog).toContainText('你的另一台设备');
  await page.screenshot({ path: screen('other-device-dialog') });
  await page.keyboard.press('Enter');
  await expect(chat.tombstone).toBeVisible();

  const moved = await stage('transferred', BLOCKS, '转接前说错的');
  await expect
    .poll(async () => (await host.control.conversation(moved.id)).assignee?.agent_id, { timeout: 15_000 })
    .not.toBe(ME);
  await chat.menu(moved.bubble!);
  await expect(chat.item).not.toHaveAttribute('aria-disabled', 'true');
  await page.screenshot({ path: screen('transferred-menu') });
  await chat.item.click();
  await expect(chat.dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(chat.tombstone).toBeVisible();
  await page.screenshot({ path: screen('transferred-tombstone') });
});

test('[RC7] [RC21] soft limit, hard limit; maintenance, and again when it is over; events first and twice', async ({
  page,
}) => {
  await begin(page);
  const busy = await stage('maintenance', BLOCKS, '维护时撤回');
  await chat.menu(busy.bubble!);
  await chat.item.click();
  await expect(chat.dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(chat.card).toContainText('SERVER_BUSY');
  await page.screenshot({ path: screen('maintenance-card') });
  await chat.card.getByRole('button', { name: '再次撤回' }).click();
  await expect(chat.dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(chat.tombstone).toBeVisible();

  for (const outcome of ['event_first', 'event_twice', 'reply_lost'] as const) {
    const played = await stage(outcome, BLOCKS, '说错的话');
    await chat.menu(played.bubble!);
    await chat.item.click();
    await expect(chat.dialog).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(chat.tombstone).toHaveCount(1, { timeout: 30_000 });
    expect((await host.control.consumerView(played.id)).messages.at(-1)).toMatchObject({ visible: false });
  }

  const soft = await stage('soft_limit', BLOCKS, '再撤一条');
  await chat.menu(soft.bubble!);
  await expect(chat.item).toContainText('监控');
  await chat.item.click();
  await expect(chat.dialog).toContainText(/你一小时内已撤回 \d+ 次/);
  await page.screenshot({ path: screen('soft-limit-dialog') });
  await page.keyboard.press('Escape');
  await expect(chat.dialog).toHaveCount(0);

  const hard = await stage('hard_limit', BLOCKS, '撤不了的');
  await chat.menu(hard.bubble!);
  await blocked(page, 'RATE_HARD', /\d{1,2}:\d{2}/, 'hard-limit');
});

test('[RC1] [RC4] [RC9] the policy changes with the menu open; the gateway’s clock is wrong, and so is the desktop’s', async ({
  page,
}) => {
  await begin(page);
  const changed = await stage('policy_changed', BLOCKS, '看着菜单变');
  await chat.menu(changed.bubble!);
  await expect(chat.item).toHaveAttribute('aria-disabled', 'true', { timeout: 15_000 });
  await expect(chat.item).toContainText('未开启撤回');
  await page.screenshot({ path: screen('policy-changed-menu') });
  await expect(chat.item).not.toHaveAttribute('aria-disabled', 'true', { timeout: 15_000 });
  await expect(chat.item).toContainText(/1:\d{2}/);
  await chat.closeMenu();

  const wrong = await stage('clock_wrong', BLOCKS, '钟差五分钟');
  // The connection learns of it with the next exchange of times.
  await host.control.cut(ME);
  await expect
    .poll(async () => (await host.call('accounts.list', {}))[0]?.clock?.offset_ms ?? 0)
    .toBeGreaterThan(240_000);
  await chat.menu(wrong.bubble!);
  await expect(chat.item).toContainText(/1:\d{2}/);
  const before = await chat.item.innerText();
  // The desktop's clock is put ten minutes on while the countdown runs.
  await page.evaluate(() => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + 600_000;
  });
  await expect.poll(async () => chat.item.innerText()).not.toBe(before);
  await expect(chat.item).not.toHaveAttribute('aria-disabled', 'true');
  await expect(chat.item).toContainText(/1:\d{2}/);
  await page.screenshot({ path: screen('clock-wrong-menu') });
  await chat.item.click();
  await expect(chat.dialog).toContainText(/1:\d{2}/);
  await page.screenshot({ path: screen('clock-wrong-dialog') });
  await page.keyboard.press('Enter');
  await expect(chat.tombstone).toBeVisible();
  expect((await host.control.consumerView(wrong.id)).messages.at(-1)).toMatchObject({ visible: false });

  // A policy that can't be: refused whole, and the status bar says so.
  await host.control.emitEvent(ME, 'policy.updated', { shop_id: WARNS, policy: { version: 99, recall: {} } });
  await expect(page.getByRole('contentinfo')).toContainText('店铺规则有误，沿用旧规则');
  await page.screenshot({ path: screen('policy-refused') });
});

test('[RM1] [RM3] [RM4] [RM6] what a step needs is asked for: compensation, the platform, the superior; templates come and go', async ({
  page,
}) => {
  await begin(page);
  await host.control.setRole(ME, 'supervisor');
  const busy = await stage('maintenance', BLOCKS, '地址是杭州市西湖区文三路 100 号，电话 13812345678');
  await chat.menu(busy.bubble!);
  await chat.item.click();
  await expect(chat.dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(chat.card).toContainText('SERVER_BUSY');
  // Somebody's data: the platform first, then the superior.
  await chat.card.getByRole('button', { name: '联系平台客服处理' }).click();
  await expect(chat.dialog).toContainText('商家后台');
  await expect(chat.dialog.getByRole('textbox', { name: '申请内容' })).toHaveValue(/清禾|误发了一条含个人信息/);
  await page.screenshot({ path: screen('step-platform') });
  await chat.dialog.getByRole('button', { name: '已联系平台' }).click();
  await expect(chat.dialog).toHaveCount(0);
  await chat.card.getByRole('button', { name: '上报主管' }).click();
  await expect(chat.dialog.getByRole('textbox', { name: '上报内容' })).toHaveValue(/误发上报/);
  await page.screenshot({ path: screen('step-report') });
  await chat.dialog.getByRole('button', { name: '上报', exact: true }).last().click();
  await expect(chat.dialog).toHaveCount(0);
  await chat.card.getByRole('button', { name: '查看事件' }).click();
  const timeline = page.locator('.incident-timeline');
  await expect(timeline).toContainText('已联系平台客服处理这条消息');
  await expect(timeline).toContainText('升级为已上报');
  await page.screenshot({ path: screen('step-timeline') });
  await page.getByRole('button', { name: '打开会话' }).click();
  const rude = await chat.say(busy.id, '你自己看说明书');
  await chat.card.getByRole('button', { name: '收起' }).click();
  await chat.menu(rude);
  await chat.item.click();
  await expect(chat.dialog).toBeVisible();
  await page.keyboard.press('Enter');
  await chat.card.getByRole('combobox', { name: '错误类型' }).click();
  await page.getByTitle('用语', { exact: true }).last().click();
  await chat.card.getByRole('button', { name: '登记补偿' }).click();
  await chat.dialog.getByRole('textbox', { name: '金额' }).fill('5');
  await page.screenshot({ path: screen('step-compensation') });
  await chat.dialog.getByRole('button', { name: '申请补偿' }).click();
  await expect(page.getByRole('textbox', { name: '输入消息' })).toHaveValue(/优惠券 5 元/);
  await chat.card.getByRole('button', { name: '查看事件' }).click();
  await expect(timeline).toContainText('申请优惠券 5 元');
  await page.getByRole('tab', { name: '补救方案' }).click();
  await page.getByRole('button', { name: '添加话术' }).click();
  const fresh = page.getByRole('region', { name: '新话术' });
  await fresh.getByRole('textbox', { name: /话术内容/ }).fill('{买家昵称} 您好，已为您核实。');
  await fresh.getByRole('textbox', { name: '话术名称' }).fill('核实后回复');
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await expect(page.getByText('第 1 版').first()).toBeVisible();
  const saved = page.getByRole('region', { name: '核实后回复' });
  await saved.scrollIntoViewIfNeeded();
  await page.screenshot({ path: screen('templates') });
  await saved.getByRole('button', { name: '删除话术' }).click();
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await expect(page.getByText('第 2 版').first()).toBeVisible();
  await expect(saved).toHaveCount(0);
});
