import { AppFailure } from '#shared/contract/errors.ts';
import { decodeText } from '../import/encoding.ts';
import type { FileRow } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';

/** Far more than 10,000 numbers ever need. Bytes, and characters of a sheet. */
const MAX_NUMBER_FILE = 16 * 1024 * 1024;

/**
 * The text of a file of numbers (SR2) for `parseNumbers`: TXT and CSV in any encoding that import knows, or the cells of a
 * spreadsheet's first sheet with any, each row on the line of its number. FILE_EMPTY, FILE_TOO_LARGE, FILE_FORMAT,
 * FILE_ENCODING, UNSUPPORTED (a spreadsheet, and nothing to read it with), and the files' own.
 */
export async function readNumberText(
  files: Files,
  spreadsheets: SpreadsheetReader | undefined,
  file: string,
): Promise<string> {
  const { bytes } = await files.describe(file);
  if (bytes > MAX_NUMBER_FILE)
    throw new AppFailure('FILE_TOO_LARGE', 'a file of numbers this large', { bytes, max: MAX_NUMBER_FILE });
  let start = '';
  for await (const part of files.read(file, { end: 4 })) start += String.fromCharCode(...part);
  if (start === 'PK\u0003\u0004') return readCells(files, spreadsheets, file, bytes);
  let text = '';
  for await (const part of decodeText(files.read(file)).text) text += part;
  return text;
}

async function readCells(
  files: Files,
  spreadsheets: SpreadsheetReader | undefined,
  file: string,
  bytes: number,
): Promise<string> {
  if (spreadsheets === undefined) throw new AppFailure('UNSUPPORTED', 'reading spreadsheets');
  const book = await spreadsheets.open({ bytes, read: (range) => files.read(file, range) });
  try {
    for (const index of book.sheets.keys()) {
      const rows: FileRow[] = [];
      let units = 0;
      for await (const batch of book.rows(index)) {
        for (const row of batch) {
          rows.push(row);
          for (const cell of row.cells) units += cell.length + 1;
        }
        if (units > MAX_NUMBER_FILE)
          throw new AppFailure('FILE_TOO_LARGE', 'a sheet of numbers this large', { max: MAX_NUMBER_FILE });
      }
      if (rows.length > 0) return textOf(rows);
    }
    throw new AppFailure('FILE_EMPTY', 'no sheet has rows');
  } finally {
    await book.close();
  }
}

/** Written so that it is listed as malformed: a number whose last digits are gone finds nothing, or another order. */
const CUT_MARK = '≈';

/** Each row on its line. */
function textOf(rows: readonly FileRow[]): string {
  // Where most long figures keep their digits, the others do end in zeros.
  let cut = 0;
  let long = 0;
  for (const row of rows) {
    cut += row.cut?.length ?? 0;
    for (const cell of row.cells) if (cell.length > 15 && /^\d+$/u.test(cell)) long++;
  }
  const doubted = cut * 2 > long;
  let text = '';
  let line = 1;
  for (const row of rows) {
    const cells = row.cells.map((cell, at) => (doubted && row.cut?.includes(at) === true ? CUT_MARK + cell : cell));
    text += `${'\n'.repeat(row.line - line)}${cells.join('\t')}`;
    ({ line } = row);
  }
  return text;
}
