import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findAddresses } from '../guard/detect/address.ts';
import { findEmails, findIdentifiers } from '../guard/detect/contact.ts';
import { findNumbers } from '../guard/detect/numbers.ts';
import { fold, foldedText, mayHaveFolded } from '../guard/fold.ts';
import { CORPUS } from './corpus.fixture.ts';
import { findNames } from './names.ts';
import { HAS_ADDRESS_START, HAS_AT, HAS_IDENTIFIER, HAS_NAME_FRAME, HAS_NUMBER, HAS_PLACE, survey } from './survey.ts';

const fragments = fc.constantFrom(
  ...['138', '0013', '8000', '１３８', '一三八', '零零', '⑬', '⒑', '㏠', '½', 'Ⅷ', '𝟏𝟑𝟖', '🄀', '㉑', '8 ', '-', '+86'],
  ...['微信', 'QQ', 'ｖｘ', '薇信', 'ab', 'c_1', 'Ⓐ', 'ﬁ', '㎏', '𝓪𝓫', '号', '是', '：', '@', '＠', 'qq.com', '℡'],
  ...['地址', '寄到', '住在', '北京市', '朝阳区', '建国路', '88号', '幸福小区', '3栋', '502', '大厦', '㍿', '一', '楼'],
  ...['收件人', '我叫', '景甜', '欧陽娜', '先生', '女士', '收', '找', '张三', ' ', '，', '\u200b', '\u0301'],
);
const texts = fc.oneof(
  fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.constantFrom(...CORPUS),
);

test('[EX5] the quick look never keeps a detector from what it would find', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const has = survey(text);
      const folded = foldedText(text);
      const needed = (found: readonly unknown[], flags: number): number => (found.length === 0 ? 0 : flags);
      const flags =
        needed(findNumbers(folded), HAS_NUMBER) |
        needed(findIdentifiers(folded), HAS_IDENTIFIER) |
        needed(findEmails(folded), HAS_AT) |
        needed(findAddresses(folded), HAS_PLACE | HAS_ADDRESS_START) |
        needed(findNames(folded, []), HAS_NAME_FRAME);
      expect(has & flags).toBe(flags);
    }),
    { numRuns: 3_000 },
  );
});

test('[EX5] a character of a folded text is never denied', () => {
  fc.assert(
    fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), (text) => {
      const { text: folded } = fold(text);
      for (let at = 0; at < folded.length; at++) expect(mayHaveFolded(text, folded.charCodeAt(at))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});
