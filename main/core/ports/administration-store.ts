import type {
  AuditFacets,
  AuditFilter,
  AuditRow,
  AuditVerification,
  GroupRow,
  HoldTarget,
  HoldView,
  RetentionDay,
  RetentionRow,
} from '#shared/contract/administration.ts';
import type { DeletionStep, Tombstone } from '#shared/domain/administration/deletion.ts';
import type { Protection, RetentionSettings } from '#shared/domain/administration/retention.ts';
import type { AccountId, ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import type { StoreChanges } from './store.ts';

/** The store's part of administration (AD2–AD4). Each method is one transaction; failures as those of the store. */

export interface DeletionBody {
  readonly account_id: AccountId;
  /** Agent id of whoever began it. */
  readonly by: string;
  readonly title: string;
  readonly notice: string | null;
  readonly replacement: string | null;
  readonly exported: {
    readonly file: string | null;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
    readonly fingerprint: string;
    readonly verified_at: number;
  } | null;
  readonly removed_at: number | null;
  readonly restorable_until: number | null;
  readonly purged_at: number | null;
  readonly erased_at: number | null;
  readonly tombstone: Tombstone | null;
  readonly refused: string | null;
}

export interface StoredDeletion {
  readonly conversation: ConversationKey;
  readonly deletion_id: string;
  readonly step: DeletionStep;
  /** Local wall clock. */
  readonly updated_at: number;
  readonly body: DeletionBody;
}

export interface AuditNote {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Rows are gone (or held back); index, attachment cache, pages and log follow, in this order. */
export interface PendingErasure {
  readonly id: number;
  readonly conversation: ConversationKey;
  readonly reason: 'group' | 'retention';
  /** `rewritten`: the file was written anew at the start; only the end is still to be noted. */
  readonly stage: 'held' | 'index' | 'attachments' | 'pages' | 'rewritten';
  readonly months: readonly number[];
}

/** `deferred`: the file is too large to be rewritten while it is open; it is done at the next start. `busy`: try again. */
export type RewriteOutcome = 'done' | 'deferred' | 'busy';

/** A message of the conversation; NOT_FOUND where it is another's. Marked already: the mark that stands is the answer. */
export interface MessageTarget {
  readonly scope: 'message';
  readonly conversation_key: ConversationKey;
  readonly message_key: MessageKey;
}

export interface RetentionQuery {
  readonly settings: RetentionSettings;
  /** Server or wall time, milliseconds. */
  readonly now: number;
}

export interface AdministrationStoreWriter {
  /**
   * Stores a deletion's step with its audit entry. STALE_STATE where the step stored doesn't lead to it (another window
   * was faster); `replaces` begins anew after an end.
   */
  putDeletion(deletion: StoredDeletion, audit: AuditNote): Promise<StoreChanges>;
  /**
   * Removed groups of this account's gateway whose time to be restored is over by `now` (server time): purged as an event
   * of the gateway would. Only when caught up: until then a restore may be on its way.
   */
  purgeExpired(account: AccountId, now: number): Promise<{ readonly purged: number; readonly changes: StoreChanges }>;
  /** Purges that a hold kept back and nothing keeps back any more. */
  purgeReleased(now: number): Promise<{ readonly purged: number; readonly changes: StoreChanges }>;
  /** Brings erasures of one stage to the next; the last one writes tombstone and audit entry of its group. */
  advanceErasures(
    ids: readonly number[],
    stage: 'pages' | 'attachments' | 'done',
    audit: Pick<AuditNote, 'at' | 'actor'>,
  ): Promise<StoreChanges>;
  /** The index without anything that was erased from these months. */
  eraseIndex(months: readonly number[]): Promise<RewriteOutcome>;
  /** records.db without anything that was deleted from it, its log emptied. Blocks writing meanwhile. */
  rewriteRecords(): Promise<RewriteOutcome>;

  placeHold(hold: {
    readonly kind: 'legal' | 'evidence';
    readonly target: HoldTarget | MessageTarget;
    readonly note: string;
    readonly audit: AuditNote;
  }): Promise<{ readonly id: number; readonly changes: StoreChanges }>;
  releaseHold(id: number, audit: AuditNote): Promise<StoreChanges>;

  /** Announces what will be over within the announcement's time; forgets announcements that don't hold any more. */
  announceRetention(query: RetentionQuery, limit: number, audit: Pick<AuditNote, 'at' | 'actor'>): Promise<number>;
  /** Erases at most `limit` conversations whose announced time has come and which nothing protects, each judged again. */
  removeRetained(
    query: RetentionQuery,
    limit: number,
    audit: Pick<AuditNote, 'at' | 'actor'>,
  ): Promise<{ readonly removed: number; readonly messages: number; readonly changes: StoreChanges }>;
}

export interface AdministrationStoreReader {
  groups(): Promise<readonly GroupRow[]>;
  group(key: ConversationKey): Promise<GroupRow | null>;
  deletion(key: ConversationKey): Promise<StoredDeletion | null>;
  /** Deletions that the gateway's events may have moved on: asked for, or removed. Cheap. */
  openDeletions(): Promise<
    readonly {
      readonly deletion: StoredDeletion;
      readonly removed: { readonly restorable_until: number } | null;
      readonly purged: boolean;
    }[]
  >;
  /** Whether `purgeExpired` would find anything. */
  hasExpired(account: AccountId, now: number): Promise<boolean>;
  /** Messages of the group that the gateway has and this store hasn't. */
  missingMessages(key: ConversationKey): Promise<number>;
  openIncidents(key: ConversationKey): Promise<number>;
  pendingErasures(): Promise<readonly PendingErasure[]>;
  /** Hashes of erased attachments that the cache still has to let go of. */
  pendingAttachmentErasures(): Promise<number>;
  protections(key: ConversationKey): Promise<readonly Protection[]>;
  holds(filter: { readonly released: boolean; readonly conversation?: ConversationKey }): Promise<readonly HoldView[]>;
  retentionTotals(query: RetentionQuery): Promise<{ readonly announced: number; readonly kept: number }>;
  retentionCalendar(
    query: RetentionQuery,
    range: { readonly from: number; readonly to: number; readonly offset_ms: number },
  ): Promise<readonly RetentionDay[]>;
  retentionList(
    query: RetentionQuery,
    range: { readonly from: number; readonly to: number; readonly kept: boolean; readonly limit: number },
  ): Promise<{ readonly rows: readonly RetentionRow[]; readonly more: boolean }>;

  auditPage(
    filter: AuditFilter,
    page: { readonly limit: number; readonly before: number | null },
  ): Promise<{ readonly rows: readonly AuditRow[]; readonly cursor: number | null }>;
  auditFacets(): Promise<AuditFacets>;
  verifyAudit(): Promise<Omit<AuditVerification, 'checked_at'>>;
}
