import { describe, expect, it } from 'vitest';
import { sameData, steady, steadyList } from './steady.ts';

describe('steady data', () => {
  it('[UX4] what says the same stays the same object, and nothing that differs is taken for the same', () => {
    const row = { key: 1, name: '阿青', tags: ['a', { b: null }], last: 3 };
    expect(steady(row, structuredClone(row))).toBe(row);
    for (const other of [
      { ...row, name: '阿蓝' },
      { ...row, tags: ['a', { b: 0 }] },
      { ...row, tags: ['a'] },
      { ...row, extra: undefined },
      { key: 1, name: '阿青', tags: row.tags },
      { ...row, tags: { 0: 'a', 1: { b: null } } },
      { key: 1, name: '阿青', tags: row.tags, first: 3 },
      null,
    ])
      expect(sameData(row, other)).toBe(false);
    expect(sameData(row, { ...row, last: 4 }, new Set(['last']))).toBe(true);
    // Only the outermost object's members are left out.
    expect(sameData({ inner: { last: 1 } }, { inner: { last: 2 } }, new Set(['last']))).toBe(false);
  });

  it('[IN1] in a list every unchanged row stays, wherever it moved; an unchanged list is the list itself', () => {
    const before = [
      { key: 1, n: 1 },
      { key: 2, n: 1 },
      { key: 3, n: 1 },
    ];
    const keyOf = (row: { key: number }): number => row.key;
    expect(steadyList(before, structuredClone(before), keyOf)).toBe(before);
    const moved = steadyList(
      before,
      [
        { key: 3, n: 2 },
        { key: 1, n: 1 },
        { key: 2, n: 1 },
      ],
      keyOf,
    );
    expect(moved).not.toBe(before);
    expect(moved[0]).toEqual({ key: 3, n: 2 });
    expect(moved[1]).toBe(before[0]);
    expect(moved[2]).toBe(before[1]);
    expect(steadyList(before, before.slice(0, 2), keyOf)).toHaveLength(2);
    expect(steadyList(null, before, keyOf)).toBe(before);
  });
});
