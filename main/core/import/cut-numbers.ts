import type { CutColumn, ImportField, ImportMapping } from '#shared/contract/views.ts';
import type { FileRow } from '../ports/csv.ts';

/** What these columns hold names something: two that differ in the last digit are two. */
const NAMING = [
  'message_id',
  'conversation_id',
  'order_no',
  'violation_no',
  'agent',
  'consumer',
  'shop',
] as const satisfies readonly ImportField[];

/** As a spreadsheet writes into a CSV what it shows of a long number: 6.92021E+18. */
const SHORTENED = /^\s*\d(?:\.\d+)?E\+\d{1,3}\s*$/iu;
/** More digits than a spreadsheet's figure keeps, and nothing but zeros behind those. */
const LONG = /^\s*\d{16,}\s*$/u;
const ZEROS_BEHIND = /^\s*0*[1-9]\d{14}0+\s*$/u;
/** Of `1E+11`. */
const SHORTEST = 5;

/**
 * Counts rows whose numbers a spreadsheet has cut before we read them (SR11): their last digits are gone, no search for the
 * real number finds them, and message ids that were different may have become one. In a spreadsheet the cell's kind tells;
 * in text, exponents do, and zeros behind the fifteenth digit where most of the column's long numbers have them.
 */
export function createCutCount(mapping: ImportMapping, header: readonly string[]) {
  const columns = NAMING.flatMap((field) => {
    const column = mapping.columns[field];
    const index = column === undefined ? -1 : header.indexOf(column);
    return column === undefined || index === -1 ? [] : [{ field, column, index, sure: 0, likely: 0, long: 0 }];
  });
  return {
    add(row: FileRow): void {
      for (const column of columns) {
        const cell = row.cells[column.index] ?? '';
        if (cell.length < SHORTEST) continue;
        if (row.cut?.includes(column.index) === true || SHORTENED.test(cell)) column.sure++;
        else if (LONG.test(cell)) {
          if (ZEROS_BEHIND.test(cell)) column.likely++;
          else column.long++;
        }
      }
    },
    /** Of the rows so far. */
    counts: (): CutColumn[] =>
      columns.flatMap(({ field, column, sure, likely, long }) => {
        const rows = sure + (likely > long ? likely : 0);
        return rows === 0 ? [] : [{ field, column, rows }];
      }),
  };
}
