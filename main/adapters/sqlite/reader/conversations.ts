import type { DeskStoreReader } from '#main/core/ports/desk-store.ts';
import type { ConversationListQuery } from '#main/core/ports/store.ts';
import type { ListSort } from '#shared/contract/desk.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { ConversationView, ReplyState } from '#shared/contract/views.ts';
import type { AccountId, AgentId, ConversationId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { Assignment, Intake, SenderRole } from '#shared/protocol/entities.ts';
import { Flag, INTAKE_CODES, INTAKES, KINDS, SENDERS } from '../codes.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import { IMPORT_SOURCE } from '../profile-files.ts';

/** Rows of the reception lists (IN1). */

interface Row {
  readonly id: number;
  readonly account_id: string | null;
  readonly conversation_id: string;
  readonly shop_id: string;
  readonly shop_name: string;
  readonly platform: string;
  readonly type: number;
  readonly title: string;
  readonly consumer_id: string | null;
  readonly consumer_name: string | null;
  readonly avatar: string | null;
  readonly members: string | null;
  readonly intake: number;
  readonly assignee_id: string | null;
  readonly assignee_name: string | null;
  readonly assignments: string;
  readonly order_nos: string;
  readonly violation_nos: string;
  readonly last_seq: number;
  readonly last_message_at: number | null;
  readonly agent_read_seq: number;
  readonly consumer_read_seq: number;
  readonly last_consumer_seq: number;
  readonly last_agent_seq: number;
  readonly unread: number;
  readonly waiting_since: number | null;
  readonly ends_at: number | null;
  readonly deletes_at: number | null;
  readonly restricts_recall: number;
  readonly legal_hold: number;
  readonly removed_by: string | null;
  readonly restorable_until: number | null;
  readonly sort_at: number;
  readonly preview_role: number | null;
  readonly preview_kind: number | null;
  readonly preview_text: string | null;
  readonly preview_flags: number | null;
  readonly draft: string | null;
  readonly pinned_at: number | null;
  readonly starred_at: number | null;
  readonly tags: string | null;
}

/** A list row shows one line: more of a text (1 MB of one word, SE2) need not travel. Characters. */
const PREVIEW_CHARACTERS = 200;

/**
 * The account through which a conversation is worked on: the assignee's where several logins of one gateway are here, else one
 * that serves the shop.
 */
const SELECT = `
  SELECT c.id, (SELECT a.account_id FROM accounts a WHERE a.source = c.source AND a.removed = 0
      ORDER BY a.agent IS c.assignee AND a.agent IS NOT NULL DESC, EXISTS (SELECT 1 FROM account_shops l WHERE l.account = a.id AND l.shop = c.shop) DESC, a.id LIMIT 1) AS account_id,
    c.conversation_id, s.shop_id, s.name AS shop_name, s.platform, c.type, c.title, u.consumer_id, u.name AS consumer_name, u.avatar, c.members,
    c.intake, g.agent_id AS assignee_id, g.name AS assignee_name, c.assignments, c.order_nos, c.violation_nos, c.last_seq, c.last_message_at,
    c.agent_read_seq, c.consumer_read_seq, c.last_consumer_seq, c.last_agent_seq, c.unread, c.waiting_since, c.ends_at, c.deletes_at,
    c.restricts_recall, c.legal_hold, c.removed_by, c.restorable_until, c.sort_at,
    m.sender_role AS preview_role, m.kind AS preview_kind, substr(m.text, 1, ${PREVIEW_CHARACTERS}) AS preview_text, m.flags AS preview_flags, d.text AS draft,
    k.pinned_at, k.starred_at, n.tags
  FROM conversations c JOIN shops s ON s.id = c.shop LEFT JOIN consumers u ON u.id = c.consumer LEFT JOIN agents g ON g.id = c.assignee
    LEFT JOIN messages m ON m.id = c.last_message LEFT JOIN drafts d ON d.conversation = c.id
    LEFT JOIN conversation_marks k ON k.conversation = c.id LEFT JOIN consumer_notes n ON n.consumer = c.consumer`;

/** IN1: `read_unreplied` (已读未回) once the agent has read up to the consumer's last message without answering it. */
function replyState(row: Row): ReplyState {
  if (row.last_consumer_seq === 0 && row.last_agent_seq === 0)
    return row.waiting_since === null ? 'replied' : 'unreplied';
  if (row.last_consumer_seq <= row.last_agent_seq) return 'replied';
  return row.agent_read_seq >= row.last_consumer_seq ? 'read_unreplied' : 'unreplied';
}

function toView(row: Row): ConversationView {
  return {
    key: row.id as ConversationKey,
    account_id: row.account_id as AccountId | null,
    conversation_id: row.conversation_id as ConversationId,
    shop: { shop_id: row.shop_id as ShopId, name: row.shop_name, platform: row.platform },
    type: row.type === 1 ? 'group' : 'single',
    title: row.title,
    consumer:
      row.consumer_id === null
        ? null
        : {
            consumer_id: row.consumer_id,
            name: row.consumer_name ?? '',
            ...(row.avatar === null ? {} : { avatar: row.avatar }),
          },
    members: row.members === null ? [] : (JSON.parse(row.members) as { id: string; role: SenderRole; name: string }[]),
    intake: INTAKES[row.intake] ?? 'ended',
    reply_state: replyState(row),
    assignee: row.assignee_id === null ? null : { agent_id: row.assignee_id as AgentId, name: row.assignee_name ?? '' },
    assignments: JSON.parse(row.assignments) as Assignment[],
    order_nos: JSON.parse(row.order_nos) as string[],
    violation_nos: JSON.parse(row.violation_nos) as string[],
    last_seq: row.last_seq,
    last_message_at: row.last_message_at,
    preview:
      row.preview_role === null
        ? null
        : {
            sender_role: SENDERS[row.preview_role] ?? 'system',
            kind: KINDS[row.preview_kind ?? 0] ?? 'text',
            text: row.preview_text,
            recalled: ((row.preview_flags ?? 0) & Flag.RECALLED) !== 0,
          },
    unread: row.unread,
    consumer_read_seq: row.consumer_read_seq,
    waiting_since: row.waiting_since,
    ends_at: row.ends_at,
    deletes_at: row.deletes_at,
    consumer_restricts_recall: row.restricts_recall === 1,
    legal_hold: row.legal_hold === 1,
    draft: row.draft,
    removed: row.removed_by === null ? null : { by: row.removed_by, restorable_until: row.restorable_until ?? 0 },
    ...(row.pinned_at === null ? {} : { pinned: true }),
    ...(row.starred_at === null ? {} : { starred: true }),
    ...(row.tags === null || row.tags === '[]' ? {} : { tags: JSON.parse(row.tags) as string[] }),
  };
}

/**
 * Which conversations are an account's: those of its gateway in its shops, but not those assigned to another login that is
 * here as well. Without an account: all but imported ones. Bound values come in order.
 */
function ofAccount(
  db: ReadableDatabase,
  account: AccountId | null,
): { readonly sql: string; readonly values: readonly Bindable[] } {
  if (account === null)
    return { sql: 'c.source <> coalesce((SELECT id FROM sources WHERE name = ?), 0)', values: [IMPORT_SOURCE] };
  const row = db
    .read<{ id: number; source: number; agent: number | null }>(
      'SELECT id, source, agent FROM accounts WHERE account_id = ? AND removed = 0',
    )
    .get(account);
  if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
  return {
    sql: `c.source = ? AND c.shop IN (SELECT shop FROM account_shops WHERE account = ?)
      AND (c.assignee IS NULL OR c.assignee NOT IN (SELECT agent FROM accounts WHERE source = ? AND removed = 0 AND id <> ? AND agent IS NOT NULL AND agent IS NOT ?))`,
    values: [row.source, row.id, row.source, row.id, row.agent],
  };
}

/** IN1, as `replyState` tells it, for filtering in SQL. */
const NEVER_SPOKEN = '(c.last_consumer_seq = 0 AND c.last_agent_seq = 0)';
const UNANSWERED = `(CASE WHEN ${NEVER_SPOKEN} THEN c.waiting_since IS NOT NULL ELSE c.last_consumer_seq > c.last_agent_seq END)`;
const READ_BY_AGENT = `(NOT ${NEVER_SPOKEN} AND c.agent_read_seq >= c.last_consumer_seq)`;
const REPLY: Readonly<Record<ReplyState, string>> = {
  unreplied: `${UNANSWERED} AND NOT ${READ_BY_AGENT}`,
  read_unreplied: `${UNANSWERED} AND ${READ_BY_AGENT}`,
  replied: `NOT ${UNANSWERED}`,
};
/** One's own: assigned to somebody signed in here; a customer group is everybody's who sees it. */
const MINE = `(c.type = 1 OR c.assignee IN (SELECT agent FROM accounts WHERE removed = 0 AND agent IS NOT NULL))`;
/** As the index conversations_by_wait has it: those that nobody waits in come last. */
const WAIT = 'coalesce(c.waiting_since, 9007199254740991)';
const ORDER: Readonly<Record<ListSort, string>> = {
  newest: 'c.sort_at DESC, c.id DESC',
  waiting: `${WAIT}, c.id`,
  unreplied: `${UNANSWERED} DESC, c.sort_at DESC, c.id DESC`,
  shop: 'c.shop, c.sort_at DESC, c.id DESC',
};
const PINNED = 'SELECT conversation FROM conversation_marks WHERE pinned_at IS NOT NULL';

function conditionsOf(
  db: ReadableDatabase,
  query: Pick<ConversationListQuery, 'account_id' | 'shop_id' | 'intake' | 'filter'>,
): { readonly where: string; readonly values: readonly Bindable[] } {
  const scope = ofAccount(db, query.account_id);
  const parts = ['c.intake = ?', 'c.removed_by IS NULL', scope.sql];
  const values: Bindable[] = [INTAKE_CODES[query.intake], ...scope.values];
  if (query.shop_id !== undefined) {
    parts.push('c.shop IN (SELECT id FROM shops WHERE shop_id = ?)');
    values.push(query.shop_id);
  }
  const { reply, starred, mine, type, tag, name } = query.filter ?? {};
  if (reply !== undefined) parts.push(`(${REPLY[reply]})`);
  if (starred) parts.push('c.id IN (SELECT conversation FROM conversation_marks WHERE starred_at IS NOT NULL)');
  if (mine) parts.push(MINE);
  if (type !== undefined) parts.push(`c.type = ${type === 'group' ? 1 : 0}`);
  if (tag !== undefined) {
    parts.push('c.consumer IN (SELECT consumer FROM consumer_tags WHERE tag = ?)');
    values.push(tag);
  }
  if (name !== undefined) {
    const pattern = `%${name.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    parts.push(
      String.raw`(c.title LIKE ? ESCAPE '\' OR c.consumer IN (SELECT id FROM consumers WHERE name LIKE ? ESCAPE '\'))`,
    );
    values.push(pattern, pattern);
  }
  return { where: parts.join(' AND '), values };
}

/**
 * A part of a list: from a cursor on (newest first, pins not apart), or from a row number on, where pinned ones stand above
 * the rest (IN1). Row numbers keep a list of 100,000 scrollable to any place; a row that moves meanwhile comes with the
 * next change notice.
 */
export function listConversations(
  db: ReadableDatabase,
  query: ConversationListQuery,
): { readonly conversations: readonly ConversationView[]; readonly total: number; readonly cursor: string | null } {
  const { where, values } = conditionsOf(db, query);
  const total = db.readOne<number>(`SELECT count(*) FROM conversations c WHERE ${where}`).get(...values) as number;
  if (query.offset !== undefined) {
    const ids = idsFrom(db, query, where, values, query.offset);
    return { conversations: viewsOf(db, ids), total, cursor: null };
  }
  const after = query.cursor === null ? null : /^(\d+):(\d+)$/.exec(query.cursor);
  if (query.cursor !== null && after === null) throw new AppFailure('BAD_INPUT', 'not a cursor of this list');
  const page = after === null ? '' : 'AND (c.sort_at, c.id) < (?, ?)';
  const rows = db
    .read<Row>(`${SELECT} WHERE ${where} ${page} ORDER BY c.sort_at DESC, c.id DESC LIMIT ?`)
    .all(...values, ...(after === null ? [] : [Number(after[1]), Number(after[2])]), query.limit + 1);
  const more = rows.length > query.limit;
  const shown = more ? rows.slice(0, query.limit) : rows;
  const last = shown.at(-1);
  return {
    conversations: shown.map(toView),
    total,
    cursor: more && last !== undefined ? `${last.sort_at}:${last.id}` : null,
  };
}

function idsFrom(
  db: ReadableDatabase,
  query: ConversationListQuery,
  where: string,
  values: readonly Bindable[],
  offset: number,
): readonly number[] {
  const order = ORDER[query.sort ?? 'newest'];
  const pinned = db
    .readOne<number>(
      `SELECT c.id FROM conversations c JOIN conversation_marks k ON k.conversation = c.id
       WHERE k.pinned_at IS NOT NULL AND ${where} ORDER BY k.pinned_at DESC, c.id DESC`,
    )
    .all(...values);
  const first = pinned.slice(offset, offset + query.limit);
  const left = query.limit - first.length;
  if (left <= 0) return first;
  const rest = db
    .readOne<number>(
      `SELECT c.id FROM conversations c WHERE ${where} ${pinned.length === 0 ? '' : `AND c.id NOT IN (${PINNED})`} ORDER BY ${order} LIMIT ? OFFSET ?`,
    )
    .all(...values, left, Math.max(0, offset - pinned.length));
  return [...first, ...rest];
}

/** In the order asked for. The joins cost only the rows that are shown. */
function viewsOf(db: ReadableDatabase, ids: readonly number[]): readonly ConversationView[] {
  const rows = new Map(
    db
      .read<Row>(`${SELECT} WHERE c.id IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(ids))
      .map((row) => [row.id, row]),
  );
  return ids.flatMap((id) => {
    const row = rows.get(id);
    return row === undefined ? [] : [toView(row)];
  });
}

export function nextConversation(
  db: ReadableDatabase,
  query: Parameters<DeskStoreReader['nextConversation']>[0],
): ConversationView | null {
  const waits = query.what === 'longest_waiting';
  const { where, values } = conditionsOf(db, {
    account_id: query.account_id,
    ...(query.shop_id === undefined ? {} : { shop_id: query.shop_id }),
    intake: waits ? 'waiting' : 'active',
  });
  const wanted = waits ? where : `${where} AND ${UNANSWERED} AND ${MINE}`;
  const since = `coalesce(c.waiting_since, c.sort_at)`;
  const key = waits ? WAIT : since;
  const from = (condition: string, ...more: Bindable[]): number | undefined =>
    db
      .readOne<number>(`SELECT c.id FROM conversations c WHERE ${wanted} ${condition} ORDER BY ${key}, c.id LIMIT 1`)
      .get(...values, ...more);
  const place =
    query.after === undefined
      ? undefined
      : db.read<{ at: number }>(`SELECT ${key} AS at FROM conversations c WHERE c.id = ?`).get(query.after);
  const behind =
    place === undefined || query.after === undefined
      ? undefined
      : from(
          `AND (${key}, c.id) > (?, ?) AND EXISTS (SELECT 1 FROM conversations c WHERE ${wanted} AND c.id = ?)`,
          place.at,
          query.after,
          ...values,
          query.after,
        );
  const id = behind ?? from('');
  return id === undefined ? null : (viewsOf(db, [id])[0] ?? null);
}

export function countConversations(
  db: ReadableDatabase,
  account: AccountId | null,
  shop?: ShopId,
): Record<Intake, number> {
  const scope = ofAccount(db, account);
  const inShop = shop === undefined ? '' : 'AND c.shop IN (SELECT id FROM shops WHERE shop_id = ?)';
  // One list at a time: each count stays inside the lists' index.
  const count = db.readOne<number>(
    `SELECT count(*) FROM conversations c WHERE c.intake = ? AND c.removed_by IS NULL AND ${scope.sql} ${inShop}`,
  );
  const of = (intake: Intake): number =>
    count.get(INTAKE_CODES[intake], ...scope.values, ...(shop === undefined ? [] : [shop])) ?? 0;
  return { waiting: of('waiting'), active: of('active'), ended: of('ended') };
}

export function countWaitingByShop(db: ReadableDatabase, account: AccountId): Record<string, number> {
  const scope = ofAccount(db, account);
  return Object.fromEntries(
    db
      .readRaw<[string, number]>(
        `SELECT s.shop_id, count(*) FROM conversations c JOIN shops s ON s.id = c.shop
         WHERE c.intake = ${INTAKE_CODES.waiting} AND c.removed_by IS NULL AND ${scope.sql} GROUP BY s.id`,
      )
      .all(...scope.values),
  );
}

/** Null for none, and for purged ones. */
export function readConversation(db: ReadableDatabase, key: ConversationKey): ConversationView | null {
  const row = db.read<Row>(`${SELECT} WHERE c.id = ? AND c.purged_at IS NULL`).get(key);
  return row === undefined ? null : toView(row);
}

export function readConversationByWireId(
  db: ReadableDatabase,
  account: AccountId,
  id: ConversationId,
): ConversationView | null {
  const row = db
    .read<Row>(
      `${SELECT} WHERE c.source = (SELECT source FROM accounts WHERE account_id = ?) AND c.conversation_id = ? AND c.purged_at IS NULL`,
    )
    .get(account, id);
  return row === undefined ? null : toView(row);
}
