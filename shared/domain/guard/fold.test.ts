import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, foldedText, originalRange } from './fold.ts';
import { SIMPLIFIED } from './variants.ts';

/** Texts as they come: any code points, lone surrogates too, with a good share of what folding has rules for. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom(
        '微',
        '信',
        '臺',
        '裡',
        'Ａ',
        'ｂ',
        '１',
        '①',
        '㎏',
        '½',
        'é',
        'e\u0301',
        '\u200b',
        '\u200d',
        '😀',
        '👨‍👩‍👧',
        '\ud800',
        '𝟏',
        'ß',
        'İ',
        '，',
        ' ',
        'ﷺ',
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('[PV3] folding with a way back', () => {
  it.each([
    ['ＶＸ１２３', 'vx123'],
    ['Straße ẞ', 'strasse ss'],
    ['微\u200b信\ufeff', '微信'],
    ['臺灣與後臺裡麵', '台湾与后台里面'],
    ['e\u0301', 'e'],
    ['é', 'e'],
    ['①②③', '123'],
    ['𝟏𝟑𝟖', '138'],
    ['㎏', 'kg'],
    ['ΟΔΟΣ ς', 'οδοσ σ'],
    ['ガ', 'カ\u3099'],
    ['a\u202eb', 'ab'],
    ['＠．：', '@.:'],
  ])('[PV3] %s', (text, folded) => {
    expect(foldedText(text)).toBe(folded);
  });

  it('[PV3] composed and decomposed, narrow and wide, upper and lower fold alike', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(foldedText(text.normalize('NFD'))).toBe(foldedText(text.normalize('NFC')));
        const kept = [...text].filter((character) => character.normalize('NFKD').length <= 4).join('');
        expect(foldedText(kept.toUpperCase().toLowerCase())).toBe(foldedText(kept.toLowerCase()));
      }),
    );
  });

  it('[PV3] each folded unit leads to the character that it came from', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = fold(text);
        let last = 0;
        for (let unit = 0; unit < folded.text.length; unit++) {
          const { start, end } = originalRange(folded, unit, unit + 1);
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          // The piece begins on a character and folds to something with this unit in it.
          expect(foldedText(text.slice(start, end))).toContain(folded.text[unit]);
          if (start > 0) expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(start - 1, start + 1))).toBe(false);
          last = start;
        }
      }),
    );
  });

  it('[PV3] folding twice is folding once', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(foldedText(foldedText(text))).toBe(foldedText(text));
      }),
    );
  });

  it('[PV3] the table of traditional characters is whole: one character each, no chains', () => {
    expect(SIMPLIFIED.size).toBeGreaterThan(2_800);
    for (const [from, to] of SIMPLIFIED) {
      expect(from).not.toBe(to);
      expect(SIMPLIFIED.has(to)).toBe(false);
    }
  });

  it('[PV3] a text that needs nothing is not copied', () => {
    const text = '好的 ok 123';
    expect(fold(text)).toEqual({ source: text, text, starts: null, ends: null });
  });
});
