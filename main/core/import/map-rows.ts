import { AppFailure } from '#shared/contract/errors.ts';
import type { ImportField, ImportMapping } from '#shared/contract/views.ts';
import type { MessageKind, SenderRole } from '#shared/protocol/entities.ts';
import type { FileRow } from '../ports/csv.ts';
import type { ImportRecord } from '../ports/store.ts';
import { cleanName, cleanText, isBlank, splitNumbers } from './cells.ts';
import { createRepeatCounter } from './repeats.ts';
import { isTimeFormat, parseTime } from './time-format.ts';
import { fold, kindOfWord, recalledOfWord, senderInWord } from './words.ts';

/** Why a row is not imported; words for people: shared/i18n/import. */
const REJECT_REASONS = [
  'TIME_MISSING',
  'TIME_UNREADABLE',
  'SENDER_UNKNOWN',
  'TEXT_MISSING',
  'COLUMN_COUNT',
  'QUOTE_BROKEN',
  'ROW_TOO_LARGE',
  'JSON_BROKEN',
  'FIELD_TOO_LONG',
  'NOT_A_MESSAGE',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

export type MappedRow =
  | { readonly ok: true; readonly record: ImportRecord; readonly damaged: boolean }
  | { readonly ok: false; readonly reason: RejectReason };

export interface RowParts {
  readonly sent_at: number | null;
  readonly sender: SenderRole | null;
  readonly agent: string;
  readonly consumer: string;
  readonly text: string;
  readonly order_nos: readonly string[];
}

const MAX_ID = 128;
const MAX_NAME = 1_024;

/**
 * Reads rows by a mapping. Throws NO_TIME_COLUMN, NO_TEXT_COLUMN, MAPPING_INVALID (a column the file does not have, an
 * unknown time format) before the first row. `guarded`: cells may carry a spreadsheet's text marks (CSV).
 */
export function createRowMapper(mapping: ImportMapping, header: readonly string[], guarded: boolean) {
  const index = columnIndexes(mapping, header);
  const senders = new Map(Object.entries(mapping.senders).map(([word, role]) => [fold(word), role]));
  // Few different words stand in these columns, many times: folded once each.
  const roleOf = remember((word) => senders.get(fold(word)) ?? null);
  const roleInWord = remember((word) => (word === '' ? null : senderInWord(word)));
  const kindOf = remember(kindOfWord);
  const recalledOf = remember(recalledOfWord);
  const countRepeat = createRepeatCounter();
  const required = Math.max(index.sent_at ?? 0, index.text ?? 0);

  const cell = (row: FileRow, field: ImportField): string => {
    const at = index[field];
    return at === undefined ? '' : (row.cells[at] ?? '');
  };
  const name = (row: FileRow, field: ImportField): string => {
    const value = cell(row, field);
    if (isBlank(value)) return '';
    return guarded ? cleanName(value) : value.replaceAll('\0', '').trim();
  };
  const textOf = (row: FileRow): string =>
    guarded ? cleanText(cell(row, 'text')) : cell(row, 'text').replaceAll('\0', '\ufffd');

  function senderOf(row: FileRow, agent: string, consumer: string, kind: MessageKind): SenderRole | null {
    if (index.sender === undefined) return 'system';
    const word = name(row, 'sender');
    const named = roleOf(word);
    if (named !== null) return named;
    // The column may carry the speaker's name instead of a role.
    if (word !== '' && word === agent) return 'agent';
    if (word !== '' && word === consumer) return 'consumer';
    return roleInWord(word) ?? (kind === 'system' ? 'system' : null);
  }

  return {
    /** For the preview: as much of the row as can be read. */
    parts(row: FileRow): RowParts {
      const agent = name(row, 'agent');
      const consumer = name(row, 'consumer');
      return {
        sent_at: parseTime(cell(row, 'sent_at'), mapping.time_format, mapping.utc_offset_minutes),
        sender: senderOf(row, agent, consumer, kindOf(cell(row, 'kind')) ?? 'text'),
        agent,
        consumer,
        text: textOf(row),
        order_nos: splitNumbers(cell(row, 'order_no')),
      };
    },

    map(row: FileRow): MappedRow {
      const reject = (reason: RejectReason): MappedRow => ({ ok: false, reason });
      if (row.problem !== null) return reject(row.problem);
      if (row.cells.length <= required) return reject('COLUMN_COUNT');
      if (row.cells.length > header.length && row.cells.slice(header.length).some((extra) => !isBlank(extra)))
        return reject('COLUMN_COUNT');
      const time = cell(row, 'sent_at');
      if (isBlank(time)) return reject('TIME_MISSING');
      const sentAt = parseTime(time, mapping.time_format, mapping.utc_offset_minutes);
      if (sentAt === null) return reject('TIME_UNREADABLE');
      const kind = kindOf(cell(row, 'kind')) ?? 'text';
      const agent = name(row, 'agent');
      const consumer = name(row, 'consumer');
      const sender = senderOf(row, agent, consumer, kind);
      if (sender === null) return reject('SENDER_UNKNOWN');
      const text = textOf(row);
      const recalled = recalledOf(cell(row, 'recalled')) ?? false;
      if (kind === 'text' && !recalled && text.trim() === '') return reject('TEXT_MISSING');
      const shop = name(row, 'shop') || mapping.shop;
      const conversationId = name(row, 'conversation_id');
      const messageId = name(row, 'message_id');
      const orders = splitNumbers(cell(row, 'order_no'));
      const violations = splitNumbers(cell(row, 'violation_no'));
      if (
        conversationId.length > MAX_ID ||
        messageId.length > MAX_ID ||
        [...orders, ...violations].some((number) => number.length > MAX_ID)
      )
        return reject('FIELD_TOO_LONG');
      if (agent.length > MAX_NAME || consumer.length > MAX_NAME || shop.length > MAX_NAME)
        return reject('FIELD_TOO_LONG');
      const occurrence =
        messageId !== ''
          ? 0
          : countRepeat(
              `${shop}\u001f${conversationId}\u001f${agent}\u001f${consumer}\u001f${sender}\u001f${sentAt}\u001f${kind}\u001f${text}`,
            );
      return {
        ok: true,
        damaged: text.includes('\ufffd'),
        record: {
          shop,
          conversation_id: conversationId,
          message_id: messageId,
          occurrence,
          agent,
          consumer,
          sender,
          sent_at: sentAt,
          kind,
          text,
          order_nos: orders,
          violation_nos: violations,
          recalled,
        },
      };
    },
  };
}

function columnIndexes(
  mapping: ImportMapping,
  header: readonly string[],
): Readonly<Partial<Record<ImportField, number>>> {
  if (mapping.columns.sent_at === undefined) throw new AppFailure('NO_TIME_COLUMN', 'no column holds the time');
  if (mapping.columns.text === undefined) throw new AppFailure('NO_TEXT_COLUMN', 'no column holds the text');
  if (!isTimeFormat(mapping.time_format))
    throw new AppFailure('MAPPING_INVALID', 'unknown time format', { time_format: mapping.time_format });
  const missing: string[] = [];
  const index: Partial<Record<ImportField, number>> = {};
  for (const [field, column] of Object.entries(mapping.columns) as [ImportField, string][]) {
    const at = header.indexOf(column);
    if (at === -1) missing.push(column);
    else index[field] = at;
  }
  if (missing.length > 0) throw new AppFailure('MAPPING_INVALID', 'the file does not have these columns', { missing });
  return index;
}

const REMEMBERED_WORDS = 10_000;
/** Longer ones are no words; and a cell of more than a few characters may keep alive the whole piece of the file it was cut from. */
const LONGEST_WORD = 12;

function remember<T>(read: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const answer = read(word);
    if (known.size < REMEMBERED_WORDS && word.length <= LONGEST_WORD) known.set(word, answer);
    return answer;
  };
}
