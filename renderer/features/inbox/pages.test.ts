import { describe, expect, it } from 'vitest';
import { createPages, PAGE } from './pages.ts';

const rows = (page: number): number[] => Array.from({ length: PAGE }, (_, index) => page * PAGE + index);

describe('pages of a long list', () => {
  it('[IN1] hold rows by their number, wherever the list was scrolled to', () => {
    const pages = createPages<number>()
      .with(0, rows(0), 100_000, [0, 20])
      .with(700, rows(700), 100_000, [700 * PAGE, 700 * PAGE + 20]);
    expect(pages.total).toBe(100_000);
    expect([pages.at(5), pages.at(700 * PAGE + 42), pages.at(500)]).toEqual([5, 700 * PAGE + 42, undefined]);
    expect(pages.has(700)).toBe(true);
    expect(pages.rows().slice(PAGE - 1, PAGE + 1)).toEqual([PAGE - 1, 700 * PAGE]);
  });
  it('[IN1] are few: the furthest from what is on screen go', () => {
    let pages = createPages<number>(new Map(), 0, 3);
    for (let page = 0; page < 50; page++)
      pages = pages.with(page, rows(page), 100_000, [page * PAGE, page * PAGE + 20]);
    expect([46, 47, 48, 49].map((page) => pages.has(page))).toEqual([false, true, true, true]);
    expect(pages.rows()).toHaveLength(3 * PAGE);
  });
  it('[IN1] of a list that became shorter nothing stays behind its end', () => {
    const pages = createPages<number>()
      .with(9, rows(9), 1_000, [9 * PAGE, 9 * PAGE + 20])
      .with(0, rows(0).slice(0, 40), 40, [0, 20]);
    expect([pages.has(9), pages.total, pages.at(39), pages.at(40)]).toEqual([false, 40, 39, undefined]);
  });
  it('[IN1] stay the same object where a page that is asked for again says the same', () => {
    const [first, second] = [rows(0), rows(0)];
    const pages = createPages<number>().with(0, first, 1_000, [0, 20]);
    expect(pages.with(0, second, 1_000, [0, 20])).toBe(pages);
    expect(pages.with(0, second, 1_001, [0, 20])).not.toBe(pages);
    expect(pages.with(0, second.with(3, 99), 1_000, [0, 20]).at(3)).toBe(99);
  });
});
