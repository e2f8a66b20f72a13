import type {
  CaseFilter,
  ConversationListQuery,
  IncidentFilter,
  MessagesQuery,
  Visibility,
} from '#main/core/ports/store.ts';
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
import {
  listCases,
  listIncidents,
  readIncident,
  readIncidentOfMessage,
  readIncidents,
  readPlaybooks,
  readUndraftedRecalls,
} from './incidents.ts';
import { readRecallFacts } from './recall-facts.ts';
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
    incidents: (
      filter: IncidentFilter,
      visibility: Visibility,
      page: { readonly limit: number; readonly cursor: string | null },
    ) => db.snapshot(() => listIncidents(db, filter, visibility, page)),
    incident: (id: string) => db.snapshot(() => readIncident(db, id)),
    incidentOfMessage: (key: MessageKey) => readIncidentOfMessage(db, key),
    incidentBodies: (filter: IncidentFilter, visibility: Visibility) => readIncidents(db, filter, visibility),
    undraftedRecalls: (limit: number) => db.snapshot(() => readUndraftedRecalls(db, limit)),
    playbooks: (version: number | null) => readPlaybooks(db, version),
    cases: (filter: CaseFilter) => listCases(db, filter),
    recallFacts: (range: { readonly from: number; readonly to: number }, visibility: Visibility) =>
      db.snapshot(() => readRecallFacts(db, range, visibility)),
    savedSearches: () =>
      db
        .readRaw<[number, string, string, number]>(
          'SELECT id, name, query, created_at FROM saved_searches ORDER BY name',
        )
        .all()
        .map(([id, name, query, created_at]) => ({ id, name, content: JSON.parse(query) as unknown, created_at })),
    setting: (name: string): unknown => {
      const text = db.readOne<string>('SELECT value FROM settings WHERE name = ?').get(name);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
  };
}
