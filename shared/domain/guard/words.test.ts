import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedText } from './fold.ts';
import {
  createWordSet,
  EMPTY_WORDS,
  findWords,
  MAX_WORD_UNITS,
  syncWords,
  type SensitiveWord,
  type WordSet,
} from './words.ts';

const entry = (word: string, action: SensitiveWord['action'] = 'warn', category = 'c'): SensitiveWord => ({
  word,
  category,
  action,
});
const found = (set: WordSet, text: string): string[] =>
  findWords(set, text).map((hit) => text.slice(hit.start, hit.end));

describe('[PV3] sensitive words', () => {
  const set = createWordSet([
    entry('微信'),
    entry('垃圾'),
    entry('VX'),
    entry('tit'),
    entry('100%'),
    entry('t.me'),
    entry('最便宜'),
    entry('臺灣'),
  ]);

  it.each([
    ['加微信', ['微信']],
    ['加 微 信', ['微 信']],
    ['微\u200b信', ['微\u200b信']],
    ['微-信 微*信 微.信 微_信', ['微-信', '微*信', '微.信', '微_信']],
    ['微😀信', ['微😀信']],
    ['垃\u0301圾\u0302！', ['垃\u0301圾\u0302']],
    ['ＶＸ我', ['ＶＸ']],
    ['v x', ['v x']],
    ['V.X.', ['V.X']],
    ['台湾', ['台湾']],
    ['最，便，宜', ['最，便，宜']],
    ['t-i-t', ['t-i-t']],
    ['纯棉100%', ['100%']],
    ['纯棉１００％', ['１００％']],
    ['T.ME/abc', ['T.ME']],
  ])('[PV3] %s is seen', (text, hits) => {
    expect(found(set, text)).toEqual(hits);
  });

  it.each(['hit it', '100个', '稍微。信不信由你', '稍微，信我', 'tme', '微\n信', '最便，宜', `微${'-'.repeat(9)}信`])(
    '[PV3] %j is not',
    (text) => {
      expect(found(set, text)).toEqual([]);
    },
  );

  it('[PV3] hits carry category and action, overlapping ones too', () => {
    const list = createWordSet([
      entry('加微信', 'warn', 'contact'),
      entry('微信', 'block', 'contact'),
      entry('信我', 'confirm', 'promise'),
    ]);
    expect(findWords(list, '加微信我')).toEqual([
      { start: 0, end: 3, word: '加微信', category: 'contact', action: 'warn' },
      { start: 1, end: 3, word: '微信', category: 'contact', action: 'block' },
      { start: 2, end: 4, word: '信我', category: 'promise', action: 'confirm' },
    ]);
  });

  it('[PV3] the same spelling twice, in other clothes, gives both', () => {
    const list = createWordSet([entry('vx', 'warn', 'a'), entry('ＶＸ', 'block', 'b')]);
    expect(
      findWords(list, 'Vx')
        .map((hit) => hit.category)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('[PV3] words that nothing is left of, or too long ones, are named and never match', () => {
    const long = '长'.repeat(MAX_WORD_UNITS + 1);
    const list = createWordSet([entry('\u200b\u200d'), entry(long), entry('好')]);
    expect(list.unusable).toEqual(['\u200b\u200d', long]);
    expect(found(list, long + '好')).toEqual(['好']);
  });

  it('[PV3] finds what a naive search finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('甲', '乙', '丙', 'a', 'b'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(letters, { minLength: 1, maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('甲', '乙', '丙', 'a', 'b'), maxLength: 40 }),
        (words, text) => {
          const expected: string[] = [];
          for (const word of words)
            for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1))
              expected.push(`${at}:${word}`);
          const hits = findWords(createWordSet(words.map((word) => entry(word))), text).map(
            (hit) => `${hit.start}:${hit.word}`,
          );
          expect(hits.sort()).toEqual(expected.sort());
        },
      ),
    );
  });

  it('[PV3] no trick loses a hit, and the range covers exactly its first to its last character', () => {
    const traditional: Readonly<Record<string, string>> = { 台: '臺', 发: '發', 钱: '錢', 级: '級', 国: '國' };
    const word = fc.string({
      unit: fc.constantFrom('台', '发', '钱', '级', '国', '微', '信', '保', '证'),
      minLength: 2,
      maxLength: 6,
    });
    const decoration = fc.constantFrom(
      '',
      '',
      '\u200b',
      '\u200d',
      '\ufe0f',
      ' ',
      '-',
      '*',
      '.',
      '·',
      '😀',
      '\u0301',
      '~~',
      '​ ​',
    );
    const disguise = fc.tuple(word, fc.array(fc.tuple(fc.boolean(), decoration), { minLength: 6, maxLength: 6 }));
    const around = fc.string({ unit: fc.constantFrom('好', '的', '，', '。', ' ', '😀', 'x', '1'), maxLength: 8 });
    fc.assert(
      fc.property(disguise, around, around, ([plain, tricks], before, after) => {
        const characters = [...plain];
        const disguised = characters
          .map((character, index) => {
            const [swap, gap] = tricks[index]!;
            return (
              (swap ? (traditional[character] ?? character) : character) + (index < characters.length - 1 ? gap : '')
            );
          })
          .join('');
        const text = before + disguised + after;
        const hits = findWords(createWordSet([entry(plain)]), text);
        expect(hits).toContainEqual(
          expect.objectContaining({ start: before.length, end: before.length + disguised.length }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('[PV3] one megabyte of anything is read to its end', () => {
    const size = 1 << 20;
    const many = createWordSet(Array.from({ length: 200 }, (_, index) => entry('啊'.repeat(index + 1))));
    let hits = 0;
    for (const unit of ['微 ', '微', 'vx', ' ', '\u200b', '😀', '，'])
      hits += findWords(set, unit.repeat(size / unit.length) + '垃圾').filter((hit) => hit.word === '垃圾').length;
    expect(hits).toBe(7);
    // The worst list there is, 200 words in one another: each place ends all of them.
    expect(findWords(many, '啊'.repeat(4_000))).toHaveLength((200 * (4_000 - 199) * 2 + 199 * 200) / 2);
  });
});

describe('[PV3] list sync', () => {
  it('[PV3] incremental, in versions; a gap asks for the whole list', () => {
    const first = syncWords(EMPTY_WORDS, 0, { version: 3, added: [entry('微信'), entry('红包')], removed: [] });
    expect(first.ok && first.value.version).toBe(3);
    if (!first.ok) return;
    const second = syncWords(first.value, 3, {
      version: 4,
      added: [entry('加我', 'block')],
      removed: ['红包', '没有的'],
    });
    expect(second.ok && found(second.value, '加我微信发红包')).toEqual(['加我', '微信']);
    if (!second.ok) return;
    expect(syncWords(second.value, 3, { version: 5, added: [], removed: [] })).toEqual({
      ok: false,
      error: 'VERSION_GAP',
    });
    expect(syncWords(second.value, 4, { version: 3, added: [], removed: [] })).toEqual({
      ok: false,
      error: 'VERSION_GAP',
    });
    // The older set is untouched: whoever holds it goes on with it.
    expect(found(first.value, '加我微信发红包')).toEqual(['微信', '红包']);
    const whole = syncWords(second.value, 0, { version: 9, added: [entry('换了')], removed: [] });
    expect(whole.ok && [...whole.value.entries.keys()]).toEqual(['换了']);
  });

  it('[PV3] any order of syncs ends as one compilation of the result does', () => {
    const word = fc.string({ unit: fc.constantFrom('甲', '乙', '丙', '丁', '%'), minLength: 1, maxLength: 3 });
    const action = fc.constantFrom<SensitiveWord['action']>('warn', 'confirm', 'block');
    const step = fc.record({
      added: fc.array(fc.tuple(word, action), { maxLength: 5 }),
      removed: fc.array(word, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('甲', '乙', '丙', '丁', '%'), maxLength: 30 }),
        (steps, text) => {
          let set = createWordSet([entry('甲乙'), entry('%')], 1);
          const model = new Map<string, SensitiveWord>(set.entries);
          for (const { added, removed } of steps) {
            for (const each of removed) model.delete(each);
            for (const [each, how] of added) model.set(each, entry(each, how));
            const next = syncWords(set, set.version, {
              version: set.version + 1,
              added: added.map(([each, how]) => entry(each, how)),
              removed,
            });
            if (!next.ok) throw new Error(next.error);
            set = next.value;
          }
          const key = (hit: { start: number; word: string; action: string }): string =>
            `${hit.start}:${hit.word}:${hit.action}`;
          expect(findWords(set, text).map(key).sort()).toEqual(
            findWords(createWordSet([...model.values()]), text)
              .map(key)
              .sort(),
          );
          expect(new Map(set.entries)).toEqual(model);
          expect(set.segments.length).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  it('[PV3] sixty thousand words compile and match', () => {
    const words = Array.from({ length: 60_000 }, (_, index) =>
      entry(String.fromCharCode(0x4e00 + (index % 300), 0x5000 + Math.floor(index / 300), 0x6000 + (index % 977))),
    );
    const set = createWordSet(words);
    for (const index of [0, 1, 31_415, 59_999])
      expect(found(set, `前${words[index]!.word}后`)).toEqual([words[index]!.word]);
    expect(foldedText('无关')).toBe('无关');
    expect(found(set, '无关的话')).toEqual([]);
  });
});
