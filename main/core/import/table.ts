import { AppFailure } from '#shared/contract/errors.ts';
import type { CsvReader, FileRow } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';
import { isBlank } from './cells.ts';
import { detectDelimiter } from './delimiter.ts';
import { decodeText, type TextEncodingName } from './encoding.ts';
import { jsonKeys, readJsonLines } from './json-lines.ts';
import { openSheets } from './sheets.ts';
import { parseTime } from './time-format.ts';

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
const SAMPLE_ROWS = 2_000;

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
  if (spreadsheets !== undefined && (await isZip(files, handle)))
    return openSheets(files, spreadsheets, handle, bytes, { findHeader, firstRows });
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

  const { delimiter } = detectDelimiter(start);
  const all = await firstRows(csv.read(once(start), { delimiter }), truncated);
  const { header, lastLine } = findHeader(all);
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

/** At most SAMPLE_ROWS; what the cut-off end of a sample looks like is not the file's fault. */
async function firstRows(batches: AsyncIterable<readonly FileRow[]>, truncated: boolean): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const batch of batches) {
    for (const row of batch) rows.push(row);
    if (rows.length > SAMPLE_ROWS) return rows.slice(0, SAMPLE_ROWS);
  }
  if (!truncated) return rows;
  const broken = rows.findLastIndex((row) => row.problem !== null);
  return broken > rows.length / 2 ? rows.slice(0, broken) : rows.slice(0, -1);
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

/**
 * The header is the first row as wide as most rows are; titles above it are passed over. A row with a time in it is no
 * header: such a table has none, its columns are numbered. `lastLine`: rows up to this physical line are not data.
 */
function findHeader(rows: readonly FileRow[]): { readonly header: readonly string[]; readonly lastLine: number } {
  const width = usualWidth(rows);
  const found = rows.find(
    (row) =>
      row.problem === null &&
      row.cells.length >= width &&
      row.cells.filter((cell) => !isBlank(cell)).length >= Math.min(2, width) &&
      !/^sep=$/iu.test(row.cells[0] ?? ''),
  );
  if (found === undefined) throw new AppFailure('FILE_FORMAT', 'no row that could be a header');
  const isData = found.cells.some((cell) => !/^\d{1,9}$/u.test(cell.trim()) && parseTime(cell, 'iso', 0) !== null);
  const names = isData ? found.cells.map(() => '') : found.cells.map((cell) => cell.replaceAll('\0', '').trim());
  // Trailing empty headers over empty columns are left over from a spreadsheet.
  while (!isData && names.length > width && names.at(-1) === '') names.pop();
  return { header: unique(names), lastLine: isData ? found.line - 1 : found.line };
}

function usualWidth(rows: readonly FileRow[]): number {
  const counts = new Map<number, number>();
  for (const row of rows.slice(0, 200))
    if (row.problem === null) counts.set(row.cells.length, (counts.get(row.cells.length) ?? 0) + 1);
  let best = 1;
  let most = 0;
  for (const [width, count] of counts) {
    if (count < most || (count === most && width < best)) continue;
    best = width;
    most = count;
  }
  return best;
}

function unique(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    let candidate = name === '' ? `#${index + 1}` : name;
    for (let copy = 2; seen.has(candidate); copy++) candidate = `${name} (${copy})`;
    seen.add(candidate);
    return candidate;
  });
}
