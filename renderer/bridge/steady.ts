import { useRef } from 'react';

/** Whether two pieces of plain data say the same; `ignoring` names members of the outermost object that don't count. */
export function sameData(a: unknown, b: unknown, ignoring?: ReadonlySet<string>): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((value: unknown, index) => sameData(value, b[index]))
    );
  const members = Object.keys(a);
  if (members.length !== Object.keys(b).length) return false;
  return members.every(
    (name) =>
      ignoring?.has(name) === true ||
      (Object.hasOwn(b, name) && sameData((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])),
  );
}

/** The object of before where the new one says the same: whoever shows it need not draw again. */
export function steady<T>(before: T, now: T, ignoring?: ReadonlySet<string>): T {
  return sameData(before, now, ignoring) ? before : now;
}

/** `now` with every row that says the same as before as the same object; the list itself where nothing changed. */
export function steadyList<T>(
  before: readonly T[] | null | undefined,
  now: readonly T[],
  keyOf: (row: T) => string | number,
  ignoring?: ReadonlySet<string>,
): readonly T[] {
  if (!before || before.length === 0) return now;
  const known = new Map(before.map((row) => [keyOf(row), row]));
  const rows = now.map((row) => {
    const old = known.get(keyOf(row));
    return old === undefined ? row : steady(old, row, ignoring);
  });
  return rows.length === before.length && rows.every((row, index) => row === before[index]) ? before : rows;
}

/** A value for memoised children: the same object until one of the members that count says something else. */
export function useSteady<T>(value: T, ignoring?: ReadonlySet<string>): T {
  const held = useRef(value);
  held.current = steady(held.current, value, ignoring);
  return held.current;
}
