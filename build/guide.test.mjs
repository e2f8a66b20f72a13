import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { SHORTCUTS, shownKeys } from '../renderer/app/shortcuts.ts';
import { findPlaces, placesOf } from '../renderer/features/help/search.ts';
import { blockText } from '../renderer/features/help/topic.ts';
import { APP_ERROR_CODES } from '../shared/contract/errors.ts';
import { catalogues } from '../shared/i18n/index.ts';
import { GUIDE, GUIDE_TOPICS, parseTopic, readTopic } from './guide.ts';

const LOCALES = { zh: 'zh-CN', en: 'en' };
const guides = Object.fromEntries(
  Object.keys(LOCALES).map((locale) => [
    locale,
    { topics: GUIDE_TOPICS.map((id) => readTopic(locale, id)), pictures: {} },
  ]),
);

function pieces(block) {
  if (block.kind === 'paragraph') return block.inline;
  if (block.kind === 'list') return block.items.flat();
  if (block.kind === 'table') return [...block.head, ...block.rows.flat()].flat();
  return [];
}

function texts(words) {
  return Object.values(words).flatMap((value) => (typeof value === 'string' ? [value] : texts(value)));
}

test('[UX1] the guide has the same pages, parts and pictures in both languages, all of them in the help', () => {
  for (const locale of Object.keys(LOCALES))
    expect(readdirSync(path.join(GUIDE, locale)).sort()).toEqual(GUIDE_TOPICS.map((id) => `${id}.md`).sort());
  for (const [at, topic] of guides.zh.topics.entries()) {
    const shape = ({ blocks }) => blocks.map((block) => (block.kind === 'picture' ? block.name : block.kind));
    expect(shape(guides.en.topics[at]), topic.id).toEqual(shape(topic));
  }
});

for (const [locale, language] of Object.entries(LOCALES)) {
  const { topics } = guides[locale];
  test(`[UX1] ${locale}: every word of the window in the guide stands in the window`, () => {
    const known = new Set(texts(catalogues[language]));
    const unknown = topics.flatMap((topic) =>
      topic.blocks.flatMap((block) =>
        pieces(block)
          .filter(({ kind, text }) => kind === 'word' && !known.has(text))
          .map(({ text }) => `${topic.id}: ${text}`),
      ),
    );
    expect(unknown).toEqual([]);
  });

  test(`[UX6] ${locale}: links and pictures of the guide lead somewhere, codes in it exist`, () => {
    const broken = [];
    for (const topic of topics)
      for (const block of topic.blocks) {
        if (block.kind === 'picture' && !existsSync(path.join(GUIDE, 'pictures', locale, `${block.name}.webp`)))
          broken.push(`${topic.id}: no picture ${block.name}`);
        for (const piece of pieces(block)) {
          if (piece.kind === 'code' && /^[A-Z_]{6,}$/.test(piece.text) && !APP_ERROR_CODES.includes(piece.text))
            broken.push(`${topic.id}: no code ${piece.text}`);
          if (piece.kind !== 'link' || piece.topic === 'errors') continue;
          const target = topics.find(({ id }) => id === piece.topic);
          const section = target?.blocks.some((one) => one.kind === 'heading' && one.id === piece.section);
          if (!target || (piece.section !== null && !section))
            broken.push(`${topic.id}: ${piece.topic}#${piece.section}`);
        }
      }
    expect(broken).toEqual([]);
  });

  test(`[UX2] ${locale}: the keyboard page has every key of the window`, () => {
    const page = topics
      .find(({ id }) => id === 'keyboard')
      .blocks.map(blockText)
      .join('\n');
    for (const { id } of SHORTCUTS) expect(page).toContain(shownKeys(id, false).join(' '));
  });

  test(`[SR4] ${locale}: the help is searched like records: width and case folded, all terms, codes too`, () => {
    const places = placesOf(guides[locale], language);
    expect(places.length).toBeGreaterThan(APP_ERROR_CODES.length + 30);
    expect(findPlaces(places, 'ｗｉｎｄｏｗ＿expired')[0]?.code).toBe('WINDOW_EXPIRED');
    const many = findPlaces(places, 'XLSX');
    expect(many.length).toBeGreaterThan(1);
    expect(findPlaces(places, 'xlsx CSV').length).toBeLessThan(many.length);
    for (const place of findPlaces(places, 'xlsx'))
      for (const [from, to] of place.inText) expect(place.text.slice(from, to).toLowerCase()).toBe('xlsx');
    expect(findPlaces(places, '  ')).toEqual([]);
    expect(findPlaces(places, 'zxqv')).toEqual([]);
  });
}

test('[UX6] what the help cannot show fails the build instead of vanishing', () => {
  expect(() => parseTopic('x', '# T\n\n> a quotation')).toThrow('x: ');
  expect(() => parseTopic('x', '# T\n\n<b>html</b>')).toThrow('x: ');
  expect(() => parseTopic('x', 'no heading')).toThrow('no first heading');
  expect(() => parseTopic('x', '# T\n\n[out](https://example.com)')).toThrow('leads out');
});
