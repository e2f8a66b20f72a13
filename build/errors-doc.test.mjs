import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { APP_ERROR_CODES } from '../shared/contract/errors.ts';
import { explainError } from '../shared/i18n/errors.ts';
import { ERRORS_DOC, errorsDoc } from './errors-doc.mjs';

const everyWord = APP_ERROR_CODES.flatMap((code) =>
  ['zh-CN', 'en'].flatMap((locale) =>
    Object.entries(explainError(code, locale)).map(([part, text]) => ({ code, locale, part, text })),
  ),
);

test('[UX6] docs/errors.md is what the catalogue says', () => {
  expect(readFileSync(ERRORS_DOC, 'utf8')).toBe(errorsDoc());
});

test('[RC21] every code has cause, effect and next step in both languages, each one its own', () => {
  expect(everyWord).toHaveLength(APP_ERROR_CODES.length * 6);
  for (const { code, locale, part, text } of everyWord) {
    expect(text.length, `${code} ${locale} ${part}`).toBeGreaterThan(4);
    expect(/\p{Script=Han}/u.test(text), `${code} ${locale} ${part}`).toBe(locale === 'zh-CN');
  }
  for (const locale of ['zh-CN', 'en']) {
    const causes = APP_ERROR_CODES.map((code) => explainError(code, locale).cause);
    expect(new Set(causes).size).toBe(causes.length);
  }
});

test('[UX6] the words are short and calm: no 亲, no exclamation mark, no bare 请稍后重试', () => {
  for (const { code, text } of everyWord) {
    expect(text, code).not.toMatch(/亲|[!！]|稍后|please/i);
    expect([...text].length, code).toBeLessThanOrEqual(/\p{Script=Han}/u.test(text) ? 50 : 130);
  }
});

test('[SY8] a code that this version does not know still gets words', () => {
  expect(explainError('FROM_THE_FUTURE', 'zh-CN')).toEqual(explainError('INTERNAL', 'zh-CN'));
  expect(explainError('toString', 'en')).toEqual(explainError('INTERNAL', 'en'));
});
