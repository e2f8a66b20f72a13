/** Cuts delimited text into rows; which library does it is the adapter's business. */
export interface CsvReader {
  /**
   * Streams rows in batches, in file order, in bounded memory. Nothing is dropped: a record whose quotes are broken, or
   * that is longer than the limit, is given up at its first physical line only, which is reported with a problem, and
   * reading goes on with the next line.
   */
  read(text: AsyncIterable<string>, options: { readonly delimiter: string }): AsyncIterable<readonly FileRow[]>;
}

/** One row of a file, whatever the format (CSV, JSONL, XLSX). */
export interface FileRow {
  /** Physical line in the file at which the row starts, from 1; in a spreadsheet the row's number in its sheet. */
  readonly line: number;
  /** Name of the sheet where it is not the first one with rows. */
  readonly sheet?: string;
  readonly cells: readonly string[];
  /** Columns of a spreadsheet whose cell is a figure that may have lost its last digits; absent where there are none. */
  readonly cut?: readonly number[];
  readonly problem: null | 'QUOTE_BROKEN' | 'ROW_TOO_LARGE' | 'JSON_BROKEN' | 'NOT_A_MESSAGE';
}
