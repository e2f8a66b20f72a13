import type { OutgoingFile } from '#shared/contract/attachments.ts';
import type { IncidentPage, IncidentSummary } from '#shared/contract/remedy.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { Inventory } from '#shared/contract/upkeep.ts';
import type {
  AgentOverviewRow,
  ConsumerPage,
  ConversationView,
  CountResult,
  MessagesPage,
  MessageView,
  NumberRow,
  OutgoingView,
  PersonRow,
  RecallView,
  MarksPlace,
  SearchMarks,
  SearchPage,
} from '#shared/contract/views.ts';
import type {
  AccountId,
  ClientMessageId,
  ConversationId,
  ConversationKey,
  MessageId,
  MessageKey,
  RecallId,
  ShopId,
} from '#shared/domain/ids.ts';
import type { RecallFact, SentFact } from '#shared/domain/recall/statistics.ts';
import type { RecallState } from '#shared/domain/recall/types.ts';
import type { Case } from '#shared/domain/remedy/cases.ts';
import type { Incident, IncidentEvent, IncidentState } from '#shared/domain/remedy/incident.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import type { PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import type {
  Agent,
  Attachment,
  Conversation,
  Intake,
  Message,
  MessageKind,
  Order,
  Policy,
  RecallEffect,
  Role,
  SenderRole,
  WireKind,
} from '#shared/protocol/entities.ts';
import type { GatewayEvent, KnownEvent } from '#shared/protocol/events.ts';
import type { ListFilter, ListSort } from '#shared/contract/desk.ts';
import type { DeskStoreReader, DeskStoreWriter } from './desk-store.ts';
import type { ComposerStoreReader, ComposerStoreWriter } from './composer-store.ts';
import type { OverviewStoreReader } from './overview-store.ts';
import type { ReviewStoreReader, ReviewStoreWriter } from './review-store.ts';
import type { AdministrationStoreReader, AdministrationStoreWriter } from './administration-store.ts';
import type { AttachmentStoreReader, AttachmentStoreWriter } from './attachment-store.ts';

/**
 * The store (ST1–ST5), as the core sees it. Every method runs in a worker thread and is one transaction. Failures are
 * AppFailure with STORE_FROM_NEWER_VERSION, STORE_KEY_WRONG, STORE_DAMAGED, STORE_LOCKED, STORE_READ_ONLY, DISK_FULL,
 * NOT_FOUND or QUERY_INVALID.
 *
 * A *source* is where records come from: one gateway ("wss://host/path", "practice") or "import". Wire ids are unique
 * within a source, so two accounts of one gateway share its conversations and messages.
 */
export interface Store
  extends
    StoreReader,
    StoreWriter,
    AttachmentStoreReader,
    AttachmentStoreWriter,
    ComposerStoreReader,
    ComposerStoreWriter,
    DeskStoreReader,
    DeskStoreWriter,
    OverviewStoreReader,
    ReviewStoreReader,
    ReviewStoreWriter,
    AdministrationStoreReader,
    AdministrationStoreWriter {
  close(): Promise<void>;
}

export interface StoreWriter {
  // accounts
  putAccount(account: AccountRecord): Promise<void>;
  /** Removes the login and its outbox; records stay. */
  removeAccount(account: AccountId): Promise<void>;
  /**
   * What `welcome` says: agent, shops with their (parsed) policies. A shop with `policy: null` keeps the stored one;
   * `policy_problem` says why the one that came was refused (RC1), and is shown until an acceptable one comes.
   */
  putWelcome(
    account: AccountId,
    welcome: {
      readonly agent: Agent;
      readonly shops: readonly {
        readonly shop_id: ShopId;
        readonly name: string;
        readonly platform: string;
        readonly policy: Policy | null;
        readonly policy_problem?: string;
      }[];
    },
    /** Local wall clock, for the audit log: changes of role and policy are in it (AD4). */
    at?: number,
  ): Promise<void>;

  /**
   * Applies events in order, once, in one transaction with the cursor (SY2). Events at or below the cursor are skipped;
   * a number that leaves a gap after the cursor ends the batch there (`gap_at`), everything before it is committed.
   * The caller acknowledges `event_seq` only after this resolves.
   */
  ingest(account: AccountId, events: readonly GatewayEvent[]): Promise<IngestResult>;
  /**
   * A page of a snapshot (SY7): conversations are upserted, local truth is untouched. `wentBack`: the gateway has an older
   * state than this store; messages beyond its last numbers stay, and their numbers become free for what comes.
   */
  putSnapshotPage(
    account: AccountId,
    conversations: readonly Conversation[],
    options?: { readonly wentBack?: boolean },
  ): Promise<StoreChanges>;
  /**
   * Ends a snapshot: the cursor becomes `event_seq` if it isn't further already. `reset`: the gateway doesn't know our
   * cursor (its numbering began anew), so the cursor becomes `event_seq` also where that is lower; otherwise every new
   * event would count as already seen.
   */
  setCursor(
    account: AccountId,
    eventSeq: number,
    syncedAt: number,
    options?: { readonly reset?: boolean },
  ): Promise<void>;
  /** Messages pulled to fill a gap or as history (SY6). Idempotent. */
  putMessages(account: AccountId, messages: readonly Message[]): Promise<StoreChanges>;
  /** A part of what was kept raw (SY8), from behind `after`; nothing: that was all. */
  keptRaw(after: KeptPosition | null): Promise<readonly KeptRaw[]>;
  /** What of it can be read now becomes rows, and is kept no longer. */
  takeKept(readings: readonly KeptReading[]): Promise<StoreChanges>;
  /** The gateway says there is nothing (more) for this role in that range: no gap marker for it any more. */
  closeGap(account: AccountId, conversation: ConversationId, fromSeq: number, toSeq: number): Promise<StoreChanges>;
  /** The agent has read up to that number, at most to the last there is; a mark only moves forward. */
  noteRead(account: AccountId, conversation: ConversationId, seq: number): Promise<StoreChanges>;

  // outgoing (SY3, PV2)
  /** Message and job are one row. `release_at`: server time until which it waits in the delay buffer, or null. Clears the draft unless `keep_draft`. */
  enqueueSend(job: SendJob): Promise<StoreChanges>;
  /** delayed → cancelled: the row is removed, its text returned and stored as draft if there is none. NOT_FOUND if it left already. */
  cancelDelayed(id: ClientMessageId): Promise<{ readonly text: string; readonly changes: StoreChanges }>;
  setSendState(id: ClientMessageId, state: OutgoingView['state'], error: OutgoingView['error']): Promise<StoreChanges>;
  /** The gateway accepted it: the job goes, the message becomes a record (unless its event brought it already). */
  settleSend(id: ClientMessageId, message: Message): Promise<StoreChanges>;
  /** A failed one is dropped; answers with its text. */
  discardSend(id: ClientMessageId): Promise<{ readonly text: string; readonly changes: StoreChanges }>;
  /** At start (PV2): whatever was still delayed becomes a draft again. Answers with how many. */
  returnDelayedToDrafts(): Promise<number>;

  // recall (RC11, RC15, RC16)
  /** Request and outgoing job are one row. A second request for the same message answers with the first. */
  createRecall(
    job: RecallJob,
  ): Promise<{ readonly recall: RecallView; readonly joined: boolean; readonly changes: StoreChanges }>;
  /**
   * Moves a recall on. A final state is never changed again: a contradicting later result is reported as
   * `contradicted` and the first durable truth stays.
   */
  resolveRecall(
    id: RecallId,
    outcome: RecallResolution,
  ): Promise<{ readonly recall: RecallView; readonly contradicted: boolean; readonly changes: StoreChanges } | null>;

  // incidents, playbooks, cases (RM3–RM6): local truth
  /**
   * Begins an incident with its `drafted` event, and gives it the recall. Where an incident about the same message is not
   * closed yet, or the recall has one already, nothing is begun and that one is answered (`joined`).
   */
  openIncident(
    opening: IncidentOpening,
  ): Promise<{ readonly incident_id: string; readonly joined: boolean; readonly changes: StoreChanges }>;
  /**
   * Appends one event in the order of its `seq`, with the case that closing makes. BAD_INPUT, STALE_STATE (somebody else
   * appended meanwhile), NOT_ALLOWED with the reducer's code as `reason`.
   */
  appendIncident(incidentId: string, event: IncidentEvent, entry: Case | null): Promise<StoreChanges>;
  /** The next version; STALE_STATE where it isn't the next. */
  putPlaybooks(book: PlaybookBook): Promise<void>;
  /** Cases of a shared file; known ones are left alone. Answers with how many are new. */
  putCases(cases: readonly Case[]): Promise<number>;

  // local truth
  setDraft(conversation: ConversationKey, text: string): Promise<StoreChanges>;
  setSetting(name: string, value: unknown): Promise<void>;
  /** SR9; answers with the id. AppFailure NAME_TAKEN unless `replace`. `created_at`: local wall clock. */
  putSavedSearch(search: {
    readonly name: string;
    readonly content: unknown;
    readonly created_at: number;
    readonly replace: boolean;
  }): Promise<number>;
  /** AppFailure NOT_FOUND, NAME_TAKEN. */
  renameSavedSearch(id: number, name: string): Promise<void>;
  removeSavedSearch(id: number): Promise<void>;
  /** Append-only, hash-chained (AD4). `at` is local wall clock. */
  appendAudit(entry: {
    readonly at: number;
    readonly actor: string;
    readonly action: string;
    readonly details: Readonly<Record<string, unknown>>;
  }): Promise<void>;

  // records of other systems (SR11)
  importRecords(
    records: readonly ImportRecord[] | PackedRecords,
  ): Promise<{ readonly imported: number; readonly duplicates: number }>;

  /** Repairs what is derivable: rebuilds the search index from the messages. */
  rebuildIndex(progress: (done: number, total: number) => void): Promise<void>;
  /** A consistent encrypted copy under the given path, verified by opening. */
  backup(path: string): Promise<{ readonly bytes: number }>;
  /** `optimize` of index and statistics at the end of a large load. */
  optimize(): Promise<void>;
}

/** Told now and then how far a search has come, 0 to 1; never told by those that are done at once (SR8). */
export type SearchProgress = (share: number) => void;

export interface StoreReader {
  accounts(): Promise<readonly StoredAccount[]>;
  shops(account: AccountId): Promise<readonly StoredShop[]>;
  /** Server times of own recalls since `since` that were asked for from any device of this agent (RC7). */
  recallTimes(account: AccountId, since: number): Promise<readonly number[]>;
  pendingSends(account: AccountId): Promise<readonly PendingSend[]>;
  pendingRecalls(account: AccountId): Promise<readonly PendingRecall[]>;
  /** Missing sequence ranges of conversations (SY6), newest conversations first. */
  gaps(
    account: AccountId,
    limit: number,
  ): Promise<
    readonly { readonly conversation_id: ConversationId; readonly from_seq: number; readonly to_seq: number }[]
  >;

  /** Of each conversation that has messages since `since`: the first and the last of their numbers. */
  rangesSince(
    account: AccountId,
    since: number,
  ): Promise<
    readonly { readonly conversation_id: ConversationId; readonly from_seq: number; readonly to_seq: number }[]
  >;

  conversations(query: ConversationListQuery): Promise<{
    readonly conversations: readonly ConversationView[];
    readonly total: number;
    readonly cursor: string | null;
  }>;
  conversationCounts(account: AccountId | null, shop?: ShopId): Promise<Record<Intake, number>>;
  /** Waiting conversations by shop of an account. */
  waitingByShop(account: AccountId): Promise<Readonly<Record<string, number>>>;
  conversation(key: ConversationKey): Promise<ConversationView | null>;
  conversationByWireId(account: AccountId, id: ConversationId): Promise<ConversationView | null>;
  messages(query: MessagesQuery): Promise<MessagesPage>;
  message(key: MessageKey): Promise<{ readonly message: MessageView; readonly account_id: AccountId | null } | null>;
  recall(id: RecallId): Promise<RecallView | null>;
  /** Content of a sealed message (RC19). The caller checks the permission and writes the audit entry first. */
  openSeal(key: MessageKey): Promise<{
    readonly text: string | null;
    readonly attachment: Attachment | null;
    readonly read_at: number | null;
  } | null>;

  // incidents, playbooks, cases (RM3–RM6)
  incidents(
    filter: IncidentFilter,
    visibility: Visibility,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<IncidentPage>;
  /** With its timeline. The caller checks who may see it. */
  incident(id: string): Promise<StoredIncident | null>;
  incidentOfMessage(key: MessageKey): Promise<IncidentSummary | null>;
  /** Without timelines, for statistics. */
  incidentBodies(filter: IncidentFilter, visibility: Visibility): Promise<readonly Incident[]>;
  /** RM4: recalls that have ended and have no incident yet. Their text is for proposing a type and goes no further. */
  undraftedRecalls(limit: number): Promise<readonly UndraftedRecall[]>;
  /** A version of the playbooks, or the newest; null where nobody has edited them. */
  playbooks(version: number | null): Promise<PlaybookBook | null>;
  cases(filter: CaseFilter): Promise<readonly Case[]>;
  /** RC22: recalls by agents with an end in [from, to), and what was sent in its days. */
  recallFacts(range: { readonly from: number; readonly to: number }, visibility: Visibility): Promise<RecallFacts>;

  // records (SR1–SR10). `signal` aborts between chunks (SR8) with AppFailure CANCELLED.
  search(
    query: SearchQuery,
    visibility: Visibility,
    page: { readonly limit: number; readonly cursor: string | null },
    signal?: AbortSignal,
    progress?: SearchProgress,
  ): Promise<SearchPage>;
  count(
    query: SearchQuery,
    visibility: Visibility,
    cap: number | null,
    signal?: AbortSignal,
    progress?: SearchProgress,
  ): Promise<CountResult>;
  searchAgents(
    query: SearchQuery,
    visibility: Visibility,
    signal?: AbortSignal,
    progress?: SearchProgress,
  ): Promise<readonly AgentOverviewRow[]>;
  /** Rows in the order of the query's numbers. */
  searchNumbers(
    query: SearchQuery,
    visibility: Visibility,
    signal?: AbortSignal,
    progress?: SearchProgress,
  ): Promise<readonly NumberRow[]>;
  searchConsumers(
    query: SearchQuery,
    visibility: Visibility,
    page: { readonly limit: number; readonly cursor: string | null },
    signal?: AbortSignal,
    progress?: SearchProgress,
  ): Promise<ConsumerPage>;
  searchMarks(
    query: SearchQuery,
    visibility: Visibility,
    conversation: ConversationKey,
    place: MarksPlace,
    signal?: AbortSignal,
  ): Promise<SearchMarks>;
  /** Consumers by a part of their name, newest first. */
  findPeople(text: string, visibility: Visibility, limit: number, signal?: AbortSignal): Promise<readonly PersonRow[]>;
  /** Rows, UTF-8 bytes of texts, and bytes of the different files in them, for the estimate before an export (EX1). */
  estimate(
    query: SearchQuery,
    visibility: Visibility,
    signal?: AbortSignal,
  ): Promise<{ readonly rows: number; readonly text_bytes: number; readonly file_bytes: number }>;

  /** SR9, by name. */
  savedSearches(): Promise<
    readonly { readonly id: number; readonly name: string; readonly content: unknown; readonly created_at: number }[]
  >;
  setting(name: string): Promise<unknown>;
  /** Self-checks of file, key, schema, index against rows (doctor). */
  check(): Promise<readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]>;
  indexStatus(): Promise<{ readonly indexed: number; readonly pending: number }>;
  /** What lies here, in numbers; reads indexes, on a thread of its own. */
  inventory(): Promise<Inventory>;
}

export interface AccountRecord {
  readonly account_id: AccountId;
  readonly label: string;
  readonly source: string;
  readonly gateway_url: string;
  readonly device_id: string;
  readonly practice: boolean;
}

/** Among what is kept raw. `account`: the store's key of it. */
export interface KeptPosition {
  readonly account: number;
  readonly event_seq: number;
}
export interface KeptRaw extends KeptPosition {
  /** Of a message, or of a whole event: JSON text. */
  readonly of: 'message' | 'event';
  readonly raw: string;
}
export type KeptReading = KeptPosition &
  ({ readonly of: 'message'; readonly message: Message } | { readonly of: 'event'; readonly event: KnownEvent });

export interface StoredAccount extends AccountRecord {
  readonly agent: Agent | null;
  readonly event_seq: number;
  /** False until the first snapshot has completed: `hello.resume` is null then. */
  readonly has_cursor: boolean;
  readonly synced_at: number | null;
}

export interface StoredShop {
  readonly shop_id: ShopId;
  readonly name: string;
  readonly platform: string;
  readonly policy: Policy | null;
  readonly policy_problem: string | null;
}

/** What a transaction changed, for change notices. An empty list with `many` means: too many to name. */
export interface StoreChanges {
  readonly conversations: readonly ConversationKey[];
  /** Conversations whose messages, outgoing ones or recalls changed. */
  readonly messages: readonly ConversationKey[];
  readonly many: boolean;
}

export interface IngestResult {
  /** The cursor after commit. */
  readonly event_seq: number;
  readonly applied: number;
  readonly skipped: number;
  /** The first event number that could not be applied because one before it is missing. */
  readonly gap_at: number | null;
  readonly changes: StoreChanges;
  /** New consumer messages and enquiries, for notifications (IN3): one for each conversation and kind, with how many there were. */
  readonly notices: readonly {
    readonly kind: 'enquiry' | 'reply';
    readonly conversation_key: ConversationKey;
    readonly shop_id: string;
    readonly title: string;
    readonly count: number;
  }[];
  readonly shops_changed: boolean;
  readonly agent_changed: boolean;
  /** Policies that were refused as a whole (RC1), by shop. */
  readonly refused_policies: readonly { readonly shop_id: string; readonly problem: string }[];
  /** Own recalls that an event settled: the core drops their timers. */
  readonly settled_recalls: readonly RecallId[];
  /** Recalls whose stored effect an event contradicted: the first stays; a lesser one is noted at the message (RC12). */
  readonly contradicted_recalls: readonly {
    readonly msg_id: string;
    readonly recall_id: string;
    readonly kept: RecallEffect;
    readonly came: RecallEffect;
  }[];
  /** Own sends that an event settled. */
  readonly settled_sends: readonly ClientMessageId[];
  /** Messages that came under a number which another one has here. */
  readonly reused_numbers?: number;
}

export interface SendJob {
  readonly client_msg_id: ClientMessageId;
  readonly account_id: AccountId;
  readonly conversation_key: ConversationKey;
  readonly kind: WireKind;
  readonly text: string;
  readonly correction_of: MessageId | null;
  readonly created_at: number;
  readonly release_at: number | null;
  /** The draft of the conversation is another text, being written now: it stays (a failed message sent again, PV6). */
  readonly keep_draft?: boolean;
  /** Why it goes out although the policy blocks it, where the policy lets this role (PV3). Null: nothing was overridden. */
  readonly override_reason?: string | null;
  /** Its picture or file, which is uploaded before the message leaves (IN8). Message and upload job are one row. */
  readonly file?: OutgoingFile;
}

export interface PendingSend extends SendJob {
  readonly conversation_id: ConversationId;
  readonly state: OutgoingView['state'];
}

export interface RecallJob {
  readonly recall_id: RecallId;
  readonly account_id: AccountId;
  readonly message_key: MessageKey;
  readonly reason: string | null;
  readonly requested_at: number;
  readonly expires_at: number;
  readonly state: 'queued' | 'requested';
}

export interface PendingRecall {
  readonly recall: RecallView;
  readonly conversation_id: ConversationId;
  readonly reason: string | null;
}

export interface RecallResolution {
  readonly state: RecallState;
  readonly effect?: RecallEffect;
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Server time. */
  readonly at: number;
}

export interface IncidentOpening {
  readonly event: IncidentEvent;
  readonly account_id: AccountId;
  readonly message_key: MessageKey | null;
  readonly recall_id: RecallId | null;
}

export interface StoredIncident {
  readonly source: string;
  readonly summary: IncidentSummary;
  readonly incident: Incident;
  /** Recalls that belong to it, oldest first. */
  readonly recalls: readonly RecallView[];
}

export interface UndraftedRecall {
  readonly recall: RecallView;
  readonly account_id: AccountId;
  readonly shop_id: string;
  readonly conversation_id: string;
  readonly sender: { readonly id: string; readonly name: string };
  readonly text: string | null;
}

/** What is absent or empty restricts nothing. Times of opening, [from, to). */
export interface IncidentFilter {
  readonly states?: readonly IncidentState[];
  readonly types?: readonly MistakeType[];
  readonly shops?: readonly string[];
  readonly agents?: readonly string[];
  /** Only those with a compensation that waits for approval. */
  readonly approvals?: boolean;
  readonly from?: number;
  readonly to?: number;
}

export interface CaseFilter {
  readonly types?: readonly MistakeType[];
  readonly tags?: readonly string[];
  readonly text?: string;
  readonly limit: number;
}

export interface RecallFacts {
  readonly recalls: readonly RecallFact[];
  readonly sent: readonly SentFact[];
  /** Where a day begins: milliseconds east of UTC. */
  readonly offset_ms: number;
}

export interface ConversationListQuery {
  readonly account_id: AccountId | null;
  readonly shop_id?: ShopId;
  readonly intake: Intake;
  readonly limit: number;
  readonly cursor: string | null;
  /** Row number to begin at, instead of a cursor; pinned ones are counted first. */
  readonly offset?: number;
  /** With `offset` only. */
  readonly sort?: ListSort;
  readonly filter?: ListFilter;
}

export interface MessagesQuery {
  readonly conversation_key: ConversationKey;
  readonly limit: number;
  readonly before?: MessageKey;
  readonly after?: MessageKey;
  readonly around?: MessageKey;
  readonly from?: number;
  readonly to?: number;
}

/**
 * What the searching person may see (SR10). `agents`: only conversations and parts assigned to these (IN4), of the
 * given sources; sources not named are not visible. `all` sees everything but sealed content.
 */
export type Visibility =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'limited';
      /** Sources seen whole (imports; gateways where the role is supervisor, qa or admin). */
      readonly sources: readonly string[];
      readonly agents: readonly { readonly source: string; readonly agent_id: string }[];
    };

/** One row of another system (SR11), mapped and checked. */
export interface ImportRecord {
  readonly shop: string;
  /** "" where the file has no conversation id: agent + consumer name one then. */
  readonly conversation_id: string;
  /** "" where the file has none: content makes it idempotent then. */
  readonly message_id: string;
  /** How often this very content occurred before in the same file: keeps true repetitions apart. */
  readonly occurrence: number;
  readonly agent: string;
  readonly consumer: string;
  readonly sender: SenderRole;
  readonly sent_at: number;
  readonly kind: MessageKind;
  readonly text: string;
  readonly order_nos: readonly string[];
  readonly violation_nos: readonly string[];
  readonly recalled: boolean;
  /** Only of records that know more than a table does (review packages, EX7). */
  readonly more?: ImportRecordMore;
}

/**
 * Records as the thread that read them leaves them for the one that writes them: nobody between looks into them. The bytes
 * move, whoever hands them on has none afterwards.
 */
export interface PackedRecords {
  readonly length: number;
  /** An array of ImportRecord as JSON in UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
}

export interface ImportRecordMore {
  /** Who wrote it, where that isn't the conversation's consumer or the message's agent. */
  readonly sender_name?: string;
  readonly recalled?: {
    readonly by: string;
    readonly at: number;
    readonly effect: RecallEffect;
    readonly reason: string | null;
    /** Its content lies sealed where the record comes from. */
    readonly sealed: boolean;
  };
  readonly correction_of?: string;
  readonly corrected_by?: string;
  readonly order?: Order;
  readonly attachment?: Attachment;
  /** Numbers that the conversation as a whole is linked to (SR2). */
  readonly conversation_nos?: { readonly orders: readonly string[]; readonly violations: readonly string[] };
}

export type { Role };
