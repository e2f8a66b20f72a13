import { z } from 'zod';
import { ConversationKey, MessageKey, type AccountId } from '../domain/ids.ts';
import type { DeletionDenial, DeletionStep, Tombstone } from '../domain/administration/deletion.ts';
import { RetentionSettings, type Protection, type RetentionRule } from '../domain/administration/retention.ts';
import type { Permission } from '../domain/permissions.ts';
import type { Role } from '../protocol/entities.ts';
import { procedure } from './procedure.ts';

/** Administration (AD1–AD4): groups and their deletion, retention, holds, the audit log. */

const Limit = z.int().min(1).max(1_000);
const FileHandle = z.string().min(1).max(128);
const Note = z.string().trim().min(1).max(1_000);
const Day = z.int().min(0);

export const AuditFilter = z
  .object({
    actions: z.array(z.string().max(64)).max(200),
    actors: z.array(z.string().max(256)).max(200),
    /** Local wall clock, [from, to). */
    from: z.int(),
    to: z.int(),
    /** In actor, action or details. */
    text: z.string().max(256),
  })
  .partial()
  .strict();
export type AuditFilter = z.infer<typeof AuditFilter>;

export const HoldTarget = z.discriminatedUnion('scope', [
  z.object({ scope: z.literal('conversation'), conversation_key: ConversationKey }),
  /** The consumer of a conversation: protects all of their conversations. */
  z.object({ scope: z.literal('consumer'), conversation_key: ConversationKey }),
  z.object({ scope: z.literal('order'), number: z.string().trim().min(1).max(128) }),
]);
export type HoldTarget = z.infer<typeof HoldTarget>;

export interface DeletionView {
  readonly deletion_id: string;
  readonly step: DeletionStep;
  readonly updated_at: number;
  readonly by: string;
  readonly notice: string | null;
  readonly replacement: string | null;
  readonly exported: {
    /** Null once the group is purged: a file's name may hold the group's. */
    readonly file: string | null;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
    readonly fingerprint: string;
    readonly verified_at: number;
  } | null;
  /** Server time of the removal, and until when it can be taken back. */
  readonly removed_at: number | null;
  readonly restorable_until: number | null;
  readonly purged_at: number | null;
  readonly erased_at: number | null;
  readonly tombstone: Tombstone | null;
  /** Code of what the gateway answered to the last request, where it refused. */
  readonly refused: string | null;
}

export interface GroupRow {
  readonly key: ConversationKey;
  readonly account_id: AccountId | null;
  readonly title: string;
  readonly shop: string;
  readonly members: number;
  readonly messages: number;
  readonly last_message_at: number | null;
  /** Out of use, by whom, and until when it can be taken back (server time). */
  readonly removed: { readonly by: string; readonly restorable_until: number } | null;
  /** Its content is gone; the tombstone is what is left. */
  readonly purged_at: number | null;
  readonly protections: readonly Protection[];
  readonly deletion: DeletionView | null;
}

export interface BackupFile {
  readonly name: string;
  readonly made_at: number;
  readonly bytes: number;
}

export interface GroupCheck {
  readonly group: GroupRow;
  readonly right: { readonly allowed: true } | { readonly allowed: false; readonly reason: DeletionDenial };
  /** Who may, by the shop's policy, and their names where the gateway could be asked. */
  readonly roles: readonly Role[];
  readonly ask: readonly { readonly agent_id: string; readonly name: string; readonly role: Role }[];
  /** Connected and caught up: without it nothing is begun. */
  readonly online: boolean;
  /** Messages that are not on this device yet; the export has to wait for them. */
  readonly missing: number;
  readonly open_incidents: number;
  readonly notice_required: boolean;
  readonly restore_ms: number;
  /** Backups that hold the group's text, newest first: no deletion reaches into them. */
  readonly backups: readonly BackupFile[];
}

export interface HoldView {
  readonly id: number;
  readonly kind: 'legal' | 'evidence';
  readonly scope: 'conversation' | 'order' | 'consumer' | 'message';
  readonly conversation_key: ConversationKey | null;
  /** Of an evidence mark on one message. */
  readonly message_key: MessageKey | null;
  /** The conversation's title, the consumer's name, or the order number. */
  readonly target: string;
  readonly note: string;
  readonly placed_by: string;
  readonly placed_at: number;
  readonly released_by: string | null;
  readonly released_at: number | null;
}

export interface RetentionRow {
  readonly key: ConversationKey;
  readonly title: string;
  readonly shop: string;
  readonly rule: RetentionRule;
  readonly last_message_at: number;
  /** When its time is over. */
  readonly due_at: number;
  /** Null: not announced yet. */
  readonly announced_at: number | null;
  readonly removes_at: number;
  readonly protections: readonly Protection[];
}

export interface RetentionDay {
  /** Start of the day, local, milliseconds. */
  readonly day: number;
  readonly conversations: number;
  readonly by_rule: Readonly<Partial<Record<RetentionRule, number>>>;
}

export interface RetentionOverview {
  readonly settings: RetentionSettings;
  readonly rules: readonly {
    readonly shop: string;
    readonly waiting_ms: number | null;
    readonly accepted_ms: number | null;
  }[];
  readonly announced: number;
  /** Time over, and kept because something protects them. */
  readonly kept: number;
  readonly last_run: { readonly at: number; readonly removed: number; readonly announced: number } | null;
}

export interface AuditRow {
  readonly seq: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

export interface AuditVerification {
  readonly ok: boolean;
  readonly entries: number;
  /** The first entry that doesn't fit the one before it. */
  readonly broken_at: number | null;
  /** Entries at the end that are missing. */
  readonly missing_at_end: number;
  readonly head: string | null;
  readonly checked_at: number;
}

export interface AuditFacets {
  readonly actions: readonly { readonly action: string; readonly entries: number }[];
  readonly actors: readonly string[];
  readonly first_at: number | null;
}

/** What this window's person may do, by the signed-in roles; for explaining what is not there (AD1). */
export interface AccessView {
  readonly roles: readonly Role[];
  readonly permissions: Readonly<Record<Permission, boolean>>;
  /** No account is connected: the cached role allows reading only. */
  readonly offline: boolean;
}

export const ADMINISTRATION_PROCEDURES = {
  'access.mine': procedure<AccessView>()(z.object({}).strict()),

  // AD2
  'groups.list': procedure<{ groups: readonly GroupRow[] }>()(z.object({}).strict()),
  'groups.check': procedure<GroupCheck>()(z.object({ conversation_key: ConversationKey })),
  /** Writes the review package, reads it back and verifies it; the job's result names file and hash. */
  'groups.export': procedure<{ job_id: string }>()(z.object({ conversation_key: ConversationKey, target: FileHandle })),
  'groups.notice': procedure<DeletionView>()(
    z.object({
      conversation_key: ConversationKey,
      notice: z.string().trim().max(2_000),
      replacement: z.string().trim().max(1_000),
    }),
  ),
  /** NOT_ALLOWED `reason: name` where the typed name isn't the group's. */
  'groups.delete': procedure<DeletionView>()(
    z.object({ conversation_key: ConversationKey, typed_name: z.string().max(1_024) }),
  ),
  'groups.restore': procedure<Record<string, never>>()(z.object({ conversation_key: ConversationKey })),
  'groups.abandon': procedure<Record<string, never>>()(z.object({ conversation_key: ConversationKey })),

  // AD3
  'retention.get': procedure<RetentionOverview>()(z.object({}).strict()),
  'retention.set': procedure<RetentionOverview>()(RetentionSettings),
  'retention.calendar': procedure<{ days: readonly RetentionDay[] }>()(z.object({ from: Day, to: Day })),
  /** What goes in [from, to), soonest first; `kept`: what would go and is protected. */
  'retention.list': procedure<{ rows: readonly RetentionRow[]; more: boolean }>()(
    z.object({ from: Day, to: Day, kept: z.boolean(), limit: Limit }),
  ),
  'retention.run': procedure<{ job_id: string }>()(z.object({}).strict()),
  'holds.list': procedure<{ holds: readonly HoldView[] }>()(z.object({ released: z.boolean() })),
  'holds.of': procedure<{ holds: readonly HoldView[]; protections: readonly Protection[] }>()(
    z.object({ conversation_key: ConversationKey }),
  ),
  'holds.place': procedure<{ id: number }>()(z.object({ target: HoldTarget, note: Note })),
  /** 已保留为凭证: a message with the conversation around it, or the conversation. One mark a message: a second joins the first. */
  'evidence.mark': procedure<{ id: number }>()(
    z.object({ conversation_key: ConversationKey, message_key: MessageKey.optional(), note: Note }),
  ),
  'holds.release': procedure<Record<string, never>>()(z.object({ id: z.int().positive(), note: Note })),

  // AD4
  'audit.list': procedure<{ rows: readonly AuditRow[]; cursor: number | null }>()(
    z.object({ filter: AuditFilter, limit: Limit, before: z.int().positive().nullable() }),
  ),
  'audit.facets': procedure<AuditFacets>()(z.object({}).strict()),
  'audit.verify': procedure<AuditVerification>()(z.object({}).strict()),
  'audit.export': procedure<{ entries: number; bytes: number; sha256: string }>()(
    z.object({ filter: AuditFilter, format: z.enum(['csv', 'jsonl']), target: FileHandle }),
  ),
} as const;
