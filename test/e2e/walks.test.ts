import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** UX2, UX5: the days of agent, supervisor and QA, from the first start on, with the keyboard alone. */

let host: TestHost;
let opened = false;
test.beforeAll(async () => {
  host = await startTestHost();
});
// An address opens one window; the next person's day begins with a start of the program.
test.beforeEach(async () => {
  if (opened) await host.restart();
  opened = true;
});
test.afterAll(async () => {
  await host.stop();
});

const screen = (name: string): string => fileURLToPath(new URL(`./screens/walk-${name}.png`, import.meta.url));

/** Tab, as often as it takes: what can't be reached like this isn't reachable. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab', most = 80): Promise<void> {
  await expect(target).toBeVisible();
  for (let step = 0; step < most; step++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${most} times ${key} and not there: ${String(target)}`);
}

/** Through the command palette: types what it is called, and Enter. */
async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: '命令面板' })).toBeVisible();
  await page.keyboard.type(words);
  await expect(page.getByRole('option', { name: words }).first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

test('[UX2] [UX5] an agent: the tour, claim, answer, recall, the day at a glance, the next one who waits', async ({
  page,
}) => {
  const enquiry = await host.control.newEnquiry({
    name: '测试买家阿朵',
    text: '这件什么时候发货',
    shop_id: 's-qinghe',
  });
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /未接入/ })).toBeVisible();
  // The first start: a tour that doesn't stand in the way, put away at its second step and taken up again.
  await tabTo(page, page.getByRole('button', { name: '60 秒导览' }));
  await page.keyboard.press('Enter');
  const tour = page.getByRole('region', { name: '60 秒导览' });
  await expect(tour.getByRole('button', { name: '下一步' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(tour).toContainText('第 2 步');
  await page.keyboard.press('Escape');
  await expect(tour).toHaveCount(0);
  await command(page, '继续导览');
  await expect(tour).toContainText('第 2 步');
  for (const step of [3, 4, 5, 6]) {
    await page.keyboard.press('Enter');
    await expect(tour).toContainText(`第 ${step} 步`);
    if (step === 5) await page.screenshot({ path: screen('tour') });
  }
  await page.keyboard.press('Enter');
  await expect(tour).toHaveCount(0);

  await command(page, '前往接待');
  await tabTo(page, page.getByRole('tab', { selected: true, name: /未接入|接待中|已结束/ }));
  const waiting = page.getByRole('tab', { name: /未接入/ });
  while ((await waiting.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowLeft');
  await tabTo(page, page.getByRole('listbox', { name: '未接入' }));
  await page.keyboard.press('Home');
  const heading = page.getByRole('heading', { name: '测试买家阿朵' });
  for (let step = 0; step < 12 && !(await heading.isVisible()); step++) {
    await page.waitForTimeout(250);
    if (!(await heading.isVisible())) await page.keyboard.press('ArrowDown');
  }
  await expect(heading).toBeVisible();
  await tabTo(page, page.getByRole('region', { name: '聊天' }).getByRole('button', { name: '领取' }));
  await page.keyboard.press('Enter');
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await expect(composer).toBeFocused();
  await page.keyboard.type('今天下午发出，单号稍后给您');
  await page.waitForTimeout(1_100);
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await host.control.consumerView(enquiry.conversation_id)).messages.at(-1)?.text, {
      timeout: 20_000,
    })
    .toBe('今天下午发出，单号稍后给您');
  const message = page.getByRole('article').filter({ hasText: '今天下午发出' });
  await tabTo(page, message, 'Shift+Tab');
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menuitem', { name: /撤回/ })).toBeVisible();
  await page.screenshot({ path: screen('agent-recall') });
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByText('你撤回了一条消息')).toBeVisible();

  await command(page, '前往概览');
  const mine = page.getByRole('region', { name: '我的今天' });
  await expect(mine.locator('.overview-figure', { hasText: '今日撤回' })).toContainText('1');
  await expect(mine.getByRole('img', { name: '近 7 天接待', exact: true })).toBeVisible();
  expect(await findings(page), 'my day').toEqual([]);
  await page.screenshot({ path: screen('agent-day') });
  // Live: somebody else writes, and the number goes up by itself.
  const figure = mine.locator('.overview-figure', { hasText: '未接入' }).locator('.overview-figure-value');
  const before = Number(await figure.textContent());
  await host.control.newEnquiry({ name: '测试买家阿梨', text: '能换颜色吗', shop_id: 's-qinghe' });
  await expect(figure).toHaveText(String(before + 1), { timeout: 15_000 });
  // To the one who waits longest.
  const first = page.getByRole('button', { name: /^打开 / }).first();
  const name = ((await first.getAttribute('aria-label')) ?? '').replace('打开 ', '');
  await tabTo(page, first);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name })).toBeVisible();
});

/** What happened before the supervisor came: a message was recalled, and its incident waits to be completed (RM4). */
async function recalledByMe(): Promise<void> {
  const { conversation_id } = await host.control.newEnquiry({
    name: '测试买家阿梅',
    text: '发票抬头能改吗',
    shop_id: 's-qinghe',
    assign_to: 'a-xiaomei',
  });
  const find = async () =>
    (
      await host.call('conversations.list', { account_id: null, intake: 'active', limit: 200, cursor: null })
    ).conversations.find((row) => row.conversation_id === conversation_id);
  await expect.poll(find).toBeDefined();
  const key = (await find())!.key;
  await host.call('messages.send', { conversation_key: key, text: '可以，抬头发我即可' });
  const sent = async () =>
    (await host.call('messages.page', { conversation_key: key, limit: 5 })).messages.find(
      ({ text }) => text === '可以，抬头发我即可',
    );
  await expect.poll(sent).toBeDefined();
  await host.call('recall.request', { message_key: (await sent())!.key });
  await expect
    .poll(async () => (await host.call('overview.get', {})).team?.incidents ?? 0, { timeout: 20_000 })
    .toBeGreaterThan(0);
}

test('[UX2] [RM4] [RC22] a supervisor: the team board, a picture of it, the unfinished incident', async ({ page }) => {
  await host.call('settings.set', { theme: 'dark', first_run_done: true, tour_step: null, send_delay_ms: 0 });
  await recalledByMe();
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /未接入/ })).toBeVisible();
  await command(page, '前往概览');
  await tabTo(page, page.getByRole('tab', { name: '我的今天' }));
  await page.keyboard.press('ArrowRight');
  const team = page.getByRole('region', { name: '团队' });
  await expect(team.getByRole('grid', { name: '客服今天的情况' })).toContainText('客服小美');
  await expect(team.getByRole('img', { name: '各店铺现在' })).toBeVisible();
  await page.waitForTimeout(400);
  expect(await findings(page), 'team').toEqual([]);
  await page.screenshot({ path: screen('team-dark') });
  await tabTo(page, team.getByRole('button', { name: '保存图片：各店铺现在' }));
  const download = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const bytes = readFileSync(await (await download).path());
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  expect(bytes.readUInt32BE(16)).toBeGreaterThan(200);
  // The same figures for whoever can't see a chart.
  await tabTo(page, page.getByRole('switch', { name: '表格' }), 'Shift+Tab');
  await page.keyboard.press('Space');
  await expect(team.getByRole('table').first()).toBeVisible();
  await page.screenshot({ path: screen('team-tables') });
  await tabTo(page, team.getByRole('button', { name: /未了结误发 \d/ }));
  await page.keyboard.press('Enter');
  const rows = page.getByRole('grid').first();
  await tabTo(page, rows);
  await page.keyboard.press('Home');
  await expect(page.getByRole('row', { selected: true })).toBeVisible();
  await page.screenshot({ path: screen('supervisor-incident') });
  // What was begun to be written outlasts what happens to the incident meanwhile, and goes in by Enter.
  const note = page.getByRole('textbox', { name: '备注' });
  await note.fill('已电话说明');
  await page.getByRole('button', { name: '轻微' }).click();
  await expect(page.getByRole('textbox', { name: '损失金额' })).toBeVisible();
  await expect(note).toHaveValue('已电话说明');
  await note.press('Enter');
  await expect(page.locator('.incident-timeline')).toContainText('已电话说明');
  await expect(note).toHaveValue('');
});

test('[UX2] [SR4] [QA2] [AD3] QA: search, transcript, a sample drawn, its progress in the overview', async ({
  page,
}) => {
  await host.call('settings.set', { theme: 'light', first_run_done: true, tour_step: null });
  await host.call('practice.join', { role: 'qa', joined: true });
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /未接入/ })).toBeVisible();
  await page.keyboard.press('Control+2');
  const query = page
    .getByRole('searchbox')
    .or(page.getByRole('textbox', { name: /原文|文字|内容/ }))
    .first();
  await tabTo(page, query);
  await page.keyboard.type('发货');
  await page.keyboard.press('Enter');
  await expect(page.locator('mark').first()).toBeVisible({ timeout: 15_000 });
  await page.screenshot({ path: screen('qa-records') });
  // AD3: a line of the transcript is kept as evidence.
  const line = page
    .getByRole('log', { name: '聊天记录' })
    .locator('.line')
    .filter({ has: page.locator('mark') })
    .first();
  await line.getByRole('button', { name: '保留为凭证' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('平台仲裁 88123');
  await page.keyboard.press('Enter');
  await expect(line.getByText('已保留为凭证')).toBeVisible();
  await page.screenshot({ path: screen('qa-evidence') });

  await command(page, '前往质检');
  await tabTo(page, page.getByRole('button', { name: '抽样', exact: true }).first());
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('status')).toContainText('个接待');
  await tabTo(page, dialog.getByLabel('名称'));
  await page.keyboard.type('周检');
  await tabTo(page, dialog.getByRole('button', { name: '抽取' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: '待评会话' })).toBeVisible();
  await command(page, '前往概览');
  await tabTo(page, page.getByRole('tab', { selected: true, name: /我的今天|团队/ }));
  await page.keyboard.press('ArrowLeft');
  const quality = page.getByRole('region', { name: '质检进度' });
  await expect(quality.getByRole('img', { name: '抽样进度' })).toBeVisible();
  await page.waitForTimeout(300);
  expect(await findings(page), 'quality').toEqual([]);
  await page.screenshot({ path: screen('qa-progress') });
});
