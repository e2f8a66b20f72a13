import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cliWords } from '../shared/i18n/cli.ts';
import { replyFileWords } from '../shared/i18n/composer.ts';
import { desktopWords } from '../shared/i18n/desktop.ts';
import { importReasons } from '../shared/i18n/import-reasons.ts';
import { catalogues } from '../shared/i18n/index.ts';
import { reviewWords } from '../shared/i18n/reviews.ts';
import { spreadsheetWords } from '../shared/i18n/spreadsheet.ts';
import { viewerWords } from '../shared/i18n/viewer.ts';
import { checkStrings, stringsOf } from './strings.mjs';
import { listTree } from './tree.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const ALL = {
  window: catalogues,
  viewer: viewerWords,
  'command line': cliWords,
  desktop: desktopWords,
  spreadsheet: spreadsheetWords,
  'import reasons': importReasons,
  'reply files': replyFileWords,
  'review sheet': reviewWords,
};

/** Every text of a catalogue by its path. */
function texts(words, prefix = '') {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[`${prefix}${key}`, value]]
      : value !== null && typeof value === 'object'
        ? texts(value, `${prefix}${key}.`)
        : [[`${prefix}${key}`, null]],
  );
}

const placeholders = (text) => [...new Set(text.match(/\{+[\w.]+\}+/g) ?? [])].sort();

test('[UX1] no string that a person reads stands in the window’s code', () => {
  const { files, problems } = checkStrings(ROOT);
  expect(files).toBeGreaterThan(100);
  expect(problems).toEqual([]);
});

test('[UX1] the check finds text, attributes, properties and Chinese letters, and leaves names of ours alone', () => {
  const found = stringsOf(
    'x.tsx',
    [
      'const a = <p className="quiet" data-x="Not shown">Send it</p>;',
      'const b = <input placeholder={`Search ${n}`} aria-label={on ? "On" : "Off"} />;',
      'const c = { label: "Two words", title: key, id: "records", text: "reception" };',
      'const d = "撤回";',
      'const e = <Kbd>Esc</Kbd>;',
      'const f = <p>{t("chat.send")}</p>;',
      'const g = <b>{n > 1 && "many"}</b>;',
      'const h = <div>{n}); </div>;',
    ].join('\n'),
  );
  expect(found.map(({ text }) => text).sort()).toEqual(
    ['Send it', 'Search', 'On', 'Off', 'Two words', '撤回', 'many', ');'].sort(),
  );
  expect(found.find(({ text }) => text === '撤回')?.line).toBe(4);
});

for (const [name, words] of Object.entries(ALL))
  test(`[UX1] ${name}: both languages have the same keys and placeholders, and no text is empty`, () => {
    const zh = new Map(texts(words['zh-CN']));
    const en = new Map(texts(words.en));
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort());
    for (const [key, text] of zh) {
      const other = en.get(key);
      if (text === null || other === null || other === undefined) {
        expect(other ?? null, key).toBeNull();
        continue;
      }
      expect(text.trim(), key).not.toBe('');
      expect(other.trim(), key).not.toBe('');
      expect(placeholders(other), key).toEqual(placeholders(text));
    }
  });

test('[UX1] the English has no Chinese left in it', () => {
  const names = /^(settings\.chinese|palette\.toggleLocale)$/;
  const left = texts(catalogues.en).filter(([key, text]) => !names.test(key) && /\p{Script=Han}/u.test(text ?? ''));
  expect(left).toEqual([]);
});

/** Taken out of the catalogue by the main process, not said by `t`. */
const TAKEN_ELSEWHERE = [
  'administration.groups.exportReason',
  'administration.retention.job',
  'reviews.merge.outcome.',
  'security.file.',
  'side.platforms.',
  'status.practice',
  'upkeep.job.',
];

test('[UX1] no text of the window is left over that nobody says', () => {
  const source = listTree(ROOT, /\.tsx?$/)
    .filter((file) => /^(renderer|main|shared\/(?!i18n))/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
    .join('\n');
  const said = new Set([...source.matchAll(/['"`]([\w.]+)['"`]/g)].map(([, key]) => key));
  const begun = new Set([...source.matchAll(/`([\w.]+\.)\$\{/g)].map(([, start]) => start));
  const isSaid = (key) =>
    said.has(key.replace(/_(one|other)$/, '')) ||
    TAKEN_ELSEWHERE.some((start) => key.startsWith(start)) ||
    key.split('.').some((_, index, parts) => begun.has(`${parts.slice(0, index).join('.')}.`)) ||
    // A group that is taken whole (`returnObjects`).
    key.split('.').some((_, index, parts) => index > 1 && said.has(parts.slice(0, index).join('.')));
  const all = texts(catalogues['zh-CN']).map(([key]) => key);
  expect(all.length).toBeGreaterThan(1_000);
  expect(all.filter((key) => !isSaid(key))).toEqual([]);
});
