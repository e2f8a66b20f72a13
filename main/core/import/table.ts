import { AppFailure } from '#shared/contract/errors.ts';
import type { CsvReader, FileRow } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';
import { detectDelimiter } from './delimiter.ts';
import { decodeText, type TextEncodingName } from './encoding.ts';
import { findHeader, firstRows, SAMPLE_ROWS } from './header.ts';
import { jsonKeys, readJsonLines } from './json-lines.ts';
import { openSheets } from './sheets.ts';

/**
 * A file as a table, whatever its format: this is all that mapping and import see. A new format adds a way to open one
 * and nothing else.
 */
export interface Table {
  readonly format: 'csv' | 'jsonl' | 'xlsx';
  readonly encoding: TextEncodingName;
  /** "" where the format has none. */
  readonly delimiter: string;
  /** Unique, never empty names. Columns without a header are called `#1`, `#2` … */
  readonly header: readonly string[];
  /** The first rows behind the header. */
  readonly sample: readonly FileRow[];
  /** Sheets with rows that are not part of this table; empty for formats without sheets. */
  readonly otherSheets: readonly string[];
  /** All rows behind the header, streamed from the start. `onBytes` hears how far the file has been read. */
  rows(onBytes?: (bytesRead: number) => void): AsyncIterable<readonly FileRow[]>;
}

const SAMPLE_BYTES = 1024 * 1024;
const JSON_ARRAY = /^\s*\[\s*\{/u;

/**
 * Looks at the beginning of a file: encoding, format, delimiter, header. Throws FILE_NOT_FOUND, FILE_UNREADABLE,
 * FILE_EMPTY, FILE_ENCODING, FILE_FORMAT, FILE_TOO_LARGE, UNSUPPORTED (a spreadsheet, and nothing to read it with).
 */
export async function openTable(
  files: Files,
  csv: CsvReader,
  handle: string,
  spreadsheets?: SpreadsheetReader,
): Promise<Table> {
  const { name, bytes } = await files.describe(handle);
  if (bytes === 0) throw new AppFailure('FILE_EMPTY', 'no bytes');
  if (spreadsheets !== undefined && (await isZip(files, handle))) return openSheets(files, spreadsheets, handle, bytes);
  const truncated = bytes > SAMPLE_BYTES;
  const decoded = decodeText(files.read(handle, { end: SAMPLE_BYTES }), { truncated });
  let start = '';
  for await (const part of decoded.text) start += part;
  if (start.trim() === '') throw new AppFailure('FILE_EMPTY', 'nothing but white space');
  const encoding = decoded.encoding();

  async function* bytesWithProgress(onBytes: (read: number) => void): AsyncIterable<Uint8Array> {
    let read = 0;
    for await (const chunk of files.read(handle)) {
      read += chunk.length;
      onBytes(read);
      yield chunk;
    }
  }

  if (isJsonLines(name, start)) {
    const header = jsonKeys(start, SAMPLE_ROWS);
    if (header.length === 0) throw new AppFailure('FILE_FORMAT', 'no JSON object a line');
    const sample = await firstRows(readJsonLines(once(start), header), truncated);
    return {
      format: 'jsonl',
      encoding,
      delimiter: '',
      header,
      sample,
      otherSheets: [],
      rows: (onBytes = () => {}) => readJsonLines(decodeText(bytesWithProgress(onBytes)).text, header),
    };
  }

  // Cut as CSV it would be a header without rows: nothing imported, and nothing said.
  if (JSON_ARRAY.test(start)) throw new AppFailure('FILE_FORMAT', 'one JSON array instead of an object a line');
  const { delimiter } = detectDelimiter(start);
  const all = await firstRows(csv.read(once(start), { delimiter }), truncated);
  const found = findHeader(all);
  if (found === null) throw new AppFailure('FILE_FORMAT', 'no row that could be a header');
  const { header, lastLine } = found;
  return {
    format: 'csv',
    encoding,
    delimiter,
    header,
    sample: all.filter((row) => row.line > lastLine),
    otherSheets: [],
    async *rows(onBytes = () => {}) {
      for await (const batch of csv.read(decodeText(bytesWithProgress(onBytes)).text, { delimiter })) {
        const [first] = batch;
        yield first !== undefined && first.line <= lastLine ? batch.filter((row) => row.line > lastLine) : batch;
      }
    },
  };
}

async function isZip(files: Files, handle: string): Promise<boolean> {
  const start: number[] = [];
  for await (const part of files.read(handle, { end: 4 })) start.push(...part);
  return start.length === 4 && start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

async function* once(text: string): AsyncIterable<string> {
  yield text;
}

function isJsonLines(name: string, start: string): boolean {
  const [line = ''] = start.trimStart().split('\n', 1);
  if (!line.startsWith('{')) return false;
  if (/\.(jsonl|ndjson|json)$/iu.test(name)) return true;
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
