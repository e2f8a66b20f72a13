import { AppFailure } from '#shared/contract/errors.ts';
import { decodeText } from '../import/encoding.ts';
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
      let text = '';
      let line = 1;
      for await (const batch of book.rows(index)) {
        for (const row of batch) {
          text += `${'\n'.repeat(row.line - line)}${row.cells.join('\t')}`;
          ({ line } = row);
        }
        if (text.length > MAX_NUMBER_FILE)
          throw new AppFailure('FILE_TOO_LARGE', 'a sheet of numbers this large', { max: MAX_NUMBER_FILE });
      }
      if (text !== '') return text;
    }
    throw new AppFailure('FILE_EMPTY', 'no sheet has rows');
  } finally {
    await book.close();
  }
}
