import type { ExportPlan } from '#shared/contract/export.ts';
import type { ConversationView, SearchRow } from '#shared/contract/views.ts';
import { fromBase64, toBase64 } from '#shared/package/format.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { FilePart } from '../ports/files.ts';
import type { Masking } from '../package/masking.ts';
import { BYTE_ORDER_MARK, createCsvLine, csvHeader, type CsvColumn } from './csv-lines.ts';
import { correctionLine, createMessageLine, recallLine, transferLines } from './json-lines.ts';
import { createSheetExport, type SpreadsheetExport } from './sheet.ts';

/** Where an export can be taken up again: behind the row with this key, with this much in its files. */
export interface Resumable {
  readonly rows: number;
  readonly cursor: string;
  readonly state: unknown;
}

/** Turns rows into one format. Everything goes into the part that it was made with. */
export interface ExportEncoder {
  /** What stands before the first row; not called when an export is taken up again. */
  begin(): Promise<void>;
  add(rows: readonly SearchRow[]): Promise<void>;
  /** After `add`; null where there is no such place yet. Its bytes are handed to the part by then. */
  resumable(): Promise<Resumable | null>;
  /** Answers with what the audit log and the caller learn besides. */
  finish(): Promise<Readonly<Record<string, unknown>>>;
  /** In any case the last call. */
  close(): Promise<void>;
}

export type ConversationOf = (
  keys: readonly ConversationKey[],
) => Promise<ReadonlyMap<ConversationKey, Pick<ConversationView, 'assignments' | 'order_nos' | 'violation_nos'>>>;

export interface EncoderOptions {
  readonly plan: ExportPlan;
  readonly part: FilePart;
  readonly masking: Masking;
  /** Of the checkpoint; null at the beginning. */
  readonly from: Resumable | null;
  readonly conversations: ConversationOf;
  isoOf(at: number): string;
  offsetOf(at: number): number;
  columnName(column: CsvColumn): string;
}

const utf8 = new TextEncoder();
/** Lines that are put into bytes at once: strings and bytes of more would only wait. */
const LINES = 250;

export function createCsvEncoder({ part, masking, isoOf, columnName, from }: EncoderOptions): ExportEncoder {
  const place = following(from);
  const csvLine = createCsvLine();
  return {
    begin: () => part.write(utf8.encode(BYTE_ORDER_MARK + csvHeader(columnName))),
    async add(rows) {
      let lines = '';
      for (const [index, row] of rows.entries()) {
        lines += csvLine(masking.row(row), isoOf(row.sent_at));
        if ((index + 1) % LINES === 0) {
          await part.write(utf8.encode(lines));
          lines = '';
        }
      }
      if (lines !== '') await part.write(utf8.encode(lines));
      place.passed(rows);
    },
    resumable: async () => place.here(null),
    finish: async () => ({}),
    close: async () => {},
  };
}

export function createJsonEncoder({ part, masking, isoOf, from, conversations }: EncoderOptions): ExportEncoder {
  const place = following(from);
  const messageLine = createMessageLine();
  const met = createKeySet(typeof from?.state === 'string' ? fromBase64(from.state) : null);
  return {
    begin: async () => {},
    async add(rows) {
      const found = await conversations(newKeys(rows, (key) => met.has(key)));
      let lines = '';
      for (const [index, row] of rows.entries()) {
        const shown = masking.row(row);
        if (!met.has(row.conversation_key)) {
          met.add(row.conversation_key);
          const conversation = found.get(row.conversation_key);
          if (conversation !== undefined) lines += transferLines(shown, conversation, isoOf);
        }
        lines += messageLine(shown, isoOf(row.sent_at));
        if (shown.more !== undefined) lines += recallLine(shown, isoOf) + correctionLine(shown);
        if ((index + 1) % LINES === 0) {
          await part.write(utf8.encode(lines));
          lines = '';
        }
      }
      if (lines !== '') await part.write(utf8.encode(lines));
      place.passed(rows);
    },
    resumable: async () => place.here(toBase64(met.bytes())),
    finish: async () => ({}),
    close: async () => {},
  };
}

export function createSheetEncoder(options: EncoderOptions, spreadsheet: SpreadsheetExport): ExportEncoder {
  const { part, masking, plan, from } = options;
  const place = following(from);
  const sheet = createSheetExport(
    spreadsheet,
    part,
    {
      query: plan.query,
      reason: plan.reason,
      masking,
      operator: plan.operator,
      at: plan.at,
      offsetOf: options.offsetOf,
      columnName: options.columnName,
    },
    from?.state,
  );
  return {
    begin: async () => {},
    async add(rows) {
      await sheet.write(rows.map((row) => masking.row(row)));
      place.passed(rows);
    },
    resumable: async () => place.here(await sheet.state()),
    async finish() {
      await sheet.finish();
      return {};
    },
    close: () => sheet.abort(),
  };
}

/** Conversations among the rows that were not met before, each once. */
export function newKeys(rows: readonly SearchRow[], known: (key: ConversationKey) => boolean): ConversationKey[] {
  return [...new Set(rows.map((row) => row.conversation_key))].filter((key) => !known(key));
}

function following(from: Resumable | null) {
  let rows = from?.rows ?? 0;
  let cursor = from?.cursor ?? null;
  return {
    passed(added: readonly SearchRow[]): void {
      rows += added.length;
      const last = added.at(-1);
      if (last !== undefined) cursor = String(last.message_key);
    },
    here: (state: unknown): Resumable | null => (cursor === null ? null : { rows, cursor, state }),
  };
}

/** A set of small integers, as the keys of conversations are: a bit each. */
function createKeySet(from: Uint8Array | null) {
  let bits = new Uint8Array(Math.max(1_024, from?.length ?? 0));
  if (from !== null) bits.set(from);
  return {
    has: (key: number): boolean => ((bits[key >> 3] ?? 0) & (1 << (key & 7))) !== 0,
    add(key: number): void {
      if (key >> 3 >= bits.length) {
        const wider = new Uint8Array(Math.max(bits.length * 2, (key >> 3) + 1));
        wider.set(bits);
        bits = wider;
      }
      bits[key >> 3] = (bits[key >> 3] as number) | (1 << (key & 7));
    },
    bytes(): Uint8Array {
      let end = bits.length;
      while (end > 0 && bits[end - 1] === 0) end--;
      return bits.subarray(0, end);
    },
  };
}
