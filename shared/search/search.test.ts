import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlightRanges, matchesFolded } from './match.ts';
import { fold, foldWithOrigin } from './normalise.ts';
import { parseTextQuery } from './query.ts';
import { rowTokens, termTokens } from './tokens.ts';

const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom(
        'ﬁ',
        'Ⅳ',
        '㍿',
        'e\u0301',
        '\u0301',
        'ㄱ',
        'ㅏ',
        '가',
        '각',
        'ｶﾞ',
        'ﾞ',
        'か\u3099',
        '①',
        '½',
        '…',
        'İ',
        'Σ',
        'ς',
        'ß',
        '😀',
        '👨‍👩‍👧',
        '\ud83d',
        '\ude00',
        'Ａ',
        '，',
        '～',
        'ｚ',
        '\u3000',
        '\u00a0',
        'x\u0302',
        '\u1100',
        '\u1161',
        '\u11a8',
        '你',
        '好',
        'a',
        '1',
        ' ',
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const OPTIONS = { numRuns: 3_000, seed: 20_261_122 };

describe('[SR4] folding', () => {
  it('[SR4] is NFKC and lower case', () => {
    expect(fold('ＡＢＣ　Ⅳ ﬁ ㈱')).toBe('abc iv fi (株)');
    expect(fold('你好，ABC')).toBe('你好,abc');
    expect(fold('ΟΔΟΣ')).toBe('οδοσ');
    expect(fold('a\ud83d')).toBe('a\ufffd');
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fold(text)).toBe(text.toWellFormed().normalize('NFKC').toLowerCase().replaceAll('ς', 'σ'));
      }),
      OPTIONS,
    );
  });

  it('[SR4] every folded unit knows where it comes from', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = foldWithOrigin(text);
        expect(folded.text).toBe(fold(text));
        if (folded.origin === null) {
          expect(folded.text.length).toBe(text.length);
          for (let i = 0; i < text.length; i++) {
            const point = text.codePointAt(i) as number;
            if (point > 0xffff) expect(folded.text.slice(i, i + 2)).toBe(fold(text.slice(i, ++i + 1)));
            else expect(folded.text[i]).toBe(fold(text.charAt(i)));
          }
          return;
        }
        // The pieces, each folded by itself, are the whole.
        let joined = '';
        let covered = 0;
        for (let i = 0; i < folded.text.length; i++) {
          const start = folded.origin.start[i] as number;
          const end = folded.origin.end[i] as number;
          if (start !== covered && end === covered) continue;
          expect(start).toBe(covered);
          joined += fold(text.slice(start, end));
          covered = end;
        }
        expect(covered).toBe(text.length);
        expect(joined).toBe(folded.text);
      }),
      OPTIONS,
    );
  });
});

describe('[SR4] one character at a time', () => {
  it('[SR4] every character of Unicode keeps its place, alone and between others', () => {
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const text = `你${String.fromCodePoint(code)}a`;
      const { text: folded, origin } = foldWithOrigin(text);
      if (folded !== fold(text)) throw new Error(`U+${code.toString(16)} folds differently`);
      if (
        origin === null
          ? folded.length !== text.length
          : origin.start.length !== folded.length || origin.end.at(-1) !== text.length
      )
        throw new Error(`U+${code.toString(16)} loses its place`);
    }
    expect(foldWithOrigin('Ａ１，😀').origin).toBeNull();
  });
});

describe('[SR4] the query', () => {
  const parse = (text: string): [readonly string[], readonly string[]] => {
    const query = parseTextQuery(text);
    return [query.terms, query.nots];
  };
  it('[SR4] terms, phrases, exclusions', () => {
    expect(parse('退款 快递')).toEqual([['退款', '快递'], []]);
    expect(parse('退款　快递\n退款')).toEqual([['退款', '快递'], []]);
    expect(parse('"hello world" Ab')).toEqual([['hello world', 'ab'], []]);
    expect(parse('“七天 无理由”退货')).toEqual([['七天 无理由', '退货'], []]);
    expect(parse('＂a b＂')).toEqual([['a b'], []]);
    expect(parse('退款 -快递 −"a b" －X')).toEqual([['退款'], ['快递', 'a b', 'x']]);
  });
  it('[SR4] empty and unbalanced quotes, lonely hyphens, punctuation', () => {
    expect(parse('""')).toEqual([[], []]);
    expect(parse('“” -"" a')).toEqual([['a'], []]);
    expect(parse('"')).toEqual([['"'], []]);
    expect(parse('"abc def')).toEqual([['"abc', 'def'], []]);
    expect(parse('5" 屏')).toEqual([['5"', '屏'], []]);
    expect(parse('说“好')).toEqual([['说“好'], []]);
    expect(parse('- --')).toEqual([['-', '--'], []]);
    expect(parse('a-b ——')).toEqual([['a-b', '——'], []]);
    expect(parse('？！')).toEqual([['?!'], []]);
    expect(parse('" "')).toEqual([[' '], []]);
  });
});

describe('[SR4] highlights', () => {
  const marks = (text: string, query: string): string[] =>
    highlightRanges(text, parseTextQuery(query)).map(([a, b]) => text.slice(a, b));
  it('[SR4] mark exactly the matches in the original text', () => {
    expect(marks('您好，ＡＢＣ退款', 'abc')).toEqual(['ＡＢＣ']);
    expect(marks('哈哈哈哈哈', '哈哈')).toEqual(['哈哈', '哈哈']);
    expect(marks('订单号', '订单 单号')).toEqual(['订单号']);
    expect(marks('abcd', 'ab cd')).toEqual(['ab', 'cd']);
    expect(marks('conﬁg', 'i')).toEqual(['ﬁ']);
    expect(marks('Ⅳ级', 'v级')).toEqual(['Ⅳ级']);
    expect(marks('cafe\u0301!', 'é')).toEqual(['e\u0301']);
    expect(marks('x\u0302y', 'x')).toEqual(['x']);
    expect(marks('😀a😀', '😀')).toEqual(['😀', '😀']);
    expect(marks('等…', '.')).toEqual(['…']);
    expect(marks('退款', '-快')).toEqual([]);
  });
  it('[SR4] a highlighted range folds to a text with the term in it', () => {
    fc.assert(
      fc.property(anyText, fc.nat(20), fc.integer({ min: 1, max: 4 }), (text, from, length) => {
        const points = [...fold(text)];
        const term = points
          .slice(from % Math.max(1, points.length))
          .slice(0, length)
          .join('');
        if (term === '') return;
        const query = { terms: [term], nots: [] };
        expect(matchesFolded(fold(text), query)).toBe(true);
        const ranges = highlightRanges(text, query);
        expect(ranges.length).toBeGreaterThan(0);
        let last = 0;
        for (const [start, end] of ranges) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(fold(text.slice(start, end)).length).toBeGreaterThanOrEqual(1);
          last = end;
        }
        expect(fold(text.slice(ranges[0]?.[0], ranges[0]?.[1]))).toContain(term);
      }),
      OPTIONS,
    );
  });
});

describe('[SR4] tokens', () => {
  it('[SR4] bigrams, trigrams, tails', () => {
    expect(rowTokens('你好ab123吗')).toBe(' 你好 好 ab1 b12 123 23 3 吗');
    expect(rowTokens('a b')).toBe(' a \ue020 b');
    expect(rowTokens('😀👍x')).toBe(' 😀👍 👍 x');
    expect(termTokens('你好')).toEqual({ phrase: ['你好'], prefix: null, strong: true, exact: true });
    expect(termTokens('好')).toEqual({ phrase: [], prefix: '好', strong: false, exact: true });
    expect(termTokens('单12')).toEqual({ phrase: ['单'], prefix: '12', strong: false, exact: true });
    expect(termTokens('12元')).toEqual({ phrase: ['12', '2'], prefix: '元', strong: false, exact: true });
    expect(termTokens('1234')).toEqual({ phrase: ['123', '234'], prefix: null, strong: true, exact: true });
  });

  it('[SR4] phrase and prefix say exactly "contains"', () => {
    const small = fc
      .array(fc.constantFrom('你', '好', 'a', 'b', '1', ' ', ',', '😀', '\ue005', '？'), { maxLength: 9 })
      .map((parts) => fold(parts.join('')));
    expect(termTokens('你').exact).toBe(true);
    fc.assert(
      fc.property(small, small, (text, term) => {
        if (term === '') return;
        const { phrase, prefix, exact } = termTokens(term);
        const tokens = rowTokens(text).split(' ').slice(1);
        let found = false;
        for (let i = 0; i + phrase.length <= tokens.length && !found; i++) {
          found =
            phrase.every((token, k) => tokens[i + k] === token) &&
            (prefix === null || (tokens[i + phrase.length]?.startsWith(prefix) ?? false));
        }
        if (exact) expect(found).toBe(text.includes(term));
        else if (text.includes(term)) expect(found).toBe(true);
      }),
      { numRuns: 20_000, seed: 7 },
    );
  });
});
