import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** axe on every main screen, both themes, without an exception; and the way through reception with the keyboard alone. */

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

for (const theme of ['light', 'dark'] as const)
  test(`[UX2] [UX3] axe finds nothing, ${theme}`, async ({ page }) => {
    test.slow();
    await host.call('settings.set', { theme });
    await host.control.newEnquiry({ name: '测试买家阿石', text: '这款有黑色吗', assign_to: 'a-xiaomei' });
    await page.goto(host.url);
    await page.getByRole('tab', { name: /接待中/ }).click();
    await page.getByRole('option', { name: /测试买家阿石/ }).click();
    await expect(page.getByRole('textbox', { name: '输入消息' })).toBeVisible();
    expect(await findings(page), 'reception').toEqual([]);

    await page.getByRole('tab', { name: /未接入/ }).click();
    expect(await findings(page), 'waiting list').toEqual([]);

    await page.getByRole('button', { name: '记录', exact: true }).click();
    await page.getByRole('radio', { name: '不限' }).check({ force: true });
    await page.getByRole('button', { name: '查询', exact: true }).click();
    await page.getByRole('grid').first().getByRole('row').nth(1).click({ timeout: 20_000 });
    await expect(page.getByRole('log', { name: '聊天记录' })).toBeVisible();
    expect(await findings(page), 'records').toEqual([]);
    await page.screenshot({ path: screen(`records-${theme}`) });

    await page.getByRole('button', { name: '连接', exact: true }).click();
    await expect(page.getByRole('heading', { name: /连接/ }).first()).toBeVisible();
    expect(await findings(page), 'connection').toEqual([]);
    await page.screenshot({ path: screen(`connection-${theme}`) });

    await page.getByRole('button', { name: '设置' }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await expect(page.locator('.ant-modal')).toHaveCSS('opacity', '1');
    expect(await findings(page), 'settings').toEqual([]);
    await page.screenshot({ path: screen(`settings-${theme}`) });
  });

for (const theme of ['light', 'dark'] as const)
  test(`[UX2] [UX3] axe finds nothing on the other screens, in help and palette, ${theme}`, async ({ page }) => {
    test.slow();
    await host.call('settings.set', { theme });
    await page.goto(host.url);
    for (const name of ['概览', '质检', '误发', '知识库', '管理']) {
      await page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
      await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible({ timeout: 20_000 });
      await expect(page.locator('.ui-loading')).toHaveCount(0);
      expect(await findings(page), name).toEqual([]);
    }

    await page.keyboard.press('F1');
    const help = page.getByRole('dialog', { name: '帮助' });
    await expect(help.getByRole('heading', { name: '管理员' })).toBeVisible();
    expect(await findings(page), 'help').toEqual([]);
    await page.screenshot({ path: screen(`help-${theme}`) });
    await help.getByRole('textbox', { name: '在帮助中查找' }).fill('WINDOW_EXPIRED');
    await help.getByRole('button', { name: /WINDOW_EXPIRED/ }).click();
    await expect(help.getByText('消费者仍能看到这条消息').first()).toBeVisible();
    expect(await findings(page), 'codes').toEqual([]);
    await page.keyboard.press('Escape');
    await expect(help).toHaveCount(0);

    await page.keyboard.press('Control+k');
    await expect(page.getByRole('dialog', { name: '命令面板' })).toBeVisible();
    expect(await findings(page), 'palette').toEqual([]);
  });

test('[UX2] claim, answer and recall with the keyboard alone', async ({ page }) => {
  const enquiry = await host.control.newEnquiry({ name: '测试买家阿泉', text: '能开票吗', shop_id: 's-senyu' });
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /未接入/ })).toBeVisible();
  await page.getByRole('tab', { name: /未接入/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('listbox', { name: '未接入' }).focus();
  const heading = page.getByRole('heading', { name: '测试买家阿泉' });
  await page.keyboard.press('Home');
  for (let step = 0; step < 12; step++) {
    const found = await heading.waitFor({ timeout: 500 }).then(
      () => true,
      () => false,
    );
    if (found) break;
    await page.keyboard.press('ArrowDown');
  }
  await expect(heading).toBeVisible();
  await page.getByRole('region', { name: '聊天' }).getByRole('button', { name: '领取' }).focus();
  await page.keyboard.press('Enter');
  // Claimed to be answered: the field has the focus by itself.
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await expect(composer).toBeFocused();
  await page.keyboard.type('可以，随货寄出');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await host.control.consumerView(enquiry.conversation_id)).messages.at(-1)?.text, {
      timeout: 15_000,
    })
    .toBe('可以，随货寄出');
  // ↑ leads to the newest message, the menu key opens its menu (RC9).
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('article').filter({ hasText: '随货寄出' })).toBeFocused();
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menuitem', { name: /撤回/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByText('你撤回了一条消息')).toBeVisible();
  await expect(composer).toBeFocused();
  // What opens over the window starts at its content and gives the focus back.
  for (const [keys, start] of [
    ['Control+k', page.getByRole('combobox')],
    ['Control+Comma', page.getByRole('radio', { name: '跟随系统' }).first()],
  ] as const) {
    await page.keyboard.press(keys);
    await expect(start).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(composer).toBeFocused();
  }
  await page.keyboard.press('Control+2');
  await expect(page.getByRole('searchbox', { name: '搜索内容' })).toBeFocused();
  await page.keyboard.press('Control+1');
  await expect(composer).toBeFocused();

  // With less room the panel gives way first: it lies over the chat while it is wanted.
  const panel = page.getByRole('complementary', { name: '消费者与订单' });
  await expect(panel).toBeVisible();
  await page.setViewportSize({ width: 900, height: 600 });
  await expect(panel).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('打开快捷回复');
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('textbox', { name: '文字、拼音或首字母' })).toBeFocused();
  expect(await findings(page), 'panel over the chat').toEqual([]);
  await page.screenshot({ path: screen('desk-900') });
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(composer).toBeFocused();
  // Whoever asks for the field gets it, also from beneath the panel, which goes.
  for (const command of ['打开快捷回复', '定位到输入框']) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
    if (command === '打开快捷回复') await expect(panel).toBeVisible();
  }
  await expect(composer).toBeFocused();
  await expect(panel).toHaveCount(0);
  // At 200 % on a small notebook list and chat take turns, and nothing lies outside the window.
  await page.setViewportSize({ width: 683, height: 384 });
  await expect(page.getByRole('button', { name: '发送', exact: true })).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await expect(page.getByRole('listbox', { name: '接待中' })).toBeHidden();
  await page.screenshot({ path: screen('desk-683') });
  await page.getByRole('button', { name: '返回会话列表' }).click();
  await expect(page.getByRole('listbox', { name: '接待中' })).toBeFocused();
  await expect(composer).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await expect(composer).toHaveCount(0);
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(composer).toBeFocused();
});

test('[UX2] the palette has every screen and runs by keyboard; F1 and ? open the help, and the focus comes back', async ({
  page,
}) => {
  await page.goto(host.url);
  await expect(page.getByRole('tab', { name: /未接入/ })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: '跳到内容' })).toBeFocused();

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: '命令面板' });
  const box = palette.getByRole('combobox');
  await expect(box).toBeFocused();
  for (const [words, heading] of [
    ['前往概览', '概览'],
    ['前往记录', null],
    ['前往质检', '质检'],
    ['前往误发', '误发事件'],
    ['前往知识库', '知识库'],
    ['前往管理', '管理'],
    ['前往连接', '连接与同步'],
    ['前往接待', '接待'],
  ] as const) {
    if ((await palette.count()) === 0) await page.keyboard.press('Control+k');
    await box.fill(words);
    await expect(palette.getByRole('option', { name: new RegExp(`^${words}`) })).toHaveAttribute(
      'aria-selected',
      'true',
    );
    await page.keyboard.press('Enter');
    await expect(palette).toHaveCount(0);
    if (heading !== null) await expect(page.getByRole('heading', { level: 1, name: heading })).toBeAttached();
    else await expect(page.getByRole('button', { name: '保存的查询' })).toBeVisible();
  }
  for (const words of [
    '打开快捷回复',
    '知识库',
    '打开帮助',
    '查看快捷键',
    '查看错误代码',
    '领取等待最久',
    '打开设置',
  ]) {
    await page.keyboard.press('Control+k');
    await box.fill(words);
    await expect(palette.getByRole('option').filter({ hasText: words }).first()).toBeVisible();
    await page.keyboard.press('Escape');
  }

  const tab = page.getByRole('tab', { name: /未接入/ });
  await tab.focus();
  await page.keyboard.press('F1');
  const help = page.getByRole('dialog', { name: '帮助' });
  await expect(help.getByRole('textbox')).toBeFocused();
  await page.keyboard.press('F1');
  await expect(help).toHaveCount(0);
  await expect(tab).toBeFocused();
  await page.keyboard.press('Shift+?');
  await expect(help.getByRole('cell', { name: '命令面板', exact: false }).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(tab).toBeFocused();
  await page.keyboard.press('Control+3');
  await expect(page.getByRole('heading', { level: 1, name: '质检' })).toBeVisible();
});

test('[UX2] a new message is announced once, and what was there before is not', async ({ page }) => {
  const { conversation_id } = await host.control.newEnquiry({
    name: '测试买家阿听',
    text: '第一句早就在了',
    assign_to: 'a-xiaomei',
  });
  await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page.getByRole('option', { name: /测试买家阿听/ }).click();
  await expect(page.getByRole('article').filter({ hasText: '第一句早就在了' })).toBeVisible();
  // Every change of every live region, as a screen reader would speak it.
  await page.evaluate(() => {
    const spoken: string[] = ((window as unknown as { spoken: string[] }).spoken = []);
    for (const region of document.querySelectorAll('[aria-live=polite], [aria-live=assertive]'))
      new MutationObserver(() => spoken.push(region.textContent ?? '')).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
  });
  await host.control.consumerSays(conversation_id, '第二句现在才来');
  await expect(page.getByRole('article').filter({ hasText: '第二句现在才来' })).toBeVisible();
  await page.waitForTimeout(500);
  const spoken = await page.evaluate(() => (window as unknown as { spoken: string[] }).spoken);
  expect(spoken.filter((words) => words.includes('第二句现在才来'))).toHaveLength(1);
  expect(spoken.some((words) => words.includes('第一句早就在了'))).toBe(false);
});
