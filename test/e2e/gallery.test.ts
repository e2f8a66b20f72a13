import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { preview, type PreviewServer } from 'vite';
import { toPalette } from '../../build/palette-png.mjs';

/**
 * UX3, UX4: every primitive in both themes and densities, and every state of the main panels in both themes, compared with
 * pictures in git. Pictures hold only where letters are drawn the same way, so they are compared where fonts and browser
 * draw a specimen exactly as they did when the pictures were taken, and skipped with a loud line elsewhere (docs/decisions).
 * `npm run e2e -- gallery --update-snapshots=all` takes them anew.
 */
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = process.env['WORKBENCH_TEST_GALLERY'] ?? at('../../dist/gallery');
const SPECIMEN = at('./gallery/specimen.txt');
// Of pixels: antialiasing of a moved caret or a rounded corner, no letter and no line.
const TOLERANCE = { maxDiffPixelRatio: 0.002, threshold: 0.2 };

let server: PreviewServer;
let base = '';

test.use({ viewport: { width: 1976, height: 900 } });
test.beforeAll(async () => {
  if (!existsSync(SPECIMEN) && !updating())
    process.stderr.write('!! VISUAL COMPARISON SKIPPED: no pictures were taken yet.\n');
  server = await preview({
    configFile: false,
    root: PAGE,
    build: { outDir: PAGE },
    preview: { port: 0, host: '127.0.0.1' },
  });
  base = server.resolvedUrls?.local[0] ?? '';
});
test.afterAll(async () => {
  await server.close();
});

/** What letters look like here: the family of the tokens, in the sizes that the window uses. */
async function specimen(page: Page): Promise<string> {
  await page.goto(`${base}?theme=light`);
  const drawn = await page.evaluate(async () => {
    await document.fonts.ready;
    const canvas = document.createElement('canvas');
    canvas.width = 420;
    canvas.height = 90;
    const brush = canvas.getContext('2d');
    if (!brush) return '';
    brush.fillStyle = '#fff';
    brush.fillRect(0, 0, 420, 90);
    brush.fillStyle = '#000';
    const family = getComputedStyle(document.body).fontFamily;
    for (const [index, size] of [11, 13, 16].entries()) {
      brush.font = `${size}px ${family}`;
      brush.fillText('永字八法 撤回 已读未回 Sphinx 0123456789 ¥19.90', 4, 20 + index * 28);
    }
    const bytes = brush.getImageData(0, 0, 420, 90).data;
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  return `${page.context().browser()?.version().split('.')[0] ?? ''} ${drawn}\n`;
}

const updating = (): boolean => test.info().config.updateSnapshots === 'all';

/** Whether pictures can be compared on this machine; where not, the test says so and ends. */
async function drawnAlike(page: Page): Promise<void> {
  const here = await specimen(page);
  if (updating()) {
    mkdirSync(at('./gallery'), { recursive: true });
    writeFileSync(SPECIMEN, here);
    return;
  }
  // Without any pictures `compare` says so.
  if (!existsSync(SPECIMEN)) return;
  const there = readFileSync(SPECIMEN, 'utf8');
  const skipped = here !== there;
  if (skipped)
    process.stderr.write(
      '!! VISUAL COMPARISON SKIPPED: this machine draws letters differently from where the pictures were taken.\n',
    );
  test.skip(skipped, 'other fonts or another browser than those of the pictures');
}

async function compare(page: Page, name: string, part?: Locator): Promise<void> {
  const file = test.info().snapshotPath(`${name}.png`);
  if (!updating())
    expect(existsSync(file), `no picture of ${name}: npm run e2e -- gallery --update-snapshots=all`).toBe(true);
  await page.evaluate(() => document.fonts.ready);
  const options = { animations: 'disabled', caret: 'hide', ...TOLERANCE } as const;
  if (part === undefined) await expect(page).toHaveScreenshot(`${name}.png`, { fullPage: true, ...options });
  else await expect(part).toHaveScreenshot(`${name}.png`, options);
  if (updating() && existsSync(file)) writeFileSync(file, toPalette(readFileSync(file)));
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'])
    // Several whole panels stand in one document: their ids and landmarks repeat there and nowhere else.
    .disableRules(['duplicate-id-aria'])
    .analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

for (const theme of ['light', 'dark'] as const) {
  for (const density of ['compact', 'comfortable'] as const)
    test(`[UX3] primitives, ${theme}, ${density}`, async ({ page }) => {
      await page.goto(`${base}?theme=${theme}&density=${density}`);
      await expect(page.getByRole('heading', { name: 'Gallery' })).toBeVisible();
      await expect(page.locator('canvas')).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await drawnAlike(page);
      await page.goto(`${base}?theme=${theme}&density=${density}`);
      await expect(page.locator('canvas')).toBeVisible();
      await compare(page, `primitives-${theme}-${density}`);
    });

  test(`[UX3] what floats: menu, dialogs, notices, ${theme}`, async ({ page }) => {
    await drawnAlike(page);
    await page.goto(`${base}?theme=${theme}`);
    const open = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const shows: Readonly<Record<string, Locator>> = {
      Menu: page.getByRole('menu'),
      Dialog: page.locator('.ant-modal-container'),
      ConfirmDialog: page.locator('.ant-modal-container'),
      NoteDialog: page.locator('.ant-modal-container'),
      Toast: page.locator('.ui-toasts'),
    };
    for (const [name, part] of Object.entries(shows)) {
      await open(name);
      await expect(part.last()).toBeVisible();
      await page.waitForTimeout(300);
      expect(await findings(page), name).toEqual([]);
      await compare(page, `floating-${name.toLowerCase()}-${theme}`, part.last());
      await page.keyboard.press('Escape');
    }
  });

  // Dark once: the panels are made of the primitives above, which are compared in both.
  for (const state of theme === 'light' ? (['loading', 'empty', 'error', 'offline'] as const) : (['error'] as const))
    test(`[UX4] main panels, ${state}, ${theme}`, async ({ page }) => {
      await page.goto(`${base}?panel=all&state=${state}&theme=${theme}`);
      await expect(page.locator('.gallery-cell-panel')).toHaveCount(11);
      // Where nothing is known, something stands in its place; an error has its code and a way on.
      if (state === 'loading') await expect(page.locator('.ui-loading').first()).toBeVisible();
      if (state === 'error') {
        await expect(page.getByText('STORE_DAMAGED').first()).toBeVisible();
        await expect(page.getByRole('button', { name: '重试' }).first()).toBeVisible();
      }
      await page.waitForTimeout(400);
      expect(await findings(page)).toEqual([]);
      await drawnAlike(page);
      await page.goto(`${base}?panel=all&state=${state}&theme=${theme}`);
      await expect(page.locator('.gallery-cell-panel')).toHaveCount(11);
      await page.waitForTimeout(400);
      await compare(page, `panels-${state}-${theme}`);
    });
}
