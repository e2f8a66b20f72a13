import type {
  CaseFilter,
  ConversationListQuery,
  IncidentFilter,
  MessagesQuery,
  Visibility,
} from '#main/core/ports/store.ts';
import type { AccountId, ConversationId, ConversationKey, MessageKey, RecallId, ShopId } from '#shared/domain/ids.ts';
import type { RecallView } from '#shared/contract/views.ts';
import type { ReviewFilter } from '#main/core/ports/review-store.ts';
import type { SampleSpec } from '#shared/domain/review/sample.ts';
import { createAdministrationReader } from '../administration/reader.ts';
import type { ReadableDatabase } from '../connection.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';
import { readConsumer, readConsumerTags, readLessonRun, readLessonRuns, readLessons } from './desk.ts';
import { readArticle, readArticles, readLocalWords, readReplies, readWordList, readWordsPage } from './composer.ts';
import {
  readAccounts,
  readGaps,
  readRangesSince,
  readPendingRecalls,
  readPendingSends,
  readRecallTimes,
  readShops,
} from './accounts.ts';
import {
  readAttachmentErasures,
  readAttachmentHashes,
  readDownloads,
  readKeptAttachments,
  readOutgoingFile,
  readStaged,
  readStagedFile,
} from './attachments.ts';
import {
  countConversations,
  countWaitingByShop,
  listConversations,
  readConversation,
  nextConversation,
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
import type { OverviewRequest } from '#main/core/ports/overview-store.ts';
import { readOverviewFacts } from './overview.ts';
import { readRecallFacts } from './recall-facts.ts';
import {
  drawReviews,
  listReviews,
  readExportedPackage,
  readReception,
  readReceptionsNamed,
  readReview,
  readReviewersNamed,
  readReviewsOf,
  readSample,
  readSamples,
  readScorecard,
  readScorecards,
} from './reviews.ts';
import { openSeal, readMessage, readMessages } from './messages.ts';

/** Everything that is read from records.db beside searching. Each call sees one snapshot. */
export type RecordsReader = ReturnType<typeof createReader>;

export function createReader(db: ReadableDatabase) {
  const administration = createAdministrationReader(db);
  return {
    ...administration,
    accounts: () => db.snapshot(() => readAccounts(db)),
    shops: (account: AccountId) => db.snapshot(() => readShops(db, account)),
    recallTimes: (account: AccountId, since: number) => db.snapshot(() => readRecallTimes(db, account, since)),
    pendingSends: (account: AccountId) => db.snapshot(() => readPendingSends(db, account)),
    staged: (conversation: ConversationKey) => db.snapshot(() => readStaged(db, conversation)),
    stagedFile: (id: string) => db.snapshot(() => readStagedFile(db, id)),
    outgoingFile: (id: string) => db.snapshot(() => readOutgoingFile(db, id)),
    downloads: (account: AccountId) => db.snapshot(() => readDownloads(db, account)),
    keptAttachments: () => db.snapshot(() => readKeptAttachments(db)),
    attachmentHashes: (conversation: ConversationKey) => db.snapshot(() => readAttachmentHashes(db, conversation)),
    attachmentErasures: () => db.snapshot(() => readAttachmentErasures(db)),
    pendingRecalls: (account: AccountId) => db.snapshot(() => readPendingRecalls(db, account)),
    gaps: (account: AccountId, limit: number) => db.snapshot(() => readGaps(db, account, limit)),
    rangesSince: (account: AccountId, since: number) => readRangesSince(db, account, since),
    conversations: (query: ConversationListQuery) => db.snapshot(() => listConversations(db, query)),
    conversationCounts: (account: AccountId | null, shop?: ShopId) =>
      db.snapshot(() => countConversations(db, account, shop)),
    nextConversation: (query: Parameters<typeof nextConversation>[1]) => db.snapshot(() => nextConversation(db, query)),
    consumer: (key: ConversationKey) => db.snapshot(() => readConsumer(db, key)),
    consumerTags: () => readConsumerTags(db),
    lessons: () => readLessons(db),
    lessonRuns: () => readLessonRuns(db),
    lessonRun: (id: string) => readLessonRun(db, id),
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
    scorecards: () => readScorecards(db),
    scorecard: (cardId: string, version: number | null) => readScorecard(db, cardId, version),
    drawReviews: (spec: SampleSpec, seed: string, visibility: Visibility) =>
      db.snapshot(() => drawReviews(db, spec, seed, visibility)),
    reviewSamples: () => db.snapshot(() => readSamples(db)),
    reviewSample: (id: string) => db.snapshot(() => readSample(db, id)),
    review: (id: string) => db.snapshot(() => readReview(db, id)),
    reviewsOf: (conversation: ConversationKey, agentId: string) =>
      db.snapshot(() => readReviewsOf(db, conversation, agentId)),
    reviews: (filter: ReviewFilter, page: { readonly limit: number; readonly cursor: string | null }) =>
      db.snapshot(() => listReviews(db, filter, page)),
    reception: (conversation: ConversationKey, agentId: string) => readReception(db, conversation, agentId),
    receptionsNamed: (conversationId: string, agent: string) => readReceptionsNamed(db, conversationId, agent),
    reviewersNamed: (source: string, name: string) => readReviewersNamed(db, source, name),
    exportedPackage: (head: string) => readExportedPackage(db, head),
    recallFacts: (range: { readonly from: number; readonly to: number }, visibility: Visibility) =>
      db.snapshot(() => readRecallFacts(db, range, visibility)),
    overviewFacts: (request: OverviewRequest) => db.snapshot(() => readOverviewFacts(db, request)),
    wordsPage: (account: string, shopId: string, after: string | null, limit: number) =>
      db.snapshot(() => readWordsPage(db, account, shopId, after, limit)),
    wordList: (account: string, shopId: string) => db.snapshot(() => readWordList(db, account, shopId)),
    localWords: (account: string, shopId: string) => db.snapshot(() => readLocalWords(db, account, shopId)),
    replies: (account: string, shopId: string) => db.snapshot(() => readReplies(db, account, shopId)),
    articles: (account: string, shopId: string | null) => db.snapshot(() => readArticles(db, account, shopId)),
    article: (articleId: string) => db.snapshot(() => readArticle(db, articleId)),
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
