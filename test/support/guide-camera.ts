import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, expect as expectWithin, type Browser, type Locator, type Page } from '@playwright/test';
import { catalogues, type Catalogue, type Locale } from '#shared/i18n/index.ts';
import { startTestHost, type TestHost } from './browser-host.ts';

// The pictures of docs/guide, by `npm run guide-pictures [zh|en] [until NAME]`: what the window really shows, in the practice shop, from
// one seed. Their names are those that the pages ask for. WebP, since they also travel with the window (build/guide.ts).

const expect = expectWithin.configure({ timeout: 20_000 });
const FOLDER = fileURLToPath(new URL('../../docs/guide/pictures', import.meta.url));
const SIZE = { width: 1280, height: 800 };
const QUALITY = 0.82;
const ME = 'a-xiaomei';

/** What consumers in the pictures write; the practice shop's own words fill the rest. */
const CONSUMERS = [
  ['森林里的鹿', '你好，昨天下的单什么时候发货？'],
  ['半糖去冰', '这款杯子可以放洗碗机吗'],
  ['Mia Chen', 'Can I change the address? I moved last week'],
  ['云朵棉花糖', '收到了，颜色和图片有一点差别'],
  ['老周钓具', '开发票，抬头发你了'],
] as const;

/** The last picture that was asked for is taken. */
class Enough extends Error {}

async function camera(browser: Browser, locale: Locale, folder: string): Promise<void> {
  const t = catalogues[locale];
  const host = await startTestHost({ seed: 7 });
  const context = await browser.newContext({
    viewport: SIZE,
    locale,
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const darkroom = await context.newPage();
  const shoot = async (name: string): Promise<void> => {
    // No caret, no notice that happens to stand there.
    await page.mouse.move(1, 1);
    await page.evaluate(() => document.fonts.ready);
    const png = await page.screenshot({ caret: 'hide' });
    writeFileSync(path.join(folder, `${name}.webp`), await webp(darkroom, png));
    process.stderr.write(`${locale} ${name}\n`);
    if (process.argv.at(-1) === name) throw new Enough();
  };
  try {
    await host.call('settings.set', { locale, theme: 'light', density: 'compact', first_run_done: true });
    await takeAll({ host, page, t, shoot });
  } catch (failure) {
    if (failure instanceof Enough) return;
    await page.screenshot({ path: path.join('test-results', `guide-camera-${locale}.png`) });
    throw failure;
  } finally {
    await context.close();
    await host.stop();
  }
}

interface Studio {
  readonly host: TestHost;
  readonly page: Page;
  readonly t: Catalogue;
  readonly shoot: (name: string) => Promise<void>;
}

async function takeAll({ host, page, t, shoot }: Studio): Promise<void> {
  const shops = await host.control.shops();
  const warn = shops.find(({ policy }) => policy.recall.read_rule === 'warn') ?? shops[0];
  const block = shops.find(({ policy }) => policy.recall.read_rule === 'block') ?? shops[0];
  if (!warn || !block) throw new Error('the practice shop has no shops');
  const ids: string[] = [];
  for (const [name, text] of CONSUMERS) {
    const at = name === CONSUMERS[0][0] ? block : warn;
    const { conversation_id } = await host.control.newEnquiry({ name, text, shop_id: at.shop_id, assign_to: ME });
    ids.push(conversation_id);
  }
  await page.goto(host.url);
  await active(page, t).click();
  const composer = page.getByRole('textbox', { name: t.composer.label });
  const say = async (id: string | undefined, text: string): Promise<void> => {
    await composer.fill(text);
    await composer.press('Enter');
    const ask = page.getByRole('dialog').getByRole('button', { name: t.compose.ask.send, exact: true });
    await Promise.race([
      expect
        .poll(async () => id !== undefined && (await host.control.consumerView(id)).messages.at(-1)?.text, {
          timeout: 20_000,
        })
        .toBe(text),
      ask.click().then(() => expect(composer).toHaveValue('')),
    ]);
    await expect
      .poll(async () => id !== undefined && (await host.control.consumerView(id)).messages.at(-1)?.text, {
        timeout: 20_000,
      })
      .toBe(text);
  };
  const talkTo = async (index: number): Promise<string | undefined> => {
    await page.getByRole('option', { name: new RegExp(CONSUMERS[index]?.[0] ?? '') }).click();
    // Sent within a second of switching, a text is asked about first (PV5).
    await page.waitForTimeout(1_300);
    return ids[index];
  };

  await talkTo(1);
  await say(ids[1], '可以的，上层架子，六十度以内。');
  await host.control.consumerSays(ids[1] ?? '', '好的谢谢，那我下单了');
  await expect(page.getByText('好的谢谢，那我下单了').first()).toBeVisible();
  await composer.fill('收到后有任何问题都可以随时联系我们，七天内包退');
  await page.waitForTimeout(800);
  await shoot('reception');
  await composer.fill('');

  await say(ids[1], '杯盖的尺寸是 8 厘米');
  const bubble = page.getByRole('article').filter({ hasText: '杯盖的尺寸是' });
  await bubble.click({ button: 'right' });
  await page
    .getByRole('menuitem', { name: new RegExp(t.chat.recall) })
    .first()
    .click();
  await expect(page.locator('.ant-modal')).toHaveCSS('opacity', '1');
  await page.waitForTimeout(300);
  await shoot('recall');
  await page.keyboard.press('Enter');
  await expect(page.getByText(t.recall.tombstone.self).first()).toBeVisible();

  await talkTo(0);
  await say(ids[0], '今天下午四点前发出，顺丰');
  await host.control.consumerReads(ids[0] ?? '');
  await expect.poll(async () => (await host.control.messages(ids[0] ?? '')).at(-1)?.read_at).not.toBeNull();
  await page.waitForTimeout(600);
  await page.getByRole('article').filter({ hasText: '今天下午四点前' }).click({ button: 'right' });
  await page.getByRole('menuitem', { name: new RegExp(t.recall.remedy) }).click();
  await expect(page.getByRole('group', { name: t.recall.remedy })).toBeVisible();
  await page.waitForTimeout(400);
  await shoot('remedy');

  await screenOf(page, t.nav.overview);
  await page.waitForTimeout(1_500);
  await shoot('overview');
  await page.getByRole('tab', { name: t.overview.tab.team }).click();
  await page.waitForTimeout(1_500);
  await shoot('team');

  await screenOf(page, t.nav.incidents);
  await page.getByRole('grid').first().getByRole('row').nth(1).click();
  await page.waitForTimeout(700);
  await shoot('incidents');

  await screenOf(page, t.nav.knowledge);
  await page.waitForTimeout(700);
  const article = page.getByRole('option').first();
  if (await article.isVisible()) await article.click();
  await page.waitForTimeout(400);
  await shoot('knowledge');

  await screenOf(page, t.nav.records);
  await page.getByRole('radio', { name: t.records.any }).check({ force: true });
  await searched(page, t);
  await page.getByRole('grid').first().getByRole('row').nth(1).click();
  await expect(page.getByRole('log', { name: t.records.transcript })).toBeVisible();
  await page.waitForTimeout(500);
  await shoot('records');
  const numbers = await orderNumbers(host);
  await page.getByRole('radio', { name: t.records.byNumber }).check({ force: true });
  await page.getByRole('button', { name: t.records.numbersEdit }).click();
  await page.getByRole('textbox', { name: t.numbers.label }).fill([...numbers, '88000012345678'].join('\n'));
  await page.getByRole('button', { name: t.numbers.use }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await searched(page, t);
  await page.getByRole('grid').first().getByRole('row').nth(1).click();
  await page.waitForTimeout(700);
  await shoot('numbers');

  await screenOf(page, t.nav.review);
  await host.call('practice.join', { role: 'qa', joined: true });
  await page.waitForTimeout(1_500);
  await page.getByRole('button', { name: t.reviews.sample.draw, exact: true }).first().click();
  const drawing = page.getByRole('dialog');
  await drawing.getByLabel(t.reviews.drawing.seed).fill('2026-11');
  await drawing.getByRole('button', { name: t.reviews.drawing.confirm, exact: true }).click();
  await expect(page.getByRole('log', { name: t.reviews.desk.transcript })).toBeVisible();
  for (const key of ['4', '5', '3', '5']) await page.keyboard.press(key);
  await page.keyboard.press('j');
  await page.keyboard.press('m');
  await page.waitForTimeout(500);
  await shoot('review');

  await host.call('practice.join', { role: 'admin', joined: true });
  await page.waitForTimeout(1_500);
  await screenOf(page, t.nav.administration);
  await page.getByRole('grid').first().getByRole('row').nth(1).click();
  await page.waitForTimeout(600);
  await shoot('admin');

  await screenOf(page, t.nav.connection);
  await page.waitForTimeout(600);
  await shoot('connection');
}

const active = (page: Page, t: Catalogue): Locator => page.getByRole('tab', { name: new RegExp(`^${t.inbox.active}`) });

/** While a search runs its button stops it, so it is not pressed blindly. */
async function searched(page: Page, t: Catalogue): Promise<void> {
  const row = page.getByRole('grid').first().getByRole('row').nth(1);
  for (let turn = 0; turn < 3; turn++) {
    if (
      await row.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      )
    )
      return;
    await page.getByRole('button', { name: t.records.run, exact: true }).click({ timeout: 5_000 });
  }
  await row.waitFor();
}

const screenOf = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('button', { name, exact: true }).click();

async function orderNumbers(host: TestHost): Promise<readonly string[]> {
  const { conversations } = await host.call('conversations.list', {
    account_id: null,
    intake: 'active',
    limit: 100,
    cursor: null,
  });
  return [...new Set(conversations.flatMap(({ order_nos }) => order_nos))].slice(0, 6);
}

/** A tenth of the PNG's size, made by the browser itself. */
async function webp(darkroom: Page, png: Buffer): Promise<Buffer> {
  const address = await darkroom.evaluate(
    async ([source, quality]) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext('2d')?.drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', quality);
    },
    [`data:image/png;base64,${png.toString('base64')}`, QUALITY] as const,
  );
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}

const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [];
const browser = await chromium.launch({
  ...(process.env['WORKBENCH_CHROMIUM'] ? { executablePath: process.env['WORKBENCH_CHROMIUM'] } : {}),
  args: [...asRoot, '--font-render-hinting=none'],
});
try {
  for (const [name, locale] of [
    ['zh', 'zh-CN'],
    ['en', 'en'],
  ] as const) {
    if (/^(zh|en)$/.test(process.argv[2] ?? '') && process.argv[2] !== name) continue;
    const folder = path.join(FOLDER, name);
    mkdirSync(folder, { recursive: true });
    await camera(browser, locale, folder);
  }
} finally {
  await browser.close();
}
