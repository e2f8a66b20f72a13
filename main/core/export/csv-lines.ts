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

/** One message as a line of CSV (EX2), with its line end. `sentAt`: ISO 8601 with offset. */
export function csvLine(row: SearchRow, sentAt: string): string {
  return (
    csvCell(row.message_id) +
    ',' +
    csvCell(row.conversation_id) +
    ',' +
    csvCell(row.shop) +
    ',' +
    csvCell(row.agent) +
    ',' +
    csvCell(row.consumer) +
    ',' +
    csvCell(row.order_nos.join(' ')) +
    ',' +
    csvCell(row.violation_nos.join(' ')) +
    ',' +
    sentAt +
    ',' +
    row.sender +
    ',' +
    csvCell(row.sender_name) +
    ',' +
    row.kind +
    ',' +
    csvCell(row.text) +
    ',' +
    (row.recalled ? 'true' : 'false') +
    ',' +
    csvCell(row.more?.correction_of ?? '') +
    ',' +
    csvCell(row.more?.corrected_by ?? '') +
    LINE_END
  );
}

/** What a spreadsheet would take for the beginning of a formula, also full-width; a text that begins with apostrophes in front of it, so that reading back is unambiguous. */
const FORMULA = /^'*[=+\-@\t\r＝＋－＠]/u;
const SPECIAL = /[",\r\n\0]/u;

/** Formula-injection guard and quotes. NUL, which ends the cell in some programs, becomes U+FFFD. */
export function csvCell(text: string): string {
  const guarded = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(guarded) ? `"${guarded.replaceAll('\0', '\ufffd').replaceAll('"', '""')}"` : guarded;
}
