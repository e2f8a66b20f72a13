import type { MessagesQuery } from '#main/core/ports/store.ts';
import type { MessagesPage, MessageView, OutgoingView, RecalledView } from '#shared/contract/views.ts';
import type {
  AccountId,
  ClientMessageId,
  ConversationKey,
  DeviceId,
  MessageId,
  MessageKey,
  RecallId,
} from '#shared/domain/ids.ts';
import { MESSAGE_KEY_SLACK_MS, messageKeySlot } from '#shared/domain/time.ts';
import { Flag, KINDS, SENDERS, STATUSES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import { readConversation } from './conversations.ts';

/** Pages of a conversation, and single messages. */

interface Row {
  readonly id: number;
  readonly conversation: number;
  readonly msg_id: string;
  readonly conv_seq: number | null;
  readonly client_msg_id: string | null;
  readonly sender_role: number;
  readonly sender_id: string;
  readonly sender_name: string;
  readonly sender_device: string | null;
  readonly kind: number;
  readonly text: string | null;
  readonly sent_at: number;
  readonly status: number;
  readonly read_at: number | null;
  readonly opened_at: number | null;
  readonly flags: number;
  readonly extra: string | null;
}
const COLUMNS = `id, conversation, msg_id, conv_seq, client_msg_id, sender_role, sender_id, sender_name, sender_device, kind, text, sent_at, status,
  read_at, opened_at, flags, extra`;

function toView(db: ReadableDatabase, row: Row): MessageView {
  const extra = parseExtra(row.extra);
  const recalled = (row.flags & Flag.RECALLED) !== 0;
  const recall = db
    .read<RecallRow>(
      `SELECT ${RECALL_COLUMNS} FROM recalls r WHERE r.message = ? ORDER BY r.requested_at DESC, r.recall_id DESC LIMIT 1`,
    )
    .get(row.id);
  return {
    key: row.id as MessageKey,
    conversation_key: row.conversation as ConversationKey,
    msg_id: row.msg_id as MessageId,
    conv_seq: row.conv_seq ?? 0,
    client_msg_id: row.client_msg_id as ClientMessageId | null,
    sender: {
      role: SENDERS[row.sender_role] ?? 'system',
      id: row.sender_id,
      name: row.sender_name,
      device_id: row.sender_device as DeviceId | null,
    },
    kind: KINDS[row.kind] ?? 'text',
    text: recalled ? null : row.text,
    attachment: (recalled ? undefined : extra.attachment) ?? null,
    order: (recalled ? undefined : extra.order) ?? null,
    order_nos: recalled ? [] : (extra.order_nos ?? []),
    violation_nos: recalled ? [] : (extra.violation_nos ?? []),
    correction_of: (extra.correction_of ?? null) as MessageId | null,
    corrected_by: (extra.corrected_by ?? null) as MessageId | null,
    sent_at: row.sent_at,
    status: STATUSES[row.status] ?? 'sent',
    read_at: row.read_at,
    opened_at: row.opened_at,
    push_delivered: (row.flags & Flag.PUSH_DELIVERED) !== 0,
    recalled: recalled ? recalledView(extra.recalled) : null,
    recall: recall === undefined ? null : toRecallView(recall),
  };
}

function recalledView(recalled: ReturnType<typeof parseExtra>['recalled']): RecalledView {
  if (recalled === undefined)
    return {
      recall_id: null,
      operator: { role: 'system', id: '', name: '' },
      effect: 'both',
      at: 0,
      reason: null,
      sealed: false,
    };
  return { ...recalled, recall_id: recalled.recall_id as RecallId | null };
}

export function readMessage(
  db: ReadableDatabase,
  key: MessageKey,
): { readonly message: MessageView; readonly account_id: AccountId | null } | null {
  const row = db.read<Row>(`SELECT ${COLUMNS} FROM messages WHERE id = ?`).get(key);
  if (row === undefined) return null;
  const conversation = readConversation(db, row.conversation as ConversationKey);
  return { message: toView(db, row), account_id: conversation?.account_id ?? null };
}

export function readOutgoing(db: ReadableDatabase, conversation: number): OutgoingView[] {
  interface Job {
    readonly client_msg_id: string;
    readonly kind: number;
    readonly text: string;
    readonly correction_of: string | null;
    readonly created_at: number;
    readonly state: string;
    readonly release_at: number | null;
    readonly error: string | null;
  }
  return db
    .read<Job>(
      'SELECT client_msg_id, kind, text, correction_of, created_at, state, release_at, error FROM outbox WHERE conversation = ? ORDER BY ordinal',
    )
    .all(conversation)
    .map((job) => ({
      client_msg_id: job.client_msg_id as ClientMessageId,
      conversation_key: conversation as ConversationKey,
      kind: KINDS[job.kind] ?? 'text',
      text: job.text,
      correction_of: job.correction_of as MessageId | null,
      created_at: job.created_at,
      state: job.state as OutgoingView['state'],
      release_at: job.release_at,
      error: job.error === null ? null : (JSON.parse(job.error) as OutgoingView['error']),
    }));
}

/** Keys below this are never given out (they stay under 2^53). */
const NO_BOUND = Number.MAX_SAFE_INTEGER;

/** A page of a conversation, oldest first. Costs the same however far back it lies: every bound is a bound on the key. */
export function readMessages(db: ReadableDatabase, query: MessagesQuery): MessagesPage {
  const { conversation_key: conversation, limit } = query;
  // A time range is a key range, widened for clashes; sent_at decides at its edges (time.ts).
  const from = query.from ?? null;
  const to = query.to ?? null;
  const low = from === null ? -1 : messageKeySlot(from) - 1;
  const high = to === null ? NO_BOUND : messageKeySlot(to + MESSAGE_KEY_SLACK_MS);
  const range = `conversation = ? AND id > ? AND id < ? ${from === null ? '' : 'AND sent_at >= ?'} ${to === null ? '' : 'AND sent_at < ?'}`;
  const edges = [...(from === null ? [] : [from]), ...(to === null ? [] : [to])];
  const older = (below: number, count: number): Row[] =>
    db
      .read<Row>(`SELECT ${COLUMNS} FROM messages WHERE ${range} ORDER BY id DESC LIMIT ?`)
      .all(conversation, low, Math.min(high, below), ...edges, count)
      .reverse();
  const newer = (above: number, count: number): Row[] =>
    db
      .read<Row>(`SELECT ${COLUMNS} FROM messages WHERE ${range} ORDER BY id LIMIT ?`)
      .all(conversation, Math.max(low, above), high, ...edges, count);

  let rows: Row[];
  if (query.after !== undefined) rows = newer(query.after, limit);
  else if (query.around !== undefined) {
    const half = Math.floor(limit / 2);
    rows = [...older(query.around, half), ...newer(query.around - 1, limit - half)];
  } else rows = older(query.before ?? NO_BOUND, limit);

  const first = rows[0];
  const last = rows.at(-1);
  // An empty page lies before or after the message that was named, which is then on its other side.
  const hasOlder =
    older(first?.id ?? (query.after === undefined ? (query.before ?? 0) : query.after + 1), 1).length > 0;
  const hasNewer =
    newer(last?.id ?? query.after ?? (query.before === undefined ? NO_BOUND : query.before - 1), 1).length > 0;
  // Gaps within the page, and those that lie beyond an end which is the end of what is here.
  const seqs = rows.map((row) => row.conv_seq).filter((seq) => seq !== null);
  const lowSeq = hasOlder && seqs.length > 0 ? Math.min(...seqs) - 1 : 0;
  const highSeq = hasNewer && seqs.length > 0 ? Math.max(...seqs) + 1 : NO_BOUND;
  return {
    messages: rows.map((row) => toView(db, row)),
    outgoing: readOutgoing(db, conversation),
    gaps: db
      .read<{ from_seq: number; to_seq: number }>(
        'SELECT from_seq, to_seq FROM gaps WHERE conversation = ? AND to_seq >= ? AND from_seq <= ? ORDER BY from_seq',
      )
      .all(conversation, lowSeq, highSeq),
    has_older: hasOlder,
    has_newer: hasNewer,
  };
}

/** Null where nothing is sealed under that key. */
export function openSeal(db: ReadableDatabase, key: MessageKey): { readonly text: string | null } | null {
  return db.read<{ text: string | null }>('SELECT text FROM seals WHERE message = ?').get(key) ?? null;
}
