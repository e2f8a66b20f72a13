import type { ConversationListQuery, MessagesQuery } from '#main/core/ports/store.ts';
import type { AccountId, ConversationId, ConversationKey, MessageKey, RecallId } from '#shared/domain/ids.ts';
import type { RecallView } from '#shared/contract/views.ts';
import type { ReadableDatabase } from '../connection.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import {
  readAccounts,
  readGaps,
  readPendingRecalls,
  readPendingSends,
  readRecallTimes,
  readShops,
} from './accounts.ts';
import {
  countConversations,
  countWaitingByShop,
  listConversations,
  readConversation,
  readConversationByWireId,
} from './conversations.ts';
import { openSeal, readMessage, readMessages } from './messages.ts';

/** Everything that is read from records.db beside searching. Each call sees one snapshot. */
export type RecordsReader = ReturnType<typeof createReader>;

export function createReader(db: ReadableDatabase) {
  return {
    accounts: () => db.snapshot(() => readAccounts(db)),
    shops: (account: AccountId) => db.snapshot(() => readShops(db, account)),
    recallTimes: (account: AccountId, since: number) => db.snapshot(() => readRecallTimes(db, account, since)),
    pendingSends: (account: AccountId) => db.snapshot(() => readPendingSends(db, account)),
    pendingRecalls: (account: AccountId) => db.snapshot(() => readPendingRecalls(db, account)),
    gaps: (account: AccountId, limit: number) => db.snapshot(() => readGaps(db, account, limit)),
    conversations: (query: ConversationListQuery) => db.snapshot(() => listConversations(db, query)),
    conversationCounts: (account: AccountId | null) => db.snapshot(() => countConversations(db, account)),
    waitingByShop: (account: AccountId) => db.snapshot(() => countWaitingByShop(db, account)),
    conversation: (key: ConversationKey) => db.snapshot(() => readConversation(db, key)),
    conversationByWireId: (account: AccountId, id: ConversationId) =>
      db.snapshot(() => readConversationByWireId(db, account, id)),
    messages: (query: MessagesQuery) => db.snapshot(() => readMessages(db, query)),
    message: (key: MessageKey) => db.snapshot(() => readMessage(db, key)),
    recall: (id: RecallId): RecallView | null => {
      const row = db.read<RecallRow>(`SELECT ${RECALL_COLUMNS} FROM recalls r WHERE r.recall_id = ?`).get(id);
      return row === undefined ? null : toRecallView(row);
    },
    openSeal: (key: MessageKey) => openSeal(db, key),
    setting: (name: string): unknown => {
      const text = db.readOne<string>('SELECT value FROM settings WHERE name = ?').get(name);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
  };
}
