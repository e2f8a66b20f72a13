/** Cells that are merged over several rows: what stands in the first of them holds for all. */
export interface MergedDown {
  readonly column: number;
  /** Rows of the sheet, from 1. */
  readonly first: number;
  readonly last: number;
}

/** More than anybody merges by hand; those behind are not looked at. */
const MAX_MERGED = 100_000;
/** Of one sheet: each costs a look at every row. */
const MAX_FILLED_COLUMNS = 32;
/** Longer than any tag that names merged cells. */
const LONGEST_TAG = 256;
const WORD = 'mergeCell';
const TAG = /<(?:[A-Za-z][\w.-]{0,30}:)?mergeCell\s[^<>]{0,160}?\bref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"/g;

/**
 * The cells of a sheet that are merged downwards, in the order of their first rows. They stand behind all rows, so the part is
 * looked through once before it is read: for one word, which costs a twentieth of reading it. A sheet in UTF-16 has none.
 */
export async function findMergedDown(xml: AsyncIterable<Uint8Array>): Promise<readonly MergedDown[]> {
  const found: MergedDown[] = [];
  let rest = '';
  for await (const chunk of xml) {
    const text = rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    let taken = 0;
    if (text.includes(WORD))
      for (const match of text.matchAll(TAG)) {
        taken = match.index + match[0].length;
        const [, letters = '', from = '', to = ''] = match;
        const first = Number(from);
        const last = Number(to);
        if (last > first && found.length < MAX_MERGED) found.push({ column: columnOf(letters), first, last });
      }
    rest = text.slice(Math.max(taken, text.length - LONGEST_TAG));
  }
  return found.toSorted((left, right) => left.first - right.first);
}

/** Fills the rows of a sheet as they come, in order. `text`: of the cell that was filled, for the row's length. */
export function createFillDown(merged: readonly MergedDown[]) {
  let next = 0;
  const columns = new Map<number, { last: number; text: string }>();
  return {
    /** UTF-16 units that were added. `cells` of the row, as they stand in the file. */
    fill(line: number, cells: string[]): number {
      let added = 0;
      for (const [column, { last, text }] of columns) {
        if (line > last) columns.delete(column);
        else if (text !== '' && (cells[column] ?? '') === '') {
          while (cells.length < column) cells.push('');
          cells[column] = text;
          added += text.length;
        }
      }
      for (; next < merged.length && (merged[next] as MergedDown).first <= line; next++) {
        const { column, first, last } = merged[next] as MergedDown;
        if (first === line && (columns.size < MAX_FILLED_COLUMNS || columns.has(column)))
          columns.set(column, { last, text: cells[column] ?? '' });
      }
      return added;
    },
  };
}

/** `BC` → 54. */
function columnOf(letters: string): number {
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}
