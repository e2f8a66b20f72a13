import { describe, expect, it } from 'vitest';
import { createPages, PAGE } from './pages.ts';

const rows = (page: number): number[] => Array.from({ length: PAGE }, (_, index) => page * PAGE + index);

describe('pages of a long list', () => {
  it('[IN1] hold rows by their number, wherever the list was scrolled to', () => {
    const pages = createPages<number>()
      .with(0, rows(0), 100_000, [0, 20])
      .with(700, rows(700), 100_000, [70_000, 70_020]);
    expect(pages.total).toBe(100_000);
    expect([pages.at(5), pages.at(70_042), pages.at(500)]).toEqual([5, 70_042, undefined]);
    expect(pages.has(700)).toBe(true);
    expect(pages.rows().slice(99, 101)).toEqual([99, 70_000]);
  });
  it('[IN1] are few: the furthest from what is on screen go', () => {
    let pages = createPages<number>(new Map(), 0, 3);
    for (let page = 0; page < 50; page++)
      pages = pages.with(page, rows(page), 100_000, [page * PAGE, page * PAGE + 20]);
    expect([46, 47, 48, 49].map((page) => pages.has(page))).toEqual([false, true, true, true]);
    expect(pages.rows()).toHaveLength(3 * PAGE);
  });
  it('[IN1] of a list that became shorter nothing stays behind its end', () => {
    const pages = createPages<number>().with(9, rows(9), 1_000, [900, 920]).with(0, rows(0).slice(0, 40), 40, [0, 20]);
    expect([pages.has(9), pages.total, pages.at(39), pages.at(40)]).toEqual([false, 40, 39, undefined]);
  });
});
