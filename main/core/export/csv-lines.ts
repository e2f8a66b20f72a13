import type { SearchRow } from '#shared/contract/views.ts';

/** Columns of a CSV export, in order; names as in the command line's JSON. */
export const CSV_COLUMNS = [
  'message_id',
  'conversation_id',
  'shop',
  'agent',
  'consumer',
  'order_nos',
  'violation_nos',
  'sent_at',
  'sender',
  'sender_name',
  'kind',
  'text',
  'recalled',
  'correction_of',
  'corrected_by',
] as const;
export type CsvColumn = (typeof CSV_COLUMNS)[number];

/** Excel takes a file without it for the desktop's own code page. */
export const BYTE_ORDER_MARK = '\ufeff';
const LINE_END = '\r\n';

export function csvHeader(nameOf: (column: CsvColumn) => string): string {
  return CSV_COLUMNS.map((column) => csvCell(nameOf(column))).join(',') + LINE_END;
}

/** Cells that are remembered at once; an export of millions must not hold all its names. */
const REMEMBERED = 4_096;

/**
 * One message as a line of CSV (EX2), with its line end. `sentAt`: ISO 8601 with offset. Ids and names of conversations
 * come again in every line, so their cells are looked up instead of made.
 */
export function createCsvLine(): (row: SearchRow, sentAt: string) => string {
  const cells = new Map<string, string>();
  const known = (text: string): string => {
    let cell = cells.get(text);
    if (cell === undefined) {
      if (cells.size >= REMEMBERED) cells.clear();
      cells.set(text, (cell = csvCell(text)));
    }
    return cell;
  };
  return (row, sentAt) => {
    const { order_nos, violation_nos, more } = row;
    return (
      csvCell(row.message_id) +
      ',' +
      known(row.conversation_id) +
      ',' +
      known(row.shop) +
      ',' +
      known(row.agent) +
      ',' +
      known(row.consumer) +
      ',' +
      (order_nos.length === 0 ? '' : csvCell(order_nos.join(' '))) +
      ',' +
      (violation_nos.length === 0 ? '' : csvCell(violation_nos.join(' '))) +
      ',' +
      sentAt +
      ',' +
      row.sender +
      ',' +
      known(row.sender_name) +
      ',' +
      row.kind +
      ',' +
      csvCell(row.text) +
      (row.recalled ? ',true,' : ',false,') +
      (more?.correction_of === undefined ? '' : csvCell(more.correction_of)) +
      ',' +
      (more?.corrected_by === undefined ? '' : csvCell(more.corrected_by)) +
      LINE_END
    );
  };
}

/** What a spreadsheet would take for the beginning of a formula, also full-width; a text that begins with apostrophes in front of it, so that reading back is unambiguous. */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/u;
const SPECIAL = /[",\r\n\0]/u;

/** Formula-injection guard and quotes. NUL, which ends the cell in some programs, becomes U+FFFD. */
export function csvCell(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(guarded) ? `"${guarded.replaceAll('\0', '\ufffd').replaceAll('"', '""')}"` : guarded;
}
