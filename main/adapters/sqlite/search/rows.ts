import type { SearchRow, SearchRowMore } from '#shared/contract/views.ts';
import type { ConversationKey, MessageKey, RecallId } from '#shared/domain/ids.ts';
import { highlightRanges } from '#shared/search/match.ts';
import type { TextQuery } from '#shared/search/query.ts';
import { Flag, KINDS, SENDERS } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra, type MessageExtra } from '../extra.ts';
import type { Plan } from './plan.ts';

/** Found messages as rows of the search. Both read within the snapshot of whoever calls. */
export interface RowReader {
  /** In the order of the keys; those that are gone are left out. */
  byKeys(keys: readonly number[], text: TextQuery): SearchRow[];
  /** The newest below a key that meet the plan's own conditions, of which nothing but rows is to be asked. */
  newest(plan: Plan, below: number, limit: number): SearchRow[];
}

type Found = [
  id: number,
  conversation: number,
  agent: number | null,
  msgId: string,
  sentAt: number,
  senderRole: number,
  senderName: string,
  kind: number,
  text: string | null,
  flags: number,
  extra: string | null,
];
const FOUND = `m.id, m.conversation, m.agent, m.msg_id, m.sent_at, m.sender_role, m.sender_name, m.kind, m.text, m.flags, m.extra`;

type Around = [key: number, conversationId: string, shop: string, consumer: string];

/**
 * What a row says of its conversation and its agent is read once for all rows together: joined to each of them it would
 * cost more than the messages themselves, in steps as in strings.
 */
export function createRowReader(db: ReadableDatabase): RowReader {
  const foundByKeys = db.readRaw<Found>(`SELECT ${FOUND} FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value`);
  const aroundOf = db.readRaw<Around>(`
    SELECT c.id, c.conversation_id, s.name, coalesce(k.name, c.title, '')
    FROM json_each(?) j CROSS JOIN conversations c ON c.id = j.value JOIN shops s ON s.id = c.shop
    LEFT JOIN consumers k ON k.id = c.consumer`);
  const agentName = db.readOne<string>('SELECT name FROM agents WHERE id = ?');

  function toRows(found: readonly Found[], text: TextQuery): SearchRow[] {
    const conversations = [...new Set(found.map((row) => row[1]))];
    const around = new Map(aroundOf.all(JSON.stringify(conversations)).map((row) => [row[0], row]));
    const agents = new Map<number, string>();
    const agentOf = (key: number | null): string => {
      if (key === null) return '';
      let name = agents.get(key);
      if (name === undefined) agents.set(key, (name = agentName.get(key) ?? ''));
      return name;
    };
    const rows: SearchRow[] = [];
    for (const row of found) {
      const conversation = around.get(row[1]);
      if (conversation !== undefined) rows.push(toRow(row, conversation, agentOf(row[2]), text));
    }
    return rows;
  }

  return {
    byKeys(keys, text) {
      const rows = toRows(foundByKeys.all(JSON.stringify(keys)), text);
      const byKey = new Map(rows.map((row) => [row.message_key as number, row]));
      return keys.flatMap((key) => byKey.get(key) ?? []);
    },
    newest: (plan, below, limit) =>
      toRows(
        db
          .readRaw<Found>(
            `SELECT ${FOUND} FROM messages m NOT INDEXED
            WHERE m.id >= ? AND m.id < ?${plan.where} ORDER BY m.id DESC LIMIT ?`,
          )
          .all(plan.low, Math.min(below, plan.high), ...plan.parameters, BigInt(limit)),
        plan.text,
      ),
  };
}

const NONE: readonly never[] = [];

function toRow(found: Found, around: Around, agent: string, query: TextQuery): SearchRow {
  const [id, conversation, , msgId, sentAt, senderRole, senderName, kind, stored, flags, extraText] = found;
  const recalled = (flags & Flag.RECALLED) !== 0;
  const text = recalled ? '' : (stored ?? '');
  const all = extraText === null ? null : parseExtra(extraText);
  const open = recalled ? null : all;
  const row: { -readonly [Member in keyof SearchRow]: SearchRow[Member] } = {
    message_key: id as MessageKey,
    conversation_key: conversation as ConversationKey,
    message_id: msgId,
    conversation_id: around[1],
    shop: around[2],
    agent,
    consumer: around[3],
    order_nos: open === null ? NONE : ordersOf(open),
    violation_nos: open?.violation_nos ?? NONE,
    sent_at: sentAt,
    sender: SENDERS[senderRole] ?? 'system',
    sender_name: senderName,
    kind: KINDS[kind] ?? 'text',
    text,
    recalled,
    matches: query.terms.length === 0 ? NONE : highlightRanges(text, query),
  };
  const more = all === null ? null : moreOf(all, recalled);
  if (more !== null) row.more = more;
  return row;
}

function ordersOf({ order_nos, order }: MessageExtra): readonly string[] {
  const numbers = order_nos ?? NONE;
  const card = order?.order_no;
  return card === undefined || numbers.includes(card as never) ? numbers : [...numbers, card];
}

/** What few rows have, for exports; of a recalled one only that it was recalled and what it corrects (RC19). */
function moreOf(extra: MessageExtra, recalled: boolean): SearchRowMore | null {
  const { order, attachment, correction_of, corrected_by } = extra;
  const more: SearchRowMore = {
    ...(order === undefined || recalled ? {} : { order }),
    ...(attachment === undefined || recalled ? {} : { attachment }),
    ...(correction_of === undefined ? {} : { correction_of }),
    ...(corrected_by === undefined ? {} : { corrected_by }),
    ...(extra.recalled === undefined
      ? {}
      : { recalled: { ...extra.recalled, recall_id: extra.recalled.recall_id as RecallId | null } }),
  };
  return Object.keys(more).length === 0 ? null : more;
}
