import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, expect as assert } from '@playwright/test';
import { toPalette } from '../../build/palette-png.mjs';
import { startTestHost } from './browser-host.ts';

// The pictures of README.md, by `npm run readme-pictures`: the window as it is, in the practice shop, from one seed.

const expect = assert.configure({ timeout: 30_000 });
const picture = (name: string): string => fileURLToPath(new URL(`../../docs/pictures/${name}.png`, import.meta.url));
const installed = process.env['WORKBENCH_CHROMIUM'] ?? '/usr/bin/chromium';
const host = await startTestHost({ seed: 7 });
const browser = await chromium.launch({
  executablePath: installed,
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : []),
    '--font-render-hinting=none',
    '--disable-background-networking',
  ],
});
try {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const shoot = async (name: string): Promise<void> => {
    await page.evaluate(() => document.fonts.ready);
    writeFileSync(picture(name), toPalette(await page.screenshot({ animations: 'disabled', caret: 'hide' })));
    process.stderr.write(`${name}\n`);
  };
  await host.call('settings.set', { theme: 'light', density: 'compact', first_run_done: true, send_delay_ms: 0 });
  const shops = await host.control.shops();
  const warn = shops.find(({ policy }) => policy.recall.read_rule === 'warn');
  if (warn === undefined) throw new Error('no shop where read only warns');
  const { conversation_id } = await host.control.newEnquiry({
    name: '森林里的鹿',
    text: '你好，想问下这顶帐篷两个人睡够吗？',
    shop_id: warn.shop_id,
    assign_to: 'a-xiaomei',
  });
  await page.goto(host.url);
  await page.getByRole('tab', { name: /接待中/ }).click();
  await page
    .getByRole('option', { name: /森林里的鹿/ })
    .first()
    .click();
  await expect(page.getByRole('heading', { name: '森林里的鹿' })).toBeVisible();
  await page.waitForTimeout(1_200);
  const composer = page.getByRole('textbox', { name: '输入消息' });
  const say = async (text: string): Promise<void> => {
    await composer.fill(text);
    await composer.press('Enter');
    const dialog = page.getByRole('dialog', { name: /发送给/ });
    if (/元/.test(text)) await dialog.getByRole('button', { name: '发送' }).click();
    await expect
      .poll(async () => (await host.control.consumerView(conversation_id)).messages.some((each) => each.text === text))
      .toBe(true);
  };
  await say('够的，内帐 210 × 150 厘米，两个人带背包正好。');
  await host.control.consumerSays(conversation_id, '价格还能优惠吗？周末就要用');
  await expect(page.getByRole('article').filter({ hasText: '价格还能优惠吗' })).toBeVisible();
  await say('这款现在 268 元，今天下单当天发货。');
  await host.control.consumerReads(conversation_id);
  await page.waitForTimeout(800);
  const bubble = page.getByRole('article').filter({ hasText: '268 元' });
  await bubble.click({ button: 'right' });
  await page.getByRole('menuitem', { name: /撤回/ }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('group', { name: '补救' })).toBeVisible();
  await page.waitForTimeout(600);
  await shoot('remedy-card');

  await page.keyboard.press('Control+2');
  const field = page.getByRole('searchbox').first();
  await page.getByRole('radio', { name: '不限' }).click();
  await field.fill('您好');
  await field.press('Enter');
  await expect(page.locator('.records mark').first()).toBeVisible();
  await page.waitForTimeout(800);
  await shoot('records');

  await host.call('settings.set', { theme: 'dark' });
  await page.getByRole('button', { name: '概览', exact: true }).click();
  await page.getByRole('tab', { name: '团队' }).click();
  await expect(page.getByRole('img', { name: '近 7 天接待', exact: true })).toBeVisible();
  await page.mouse.move(1, 790);
  await page.waitForTimeout(1_500);
  await shoot('team');
} finally {
  await browser.close();
  await host.stop();
}
