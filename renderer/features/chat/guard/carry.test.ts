import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';
import { cut } from '../composer/FieldMarks.tsx';
import { carryHits } from './carry.ts';

const hit = (start: number, end: number): GuardHit => ({ start, end, kind: 'word', category: 'c', action: 'warn' });

describe('marks while the text changes', () => {
  it('[PV3] a mark that is carried over stands under the same characters as before', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.nat(),
        fc.nat(),
        fc.string({ maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        (text, a, b, inserted, c, d) => {
          const [start, end] = [a % text.length, b % text.length].sort((x, y) => x - y) as [number, number];
          const [from, to] = [c % (text.length + 1), d % (text.length + 1)].sort((x, y) => x - y) as [number, number];
          const after = text.slice(0, from) + inserted + text.slice(to);
          for (const carried of carryHits([hit(start, end + 1)], text, after))
            expect(after.slice(carried.start, carried.end)).toBe(text.slice(start, end + 1));
        },
      ),
    );
  });

  it('[PV3] typing before, behind and into a mark', () => {
    expect(carryHits([hit(2, 4)], '我们刷单', '现在我们刷单')).toEqual([hit(4, 6)]);
    expect(carryHits([hit(2, 4)], '我们刷单', '我们刷单吗')).toEqual([hit(2, 4)]);
    expect(carryHits([hit(2, 4)], '我们刷单', '我们刷了单')).toEqual([]);
  });

  it('[PV3] where marks overlap the strongest shows, and no character is lost', () => {
    const pieces = cut('一二三四五', [
      { start: 0, end: 3, mark: 'warn' },
      { start: 2, end: 4, mark: 'block' },
      { start: 4, end: 9, mark: 'confirm' },
    ]);
    expect(pieces).toEqual([
      { text: '一二', mark: 'warn' },
      { text: '三', mark: 'block' },
      { text: '四', mark: 'block' },
      { text: '五', mark: null },
    ]);
  });
});
