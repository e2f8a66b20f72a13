import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import type { SpreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { isoWithOffset } from '#shared/lib/iso-time.ts';
import type { Masking } from '../package/masking.ts';
import type { SpreadsheetCell, SpreadsheetColumn, SpreadsheetTarget, SpreadsheetWriter } from '../ports/spreadsheet.ts';
import { CSV_COLUMNS, type CsvColumn } from './csv-lines.ts';

/** What a host gives so that exports can be spreadsheets. */
export interface SpreadsheetExport {
  readonly writer: SpreadsheetWriter;
  readonly words: SpreadsheetWords;
  /** Name and version, for whoever asks later what made the file. */
  readonly program: string;
}

export interface ExportContext {
  readonly query: SearchQuery;
  readonly reason: string;
  /** Its rows come masked already; what is said about them is masked here. */
  readonly masking: Masking;
  readonly operator: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** Minutes east of UTC of this desktop at a moment. */
  offsetOf(at: number): number;
  columnName(column: CsvColumn): string;
}

/** Widths in characters. Everything that is not a time or a flag is text, numbers that name things above all. */
const WIDTHS: Readonly<Record<CsvColumn, number>> = {
  message_id: 24,
  conversation_id: 20,
  shop: 18,
  agent: 14,
  consumer: 18,
  order_nos: 24,
  violation_nos: 20,
  sent_at: 20,
  sender: 10,
  sender_name: 14,
  kind: 10,
  text: 60,
  recalled: 10,
  correction_of: 24,
  corrected_by: 24,
};
/** Below what a cell holds; a filter with ten thousand numbers takes several. */
const VALUE_CHARS = 30_000;

/** EX2: one sheet of rows (more where one is full) and one that says what they are. The sink stays open. */
export function createSheetExport(
  { writer, words, program }: SpreadsheetExport,
  sink: SpreadsheetTarget,
  about: ExportContext,
  state?: unknown,
) {
  const layout = {
    columns: CSV_COLUMNS.map((column) => ({
      header: about.columnName(column),
      kind: kindOf(column),
      width: WIDTHS[column],
    })),
    sheetName: (index: number) => (index === 1 ? words.records : `${words.records} ${index}`),
    cutMark: (length: number) => fill(words.cutMark, { length }),
    program,
    madeAt: about.at,
  } as const;
  const sheet = writer.create(sink, layout, state);

  return {
    state: () => sheet.state(),

    async write(rows: readonly SearchRow[]): Promise<void> {
      await sheet.writeRows(
        rows.map((row): SpreadsheetCell[] => [
          row.message_id,
          row.conversation_id,
          row.shop,
          row.agent,
          row.consumer,
          row.order_nos.join(' '),
          row.violation_nos.join(' '),
          row.sent_at + about.offsetOf(row.sent_at) * 60_000,
          row.sender,
          row.sender_name,
          row.kind,
          row.text,
          row.recalled,
          row.more?.correction_of ?? '',
          row.more?.corrected_by ?? '',
        ]),
      );
    },

    async finish(): Promise<void> {
      const done = await sheet.endRows();
      const offset = about.offsetOf(about.at);
      const { masking } = about;
      const filter =
        Object.keys(about.query).length === 0 ? words.everything : JSON.stringify(masking.filter(about.query));
      const rows: (readonly string[])[] = [
        [words.item, words.value],
        [words.program, program],
        [words.exportedAt, isoWithOffset(about.at, offset)],
        [words.timeZone, fill(words.timeZoneNote, { zone: `UTC${isoWithOffset(about.at, offset).slice(-6)}` })],
        [words.operator, about.operator],
        [words.reason, masking.words(about.reason)],
        ...pieces(filter).map((piece) => [words.filter, piece]),
        [words.masks, masking.chosen.length === 0 ? words.noMasks : masking.chosen.join(', ')],
        [words.rows, String(done.rows)],
        [words.sheets, done.sheets.join(', ')],
        [words.hash, done.sha256],
        [words.note, words.hashNote],
        [words.cut, String(done.cut_total)],
      ];
      if (done.cut_total > 0) {
        if (done.cut_total > done.cut.length)
          rows.push(['', fill(words.cutMore, { count: done.cut_total, listed: done.cut.length })]);
        rows.push([words.cutSheet, words.cutLine, words.cutRecord, words.cutColumn, words.cutLength, words.cutHash]);
        for (const cell of done.cut)
          rows.push([cell.sheet, String(cell.line), cell.row, cell.column, String(cell.length), cell.sha256]);
      }
      await sheet.close({ name: words.context, widths: [28, 70, 24, 16, 16, 66], rows });
    },

    abort: () => sheet.abort(),
  };
}

function kindOf(column: CsvColumn): SpreadsheetColumn['kind'] {
  if (column === 'sent_at') return 'time';
  return column === 'recalled' ? 'flag' : 'text';
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += VALUE_CHARS) found.push(text.slice(at, at + VALUE_CHARS));
  return found;
}

function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/gu, (whole, name: string) => String(values[name] ?? whole));
}
