import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Page } from '@playwright/test';
import { createPinyin } from '#main/adapters/pinyin/pinyin.ts';
import { WORDS } from '#main/practice/word-list.ts';
import type { ReplyView } from '#shared/contract/composer.ts';
import { findReplies, indexReplies } from '#shared/domain/composer/find-replies.ts';
import { inspect } from '#shared/domain/guard/inspect.ts';
import { createWordSet, createWordSetGently, type SensitiveWord } from '#shared/domain/guard/words.ts';
import { defaultReplies } from '#shared/i18n/composer-defaults.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { startTestHost } from '../support/browser-host.ts';
import { launch } from './support/browser.ts';
import { ms, show, spread, table } from './support/statistics.ts';

/**
 * Writing at the desk (PV3, PV7): the guard's check against 60,000 words, look-ups over 5,000 quick replies, and the time
 * from a key press to its pixels in Chromium with 40 active conversations and 50 events a second.
 *
 *   node test/bench/composer.bench.ts [--words 60000] [--keys 400] [--rate 50] [--only check|keys]
 */
const { values } = parseArgs({
  options: {
    words: { type: 'string', default: '60000' },
    keys: { type: 'string', default: '400' },
    rate: { type: 'string', default: '50' },
    only: { type: 'string' },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const rows: string[][] = [];
const random = createPrng(11);

const PIECES =
  '您 好 这 款 有 货 吗 请 问 什 么 时 候 发 快 递 多 久 到 可 以 退 换 尺 码 偏 大 小 颜 色 质 量 怎 样 优 惠 券 能 用 地 址 改 一 下 谢 谢 客 服 订 单 号 物 流 不 动 了 补 差 价 开 票 赠 品 漏 破 损 包 装 清 洗 安 全 孩 子 老 人'.split(
    ' ',
  );
const HAN = 0x4e00;

/** The practice list, and words of two to five characters: all different, shaped as lists are. */
function wordList(count: number): SensitiveWord[] {
  const words = new Map<string, SensitiveWord>();
  for (const { word, category, action } of WORDS) words.set(word, { word, category, action });
  while (words.size < count) {
    let word = '';
    const length = 1 + random.int(4);
    for (let index = 0; index < length; index++)
      word +=
        random.int(10) < 7
          ? (PIECES[random.int(PIECES.length)] as string)
          : String.fromCharCode(HAN + random.int(6_000));
    // Begun like ordinary sentences, so that the automaton goes deep; ended like none, so that texts hit as seldom as real ones.
    word += random.int(10) === 0 ? `${random.int(1_000)}x` : String.fromCharCode(HAN + 6_000 + random.int(9_000));
    words.set(word, { word, category: 'ad_law', action: 'warn' });
  }
  return [...words.values()];
}

function sentence(length: number): string {
  let text = '';
  while (text.length < length)
    text +=
      random.int(12) === 0
        ? ['，', '。', '？', ' ', '12 元', '😀', 'A3', '最便宜'][random.int(8)]
        : (PIECES[random.int(PIECES.length)] as string);
  return text.slice(0, length);
}

/** Processor time of this thread, milliseconds; its clock ticks coarsely, so only sums over many calls mean something. */
const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

async function checks(): Promise<void> {
  const list = wordList(Number(values.words));
  const policy = { send: { confirm: ['money', 'promise'], block: ['id_number'] } };
  let started = performance.now();
  const set = createWordSet(list, 1);
  const compile = performance.now() - started;
  const pauses: number[] = [];
  started = performance.now();
  await createWordSetGently(list, 1, async () => {
    pauses.push(performance.now() - started);
    await new Promise((resolve) => setImmediate(resolve));
    started = performance.now();
  });
  const texts = Array.from({ length: 200 }, () => sentence(2_000));
  for (const text of texts) inspect(text, policy, set);
  const samples: number[] = [];
  const usedBefore = cpu();
  for (let round = 0; round < 5; round++)
    for (const text of texts) {
      const from = performance.now();
      inspect(text, policy, set);
      samples.push(performance.now() - from);
    }
  const checkCost = (cpu() - usedBefore) / samples.length;
  const name = `${list.length.toLocaleString('en')} words`;
  rows.push([`check of 2,000 characters against ${name}`, show(spread(samples)), 'p95 < 1']);
  rows.push(['… processor time, mean', checkCost.toFixed(2), '']);
  rows.push([`compile ${name}: whole / longest step`, `${ms(compile)} / ${ms(spread(pauses).worst)}`, '']);

  const pinyin = createPinyin();
  const replies: ReplyView[] = [];
  started = performance.now();
  for (let id = 0; id < 5_000; id++) {
    const base = defaultReplies[id % defaultReplies.length] as (typeof defaultReplies)[number];
    const title = id < defaultReplies.length ? base.title : `${sentence(6)}${id}`;
    const body = `${base.body}${sentence(30)}`;
    const spelled = pinyin.spell(`${title} ${body}`.slice(0, 60));
    replies.push({ id, scope: 'personal', group: base.group, title, body, uses: random.int(50), ...spelled });
  }
  const spell = performance.now() - started;
  started = performance.now();
  const index = indexReplies(replies);
  const made = performance.now() - started;
  const lookups: number[] = [];
  const lookupsBefore = cpu();
  const queries = ['fhsj', 'f', 'thlc', 'fahuo', '发货', '退', 'tk jd', 'zzz', 'yhq', 'shijian', '物流 停滞', 'nh'];
  for (let round = 0; round < 60; round++)
    for (const query of queries) {
      const from = performance.now();
      findReplies(index, query, 8);
      lookups.push(performance.now() - from);
    }
  rows.push(['quick reply look-up over 5,000 (text, pinyin, initials)', show(spread(lookups)), '< 5']);
  rows.push(['… processor time, mean', ((cpu() - lookupsBefore) / lookups.length).toFixed(2), '']);
  rows.push(['pinyin of 5,000 replies, once / index in the window', `${ms(spell)} / ${ms(made)}`, '']);
}

interface Keys {
  readonly paint: number[];
  readonly handled: number[];
}

/** From a key to the end of the frame that it changed. */
async function watchKeys(page: Page): Promise<void> {
  await page.evaluate(() => {
    const found = { paint: [] as number[], handled: [] as number[] };
    Object.assign(globalThis, { found });
    addEventListener(
      'keydown',
      (event) => {
        const from = event.timeStamp;
        // Behind the frame that this key changed: drawn and handed over.
        requestAnimationFrame(() => {
          const drawing = performance.now();
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            found.paint.push(performance.now() - from);
            found.handled.push(performance.now() - drawing);
          };
          channel.port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
}

const keysOf = (page: Page): Promise<Keys> => page.evaluate(() => (globalThis as unknown as { found: Keys }).found);

async function keys(): Promise<void> {
  const host = await startTestHost();
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN' });
    await host.call('settings.set', { first_run_done: true });
    const ids: string[] = [];
    for (let index = 0; index < 40; index++) {
      const { conversation_id } = await host.control.newEnquiry({
        name: `忙碌买家${index}`,
        text: sentence(20),
        shop_id: 's-qinghe',
        assign_to: 'a-xiaomei',
      });
      ids.push(conversation_id);
    }
    await page.goto(host.url);
    await page.getByRole('tab', { name: /接待中/ }).click();
    await page
      .getByRole('option', { name: /忙碌买家39/ })
      .first()
      .click();
    const composer = page.getByRole('textbox', { name: '输入消息' });
    await composer.focus();
    await watchKeys(page);
    // Events of every kind that a busy desk has, spread over all conversations.
    const rate = Number(values.rate);
    let events = 0;
    const beat = setInterval(() => {
      const id = ids[events++ % ids.length] as string;
      void host.control.consumerSays(id, sentence(24)).catch(() => undefined);
    }, 1_000 / rate);
    const began = performance.now();
    for (let index = 0; index < Number(values.keys); index++) {
      await page.keyboard.press(index % 40 === 39 ? 'Space' : String.fromCharCode(97 + (index % 26)));
      // Ten keys a second, not in step with anything.
      await new Promise((resolve) => setTimeout(resolve, 70 + random.int(60)));
      if (index % 100 === 99) await composer.fill('售价 59 元，假一赔十，');
    }
    const seconds = (performance.now() - began) / 1_000;
    clearInterval(beat);
    const found = await keysOf(page);
    const load = `40 conversations, ${Math.round(events / seconds)} events/s`;
    rows.push([`key press to pixels, ${load} (${found.paint.length} keys)`, show(spread(found.paint)), 'p95 < 16']);
    rows.push(['… of it drawing that frame', show(spread(found.handled)), '']);
    // What browser and machine take for it by themselves.
    const bare = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await bare.setContent('<textarea rows="4" cols="60"></textarea>');
    await bare.locator('textarea').focus();
    await watchKeys(bare);
    for (let index = 0; index < 100; index++) {
      await bare.keyboard.press('a');
      await new Promise((resolve) => setTimeout(resolve, 70 + random.int(60)));
    }
    rows.push(['the same in an empty page, no events (100 keys)', show(spread((await keysOf(bare)).paint)), '']);
  } finally {
    await browser.close();
    await host.stop();
  }
}

const before = loadavg()[0] ?? 0;
if (values.only !== 'keys') await checks();
if (values.only !== 'check') await keys();
process.stdout.write(`${table(['what (p50 / p95 / worst, ms)', 'result', 'target'], rows)}\n`);
say(`load before ${before.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`);
