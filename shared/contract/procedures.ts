import { z } from 'zod';
import {
  AccountId,
  AgentId,
  ClientMessageId,
  ConversationKey,
  MessageId,
  MessageKey,
  RecallId,
  ShopId,
} from '../domain/ids.ts';
import type { Agent } from '../protocol/entities.ts';
import { IncidentActionInput, INCIDENT_STATES } from '../domain/remedy/incident.ts';
import { MistakeType } from '../domain/remedy/mistakes.ts';
import { STATISTIC_KEYS } from '../domain/remedy/statistics.ts';
import { Intake, Presence } from '../protocol/entities.ts';
import type {
  BatchRecallResult,
  IncidentDetail,
  IncidentPage,
  IncidentStatisticsView,
  OpenedSeal,
  PlaybooksView,
  RecallDashboard,
} from './remedy.ts';
import type { Case } from '../domain/remedy/cases.ts';
import type { PlaybookBook } from '../domain/remedy/playbooks.ts';
import { ADMINISTRATION_PROCEDURES } from './administration.ts';
import { ATTACHMENT_PROCEDURES } from './attachments.ts';
import { procedure, type Procedure } from './procedure.ts';
import { OVERVIEW_PROCEDURES } from './overview.ts';
import { DESK_PROCEDURES, ListFilter, ListSort } from './desk.ts';
import { LESSON_PROCEDURES } from './lessons.ts';
import { PACKAGE_PROCEDURES, PackageId } from './packages.ts';
import { REVIEW_PROCEDURES } from './reviews.ts';
import { SECURITY_PROCEDURES } from './security.ts';
import { TRAINING_PROCEDURES } from './training.ts';
import { UPDATE_PROCEDURES } from './updates.ts';
import { UPKEEP_PROCEDURES } from './upkeep.ts';
import { COMPOSER_PROCEDURES, SendConfirmation } from './composer.ts';
import { SavedSearchContent, SavedSearchName, type SavedSearchView } from './saved-search.ts';
import { ExportFormat, MaskKinds } from './export.ts';
import { SearchQuery } from './search-query.ts';
import type {
  AccountView,
  AgentOverviewRow,
  AppInfo,
  ConsumerPage,
  ConversationView,
  CountResult,
  ImportPreview,
  JobView,
  MessagesPage,
  NumbersResult,
  PersonRow,
  RecallView,
  SearchMarks,
  SearchPage,
  Settings,
} from './views.ts';

/**
 * Everything the renderer and the command line may call; read it as the program's table of contents. Input is parsed by
 * its schema at every door, output is our own plain data (see views.ts).
 */

const Nothing = z.object({}).strict();
const Limit = z.int().min(1).max(1_000);
const Cursor = z.string().max(1_024).nullable();
/** Names a running search, so that it can be cancelled and a newer one of the same slot cancels the older (SR8). */
const SearchSlot = z.string().min(1).max(64);
/** Opaque name of a file that the person chose; paths never cross the door (SE2). */
const FileHandle = z.string().min(1).max(128);

/** How a gateway is reached: as the system says (and the environment), directly, or through this HTTP proxy. */
export const ProxySetting = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('system') }).strict(),
  z.object({ mode: z.literal('none') }).strict(),
  z
    .object({
      mode: z.literal('manual'),
      url: z
        .url({ protocol: /^https?$/ })
        .max(1_024)
        .refine((text) => !/^[^:]+:\/\/[^/]*@/.test(text), 'no passwords here'),
    })
    .strict(),
]);

export const SettingsPatch = z
  .object({
    locale: z.enum(['system', 'zh-CN', 'en']),
    theme: z.enum(['system', 'light', 'dark']),
    density: z.enum(['compact', 'comfortable']),
    enter_sends: z.boolean(),
    send_delay_ms: z.int().min(0).max(30_000).nullable(),
    notifications: z.boolean(),
    notices_off: z.array(z.string().max(300)).max(1_000),
    notice_sound: z.boolean(),
    quiet_until: z.int().nonnegative().nullable(),
    attachment_cache_mb: z.int().min(64).max(102_400),
    first_run_done: z.boolean(),
    tour_step: z.int().min(-32).max(32).nullable(),
    backup_daily: z.boolean(),
    backup_keep: z.int().min(1).max(60),
    proxy: ProxySetting,
    shown_columns: z.record(z.string().max(32), z.array(z.string().max(32)).max(32)),
    lists: z.record(z.string().max(128), z.object({ sort: ListSort, filter: ListFilter.omit({ name: true }) })),
  })
  .partial()
  .strict();

export const ImportMappingInput = z.object({
  columns: z.partialRecord(
    z.enum([
      'message_id',
      'conversation_id',
      'sent_at',
      'sender',
      'text',
      'agent',
      'consumer',
      'shop',
      'order_no',
      'violation_no',
      'kind',
      'recalled',
    ]),
    z.string().max(1_024),
  ),
  senders: z.record(z.string().max(256), z.enum(['agent', 'consumer', 'system'])),
  time_format: z.string().min(1).max(64),
  utc_offset_minutes: z
    .int()
    .min(-14 * 60)
    .max(14 * 60),
  shop: z.string().max(1_024),
});

const IncidentId = z.string().min(1).max(128);
const IncidentFilterInput = z
  .object({
    states: z.array(z.enum(INCIDENT_STATES)),
    types: z.array(MistakeType),
    shops: z.array(z.string().max(128)).max(1_000),
    agents: z.array(z.string().max(128)).max(1_000),
    approvals: z.boolean(),
    from: z.int(),
    to: z.int(),
  })
  .partial();
const CaseFilterInput = z.object({
  types: z.array(MistakeType).optional(),
  tags: z.array(z.string().max(40)).max(20).optional(),
  text: z.string().max(256).optional(),
  limit: Limit,
});

export const PROCEDURES = {
  // the program
  'app.info': procedure<AppInfo>()(Nothing),
  'settings.get': procedure<Settings>()(Nothing),
  'settings.set': procedure<Settings>()(SettingsPatch),

  // accounts and connections
  'accounts.list': procedure<readonly AccountView[]>()(Nothing),
  'accounts.add': procedure<{ account_id: AccountId }>()(
    z.object({
      label: z.string().min(1).max(64),
      url: z.string().min(1).max(2_048),
      token: z.string().min(1).max(8_192),
    }),
  ),
  'accounts.remove': procedure<Record<string, never>>()(z.object({ account_id: AccountId })),
  'accounts.reconnect': procedure<Record<string, never>>()(z.object({ account_id: AccountId })),
  'accounts.presence': procedure<{ presence: Presence }>()(z.object({ account_id: AccountId, presence: Presence })),
  'accounts.agents': procedure<readonly Agent[]>()(z.object({ account_id: AccountId, shop_id: ShopId.optional() })),

  // reception
  'conversations.list': procedure<{
    conversations: readonly ConversationView[];
    total: number;
    cursor: string | null;
  }>()(
    z.object({
      account_id: AccountId.nullable(),
      shop_id: ShopId.optional(),
      intake: Intake,
      limit: Limit,
      cursor: Cursor,
      /** Row number to begin at, instead of a cursor: pinned ones first, in any order. */
      offset: z.int().nonnegative().optional(),
      sort: ListSort.optional(),
      filter: ListFilter.optional(),
    }),
  ),
  'conversations.counts': procedure<Record<Intake, number>>()(
    z.object({ account_id: AccountId.nullable(), shop_id: ShopId.optional() }),
  ),
  ...DESK_PROCEDURES,
  'conversations.get': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.claim': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.transfer': procedure<ConversationView>()(
    z.object({ conversation_key: ConversationKey, to_agent_id: AgentId, note: z.string().max(1_024) }),
  ),
  'conversations.end': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.read': procedure<Record<string, never>>()(
    z.object({ conversation_key: ConversationKey, conv_seq: z.int().nonnegative() }),
  ),

  /**
   * Asks the gateway for what is missing before that number, also what it once said it has nothing of: a role may have
   * changed since. `complete`: it was asked to the end. OFFLINE.
   */
  'conversations.older': procedure<{ complete: boolean }>()(
    z.object({ conversation_key: ConversationKey, before_seq: z.int().min(2) }),
  ),

  // chat
  'messages.page': procedure<MessagesPage>()(
    z.object({
      conversation_key: ConversationKey,
      limit: Limit,
      /** At most one of them; none = the newest. Keys are exclusive; `around` is included in the middle. */
      before: MessageKey.optional(),
      after: MessageKey.optional(),
      around: MessageKey.optional(),
      /** Restrict to a range, as a transcript does; [from, to). */
      from: z.int().optional(),
      to: z.int().optional(),
      /** Of a package that is open (EX7) instead of the records. */
      package: PackageId.optional(),
    }),
  ),
  'messages.send': procedure<{ client_msg_id: ClientMessageId }>()(
    z.object({
      conversation_key: ConversationKey,
      text: z.string().min(1).max(1_048_576),
      correction_of: MessageId.optional(),
      /** What the person has been asked and said yes to (PV3, PV4, PV9). */
      confirmed: SendConfirmation.optional(),
    }),
  ),
  /** RC8: certain, nothing was sent. Answers with the text as it stands. */
  'messages.cancel': procedure<{ text: string }>()(z.object({ client_msg_id: ClientMessageId })),
  /** A failed one: send again (same id where it may be unknown, SY3) or drop it. */
  'messages.retry': procedure<{ client_msg_id: ClientMessageId }>()(z.object({ client_msg_id: ClientMessageId })),
  'messages.discard': procedure<{ text: string }>()(z.object({ client_msg_id: ClientMessageId })),
  'drafts.set': procedure<Record<string, never>>()(
    z.object({ conversation_key: ConversationKey, text: z.string().max(1_048_576) }),
  ),

  // pictures and files (IN8)
  ...ATTACHMENT_PROCEDURES,

  // recall
  'recall.request': procedure<RecallView>()(
    z.object({ message_key: MessageKey, reason: z.string().max(1_024).optional() }),
  ),
  /** RC14: the text of an own recalled message, while it may be edited again. */
  'recall.reedit': procedure<{ text: string }>()(z.object({ recall_id: RecallId })),
  /** RC18: several at once; each is judged by itself, one that can't be asked for stops none of the others. */
  'recall.batch': procedure<{ results: readonly BatchRecallResult[] }>()(
    z.object({ message_keys: z.array(MessageKey).min(1).max(100), reason: z.string().max(1_024).optional() }),
  ),
  /** RC22. Server times, [from, to), at most 366 days. */
  'recall.dashboard': procedure<RecallDashboard>()(z.object({ from: z.int(), to: z.int() })),
  /** RC19: the audit entry is written before the content comes back. */
  'seals.open': procedure<OpenedSeal>()(z.object({ message_key: MessageKey })),
  /** Writes the sealed file to the place that the person chose; audited by itself. GONE where its bytes aren't here. */
  'seals.save': procedure<{ bytes: number }>()(
    z.object({ message_key: MessageKey, target: z.string().min(1).max(128) }),
  ),

  // incidents (RM3–RM6)
  'incidents.list': procedure<IncidentPage>()(z.object({ filter: IncidentFilterInput, limit: Limit, cursor: Cursor })),
  'incidents.get': procedure<IncidentDetail>()(z.object({ incident_id: IncidentId })),
  /** By hand, or where recall is blocked; answers with the one that is open for the message already, if there is one. */
  'incidents.open': procedure<IncidentDetail>()(
    z.object({
      message_key: MessageKey,
      cause: z.enum(['blocked', 'manual']),
      code: z.string().max(64).optional(),
    }),
  ),
  /** `seq`: the last one seen (STALE_STATE where somebody else wrote meanwhile). `account_id`: who acts. */
  'incidents.act': procedure<IncidentDetail>()(
    z.object({
      incident_id: IncidentId,
      seq: z.int().positive(),
      action: IncidentActionInput,
      account_id: AccountId.optional(),
    }),
  ),
  'incidents.statistics': procedure<IncidentStatisticsView>()(
    z.object({ filter: IncidentFilterInput, keys: z.array(z.enum(STATISTIC_KEYS)).min(1).max(4) }),
  ),
  'playbooks.get': procedure<PlaybooksView>()(z.object({ version: z.int().nonnegative().optional() })),
  /** RM6: the next version, refused as a whole (BAD_INPUT with `problems`; STALE_STATE where somebody saved meanwhile). */
  'playbooks.edit': procedure<PlaybookBook>()(
    z.object({
      account_id: AccountId,
      base_version: z.int().nonnegative(),
      playbooks: z.unknown(),
      templates: z.unknown(),
    }),
  ),
  'cases.search': procedure<{ cases: readonly Case[] }>()(CaseFilterInput),
  /** RM5: writes the cases that the filter finds into a file to share. */
  'cases.share': procedure<{ cases: number; bytes: number }>()(
    z.object({ filter: CaseFilterInput, target: FileHandle }),
  ),
  'cases.read': procedure<{ cases: number; added: number }>()(z.object({ file: FileHandle })),

  // quality review (QA1–QA5)
  ...OVERVIEW_PROCEDURES,
  ...REVIEW_PROCEDURES,

  // review packages, opened beside the records (EX7)
  ...PACKAGE_PROCEDURES,

  // records; with `package`, those of one that is open
  'search.page': procedure<SearchPage>()(
    z.object({ slot: SearchSlot, query: SearchQuery, limit: Limit, cursor: Cursor, package: PackageId.optional() }),
  ),
  /** `cap`: stop counting there ("≥ cap"); null = exact. */
  'search.count': procedure<CountResult>()(
    z.object({
      slot: SearchSlot,
      query: SearchQuery,
      cap: z.int().positive().nullable(),
      package: PackageId.optional(),
    }),
  ),
  'search.agents': procedure<{ agents: readonly AgentOverviewRow[] }>()(
    z.object({ slot: SearchSlot, query: SearchQuery, package: PackageId.optional() }),
  ),
  'search.numbers': procedure<NumbersResult>()(
    z.object({ slot: SearchSlot, query: SearchQuery, package: PackageId.optional() }),
  ),
  /** The text of a file of numbers (TXT, CSV, the first sheet of an XLSX), for pasting it. FILE_… */
  'search.numberFile': procedure<{ text: string }>()(z.object({ file: FileHandle })),
  'search.consumers': procedure<ConsumerPage>()(
    z.object({ slot: SearchSlot, query: SearchQuery, limit: Limit, cursor: Cursor, package: PackageId.optional() }),
  ),
  'search.cancel': procedure<Record<string, never>>()(z.object({ slot: SearchSlot })),
  /**
   * The matches inside one conversation, oldest first, for marks and next/previous (SR6): at most 1,000 of `total`, the
   * first of them being number `start` (from 0). Asked for from a number on, around a message, or (neither) the newest.
   */
  'search.marks': procedure<SearchMarks>()(
    z.object({
      slot: SearchSlot,
      query: SearchQuery,
      conversation_key: ConversationKey,
      start: z.int().min(0).optional(),
      around: MessageKey.optional(),
      package: PackageId.optional(),
    }),
  ),

  /** Consumers whose name or id contains the text, newest reception first; for quick look-ups. */
  'search.people': procedure<{ people: readonly PersonRow[] }>()(
    z.object({ slot: SearchSlot, text: z.string().min(1).max(256), limit: Limit }),
  ),

  // saved searches (SR9), by name
  'searches.list': procedure<readonly SavedSearchView[]>()(Nothing),
  /** A name that is there already is replaced only when `replace` is true; otherwise NAME_TAKEN. */
  'searches.save': procedure<SavedSearchView>()(
    z.object({ name: SavedSearchName, content: SavedSearchContent, replace: z.boolean() }),
  ),
  'searches.rename': procedure<SavedSearchView>()(z.object({ id: z.int(), name: SavedSearchName })),
  'searches.remove': procedure<Record<string, never>>()(z.object({ id: z.int() })),
  /** Written as a file to pass on. */
  'searches.export': procedure<{ bytes: number }>()(z.object({ id: z.int(), target: FileHandle })),
  /** FILE_FORMAT where it is no saved search. A name that is taken gets a number behind it. */
  'searches.import': procedure<SavedSearchView>()(z.object({ file: FileHandle })),

  // export and import
  'export.estimate': procedure<{ rows: number; bytes: number }>()(
    z.object({ query: SearchQuery, format: ExportFormat, masks: MaskKinds.optional() }),
  ),
  'export.start': procedure<{ job_id: string }>()(
    z.object({
      query: SearchQuery,
      format: ExportFormat,
      target: FileHandle,
      reason: z.string().max(1_024),
      masks: MaskKinds.optional(),
    }),
  ),
  'import.preview': procedure<ImportPreview>()(
    z.object({
      file: FileHandle,
      mapping: ImportMappingInput.optional(),
      /** IANA name of the person's zone, proposed for times without one; without it the zone of this machine. */
      time_zone: z.string().min(1).max(64).optional(),
    }),
  ),
  'import.start': procedure<{ job_id: string }>()(z.object({ file: FileHandle, mapping: ImportMappingInput })),
  'jobs.list': procedure<readonly JobView[]>()(Nothing),
  'jobs.cancel': procedure<Record<string, never>>()(z.object({ job_id: z.string().min(1).max(128) })),

  ...COMPOSER_PROCEDURES,

  // training in the practice shop
  ...LESSON_PROCEDURES,
  ...TRAINING_PROCEDURES,

  /** In the practice shop alone: a colleague of that role signs in here too (or out again), for training (UX5). */
  'practice.join': procedure<Record<string, never>>()(
    z.object({ role: z.enum(['agent', 'qa', 'admin']), joined: z.boolean() }),
  ),
  // administration (AD1–AD4)
  ...ADMINISTRATION_PROCEDURES,

  // key care and the app lock (ST1, SE4)
  ...SECURITY_PROCEDURES,

  // backups, self-checks, diagnosis, older records (ST4, SY4, SY7)
  ...UPKEEP_PROCEDURES,
  ...UPDATE_PROCEDURES,

  // practice shop: faults on demand (only there)
  'practice.fault': procedure<Record<string, never>>()(
    z.object({
      fault: z.enum(['cut', 'refuse', 'slow', 'drop', 'duplicate', 'reorder', 'kick', 'clock-skew', 'none']),
      value: z.number().optional(),
    }),
  ),
} as const;

export type ProcedureName = keyof typeof PROCEDURES;
export type ProcedureInput<N extends ProcedureName> = z.input<(typeof PROCEDURES)[N]['input']>;
export type ProcedureParsed<N extends ProcedureName> = z.output<(typeof PROCEDURES)[N]['input']>;
export type ProcedureOutput<N extends ProcedureName> =
  (typeof PROCEDURES)[N] extends Procedure<z.ZodType, infer O> ? O : never;

export function isProcedureName(name: string): name is ProcedureName {
  return Object.hasOwn(PROCEDURES, name);
}

/** What the core implements and every door dispatches to. */
export type Handlers = {
  readonly [N in ProcedureName]: (input: ProcedureParsed<N>) => Promise<ProcedureOutput<N>>;
};
