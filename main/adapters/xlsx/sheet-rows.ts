import { AppFailure } from '#shared/contract/errors.ts';
import type { FileRow } from '#main/core/ports/csv.ts';
import { dateText } from './local-time.ts';
import { createFillDown, type MergedDown } from './merged-cells.ts';
import type { NumberMeaning } from './number-formats.ts';
import type { SharedStrings } from './shared-strings.ts';
import { createXmlReader } from './xml-reader.ts';
import { unescapeText } from './xml-text.ts';

const MAX_LINE = 1_048_576;
const MAX_COLUMNS = 16_384;
/** Of one row; a message of 1 MiB fits. */
const MAX_ROW_CHARS = 4 * 1024 * 1024;
const BATCH_ROWS = 1_000;
const BATCH_CHARS = 4 * 1024 * 1024;

interface PendingRow {
  readonly line: number;
  readonly cells: string[];
  /** Column and number of each shared string; looked up when the row is handed out. */
  readonly shared: [column: number, index: number][];
  /** Columns of figures that may have lost their last digits. */
  readonly cut: number[];
  chars: number;
}

export interface SheetContext {
  readonly strings: SharedStrings;
  /** By position in the styles' `cellXfs`. */
  readonly meanings: readonly NumberMeaning[];
  readonly since1904: boolean;
  readonly merged: readonly MergedDown[];
}

/** Rows of a sheet's XML; see Spreadsheet.rows. */
export async function* readSheet(
  xml: AsyncIterable<Uint8Array>,
  { strings, meanings, since1904, merged }: SheetContext,
): AsyncIterable<readonly FileRow[]> {
  const down = createFillDown(merged);
  let complete: PendingRow[] = [];
  let row: PendingRow | null = null;
  let lastLine = 0;
  let nextColumn = 0;
  let inCell = false;
  let column = 0;
  let kind = 'n';
  let style = 0;
  let value = '';
  let capturing = false;
  let inPhonetic = false;
  let anyData = false;

  const reader = createXmlReader({
    open(name, attributes) {
      if (name === 'sheetData') anyData = true;
      else if (name === 'row') {
        if (row !== null) throw malformed('a row inside a row');
        const given = Number(attributes['r'] ?? Number.NaN);
        const line = Number.isInteger(given) && given > lastLine ? given : lastLine + 1;
        if (line > MAX_LINE) throw malformed('more rows than a sheet has');
        lastLine = line;
        row = { line, cells: [], shared: [], cut: [], chars: 0 };
        nextColumn = 0;
      } else if (name === 'c') {
        if (row === null || inCell) throw malformed('a cell outside of a row');
        inCell = true;
        column = columnOf(attributes['r']) ?? nextColumn;
        if (column >= MAX_COLUMNS) throw malformed('more columns than a sheet has');
        nextColumn = column + 1;
        kind = attributes['t'] ?? 'n';
        style = Number(attributes['s'] ?? 0);
        value = '';
      } else if (inCell) {
        if (name === 'v') {
          value = '';
          capturing = kind !== 'inlineStr';
        } else if (name === 't') capturing = kind === 'inlineStr' && !inPhonetic;
        else if (name === 'rPh') inPhonetic = true;
      }
    },
    close(name) {
      if (name === 'v' || name === 't') capturing = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'c' && row !== null) {
        inCell = false;
        put(row, column, value);
      } else if (name === 'row' && row !== null) {
        if (row.cells.length > 0) complete.push(row);
        row = null;
      }
    },
    text(part) {
      if (!capturing || row === null) return;
      row.chars += part.length;
      // What is too much is counted and not kept.
      if (row.chars <= MAX_ROW_CHARS) value += part;
    },
  });

  function put(to: PendingRow, at: number, raw: string): void {
    if (raw === '') return;
    if (kind === 's') {
      const index = Number(raw.trim());
      if (!Number.isInteger(index) || index < 0) throw malformed('no number of a text');
      fill(to.cells, at, '');
      to.shared.push([at, index]);
    } else {
      const text = shown(raw);
      fill(to.cells, at, text);
      if (kind === 'n' && isCut(text)) to.cut.push(at);
    }
  }

  function shown(raw: string): string {
    if (kind === 'inlineStr' || kind === 'str') return unescapeText(raw);
    const text = raw.trim();
    if (kind === 'b') return text === '1' || text === 'true' ? 'TRUE' : 'FALSE';
    if (kind === 'e') return text;
    if (kind === 'd') return isoDate(text);
    const meaning = meanings[style] ?? 'number';
    if (typeof meaning === 'object') return /^\d+$/u.test(text) ? text.padStart(meaning.digits, '0') : numberText(text);
    return (meaning === 'number' ? null : dateText(text, meaning, since1904)) ?? numberText(text);
  }

  async function* take(): AsyncIterable<readonly FileRow[]> {
    const rows = complete;
    complete = [];
    let batch: FileRow[] = [];
    let chars = 0;
    for (const { line, cells, shared, cut, chars: own } of rows) {
      let length = own;
      for (const [at, index] of shared) {
        await strings.ensure(index);
        const text = strings.get(index);
        length += text?.length ?? MAX_ROW_CHARS + 1;
        if (length > MAX_ROW_CHARS) break;
        cells[at] = text ?? '';
      }
      length += down.fill(line, cells);
      let width = cells.length;
      while (width > 0 && cells[width - 1] === '') width--;
      if (length > MAX_ROW_CHARS) batch.push({ line, cells: [], problem: 'ROW_TOO_LARGE' });
      else if (width > 0)
        batch.push({
          line,
          cells: width === cells.length ? cells : cells.slice(0, width),
          problem: null,
          ...(cut.length === 0 ? {} : { cut }),
        });
      chars += length;
      if (batch.length < BATCH_ROWS && chars < BATCH_CHARS) continue;
      yield batch;
      batch = [];
      chars = 0;
    }
    if (batch.length > 0) yield batch;
  }

  for await (const chunk of xml) {
    reader.write(chunk);
    if (complete.length > 0) yield* take();
  }
  reader.end();
  yield* take();
  if (!anyData) throw malformed('no rows part');
}

/** Puts empty cells in between. */
function fill(cells: string[], at: number, text: string): void {
  while (cells.length < at) cells.push('');
  cells[at] = text;
}

/** `BC12` → 54; undefined where it is no reference. */
function columnOf(reference: string | undefined): number | undefined {
  if (reference === undefined) return undefined;
  let column = 0;
  for (let at = 0; at < reference.length && at < 4; at++) {
    const letter = reference.charCodeAt(at) & 0xdf;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return column === 0 ? undefined : column - 1;
}

/** In full: 1.2E+15 is a number that names something, and 0.1 was written 0.10000000000000001. */
function numberText(text: string): string {
  // As many digits as the file has, also where a number of this machine has fewer.
  if (/^-?\d+$/u.test(text)) return text;
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) return text;
  if (!Number.isInteger(number) || Number.isSafeInteger(number) || Math.abs(number) >= 1e24) return String(number);
  // As a spreadsheet shows it, which has 15 digits: behind them would stand what the machine's number happens to have.
  const [digits = '', exponent = ''] = number.toPrecision(15).split('e+');
  return digits.replace('.', '').padEnd(Number(exponent) + (number < 0 ? 2 : 1), '0');
}

/**
 * A figure whose last digits may be another's: spreadsheets keep 15 and put zeros behind them. Whoever wrote more than a
 * machine's number holds (2^53, or 17 digits) wrote the digits themselves.
 */
function isCut(text: string): boolean {
  if (text.length < 16 || !/^\d+$/u.test(text)) return false;
  const digits = text.replace(/^0+/u, '');
  const kept = digits.replace(/0+$/u, '').length;
  return digits.length > 15 && (kept <= 15 || (kept <= 17 && !Number.isSafeInteger(Number(digits))));
}

/** ISO 8601 as the strict form of the format has it. */
function isoDate(text: string): string {
  return text.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.0+)?$/u, '$1 $2');
}

function malformed(why: string): AppFailure {
  return new AppFailure('FILE_FORMAT', why, { format: 'xlsx' });
}
