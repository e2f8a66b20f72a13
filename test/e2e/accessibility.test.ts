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
    await page.getByRole('grid').first().getByRole('row').nth(1).click();
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
  const composer = page.getByRole('textbox', { name: '输入消息' });
  await expect(composer).toBeEnabled();
  await composer.focus();
  await page.keyboard.type('可以，随货寄出');
  await page.keyboard.press('Enter');
  await expect
    .poll(async () => (await host.control.consumerView(enquiry.conversation_id)).messages.at(-1)?.text, {
      timeout: 15_000,
    })
    .toBe('可以，随货寄出');
  // The menu key opens the message's menu (RC9).
  const message = page.getByRole('article').filter({ hasText: '随货寄出' });
  await message.focus();
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menuitem', { name: /撤回/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByText('你撤回了一条消息')).toBeVisible();
});
