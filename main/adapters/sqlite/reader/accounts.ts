import type { PendingRecall, PendingSend, StoredAccount, StoredShop } from '#main/core/ports/store.ts';
import type { OutgoingView } from '#shared/contract/views.ts';
import type {
  AccountId,
  AgentId,
  ClientMessageId,
  ConversationId,
  ConversationKey,
  MessageId,
  ShopId,
} from '#shared/domain/ids.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import type { Policy, Presence, Role, WireKind } from '#shared/protocol/entities.ts';
import { INTAKES, KINDS } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import { parseOutgoingFile } from './attachments.ts';

/** Logins with what belongs to them. */

export function readAccounts(db: ReadableDatabase): StoredAccount[] {
  interface Row {
    readonly account_id: string;
    readonly label: string;
    readonly source: string;
    readonly gateway_url: string;
    readonly device_id: string;
    readonly practice: number;
    readonly event_seq: number;
    readonly has_cursor: number;
    readonly synced_at: number | null;
    readonly agent_id: string | null;
    readonly name: string;
    readonly role: string | null;
    readonly presence: string | null;
  }
  return db
    .read<Row>(
      `SELECT a.account_id, a.label, s.name AS source, a.gateway_url, a.device_id, a.practice, a.event_seq, a.has_cursor, a.synced_at,
         g.agent_id, g.name, g.role, g.presence
       FROM accounts a JOIN sources s ON s.id = a.source LEFT JOIN agents g ON g.id = a.agent WHERE a.removed = 0 ORDER BY a.id`,
    )
    .all()
    .map((row) => ({
      account_id: row.account_id as AccountId,
      label: row.label,
      source: row.source,
      gateway_url: row.gateway_url,
      device_id: row.device_id,
      practice: row.practice === 1,
      // A role that isn't known is no role at all: rights are never guessed (AD1).
      agent:
        row.agent_id === null || row.role === null
          ? null
          : {
              agent_id: row.agent_id as AgentId,
              name: row.name,
              role: row.role as Role,
              presence: (row.presence ?? 'off_duty') as Presence,
            },
      event_seq: row.event_seq,
      has_cursor: row.has_cursor === 1,
      synced_at: row.synced_at,
    }));
}

export function readShops(db: ReadableDatabase, account: AccountId): StoredShop[] {
  return db
    .read<{ shop_id: string; name: string; platform: string; policy: string | null; policy_problem: string | null }>(
      `SELECT s.shop_id, s.name, s.platform, s.policy, s.policy_problem FROM accounts a
       JOIN account_shops l ON l.account = a.id JOIN shops s ON s.id = l.shop WHERE a.account_id = ? ORDER BY s.id`,
    )
    .all(account)
    .map((row) => ({
      shop_id: row.shop_id as ShopId,
      name: row.name,
      platform: row.platform,
      policy: row.policy === null ? null : (JSON.parse(row.policy) as Policy),
      policy_problem: row.policy_problem,
    }));
}

/** RC7: one time a recall, oldest first. */
export function readRecallTimes(db: ReadableDatabase, account: AccountId, since: number): number[] {
  return db
    .readOne<number>(
      `SELECT min(t.at) FROM accounts a JOIN recall_times t ON t.agent = a.agent WHERE a.account_id = ? AND t.at >= ? GROUP BY t.recall_id ORDER BY 1`,
    )
    .all(account, since);
}

const fileOf = (attachment: string | null): Pick<PendingSend, 'file'> => {
  const file = parseOutgoingFile(attachment);
  return file === null ? {} : { file };
};

/** In the order of sending. */
export function readPendingSends(db: ReadableDatabase, account: AccountId): PendingSend[] {
  interface Row {
    readonly client_msg_id: string;
    readonly conversation: number;
    readonly conversation_id: string;
    readonly kind: number;
    readonly text: string;
    readonly correction_of: string | null;
    readonly created_at: number;
    readonly release_at: number | null;
    readonly override_reason: string | null;
    readonly state: string;
    readonly attachment: string | null;
  }
  return db
    .read<Row>(
      `SELECT o.client_msg_id, o.conversation, c.conversation_id, o.kind, o.text, o.correction_of, o.created_at, o.release_at, o.state, o.attachment, o.override_reason
       FROM accounts a JOIN outbox o ON o.account = a.id JOIN conversations c ON c.id = o.conversation
       WHERE a.account_id = ? ORDER BY o.ordinal`,
    )
    .all(account)
    .map((row) => ({
      client_msg_id: row.client_msg_id as ClientMessageId,
      account_id: account,
      conversation_key: row.conversation as ConversationKey,
      conversation_id: row.conversation_id as ConversationId,
      // Only what the page names is ever sent.
      kind: (KINDS[row.kind] ?? 'text') as WireKind,
      text: row.text,
      correction_of: row.correction_of as MessageId | null,
      created_at: row.created_at,
      release_at: row.release_at,
      override_reason: row.override_reason,
      state: row.state as OutgoingView['state'],
      ...fileOf(row.attachment),
    }));
}

export function readPendingRecalls(db: ReadableDatabase, account: AccountId): PendingRecall[] {
  return db
    .read<RecallRow & { readonly conversation_id: string }>(
      `SELECT ${RECALL_COLUMNS}, c.conversation_id FROM accounts a JOIN recalls r ON r.account = a.id JOIN conversations c ON c.id = r.conversation
       WHERE a.account_id = ? AND r.state IN ('queued', 'requested', 'unknown') ORDER BY r.requested_at`,
    )
    .all(account)
    .map((row) => ({
      recall: toRecallView(row),
      conversation_id: row.conversation_id as ConversationId,
      reason: row.reason,
    }));
}

type ReadGap = { readonly conversation_id: ConversationId; readonly from_seq: number; readonly to_seq: number };

/** Up to so many gaps, sorting all of them is cheaper than walking the conversations. */
const FEW_GAPS = 2_000;

/** Newest conversations first, and in each the newest gap first: what is likely to be looked at is pulled before the rest. */
export function readGaps(db: ReadableDatabase, account: AccountId, limit: number): ReadGap[] {
  const columns = 'c.conversation_id, g.from_seq, g.to_seq';
  const order = 'ORDER BY c.sort_at DESC, c.id DESC, g.to_seq DESC LIMIT ?';
  const few = db.readOne<number>(`SELECT count(*) FROM (SELECT 1 FROM gaps LIMIT ${FEW_GAPS + 1})`).get() ?? 0;
  if (few <= FEW_GAPS)
    return db
      .read<ReadGap>(
        `SELECT ${columns} FROM gaps g CROSS JOIN conversations c ON c.id = g.conversation
         WHERE c.source = (SELECT source FROM accounts WHERE account_id = ?) AND c.removed_by IS NULL ${order}`,
      )
      .all(account, limit);
  // After a first snapshot nearly every conversation has one: the index gives them newest first, and stops early.
  const walk = db.read<ReadGap & { readonly sort_at: number; readonly id: number }>(
    `SELECT ${columns}, c.sort_at, c.id FROM conversations c CROSS JOIN gaps g ON g.conversation = c.id
     WHERE c.intake = ? AND c.removed_by IS NULL AND c.source = (SELECT source FROM accounts WHERE account_id = ?) ${order}`,
  );
  return INTAKES.flatMap((_, intake) => walk.all(intake, account, limit))
    .sort((a, b) => b.sort_at - a.sort_at || b.id - a.id || b.to_seq - a.to_seq)
    .slice(0, limit)
    .map(({ conversation_id, from_seq, to_seq }) => ({ conversation_id, from_seq, to_seq }));
}

/** Ranges of numbers of what was sent since then, by conversation (SY7). */
export function readRangesSince(db: ReadableDatabase, account: AccountId, since: number): ReadGap[] {
  return db
    .read<ReadGap>(
      `SELECT c.conversation_id, min(m.conv_seq) AS from_seq, max(m.conv_seq) AS to_seq FROM messages m JOIN conversations c ON c.id = m.conversation
       WHERE m.id >= ? AND m.conv_seq IS NOT NULL AND c.purged_at IS NULL AND c.source = (SELECT source FROM accounts WHERE account_id = ?)
       GROUP BY c.id ORDER BY c.sort_at DESC`,
    )
    .all(messageKeySlot(since), account);
}
