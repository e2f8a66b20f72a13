import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** QA1–QA5 in the window: a sample is drawn, reviewed with the keyboard alone, appealed against and decided; the dashboard. */

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
const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name });

test('[QA2] [QA3] [QA5] draw, review by keyboard alone, appeal, decide, dashboard, pictures and figures as files', async ({
  page,
}) => {
  test.slow();
  await page.goto(host.url);
  await page.getByRole('button', { name: '质检', exact: true }).click();
  // QA and an agent sign in as well (UX5): every part can be tried in the practice shop.
  const practice = page.getByRole('group', { name: '练习身份' });
  await practice.getByRole('button', { name: '质检' }).click();
  await practice.getByRole('button', { name: '客服' }).click();
  await expect(practice.getByRole('button', { name: '质检' })).toHaveAttribute('aria-pressed', 'true');
  await expect
    .poll(async () => (await host.call('accounts.list', {})).filter(({ state }) => state === 'live').length)
    .toBe(3);
  await page.getByRole('button', { name: '抽样', exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('status')).toContainText('个接待');
  await dialog.getByRole('radio', { name: '每人定额' }).click();
  await dialog.getByLabel('名称').fill('周检');
  await dialog.getByLabel('种子').fill('2026-11');
  await expect(dialog.getByRole('status')).toContainText('抽取');
  await page.screenshot({ path: picture('review-draw') });
  await dialog.getByRole('button', { name: '抽取' }).click();

  // From here to the end of the review without the mouse.
  const items = page.getByRole('list', { name: '待评会话' }).getByRole('button');
  await expect(items.first()).toHaveAttribute('aria-current', 'true');
  const names = await items.allTextContents();
  const wanted = names.findIndex((text) => text.includes('客服阿杰'));
  expect(wanted).toBeGreaterThanOrEqual(0);
  await expect(page.getByRole('log', { name: '聊天记录' })).toBeVisible();
  for (let step = 0; step < wanted; step++) await page.keyboard.press('n');
  await expect(items.nth(wanted)).toHaveAttribute('aria-current', 'true');
  await expect(page.getByRole('log', { name: '聊天记录' })).toBeVisible();
  const form = page.getByRole('complementary', { name: '评分' });
  await expect(form.getByText('总分')).toBeVisible();
  // 响应时效 0, 服务态度 5, 业务准确 not applicable, the rest in full; the fatal ones passed.
  await page.keyboard.press('0');
  await page.keyboard.press('5');
  await page.keyboard.press('-');
  for (let step = 0; step < 4; step++) await page.keyboard.press('5');
  for (let step = 0; step < 3; step++) await page.keyboard.press('1');
  await expect(form.getByText('80 分')).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('m');
  await expect(page.locator('.review-line.is-marked')).toHaveCount(1);
  await page.keyboard.press('c');
  await page.keyboard.type('首次回复超过三分钟 n p 5');
  await page.keyboard.press('Escape');
  await page.keyboard.press('t');
  await page.keyboard.type('响应慢');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  expect(await findings(page), 'desk').toEqual([]);
  await page.screenshot({ path: picture('review-desk-light') });
  await page.keyboard.press('s');
  await expect(page.getByText('已提交，80 分')).toBeVisible();
  await expect(items.nth(wanted)).toContainText('80 分');
  const [review] = (await host.call('reviews.list', { scope: 'all', limit: 10, cursor: null })).reviews;
  expect(review?.review).toMatchObject({
    final_score: 80,
    reviewer: { name: '质检老周', role: 'qa' },
    agent: { name: '客服阿杰' },
    content: { comment: '首次回复超过三分钟 n p 5', tags: ['响应慢'], messages: [{ criterion_id: 'off_platform' }] },
  });
  // A draft is kept on the way to the next one.
  await page.keyboard.press('n');
  await expect(items.nth(wanted + 1)).toHaveAttribute('aria-current', 'true');
  await expect(form.getByText('未评', { exact: true })).toBeVisible();
  await page.keyboard.press('4');
  await page.keyboard.press('p');
  await expect(items.nth(wanted + 1)).toContainText('草稿');

  // The agent appeals against it …
  await tab(page, '我的质检').click();
  await page.getByRole('grid', { name: '质检列表' }).getByRole('row').filter({ hasText: '客服阿杰' }).click();
  await expect(form.getByText('首次回复超过三分钟')).toBeVisible();
  await form.getByLabel('理由').fill('排队时系统未分配');
  await form.getByRole('button', { name: '提交申诉' }).click();
  await expect(form.getByText('待处理')).toBeVisible();
  expect(await findings(page), 'my reviews').toEqual([]);
  await page.screenshot({ path: picture('review-mine') });
  // … and the supervisor, who is neither of the two, decides.
  await tab(page, /申诉/).click();
  await page.getByRole('grid', { name: '质检列表' }).getByRole('row').filter({ hasText: '客服阿杰' }).click();
  await form.getByRole('radio', { name: '响应时效，5 分' }).last().click();
  await form.getByLabel('复核意见').fill('分配延迟，按满分计');
  await page.screenshot({ path: picture('review-decide') });
  await form.getByRole('button', { name: '改判 100' }).click();
  await expect(page.getByText('没有待处理的申诉').or(page.getByText('复核已记录')).first()).toBeVisible();
  expect((await host.call('reviews.get', { review_id: review?.review.review_id as string })).review).toMatchObject({
    score: 80,
    final_score: 100,
    appeal: { state: 'changed', decision: { by: { name: '客服小美' } } },
  });

  await tab(page, '看板').click();
  await expect(page.locator('.ui-chart[data-drawn]')).toHaveCount(5);
  expect(await findings(page), 'dashboard').toEqual([]);
  await page.screenshot({ path: picture('review-dashboard-light') });
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: '存为图片：各客服平均分' }).click();
  const file = await (await downloading).path();
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
  const sheet = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出 XLSX' }).click();
  expect(
    readFileSync(await (await sheet).path())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK');
  // To whoever can't see the charts, and to whoever asks: the same figures as tables.
  await expect(page.getByRole('table', { name: '各客服平均分' })).toContainText('客服阿杰');
  await page.getByRole('switch', { name: '显示为表格' }).click();
  await expect(page.locator('.ui-chart canvas')).toHaveCount(0);
  await expect(page.getByRole('table', { name: '各客服平均分' }).getByText('100')).toBeVisible();
});

test('[QA1] [UX3] a scorecard is edited into a new version; dark, with axe', async ({ page }) => {
  test.slow();
  await host.call('settings.set', { theme: 'dark' });
  await page.goto(host.url);
  await page.getByRole('button', { name: '质检', exact: true }).click();
  await expect(page.getByText('还没有样本')).toBeVisible();
  expect(await findings(page), 'no samples').toEqual([]);
  await tab(page, '评分卡').click();
  const editor = page.getByRole('form', { name: '评分卡' });
  await expect(editor.getByLabel('名称', { exact: true })).toHaveValue('通用客服');
  expect(await findings(page), 'scorecards').toEqual([]);
  await page.screenshot({ path: picture('review-cards-dark') });
  await editor.getByLabel('权重').first().fill('20');
  await editor.getByRole('button', { name: '加一票否决项' }).click();
  await expect(editor.getByRole('button', { name: '保存为新版本' })).toBeDisabled();
  await editor.getByLabel('评分项名称').last().fill('不泄露底价');
  await editor.getByRole('button', { name: '保存为新版本' }).click();
  await expect(page.getByText('已保存为第 1 版')).toBeVisible();
  const [card] = (await host.call('scorecards.list', {})).cards;
  expect(card).toMatchObject({ card_id: 'general', version: 1 });
  expect(card?.criteria.at(-1)).toMatchObject({ kind: 'fatal', name: '不泄露底价', cap: 0 });

  // The desk and the dashboard in the dark.
  const sample = await host.call('samples.draw', {
    name: '夜间',
    card: { card_id: 'general', version: 1 },
    spec: { method: 'random', size: 12, from: Date.now() - 30 * 86_400_000, to: Date.now() + 86_400_000 },
    seed: '1',
  });
  const { items } = await host.call('samples.get', { sample_id: sample.sample_id });
  for (const [index, item] of items.entries()) {
    if (item.agent.id === 'a-xiaomei') continue;
    await host.call('reviews.save', {
      conversation_key: item.conversation_key,
      agent_id: item.agent.id,
      card: { card_id: 'general', version: 1 },
      seq: 0,
      submit: true,
      content: {
        marks: Object.fromEntries(
          (card?.criteria ?? []).map(({ id, max, kind }, at) => [
            id,
            kind === 'fatal' ? 1 : Math.max(0, max - ((index + at) % 3)),
          ]),
        ),
        messages: [],
        comment: '',
        tags: index % 2 === 0 ? ['响应慢'] : ['漏回', '用语'],
        incident_id: null,
      },
    });
  }
  await tab(page, '抽样').click();
  await page.getByRole('button', { name: '夜间' }).click();
  await expect(page.getByRole('log', { name: '聊天记录' })).toBeVisible();
  await page.keyboard.press('5');
  expect(await findings(page), 'desk, dark').toEqual([]);
  await page.screenshot({ path: picture('review-desk-dark') });
  await tab(page, '看板').click();
  await expect(page.locator('.ui-chart[data-drawn]')).toHaveCount(5);
  expect(await findings(page), 'dashboard, dark').toEqual([]);
  await page.screenshot({ path: picture('review-dashboard-dark') });
});
