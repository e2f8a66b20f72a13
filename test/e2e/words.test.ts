import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { pseudo } from '../../renderer/app/pseudo.ts';
import { en } from '#shared/i18n/index.ts';
import { startTestHost, type TestHost } from '../support/browser-host.ts';

/** UX1, UX2: the smallest window in a longer language, and the window at 200 %. */

let host: TestHost;
test.beforeEach(async () => {
  host = await startTestHost();
  await host.call('settings.set', { locale: 'en', first_run_done: true });
  await host.control.newEnquiry({
    name: 'Test buyer with a long name',
    text: 'Is it in stock?',
    assign_to: 'a-xiaomei',
  });
});
test.afterEach(async () => {
  await host.stop();
});

const screen = (name: string): string => fileURLToPath(new URL(`./screens/${name}.png`, import.meta.url));

/** Texts of ours that are cut off with no sign of it: overflow hidden, no ellipsis, no scrolling. */
function clipped(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll<HTMLElement>('#root *, .ant-modal *, .palette *')) {
      if (element.closest('.visually-hidden, .skip, [aria-hidden=true], svg, canvas')) continue;
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (!own || element.offsetParent === null) continue;
      const style = getComputedStyle(element);
      const ellipsis = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
      if (ellipsis || element.tagName === 'TEXTAREA') continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const told = `${element.className || element.tagName}: ${element.textContent?.trim().slice(0, 40) ?? ''}`;
      if (style.overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1) found.push(told);
      let scrolls = false;
      // Cut by what it stands in: the nearest ancestor that hides and can't be scrolled.
      for (let parent = element.parentElement; parent && parent !== document.body; parent = parent.parentElement) {
        const around = getComputedStyle(parent);
        if (around.textOverflow === 'ellipsis') break;
        if (around.overflowX === 'auto' || around.overflowX === 'scroll') {
          scrolls = true;
          break;
        }
        if (around.overflowX !== 'hidden' && around.overflowX !== 'clip') continue;
        const edge = parent.getBoundingClientRect();
        if (box.right > edge.right + 1 || box.left < edge.left - 1) found.push(`${told} (in ${parent.className})`);
        break;
      }
      if (!scrolls && box.right > innerWidth + 1) found.push(`${told} (outside the window)`);
    }
    return [...new Set(found)];
  });
}

const SCREENS = [
  'overview',
  'reception',
  'records',
  'review',
  'incidents',
  'knowledge',
  'administration',
  'connection',
] as const;

test('[UX1] a language a third longer is cut off nowhere at 1024 × 640', async ({ page }) => {
  test.slow();
  await page.setViewportSize({ width: 1024, height: 640 });
  await page.addInitScript(() => localStorage.setItem('pseudo', '1'));
  await page.goto(host.url);
  const rail = page.getByRole('navigation');
  const problems: string[] = [];
  const look = async (name: string): Promise<void> => {
    await page.waitForTimeout(350);
    problems.push(...(await clipped(page)).map((one) => `${name}: ${one}`));
    await page.screenshot({ path: screen(`pseudo-${name}`) });
  };
  for (const name of SCREENS) {
    await rail.getByRole('button', { name: pseudo(en.nav[name]), exact: true }).click();
    await look(name);
  }
  await rail.getByRole('button', { name: pseudo(en.nav.reception), exact: true }).click();
  await page.getByRole('option').first().click();
  await look('chat');
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('dialog')).toBeVisible();
  await look('settings');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await look('palette');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F1');
  await look('help');
  expect(problems).toEqual([]);
});

test('[UX2] at 200 % everything can be reached: nothing lies outside what can be scrolled to', async ({ page }) => {
  // What a window of 1280 × 800 has left at 200 %.
  await page.setViewportSize({ width: 640, height: 400 });
  await page.goto(host.url);
  const rail = page.getByRole('navigation');
  for (const name of SCREENS) {
    await rail.getByRole('button', { name: en.nav[name], exact: true }).click();
    await page.waitForTimeout(200);
    await page.screenshot({ path: screen(`zoom-${name}`) });
    const reach = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      scrolls:
        ['auto', 'scroll'].includes(getComputedStyle(document.body).overflowX) ||
        innerWidth >= document.documentElement.scrollWidth,
    }));
    expect(reach.scrolls, `${name}: ${reach.wide} px wide`).toBe(true);
  }
  await rail.getByRole('button', { name: en.nav.reception, exact: true }).click();
  await page.getByRole('option').first().click();
  const composer = page.getByRole('textbox', { name: en.composer.label });
  await composer.scrollIntoViewIfNeeded();
  await composer.fill('Written at 200 %');
  await composer.press('Enter');
  await expect(page.getByRole('article').filter({ hasText: 'Written at 200 %' })).toBeVisible();
});
