/** Rows a page, all of them asked for whenever one changes: about two screens. */
export const PAGE = 50;
/** Pages kept beside those on screen: scrolling back a little needs no question. */
const KEPT = 40;

/** What is loaded of a long list, by row number. Each change is a new object, what stays the same isn't copied. */
export interface Pages<T> {
  readonly total: number;
  at(index: number): T | undefined;
  has(page: number): boolean;
  /** Loaded rows in order. */
  rows(): readonly T[];
  /** `range`: rows on screen; the pages furthest from it go first. Itself where that page is the same already. */
  with(page: number, rows: readonly T[], total: number, range: readonly [number, number]): Pages<T>;
}

export function createPages<T>(
  loaded: ReadonlyMap<number, readonly T[]> = new Map(),
  total = 0,
  kept: number = KEPT,
): Pages<T> {
  const pages: Pages<T> = {
    total,
    at: (index) => loaded.get(Math.floor(index / PAGE))?.[index % PAGE],
    has: (page) => loaded.has(page),
    rows: () => [...loaded].toSorted(([a], [b]) => a - b).flatMap(([, rows]) => rows),
    with(page, rows, newTotal, [first, last]) {
      const held = loaded.get(page);
      if (newTotal === total && held?.length === rows.length && rows.every((row, index) => row === held[index]))
        return pages;
      const next = new Map(loaded);
      next.set(page, rows);
      // Pages behind the end are of a longer list than this one.
      for (const number of next.keys()) if (number * PAGE >= Math.max(1, newTotal)) next.delete(number);
      const middle = (first + last) / 2 / PAGE;
      const near = [...next.keys()].toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
      for (const number of near.slice(kept)) next.delete(number);
      return createPages(next, newTotal, kept);
    },
  };
  return pages;
}
