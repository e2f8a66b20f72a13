import type { FileRow } from './csv.ts';

/** Reads spreadsheets (XLSX); which libraries do it is the adapter's business. */
export interface SpreadsheetReader {
  /**
   * Opens a file for reading, in bounded memory whatever its size. FILE_FORMAT where it is damaged, protected or no such
   * file, FILE_TOO_LARGE where it would unpack to more than any real spreadsheet (SE6).
   */
  open(source: SpreadsheetSource): Promise<Spreadsheet>;
}

/** A file with random access. `end` is exclusive. */
export interface SpreadsheetSource {
  readonly bytes: number;
  read(range: { readonly start: number; readonly end: number }): AsyncIterable<Uint8Array>;
}

export interface Spreadsheet {
  /** In the order of their tabs. */
  readonly sheets: readonly { readonly name: string; readonly hidden: boolean }[];
  /**
   * Streams the rows of a sheet in batches; `line` is the row's number in it. Cells are text: numbers in full (an order
   * number never as 1.2E+18), times as `yyyy-MM-dd HH:mm:ss`, flags TRUE and FALSE; cells merged over several rows hold the same in
   * each, those merged across only in the first.
   * Empty rows and empty cells at a row's end are left out. One at a time. Errors as `open`.
   */
  rows(sheet: number): AsyncIterable<readonly FileRow[]>;
  close(): Promise<void>;
}

/** Writes spreadsheets (XLSX) row by row, in bounded memory. */
export interface SpreadsheetWriter {
  /** `state`: of an earlier sink whose bytes up to then lie in the target; it goes on there (EX6). */
  create(sink: SpreadsheetTarget, layout: SpreadsheetLayout, state?: unknown): SpreadsheetSink;
}

export interface SpreadsheetTarget {
  write(chunk: Uint8Array): Promise<void>;
}

export interface SpreadsheetLayout {
  readonly columns: readonly SpreadsheetColumn[];
  /** Name of the n-th sheet of rows, from 1. */
  sheetName(index: number): string;
  /** Stands at the end of a text that is longer than a cell can be. `length` in UTF-16 units, of the whole text. */
  cutMark(length: number): string;
  /** Goes into the file's properties. */
  readonly program: string;
  /** Milliseconds since 1970 UTC; the same rows at the same time give the same bytes. */
  readonly madeAt: number;
}

export interface SpreadsheetColumn {
  readonly header: string;
  /** `text`: never a number, a date or a formula. `time`: milliseconds since 1970 in local time. `number`: a figure. */
  readonly kind: 'text' | 'time' | 'flag' | 'number';
  /** In characters. */
  readonly width: number;
}

export type SpreadsheetCell = string | number | boolean;

/** A text that did not fit into its cell; `length` and `sha256` (of its UTF-8) are those of the whole text. */
export interface CutCell {
  readonly sheet: string;
  readonly line: number;
  /** The row's first cell. */
  readonly row: string;
  readonly column: string;
  readonly length: number;
  readonly sha256: string;
}

export interface SpreadsheetSummary {
  readonly rows: number;
  readonly sheets: readonly string[];
  /**
   * Of the rows as the file shows them, in order: each a JSON array of its cells as text (times `yyyy-MM-dd HH:mm:ss`,
   * with `.SSS` unless zero; TRUE, FALSE) in UTF-8 with a line feed. Blocks of 1,000 rows are chained: SHA-256 of the
   * hash so far in hex (nothing for the first block) and the block's lines. It can be computed again from the file, also
   * after another program has saved it.
   */
  readonly sha256: string;
  /** The first of them; `cut_total` says how many there are. */
  readonly cut: readonly CutCell[];
  readonly cut_total: number;
}

/** Any failure of the target is thrown by the next call. */
export interface SpreadsheetSink {
  /** One cell a column. Starts a further sheet where one is full. */
  writeRows(rows: readonly (readonly SpreadsheetCell[])[]): Promise<void>;
  /** Between two batches: waits until everything is in the target; answers with what `create` needs to go on. */
  state(): Promise<unknown>;
  endRows(): Promise<SpreadsheetSummary>;
  /** Adds a last sheet of plain text (first row bold) and ends the file; the target stays open. */
  close(context: {
    readonly name: string;
    readonly widths: readonly number[];
    readonly rows: readonly (readonly string[])[];
  }): Promise<void>;
  /** Stops; what the target holds is worthless. */
  abort(): Promise<void>;
}
