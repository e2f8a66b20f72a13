import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packWords, unpackWords } from './packed.ts';
import { createWordSet, createWordSetGently, findWords, GUARD_ACTIONS, joinWordSets } from './words.ts';

const word = fc.record({
  word: fc.string({ minLength: 1, maxLength: 12, unit: 'binary' }).filter((text) => !/[\u001e\u001f]/.test(text)),
  category: fc.string({ maxLength: 8 }),
  action: fc.constantFrom(...GUARD_ACTIONS),
});

describe('words on their way', () => {
  it('[PV3] packed and unpacked a list is the same', () => {
    fc.assert(
      fc.property(fc.array(word), (list) => {
        expect(unpackWords(packWords(list))).toEqual(list);
      }),
    );
  });

  it('[PV3] separators in a word hide nothing: it still hits', () => {
    const list = unpackWords(packWords([{ word: '刷\u001f单\u001e', category: 'fraud\u001f', action: 'block' }]));
    expect(findWords(createWordSet(list), '刷单').map(({ action }) => action)).toEqual(['block']);
  });

  it('[PV3] made in steps with rests, a list finds what the one made at once finds', async () => {
    const list = Array.from({ length: 9_000 }, (_, index) => ({
      word: `词${index.toString(36)}尾`,
      category: 'c',
      action: GUARD_ACTIONS[index % 3] ?? 'block',
    }));
    let rests = 0;
    const gentle = await createWordSetGently(list, 4, async () => void rests++);
    const text = list
      .filter((_, index) => index % 100 === 7)
      .map((entry) => entry.word)
      .join('，');
    expect(findWords(gentle, text)).toEqual(findWords(createWordSet(list, 4), text));
    expect(gentle.version).toBe(4);
    expect(rests).toBeGreaterThan(4);
    // A short list never rests: nothing has to wait for a clock.
    rests = 0;
    await createWordSetGently(list.slice(0, 500), 1, async () => void rests++);
    expect(rests).toBe(0);
  });

  it('[PV3] lists joined for scanning find what each of them finds', () => {
    const shop = createWordSet([{ word: '刷单', category: 'fraud', action: 'block' }], 3);
    const local = createWordSet([{ word: '内购', category: 'local', action: 'confirm' }]);
    const joined = joinWordSets([shop, local]);
    expect(findWords(joined, '内购和刷单').map((hit) => hit.word)).toEqual(['内购', '刷单']);
    expect(joined.version).toBe(3);
    expect(joinWordSets([]).entries.size).toBe(0);
  });
});
