import type { CutColumn, ImportMapping } from '#shared/contract/views.ts';
import { throwIfCancelled } from '../jobs/jobs.ts';
import type { CsvReader, FileRow } from '../ports/csv.ts';
import type { Files } from '../ports/files.ts';
import type { SpreadsheetReader } from '../ports/spreadsheet.ts';
import type { ImportRecord, PackedRecords } from '../ports/store.ts';
import { createCutCount } from './cut-numbers.ts';
import { createRowMapper, type RejectReason } from './map-rows.ts';
import { openTable, type Table } from './table.ts';

/** A table without its rows: what is known of a file from its beginning. Plain data. */
export type TableHead = Omit<Table, 'rows'>;

/** A physical line of the file; in a spreadsheet the row of a sheet, named where it is not the first. */
export interface RowPlace {
  readonly line: number;
  readonly sheet?: string;
}

/** Some rows of a file, read and mapped. Plain data; packed where they come from another thread. */
export interface ImportBatch {
  readonly records: readonly ImportRecord[] | PackedRecords;
  /** Rows that are messages: records and rejected ones. */
  readonly rows: number;
  readonly skipped: number;
  readonly rejected: readonly (RowPlace & { readonly reason: RejectReason })[];
  /** Rows among the records in which bytes were invalid. */
  readonly damaged: readonly RowPlace[];
  /** Of all rows so far. */
  readonly cut: readonly CutColumn[];
  /** Of the file, read so far. */
  readonly bytes: number;
}

/**
 * Reads files of other systems (SR11): decoding, cutting into rows and mapping, which is nearly all of the work of an
 * import. In place (`createImportReading`), or in a thread of its own, so that the program's main thread stays free.
 */
export interface ImportReading {
  /** FILE_NOT_FOUND, FILE_UNREADABLE, FILE_EMPTY, FILE_ENCODING, FILE_FORMAT, FILE_TOO_LARGE, UNSUPPORTED. */
  look(file: string): Promise<TableHead>;
  /**
   * All rows, in the order of the file, in batches of at most BATCH_ROWS, fewer where they are long: the next one is made
   * while this one is written, never more. As `look`, and NO_TIME_COLUMN, NO_TEXT_COLUMN, MAPPING_INVALID, CANCELLED.
   */
  records(file: string, mapping: ImportMapping, signal: AbortSignal | undefined): AsyncIterable<ImportBatch>;
}

/** Where the records of a batch gather: as they are, or each packed at once, for another thread, so that none has to be kept. */
export interface Gathering {
  add(record: ImportRecord): void;
  /** What has gathered since the last time. */
  take(): ImportBatch['records'];
}

function gatherList(): Gathering {
  let records: ImportRecord[] = [];
  return {
    add: (record) => void records.push(record),
    take: () => {
      const taken = records;
      records = [];
      return taken;
    },
  };
}

/** One transaction each: the writer's other work waits for one, some 30 ms. */
export const BATCH_ROWS = 1_000;
/** A batch with more text than this ends early, UTF-16 units: a row may have 4 MiB. */
const BATCH_UNITS = 1_048_576;

export function createImportReading(
  ports: {
    readonly files: Files;
    readonly csv: CsvReader;
    /** Without it spreadsheets are UNSUPPORTED. */
    readonly spreadsheets?: SpreadsheetReader;
  },
  gather: () => Gathering = gatherList,
): ImportReading {
  const { files, csv, spreadsheets } = ports;
  return {
    async look(file) {
      const { rows: _rows, ...head } = await openTable(files, csv, file, spreadsheets);
      return head;
    },
    async *records(file, mapping, signal) {
      const table = await openTable(files, csv, file, spreadsheets);
      const mapper = createRowMapper(mapping, table.header, table.format === 'csv');
      const cut = createCutCount(mapping, table.header);
      let bytes = 0;
      const gathering = gather();
      let batch = emptyBatch();
      let units = 0;
      for await (const rows of table.rows((read) => (bytes = read))) {
        if (signal !== undefined) throwIfCancelled(signal);
        for (const row of rows) {
          if (row.problem === 'NOT_A_MESSAGE') batch.skipped++;
          else {
            batch.rows++;
            const mapped = mapper.map(row);
            if (!mapped.ok) batch.rejected.push({ ...placeOf(row), reason: mapped.reason });
            else {
              gathering.add(mapped.record);
              cut.add(row);
              units += mapped.record.text.length;
              if (mapped.damaged) batch.damaged.push(placeOf(row));
            }
          }
          if (batch.rows + batch.skipped < BATCH_ROWS && units < BATCH_UNITS) continue;
          yield { ...batch, records: gathering.take(), cut: cut.counts(), bytes };
          batch = emptyBatch();
          units = 0;
        }
      }
      if (batch.rows + batch.skipped > 0) yield { ...batch, records: gathering.take(), cut: cut.counts(), bytes };
    },
  };
}

function emptyBatch() {
  return {
    rows: 0,
    skipped: 0,
    rejected: [] as (RowPlace & { readonly reason: RejectReason })[],
    damaged: [] as RowPlace[],
  };
}

function placeOf(row: FileRow): RowPlace {
  return row.sheet === undefined ? { line: row.line } : { line: row.line, sheet: row.sheet };
}
