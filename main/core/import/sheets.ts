import { AppFailure } from '#shared/contract/errors.ts';
import type { FileRow } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { Spreadsheet, SpreadsheetReader } from '../ports/spreadsheet.ts';
import { findHeader, firstRows } from './header.ts';
import type { Table } from './table.ts';

interface SheetStart {
  readonly index: number;
  readonly name: string;
  readonly header: readonly string[];
  readonly lastLine: number;
  readonly sample: readonly FileRow[];
}

/**
 * A spreadsheet as a table: the first sheet that holds one (visible ones first), and every other with the same header,
 * as a program leaves them that had more rows than a sheet takes. FILE_EMPTY, FILE_FORMAT, FILE_TOO_LARGE.
 */
export async function openSheets(
  files: Files,
  spreadsheets: SpreadsheetReader,
  handle: string,
  bytes: number,
): Promise<Table> {
  async function withBook<T>(work: (book: Spreadsheet) => Promise<T>): Promise<T> {
    const book = await spreadsheets.open({ bytes, read: (range) => files.read(handle, range) });
    try {
      return await work(book);
    } finally {
      await book.close();
    }
  }

  const { main, further, others } = await withBook(async (book) => {
    const starts: SheetStart[] = [];
    let anyRows = false;
    for (const [index, { name }] of visibleFirst(book)) {
      const rows = await firstRows(book.rows(index), false);
      anyRows ||= rows.length > 0;
      const start = startOf(rows);
      if (start !== null) starts.push({ index, name, ...start });
    }
    const found = starts.find(({ header, sample }) => header.length > 1 && sample.length > 0) ?? starts[0];
    if (found === undefined)
      throw anyRows
        ? new AppFailure('FILE_FORMAT', 'no row that could be a header')
        : new AppFailure('FILE_EMPTY', 'no sheet has rows');
    const same = starts.filter(
      (start) => start !== found && start.index > found.index && sameNames(start.header, found.header),
    );
    return {
      main: found,
      further: same.toSorted((left, right) => left.index - right.index),
      others: starts.filter((start) => start !== found && !same.includes(start)),
    };
  });
  const { header } = main;

  return {
    format: 'xlsx',
    encoding: 'utf-8',
    delimiter: '',
    header,
    sample: main.sample.map((row) => padded(row, header.length)),
    otherSheets: others.map(({ name }) => name),
    async *rows(onBytes = () => {}) {
      let read = 0;
      let latest = 0;
      // Directory, headings, and a look through the sheet before it is read are not how far it has come.
      let counting = false;
      const book = await spreadsheets.open({
        bytes,
        async *read(range) {
          latest = 0;
          for await (const chunk of files.read(handle, range)) {
            latest += chunk.length;
            if (counting) onBytes(Math.min((read += chunk.length), bytes));
            yield chunk;
          }
        },
      });
      try {
        for (const sheet of [main, ...further]) {
          counting = false;
          for await (const batch of book.rows(sheet.index)) {
            if (!counting) read += latest;
            counting = true;
            const rows: FileRow[] = [];
            for (const row of batch) {
              if (row.line <= sheet.lastLine) continue;
              const whole = padded(row, header.length);
              rows.push(sheet === main ? whole : { ...whole, sheet: sheet.name });
            }
            yield rows;
          }
        }
      } finally {
        await book.close();
      }
    },
  };
}

function visibleFirst(book: Spreadsheet) {
  const all = [...book.sheets.entries()];
  return [...all.filter(([, sheet]) => !sheet.hidden), ...all.filter(([, sheet]) => sheet.hidden)];
}

/** Null for a sheet without a row that could be a header. */
function startOf(rows: readonly FileRow[]): Pick<SheetStart, 'header' | 'lastLine' | 'sample'> | null {
  const found = findHeader(rows);
  return found === null ? null : { ...found, sample: rows.filter((row) => row.line > found.lastLine) };
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at]);
}

/** A spreadsheet has no cells where a row is empty at its end: that is no row with columns missing. */
function padded(row: FileRow, width: number): FileRow {
  if (row.problem !== null || row.cells.length >= width) return row;
  return { ...row, cells: [...row.cells, ...Array.from({ length: width - row.cells.length }, () => '')] };
}
