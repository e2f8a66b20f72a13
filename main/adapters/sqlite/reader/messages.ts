import type { MessagesQuery } from '#main/core/ports/store.ts';
import type { MessageIncident } from '#shared/contract/remedy.ts';
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
import type { Attachment } from '#shared/protocol/entities.ts';
import { MESSAGE_KEY_SLACK_MS, messageKeySlot } from '#shared/domain/time.ts';
import { Flag, KINDS, SENDERS, STATUSES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';
import { incidentOf } from '../incident-view.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import { readConversation } from './conversations.ts';
import { parseOutgoingFile } from './attachments.ts';

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

type Evidence = NonNullable<MessageView['evidence']>;

/** Evidence marks on messages of a conversation (AD3), by message: one look-up a page, for most of them of nothing. */
function evidenceIn(db: ReadableDatabase, conversation: number): ReadonlyMap<number, Evidence> {
  return new Map(
    db
      .read<{ message: number; id: number; placed_at: number }>(
        `SELECT message, id, placed_at FROM holds INDEXED BY holds_by_conversation
         WHERE conversation = ? AND released_at IS NULL AND message IS NOT NULL`,
      )
      .all(conversation)
      .map(({ message, id, placed_at }) => [message, { hold: id, at: placed_at }]),
  );
}

function toView(db: ReadableDatabase, row: Row, evidence: ReadonlyMap<number, Evidence>): MessageView {
  const kept = evidence.get(row.id);
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
    kind: KINDS[row.kind] ?? 'unknown',
    ...(extra.unknown === undefined ? {} : { unknown: extra.unknown }),
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
    ...((row.flags & Flag.INCIDENT) === 0 ? {} : { incident: incidentOfMessage(db, row.id) }),
    ...(kept === undefined ? {} : { evidence: kept }),
  };
}

function recalledView(recalled: ReturnType<typeof parseExtra>['recalled']): RecalledView {
  if (recalled === undefined)
    return {
      recall_id: null,
      operator: { role: 'system', id: '', name: '' },
      effect: 'maybe_seen',
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
  return {
    message: toView(db, row, evidenceIn(db, row.conversation)),
    account_id: conversation?.account_id ?? null,
  };
}

function outgoingFileView(attachment: string | null): Pick<OutgoingView, 'file'> {
  const file = parseOutgoingFile(attachment);
  if (file === null) return {};
  const { name, bytes, kind, width = null, height = null } = file;
  return { file: { name, bytes, kind, width, height, uploaded: file.attachment_id !== null } };
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
    readonly attachment: string | null;
  }
  return db
    .read<Job>(
      'SELECT client_msg_id, kind, text, correction_of, created_at, state, release_at, error, attachment FROM outbox WHERE conversation = ? ORDER BY ordinal',
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
      ...outgoingFileView(job.attachment),
    }));
}

/** Keys and sequence numbers below this are never given out (they stay under 2^53). */
const NO_BOUND = Number.MAX_SAFE_INTEGER;

/**
 * A page of a conversation, oldest first. The order is the gateway's numbers where there are any: messages of one
 * millisecond that were stored out of order have keys that say otherwise. Imported rows have no numbers and go by key.
 * Costs the same however far back it lies: every bound is a bound on number or key.
 */
export function readMessages(db: ReadableDatabase, query: MessagesQuery): MessagesPage {
  const { conversation_key: conversation } = query;
  const numbered =
    db
      .readOne<number>(
        'SELECT 1 FROM messages INDEXED BY messages_by_seq WHERE conversation = ? AND conv_seq IS NOT NULL LIMIT 1',
      )
      .get(conversation) !== undefined;
  const { rows, hasOlder, hasNewer } = numbered ? bySequence(db, query) : byKey(db, query);
  // Gaps within the page, and those that lie beyond an end which is the end of what is here.
  const seqs = rows.map((row) => row.conv_seq).filter((seq) => seq !== null);
  const lowSeq = hasOlder && seqs.length > 0 ? Math.min(...seqs) - 1 : 0;
  const evidence = evidenceIn(db, conversation);
  const highSeq = hasNewer && seqs.length > 0 ? Math.max(...seqs) + 1 : NO_BOUND;
  return {
    messages: rows.map((row) => toView(db, row, evidence)),
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

interface Page {
  readonly rows: readonly Row[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
}

/** A time range is a key range, widened for clashes; sent_at decides at its edges (time.ts). */
function timeRange(query: MessagesQuery) {
  const from = query.from ?? null;
  const to = query.to ?? null;
  return {
    low: from === null ? -1 : messageKeySlot(from) - 1,
    high: to === null ? NO_BOUND : messageKeySlot(to + MESSAGE_KEY_SLACK_MS),
    where: `${from === null ? '' : 'AND sent_at >= ?'} ${to === null ? '' : 'AND sent_at < ?'}`,
    edges: [...(from === null ? [] : [from]), ...(to === null ? [] : [to])],
  };
}

/**
 * The page's rows between two exclusive bounds of one ordering column. `start` is where the named message stands in it:
 * the first row at or after `around`, and the row itself for `before` and `after`, which leave it out.
 */
function pageOf(
  query: MessagesQuery,
  walk: { older(below: number, count: number): Row[]; newer(above: number, count: number): Row[] },
  start: { readonly before?: number; readonly after?: number; readonly around?: number },
  position: (row: Row) => number,
): Page {
  const { limit } = query;
  let rows: Row[];
  if (start.after !== undefined) rows = walk.newer(start.after, limit);
  else if (start.around !== undefined) {
    const half = Math.floor(limit / 2);
    rows = [...walk.older(start.around, half), ...walk.newer(start.around - 1, limit - half)];
  } else rows = walk.older(start.before ?? NO_BOUND, limit);
  const first = rows[0];
  const last = rows.at(-1);
  // An empty page lies before or after the message that was named, which is then on its other side.
  const below =
    first === undefined ? (start.after === undefined ? (start.before ?? 0) : start.after + 1) : position(first);
  const above =
    last === undefined ? (start.after ?? (start.before === undefined ? NO_BOUND : start.before - 1)) : position(last);
  return { rows, hasOlder: walk.older(below, 1).length > 0, hasNewer: walk.newer(above, 1).length > 0 };
}

function byKey(db: ReadableDatabase, query: MessagesQuery): Page {
  const { conversation_key: conversation, before, after, around } = query;
  const { low, high, where, edges } = timeRange(query);
  const range = `conversation = ? AND id > ? AND id < ? ${where}`;
  return pageOf(
    query,
    {
      older: (below, count) =>
        db
          .read<Row>(`SELECT ${COLUMNS} FROM messages WHERE ${range} ORDER BY id DESC LIMIT ?`)
          .all(conversation, low, Math.min(high, below), ...edges, count)
          .reverse(),
      newer: (above, count) =>
        db
          .read<Row>(`SELECT ${COLUMNS} FROM messages WHERE ${range} ORDER BY id LIMIT ?`)
          .all(conversation, Math.max(low, above), high, ...edges, count),
    },
    {
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(around === undefined ? {} : { around }),
    },
    (row) => row.id,
  );
}

function bySequence(db: ReadableDatabase, query: MessagesQuery): Page {
  const { conversation_key: conversation, before, after, around } = query;
  const { low, high, where, edges } = timeRange(query);
  const inTime = `conversation = ? AND id > ? AND id < ? ${where}`;
  // Only a range has bounds: of the numbers in it, so that the walk doesn't begin at the conversation's end.
  const bounds =
    edges.length === 0
      ? { lowest: 0, highest: NO_BOUND - 1 }
      : db
          .read<{ lowest: number | null; highest: number | null }>(
            `SELECT min(conv_seq) AS lowest, max(conv_seq) AS highest FROM messages INDEXED BY messages_by_conversation WHERE ${inTime}`,
          )
          .get(conversation, low, high, ...edges);
  const lowest = (bounds?.lowest ?? 0) - 1;
  const highest = (bounds?.highest ?? -1) + 1;
  const range = `INDEXED BY messages_by_seq WHERE ${inTime} AND conv_seq > ? AND conv_seq < ?`;
  /** Number of a message; of the numbered one before it where it has none (two under one number, SY8), or is gone. */
  const seqOf = (key: MessageKey): number =>
    db
      .readOne<number>(
        'SELECT conv_seq FROM messages WHERE conversation = ? AND id <= ? AND conv_seq IS NOT NULL ORDER BY id DESC LIMIT 1',
      )
      .get(conversation, key) ?? 0;
  const isNumbered = (key: MessageKey): boolean =>
    db
      .readOne<number>('SELECT 1 FROM messages WHERE id = ? AND conversation = ? AND conv_seq IS NOT NULL')
      .get(key, conversation) !== undefined;
  const page = pageOf(
    query,
    {
      older: (below, count) =>
        db
          .read<Row>(`SELECT ${COLUMNS} FROM messages ${range} ORDER BY conv_seq DESC LIMIT ?`)
          .all(conversation, low, high, ...edges, lowest, Math.min(highest, below), count)
          .reverse(),
      newer: (above, count) =>
        db
          .read<Row>(`SELECT ${COLUMNS} FROM messages ${range} ORDER BY conv_seq LIMIT ?`)
          .all(conversation, low, high, ...edges, Math.max(lowest, above), highest, count),
    },
    {
      // One without a number stands right behind the one before it.
      ...(before === undefined ? {} : { before: seqOf(before) + (isNumbered(before) ? 0 : 1) }),
      ...(after === undefined ? {} : { after: seqOf(after) }),
      ...(around === undefined ? {} : { around: seqOf(around) }),
    },
    (row) => row.conv_seq ?? 0,
  );
  return { ...page, rows: withUnnumbered(page) };

  /** Adds those without a number (SY8) whose numbered predecessor is on this page. There are hardly ever any. */
  function withUnnumbered({ rows, hasOlder }: Page): readonly Row[] {
    const keys = rows.map((row) => row.id);
    if (keys.length === 0) return rows;
    const end =
      db
        .readOne<number>(
          'SELECT id FROM messages WHERE conversation = ? AND id > ? AND conv_seq IS NOT NULL ORDER BY id LIMIT 1',
        )
        .get(conversation, Math.max(...keys)) ?? NO_BOUND;
    const extra = db
      .read<Row>(
        `SELECT ${COLUMNS} FROM messages INDEXED BY messages_by_conversation WHERE ${inTime} AND id > ? AND id < ? AND conv_seq IS NULL ORDER BY id`,
      )
      .all(conversation, low, high, ...edges, hasOlder ? Math.min(...keys) : -1, end);
    if (extra.length === 0) return rows;
    const behind = (row: Row): number | null =>
      db
        .readOne<number>(
          'SELECT id FROM messages WHERE conversation = ? AND id < ? AND conv_seq IS NOT NULL ORDER BY id DESC LIMIT 1',
        )
        .get(conversation, row.id) ?? null;
    const followers = extra.map((row) => ({ row, after: behind(row) }));
    return [
      ...followers.filter(({ after: place }) => place === null).map(({ row }) => row),
      ...rows.flatMap((row) => [
        row,
        ...followers.filter(({ after: place }) => place === row.id).map((follower) => follower.row),
      ]),
    ];
  }
}

/** Null where nothing is sealed under that key. */
export function openSeal(
  db: ReadableDatabase,
  key: MessageKey,
): { readonly text: string | null; readonly attachment: Attachment | null; readonly read_at: number | null } | null {
  const row = db
    .read<{ text: string | null; extra: string | null; read_at: number | null }>(
      'SELECT text, extra, read_at FROM seals WHERE message = ?',
    )
    .get(key);
  if (row === undefined) return null;
  return { text: row.text, attachment: parseExtra(row.extra).attachment ?? null, read_at: row.read_at };
}

/** What the remedy card needs of the newest incident about a message (RM1). */
function incidentOfMessage(db: ReadableDatabase, message: number): MessageIncident | null {
  const body = db.readOne<string>('SELECT body FROM incidents WHERE message = ? ORDER BY id DESC LIMIT 1').get(message);
  if (body === undefined) return null;
  const { id, state, type, steps_done, seq } = incidentOf(body);
  return { incident_id: id, state, type, steps_done, seq };
}
