import type { FileRow } from '../ports/csv.ts';
import { isBlank } from './cells.ts';
import { parseTime } from './time-format.ts';

export const SAMPLE_ROWS = 2_000;
/** More columns than any record of conversations has: such a file is something else, and every column costs (SE6). */
const MAX_COLUMNS = 2_000;

/** At most SAMPLE_ROWS; what the cut-off end of a sample looks like is not the file's fault. */
export async function firstRows(batches: AsyncIterable<readonly FileRow[]>, truncated: boolean): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const batch of batches) {
    for (const row of batch) rows.push(row);
    if (rows.length > SAMPLE_ROWS) return rows.slice(0, SAMPLE_ROWS);
  }
  if (!truncated) return rows;
  const broken = rows.findLastIndex((row) => row.problem !== null);
  return broken > rows.length / 2 ? rows.slice(0, broken) : rows.slice(0, -1);
}

/**
 * The header is the first row as wide as most rows are; titles above it are passed over. A row with a time in it is no
 * header: such a table has none, its columns are numbered. `lastLine`: rows up to this physical line are not data. Null
 * where no row could be one.
 */
export function findHeader(rows: readonly FileRow[]): {
  readonly header: readonly string[];
  readonly lastLine: number;
} | null {
  const width = usualWidth(rows);
  const found = rows.find(
    (row) =>
      row.problem === null &&
      row.cells.length >= width &&
      row.cells.length <= MAX_COLUMNS &&
      row.cells.filter((cell) => !isBlank(cell)).length >= Math.min(2, width) &&
      !/^sep=$/iu.test(row.cells[0] ?? ''),
  );
  if (found === undefined) return null;
  const isData = found.cells.some((cell) => !/^\d{1,9}$/u.test(cell.trim()) && parseTime(cell, 'iso', 0) !== null);
  const names = isData ? found.cells.map(() => '') : found.cells.map((cell) => cell.replaceAll('\0', '').trim());
  // Trailing empty headers over empty columns are left over from a spreadsheet.
  while (!isData && names.length > width && names.at(-1) === '') names.pop();
  return { header: unique(names), lastLine: isData ? found.line - 1 : found.line };
}

/** How many cells most rows have. A delimiter at the end of each row makes one more that nothing ever stands in. */
function usualWidth(rows: readonly FileRow[]): number {
  const counts = new Map<number, number>();
  let filled = 1;
  for (const { cells, problem } of rows.slice(0, 200)) {
    if (problem !== null) continue;
    counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
    filled = Math.max(filled, cells.findLastIndex((cell) => !isBlank(cell)) + 1);
  }
  let best = 1;
  let most = 0;
  for (const [width, count] of counts) {
    if (count < most || (count === most && width < best)) continue;
    best = width;
    most = count;
  }
  return Math.min(best, filled);
}

function unique(names: readonly string[]): string[] {
  const seen = new Set<string>();
  // Where the next copy of a name is counted on: ten thousand equal names must not be compared each with each (SE6).
  const copies = new Map<string, number>();
  return names.map((name, index) => {
    let candidate = name === '' ? `#${index + 1}` : name;
    let copy = copies.get(name) ?? 2;
    for (; seen.has(candidate); copy++) candidate = `${name} (${copy})`;
    copies.set(name, copy);
    seen.add(candidate);
    return candidate;
  });
}
