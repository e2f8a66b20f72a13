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
import { Intake, Presence } from '../protocol/entities.ts';
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
  RecallView,
  SearchPage,
  Settings,
} from './views.ts';

/**
 * Everything the renderer and the command line may call; read it as the program's table of contents. Input is parsed by
 * its schema at every door, output is our own plain data (see views.ts).
 */

interface Procedure<I extends z.ZodType, O> {
  readonly input: I;
  /** Type only; never set. */
  readonly output?: O;
}

function procedure<O>() {
  return <I extends z.ZodType>(input: I): Procedure<I, O> => ({ input });
}

const Nothing = z.object({}).strict();
const Limit = z.int().min(1).max(1_000);
const Cursor = z.string().max(1_024).nullable();
/** Names a running search, so that it can be cancelled and a newer one of the same slot cancels the older (SR8). */
const SearchSlot = z.string().min(1).max(64);
/** Opaque name of a file that the person chose; paths never cross the door (SE2). */
const FileHandle = z.string().min(1).max(128);

export const SettingsPatch = z
  .object({
    locale: z.enum(['system', 'zh-CN', 'en']),
    theme: z.enum(['system', 'light', 'dark']),
    density: z.enum(['compact', 'comfortable']),
    enter_sends: z.boolean(),
    send_delay_ms: z.int().min(0).max(30_000).nullable(),
    notifications: z.boolean(),
    first_run_done: z.boolean(),
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

export const ExportFormat = z.enum(['csv', 'jsonl']);

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
    }),
  ),
  'conversations.counts': procedure<Record<Intake, number>>()(z.object({ account_id: AccountId.nullable() })),
  'conversations.get': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.claim': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.transfer': procedure<ConversationView>()(
    z.object({ conversation_key: ConversationKey, to_agent_id: AgentId, note: z.string().max(1_024) }),
  ),
  'conversations.end': procedure<ConversationView>()(z.object({ conversation_key: ConversationKey })),
  'conversations.read': procedure<Record<string, never>>()(
    z.object({ conversation_key: ConversationKey, conv_seq: z.int().nonnegative() }),
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
    }),
  ),
  'messages.send': procedure<{ client_msg_id: ClientMessageId }>()(
    z.object({
      conversation_key: ConversationKey,
      text: z.string().min(1).max(1_048_576),
      correction_of: MessageId.optional(),
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

  // recall
  'recall.request': procedure<RecallView>()(
    z.object({ message_key: MessageKey, reason: z.string().max(1_024).optional() }),
  ),
  /** RC14: the text of an own recalled message, while it may be edited again. */
  'recall.reedit': procedure<{ text: string }>()(z.object({ recall_id: RecallId })),

  // records
  'search.page': procedure<SearchPage>()(
    z.object({ slot: SearchSlot, query: SearchQuery, limit: Limit, cursor: Cursor }),
  ),
  /** `cap`: stop counting there ("≥ cap"); null = exact. */
  'search.count': procedure<CountResult>()(
    z.object({ slot: SearchSlot, query: SearchQuery, cap: z.int().positive().nullable() }),
  ),
  'search.agents': procedure<{ agents: readonly AgentOverviewRow[] }>()(
    z.object({ slot: SearchSlot, query: SearchQuery }),
  ),
  'search.numbers': procedure<NumbersResult>()(z.object({ slot: SearchSlot, query: SearchQuery })),
  'search.consumers': procedure<ConsumerPage>()(
    z.object({ slot: SearchSlot, query: SearchQuery, limit: Limit, cursor: Cursor }),
  ),
  'search.cancel': procedure<Record<string, never>>()(z.object({ slot: SearchSlot })),
  /** Keys of the matches inside one conversation, oldest first, for marks and next/previous (SR6). At most 1,000. */
  'search.marks': procedure<{
    marks: readonly { message_key: MessageKey; matches: readonly (readonly [number, number])[] }[];
  }>()(z.object({ slot: SearchSlot, query: SearchQuery, conversation_key: ConversationKey })),

  // export and import
  'export.estimate': procedure<{ rows: number; bytes: number }>()(
    z.object({ query: SearchQuery, format: ExportFormat }),
  ),
  'export.start': procedure<{ job_id: string }>()(
    z.object({ query: SearchQuery, format: ExportFormat, target: FileHandle, reason: z.string().max(1_024) }),
  ),
  'import.preview': procedure<ImportPreview>()(z.object({ file: FileHandle, mapping: ImportMappingInput.optional() })),
  'import.start': procedure<{ job_id: string }>()(z.object({ file: FileHandle, mapping: ImportMappingInput })),
  'jobs.list': procedure<readonly JobView[]>()(Nothing),
  'jobs.cancel': procedure<Record<string, never>>()(z.object({ job_id: z.string().min(1).max(128) })),

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
