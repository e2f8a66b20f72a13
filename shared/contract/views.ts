import type {
  AccountId,
  AgentId,
  ClientMessageId,
  ConversationId,
  ConversationKey,
  MessageId,
  MessageKey,
  RecallId,
  ShopId,
} from '../domain/ids.ts';
import type { RecallState } from '../domain/recall/types.ts';
import type { ListFilter, ListSort } from './desk.ts';
import type { MessageIncident } from './remedy.ts';
import type {
  Agent,
  Assignment,
  Attachment,
  Intake,
  MessageKind,
  MessageStatus,
  Operator,
  Order,
  Policy,
  Presence,
  RecallEffect,
  Role,
  SenderRole,
} from '../protocol/entities.ts';

/**
 * What views get to see. All times: milliseconds since 1970 UTC, the gateway's clock unless said. Plain data, cloneable.
 */

/** SY1. */
export type ConnectionState =
  'offline' | 'connecting' | 'authenticating' | 'catching-up' | 'live' | 'backing-off' | 'kicked' | 'refused';

export interface AccountView {
  readonly account_id: AccountId;
  readonly label: string;
  readonly practice: boolean;
  readonly gateway_url: string;
  readonly agent: Agent | null;
  readonly device_id: string;
  readonly state: ConnectionState;
  /** Why, where the state is not a good one: an AppErrorCode, and when the next attempt starts (local clock). */
  readonly problem: { readonly code: string; readonly message: string; readonly retry_at: number | null } | null;
  /** Where else it was logged in, when kicked. */
  readonly kicked_by: string | null;
  /** SY9: everything up to this event is stored … */
  readonly event_seq: number;
  /** … as of this moment (server time), or null before the first sync. */
  readonly synced_at: number | null;
  /** RC4. server time = local time + offset, known to ± uncertainty. Null until measured. */
  readonly clock: {
    readonly offset_ms: number;
    readonly uncertainty_ms: number;
    /**
     * Estimated server time at the moment this view was made. A countdown adds its own *monotonic* time to it
     * (`performance.now()`), so that changing the desktop's clock moves nothing; `offset_ms` is for display only.
     */
    readonly server_now?: number;
  } | null;
  readonly shops: readonly ShopView[];
  /** Server times of own recalls in the last hour (RC7). */
  readonly recalls_last_hour: readonly number[];
}

export interface ShopView {
  readonly shop_id: ShopId;
  readonly name: string;
  readonly platform: string;
  readonly policy: Policy | null;
  /** Set when the gateway's newest policy was refused and the previous one stays (RC1). */
  readonly policy_problem: string | null;
  readonly waiting: number;
}

/** IN1: two separate things. `read_unreplied` is 已读未回. */
export type ReplyState = 'unreplied' | 'read_unreplied' | 'replied';

export interface ConversationView {
  readonly key: ConversationKey;
  readonly account_id: AccountId | null;
  readonly conversation_id: ConversationId;
  readonly shop: { readonly shop_id: ShopId; readonly name: string; readonly platform: string };
  readonly type: 'single' | 'group';
  readonly title: string;
  readonly consumer: {
    readonly consumer_id: string;
    readonly name: string;
    readonly avatar?: string | undefined;
  } | null;
  readonly members: readonly { readonly id: string; readonly role: SenderRole; readonly name: string }[];
  readonly intake: Intake;
  readonly reply_state: ReplyState;
  readonly assignee: { readonly agent_id: AgentId; readonly name: string } | null;
  readonly assignments: readonly Assignment[];
  readonly order_nos: readonly string[];
  readonly violation_nos: readonly string[];
  readonly last_seq: number;
  readonly last_message_at: number | null;
  /** What the list row shows under the name; text is null for recalled and non-text ones. */
  readonly preview: {
    readonly sender_role: SenderRole;
    readonly kind: MessageKind;
    readonly text: string | null;
    readonly recalled: boolean;
  } | null;
  readonly unread: number;
  readonly consumer_read_seq: number;
  readonly waiting_since: number | null;
  readonly ends_at: number | null;
  readonly deletes_at: number | null;
  readonly consumer_restricts_recall: boolean;
  readonly legal_hold: boolean;
  /** PV6; null when there is none. */
  readonly draft: string | null;
  /** IN1, of this profile. Absent: no. */
  readonly pinned?: boolean;
  readonly starred?: boolean;
  /** On its consumer; absent: none. */
  readonly tags?: readonly string[];
  readonly removed: { readonly by: string; readonly restorable_until: number } | null;
}

export interface RecalledView {
  readonly recall_id: RecallId | null;
  readonly operator: Operator;
  readonly effect: RecallEffect;
  readonly at: number;
  readonly reason: string | null;
  /** The content is sealed in this store (RC19) and could be opened by a role that may. */
  readonly sealed: boolean;
  /** A later result said less than `effect`, the first that was stored and that stays (RC12). */
  readonly disputed?: RecallEffect;
}

export interface MessageView {
  readonly key: MessageKey;
  readonly conversation_key: ConversationKey;
  readonly msg_id: MessageId;
  readonly conv_seq: number;
  readonly client_msg_id: ClientMessageId | null;
  readonly sender: {
    readonly role: SenderRole;
    readonly id: string;
    readonly name: string;
    readonly device_id: string | null;
  };
  readonly kind: MessageKind;
  /** Names of a later version as they came (SY8): of its kind, which can't be shown, and of its sender's role. Absent: none. */
  readonly unknown?: { readonly kind: string | null; readonly role: string | null };
  /** Null for recalled ones and those without text. */
  readonly text: string | null;
  readonly attachment: Attachment | null;
  readonly order: Order | null;
  readonly order_nos: readonly string[];
  readonly violation_nos: readonly string[];
  readonly correction_of: MessageId | null;
  readonly corrected_by: MessageId | null;
  readonly sent_at: number;
  readonly status: MessageStatus;
  readonly read_at: number | null;
  readonly opened_at: number | null;
  readonly push_delivered: boolean;
  readonly recalled: RecalledView | null;
  /** The recall asked for from here, while there is one to speak of. */
  readonly recall: RecallView | null;
  /** RM4: the newest incident about it; absent or null where there is none. */
  readonly incident?: MessageIncident | null;
  /** AD3: 已保留为凭证. The hold that keeps it, and since when (local wall clock); absent: not marked. */
  readonly evidence?: { readonly hold: number; readonly at: number };
  /** Of an opened package: not as it was exported (EX7). */
  readonly damaged?: true;
}

/** A message that the gateway has not confirmed yet; it lives in the outbox, not among the records. */
export interface OutgoingView {
  readonly client_msg_id: ClientMessageId;
  readonly conversation_key: ConversationKey;
  readonly kind: MessageKind;
  readonly text: string | null;
  readonly correction_of: MessageId | null;
  /** Local estimate of server time. */
  readonly created_at: number;
  /** `delayed`: in the delay buffer until `release_at` (PV2, RC8); `unknown`: sent, no answer, will be repeated (SY3). */
  readonly state: 'delayed' | 'queued' | 'sending' | 'unknown' | 'failed';
  readonly release_at: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Its picture or file; how far its upload is comes as a transfer (contract/attachments.ts). Absent: text. */
  readonly file?: OutgoingFileView;
}

export interface OutgoingFileView {
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'image' | 'file';
  readonly width: number | null;
  readonly height: number | null;
  /** The gateway has all of it. */
  readonly uploaded: boolean;
}

export interface RecallView {
  readonly recall_id: RecallId;
  readonly conversation_key: ConversationKey;
  readonly message_key: MessageKey;
  readonly msg_id: MessageId;
  readonly state: RecallState;
  readonly effect: RecallEffect | null;
  /** Reason code of a failure. */
  readonly code: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly requested_at: number;
  /** End of the window: a queued one expires then (RC16). */
  readonly expires_at: number;
  readonly resolved_at: number | null;
  /** Own text can go back into the composer until then (RC14). */
  readonly reedit_until: number | null;
}

/** Sequence numbers that are missing in a conversation and are being pulled (SY6). Both ends included. */
export interface GapView {
  readonly from_seq: number;
  readonly to_seq: number;
}

export interface MessagesPage {
  /** Oldest first. */
  readonly messages: readonly MessageView[];
  readonly outgoing: readonly OutgoingView[];
  readonly gaps: readonly GapView[];
  readonly has_older: boolean;
  readonly has_newer: boolean;
  /** IN4: from this server time on it is another agent's, and not shown. Absent: nothing is hidden. */
  readonly hidden_from?: number;
}

export interface SearchRow {
  readonly message_key: MessageKey;
  readonly conversation_key: ConversationKey;
  readonly message_id: string;
  readonly conversation_id: string;
  readonly shop: string;
  /** Name of the agent that the message belongs to (SR6), or "". */
  readonly agent: string;
  readonly consumer: string;
  readonly order_nos: readonly string[];
  readonly violation_nos: readonly string[];
  readonly sent_at: number;
  readonly sender: SenderRole;
  readonly sender_name: string;
  readonly kind: MessageKind;
  readonly text: string;
  readonly recalled: boolean;
  /** UTF-16 offsets into `text`, [start, end). */
  readonly matches: readonly (readonly [number, number])[];
  /** What few rows have; absent where there is nothing. */
  readonly more?: SearchRowMore;
  /** Of an opened package: not as it was exported (EX7). */
  readonly damaged?: true;
}

export interface SearchRowMore {
  readonly order?: Order;
  readonly attachment?: Attachment;
  readonly correction_of?: string;
  readonly corrected_by?: string;
  readonly recalled?: RecalledView;
}

export interface SearchPage {
  readonly rows: readonly SearchRow[];
  /** Opaque; null at the end. */
  readonly cursor: string | null;
}

/** A part of the matches inside one conversation, oldest first. */
export interface SearchMarks {
  readonly marks: readonly { readonly message_key: MessageKey; readonly matches: SearchRow['matches'] }[];
  /** Number of the first of them among all, from 0. */
  readonly start: number;
  readonly total: number;
}

/** Which part of the marks: from a number on, around a message, or (neither) the newest. */
export interface MarksPlace {
  readonly start?: number;
  readonly around?: MessageKey;
}

export interface CountResult {
  readonly count: number;
  /** False: at least this many ("≥ n"), SR5. */
  readonly exact: boolean;
}

/** One line an agent (SR6). */
export interface AgentOverviewRow {
  readonly agent_key: number;
  readonly agent: string;
  readonly account: string;
  readonly receptions: number;
  readonly sessions: number;
  readonly messages: number;
  readonly unanswered: number;
  readonly recalls: number;
  /** Milliseconds; null where the agent answered nobody. */
  readonly median_first_response_ms: number | null;
}

/** One line a number (SR2). */
export interface NumberRow {
  readonly number: string;
  readonly hit: boolean;
  readonly conversations: number;
  readonly messages: number;
}

export interface ConsumerRow {
  readonly consumer_key: number;
  readonly consumer: string;
  readonly shop: string;
  readonly conversation_keys: readonly ConversationKey[];
  readonly sessions: number;
  readonly messages: number;
  readonly last_at: number;
  /** SR7: assigned to the searched agent and not answered by them. */
  readonly unanswered: boolean;
  /**
   * SR7, server time: since when they had it: the beginning of the assignment in which the first unanswered message came,
   * or that message itself where nothing is known of assignments (imported records).
   */
  readonly unanswered_from?: number;
  /** Until when they had it; null while they still do, absent where nothing is known of assignments. */
  readonly unanswered_until?: number | null;
}

/** A consumer found by name, with the newest of their conversations that the person may see. */
export interface PersonRow {
  readonly consumer_key: number;
  readonly consumer: string;
  readonly shop: string;
  readonly conversation_key: ConversationKey;
  readonly intake: Intake;
  /** Null for imported records: they are only read. */
  readonly account_id: AccountId | null;
  readonly last_at: number | null;
}

export interface ConsumerPage {
  readonly consumers: readonly ConsumerRow[];
  readonly cursor: string | null;
}

/** Of every long job: import, export, index build. */
export interface JobView {
  readonly job_id: string;
  readonly kind: 'import' | 'export' | 'index' | 'backup' | 'retention' | 'check' | 'fetch' | 'update';
  readonly title: string;
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly done: number;
  /** Null while unknown. */
  readonly total: number | null;
  readonly unit: 'rows' | 'bytes';
  /** Written so far, where the job writes a file. */
  readonly bytes?: number;
  /** Local clock. */
  readonly started_at: number;
  readonly eta_ms: number | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details?: Readonly<Record<string, unknown>>;
  } | null;
  readonly result: Readonly<Record<string, unknown>> | null;
}

export interface ImportColumn {
  readonly index: number;
  readonly header: string;
  readonly samples: readonly string[];
}

export interface ImportPreview {
  readonly file: { readonly handle: string; readonly name: string; readonly bytes: number };
  readonly encoding: string;
  readonly delimiter: string;
  readonly columns: readonly ImportColumn[];
  /** Proposed mapping; fields that found no column are absent. */
  readonly mapping: ImportMapping;
  /** The first rows as the mapping reads them, and what is wrong with them. */
  readonly rows: readonly {
    readonly line: number;
    readonly sent_at: number | null;
    readonly sender: SenderRole | null;
    readonly agent: string;
    readonly consumer: string;
    readonly text: string;
    readonly order_nos: readonly string[];
    readonly problem: string | null;
  }[];
  /** Among the first 2,000 rows. */
  readonly cut: readonly CutColumn[];
}

/** A column with numbers that a spreadsheet has cut to 15 digits, and how many rows have one (SR11). */
export interface CutColumn {
  readonly field: ImportField;
  /** The file's header. */
  readonly column: string;
  readonly rows: number;
}

/** Field of a record → header of the file's column. */
export interface ImportMapping {
  readonly columns: Readonly<Partial<Record<ImportField, string>>>;
  /** Word or code in the sender column → role; proposed from the values. */
  readonly senders: Readonly<Record<string, SenderRole>>;
  /** How the time column is written, e.g. `yyyy-MM-dd HH:mm:ss`, `epoch_ms`; see docs/import.md. */
  readonly time_format: string;
  /** Offset of times that carry none, minutes east of UTC. */
  readonly utc_offset_minutes: number;
  /** Shop name for rows without one. */
  readonly shop: string;
}

export type ImportField =
  | 'message_id'
  | 'conversation_id'
  | 'sent_at'
  | 'sender'
  | 'text'
  | 'agent'
  | 'consumer'
  | 'shop'
  | 'order_no'
  | 'violation_no'
  | 'kind'
  | 'recalled';

export interface AppInfo {
  readonly version: string;
  readonly host: 'electron' | 'browser' | 'cli';
  readonly platform: string;
  readonly practice: boolean;
  /** Where the database key lies (SE4), shown in the status bar. */
  readonly key_storage: 'keychain' | 'safe-storage' | 'key-file' | 'passphrase' | 'practice-file' | 'memory';
  readonly locale: 'zh-CN' | 'en';
  /** It started without its records (ST4): only recovery can be asked for. */
  readonly recovery?: boolean;
}

export interface ListView {
  readonly sort: ListSort;
  readonly filter: ListFilter;
}

export interface Settings {
  readonly locale: 'system' | 'zh-CN' | 'en';
  readonly theme: 'system' | 'light' | 'dark';
  readonly density: 'compact' | 'comfortable';
  readonly enter_sends: boolean;
  /** Delay of sending in milliseconds; null = as the shop's policy says. */
  readonly send_delay_ms: number | null;
  readonly notifications: boolean;
  /** IN3, see domain/desk/notices.ts. Absent: nothing is off, with sound, not quiet. */
  readonly notices_off?: readonly string[];
  readonly notice_sound?: boolean;
  readonly quiet_until?: number | null;
  /** Room for pictures and files on this machine, MiB; the least recently used go first. Absent: 1,024. */
  readonly attachment_cache_mb?: number;
  readonly first_run_done: boolean;
  /** The step of the tour that is shown, from 0; -1 - step: put away at that step; null: not begun, or gone through (UX5). */
  readonly tour_step?: number | null;
  /** ST4: a backup a day, of which so many are kept. Absent: yes, 7. */
  readonly backup_daily?: boolean;
  readonly backup_keep?: number;
  /** How gateways are reached. Absent: as the system says. */
  readonly proxy?:
    { readonly mode: 'system' } | { readonly mode: 'none' } | { readonly mode: 'manual'; readonly url: string };
  /** By table: ids of the columns that are shown; a table that is not named shows its usual ones. */
  readonly shown_columns?: Readonly<Record<string, readonly string[]>>;
  /** IN1: order and filters of the reception lists, by account; `all` for all of them together. */
  readonly lists?: Readonly<Record<string, ListView>>;
}

export interface NumbersResult {
  readonly numbers: readonly NumberRow[];
}

export type { Role, Presence };
