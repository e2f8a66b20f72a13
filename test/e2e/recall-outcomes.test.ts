import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/**
 * Every way a recall can end, as the agent sees it (RC3, RC12, RC15, RM1): the menu before, the tombstone or the card after,
 * what the consumer's phone shows, and the incident that each of them opens.
 */

const screen = (name: string): string => fileURLToPath(new URL(`./screens/recall-${name}.png`, import.meta.url));
const ME = 'a-xiaomei';

let host: TestHost;

test.afterEach(async () => {
  await host.stop();
});

interface Chat {
  readonly id: string;
  readonly shop: string;
}

/** A conversation of mine in a shop whose policy warns after reading, opened in the window. */
async function chat(page: Page, name: string, rule: 'warn' | 'block' = 'warn'): Promise<Chat> {
  const shop = (await host.control.shops()).find((each) => each.policy.recall.read_rule === rule);
  if (shop === undefined) throw new Error(`no shop whose read rule is ${rule}`);
  const { conversation_id } = await host.control.newEnquiry({
    name,
    text: '你好',
    shop_id: shop.shop_id,
    assign_to: ME,
  });
  await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('option', { name: new RegExp(name) }).click();
  await expect(page.getByRole('heading', { name })).toBeVisible();
  // Sent within a second of switching, a text is asked about first (PV5).
  await page.waitForTimeout(1_100);
  return { id: conversation_id, shop: shop.shop_id };
}

/** Sends, and waits until the consumer has it. Answers with its bubble. */
async function say(page: Page, { id }: Chat, text: string): Promise<Locator> {
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await composer.fill(text);
  await composer.press('Enter');
  // PV4: an amount asks once more.
  if (/元/.test(text))
    await page
      .getByRole('dialog', { name: /发送给/ })
      .getByRole('button', { name: '发送' })
      .click();
  await expect
    .poll(async () => (await host.control.consumerView(id)).messages.some((message) => message.text === text), {
      timeout: 20_000,
    })
    .toBe(true);
  return page.getByRole('article').filter({ hasText: text });
}

const idOf = async ({ id }: Chat, text: string): Promise<string> => {
  const found = (await host.control.messages(id)).find(({ message }) => message.text === text);
  if (found === undefined) throw new Error('no such message');
  return found.message.msg_id;
};

const item = (page: Page): Locator => page.getByRole('menuitem', { name: /撤回/ });
const card = (page: Page): Locator => page.getByRole('group', { name: '补救' });
const incident = (page: Page, cause: string): Locator => page.getByRole('row').filter({ hasText: cause });

async function menu(bubble: Locator): Promise<void> {
  await bubble.click({ button: 'right' });
}

async function recall(
  page: Page,
  bubble: Locator,
  before: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  await menu(bubble);
  await item(page).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await before();
  await page.keyboard.press('Enter');
}

/** The blocked item with its reason, then the card that the menu offers instead (RM1). */
async function blockedWith(page: Page, bubble: Locator, code: string, name: string): Promise<void> {
  await menu(bubble);
  await expect(item(page)).toHaveAttribute('aria-disabled', 'true');
  await page.screenshot({ path: screen(`${name}-menu`) });
  await page.getByRole('menuitem', { name: /补救/ }).click();
  await expect(card(page)).toContainText(code);
  await expect(card(page).locator('.remedy-actions').getByRole('button').first()).toBeFocused();
  await page.screenshot({ path: screen(`${name}-card`) });
}

test('[RC5] [RC9] [RM1] [RM2] read under "block": the card offers the correction, linked both ways; the incident is completed', async ({
  page,
}) => {
  host = await startTestHost();
  const at = await chat(page, '买家已读', 'block');
  const bubble = await say(page, at, '这款 19.9 元包邮');
  await host.control.consumerReads(at.id);
  await expect.poll(async () => (await host.control.messages(at.id)).at(-1)?.read_at).not.toBeNull();
  await blockedWith(page, bubble, 'ALREADY_READ', 'already-read');
  await expect(card(page)).toContainText('消费者已经看到这条消息');
  await card(page).getByRole('button', { name: /更正/ }).first().click();
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await expect(composer).toHaveValue(/^【更正】/);
  await composer.fill('【更正】这款 29.9 元');
  await composer.press('Enter');
  await page
    .getByRole('dialog', { name: /发送给/ })
    .getByRole('button', { name: '发送' })
    .click();
  await expect
    .poll(
      async () =>
        (await host.control.messages(at.id)).find(({ message }) => message.text?.includes('29.9'))?.message
          .correction_of,
      {
        timeout: 20_000,
      },
    )
    .toBe(await idOf(at, '这款 19.9 元包邮'));
  await expect(page.getByRole('button', { name: '已发送更正' })).toBeVisible();
  await card(page).getByRole('button', { name: '轻微' }).click();
  await expect(card(page)).toContainText('误发事件已登记');
  await page.screenshot({ path: screen('corrected') });
  await card(page).getByRole('button', { name: '查看事件' }).click();
  await expect(page.getByRole('heading', { name: '误发事件' })).toBeVisible();
  await expect(page.locator('.incident-timeline')).toContainText('执行补救步骤');
  await page.screenshot({ path: screen('incident') });
});

test('[RC12] [RC13] [RC21] push delivered: risky before, said plainly after, with the card', async ({ page }) => {
  host = await startTestHost();
  const at = await chat(page, '买家推送');
  const bubble = await say(page, at, '内部底价 12 元');
  await host.control.consumerGets(await idOf(at, '内部底价 12 元'), 'push');
  await menu(bubble);
  await expect(item(page)).toContainText('通知栏');
  await item(page).click();
  await expect(page.getByRole('dialog')).toContainText('风险');
  await page.screenshot({ path: screen('push-dialog') });
  await page.keyboard.press('Enter');
  await expect(page.getByText('你撤回了一条消息')).toBeVisible();
  await expect(card(page)).toBeVisible();
  await page.screenshot({ path: screen('push-card') });
  const seen = (await host.control.consumerView(at.id)).messages.at(-1);
  await expect(card(page)).toContainText(seen?.visible === true ? '仍能看到' : '可能已经看到');
  await page.getByRole('button', { name: '误发' }).click();
  await expect(incident(page, '撤回未完全生效')).toBeVisible();
  await page.screenshot({ path: screen('push-incident') });
});

test('[RC12] [RC19] [RM4] [AD3] recalled on both sides: tombstone, a draft incident, the sealed content with its audit', async ({
  page,
}) => {
  host = await startTestHost();
  await host.control.setRole(ME, 'supervisor');
  const at = await chat(page, '买家撤回');
  await recall(page, await say(page, at, '发错人了'));
  await expect(page.getByText('你撤回了一条消息')).toBeVisible();
  await expect(card(page)).toHaveCount(0);
  expect((await host.control.consumerView(at.id)).messages.at(-1)).toMatchObject({ visible: false });
  await page.getByRole('button', { name: '查看原文' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('发错人了');
  await expect(dialog).toContainText('已记入审计');
  await page.screenshot({ path: screen('seal') });
  await dialog.getByRole('button', { name: '关闭', exact: true }).last().click();

  // AD3: a message is kept as evidence from its menu, says so, and the mark is taken back.
  const kept = page.locator('.msg').filter({ hasText: '你好' }).last();
  await menu(kept.locator('.msg-bubble'));
  await page.getByRole('menuitem', { name: '保留为凭证' }).click();
  await dialog.getByRole('textbox', { name: '原因' }).fill('平台仲裁 88123');
  await page.screenshot({ path: screen('evidence-dialog') });
  await page.keyboard.press('Enter');
  await expect(kept.getByText('已保留为凭证')).toBeVisible();
  await page.screenshot({ path: screen('evidence') });
  await menu(kept.locator('.msg-bubble'));
  await page.getByRole('menuitem', { name: '解除凭证标记' }).click();
  await dialog.getByRole('textbox', { name: '原因' }).fill('仲裁已结束');
  await page.keyboard.press('Enter');
  await expect(kept.getByText('已保留为凭证')).toBeHidden();
  await page.getByRole('button', { name: '误发' }).click();
  await incident(page, '撤回成功').click();
  await page.screenshot({ path: screen('incident-draft') });
  await page.getByRole('button', { name: '轻微', exact: true }).click();
  await expect(page.locator('.incident-timeline')).toContainText('登记为');
  await page.getByRole('textbox', { name: '处理结果' }).fill('已向买家说明');
  await page.getByRole('button', { name: '关闭事件' }).click();
  await expect(page.locator('.incident-timeline')).toContainText('已向买家说明');
  await page.getByRole('tab', { name: '案例库' }).click();
  await expect(page.getByText('已向买家说明')).toBeVisible();
  await page.screenshot({ path: screen('cases') });
  // RM5: shared as a file that reads back, with nobody in it.
  await page.getByRole('button', { name: '导出案例' }).click();
  const download = page.waitForEvent('download');
  await page.locator('a[download]').click();
  const shared = await readFile(await (await download).path(), 'utf8');
  expect(JSON.parse(shared)).toMatchObject({ format: 1, cases: [{ recall: 'both', resolution: '已向买家说明' }] });
  expect(shared).not.toContain('买家撤回');
  await page.getByRole('tab', { name: '撤回看板' }).click();
  await expect(page.getByText('双方移除').first()).toBeVisible();
  await page.screenshot({ path: screen('dashboard') });
  await page.getByRole('tab', { name: '统计' }).click();
  await expect(page.getByRole('grid')).toBeVisible();
  await page.screenshot({ path: screen('statistics') });
  await page.getByRole('tab', { name: '补救方案' }).click();
  await page.getByRole('textbox', { name: '要点', exact: true }).fill('先更正再解释');
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await expect(page.getByText('第 1 版').first()).toBeVisible();
  await page.screenshot({ path: screen('playbooks') });
});

test('[RC3] [RC9] a policy that changes and a session that ends: each says why, and what to do', async ({ page }) => {
  host = await startTestHost();
  const at = await chat(page, '买家多因');
  const bubble = await say(page, at, '说错的话');
  await host.control.changePolicy(at.shop, { recall: { per_hour_soft: 0, per_hour_hard: 0 } });
  await host.control.changePolicy(at.shop, { recall: { kinds: ['image'] } });
  await menu(bubble);
  await expect(item(page)).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Escape');
  await host.control.changePolicy(at.shop, { recall: { kinds: ['text'] } });
  await host.control.changePolicy(at.shop, { recall: { per_hour_soft: 50, per_hour_hard: 60 } });
  await host.control.changePolicy(at.shop, { recall: { enabled: false } });
  await blockedWith(page, bubble, 'FEATURE_DISABLED', 'feature-disabled');
  await expect(card(page)).toContainText('管理员');
  await card(page).getByRole('button', { name: '收起' }).click();
  await host.control.changePolicy(at.shop, { recall: { enabled: true } });
  await host.control.endSession(at.id);
  await expect(page.getByText('会话已结束', { exact: false }).first()).toBeVisible();
  await menu(bubble);
  await expect(item(page)).toHaveAttribute('aria-disabled', 'true');
  await expect(item(page)).toContainText('会话');
  await page.screenshot({ path: screen('session-ended-menu') });
});

test('[RC18] several at once: a verdict for each before, a result for each after', async ({ page }) => {
  host = await startTestHost();
  const at = await chat(page, '买家批量', 'block');
  await say(page, at, '第一句');
  await host.control.consumerReads(at.id);
  await say(page, at, '第二句');
  const last = await say(page, at, '第三句');
  await host.call('settings.set', { send_delay_ms: 20_000 });
  const field = page.getByRole('textbox', { name: '输入消息' });
  await field.fill('第四句');
  await field.press('Enter');
  await expect(page.getByText(/秒后发送/)).toBeVisible();
  await menu(last);
  await page.getByRole('menuitem', { name: /选择/ }).click();
  // PV2: where there is no field to come back to just now, the words wait for it.
  await page.getByRole('button', { name: '取消发送' }).click();
  await expect(page.getByText(/秒后发送/)).toHaveCount(0);
  const boxes = page.getByRole('checkbox', { name: '选择这条消息' });
  await expect(boxes).toHaveCount(3);
  for (const box of await boxes.all()) await box.check();
  await page.screenshot({ path: screen('batch-select') });
  await page.getByRole('button', { name: '撤回所选' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('不能撤回')).toHaveCount(1);
  await expect(dialog.getByText('可撤回', { exact: true })).toHaveCount(2);
  await page.screenshot({ path: screen('batch-before') });
  await dialog.getByRole('button', { name: '撤回其中 2 条' }).click();
  await expect(dialog.getByText('双方都已移除')).toHaveCount(2);
  await page.screenshot({ path: screen('batch-after') });
  await dialog.getByRole('button', { name: '关闭' }).first().click();
  await expect(field).toHaveValue('第四句');
  const visible = (await host.control.consumerView(at.id)).messages.filter(
    (message) => message.from === 'agent' && message.visible,
  );
  expect(visible.map((message) => message.text)).toEqual(['第一句']);
});

test('[RC15] the reply is lost after success: unknown, checked, and then the truth', async ({ page }) => {
  host = await startTestHost();
  const at = await chat(page, '买家失联');
  const bubble = await say(page, at, '撤回时断线');
  await recall(page, bubble, () => host.control.silence(12_000));
  await expect(page.getByText('结果未知，正在核实')).toBeVisible({ timeout: 20_000 });
  await page.screenshot({ path: screen('unknown') });
  await expect(page.getByText('你撤回了一条消息')).toBeVisible({ timeout: 40_000 });
});
