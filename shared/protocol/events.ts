import { z } from 'zod';
import { AgentId, ConversationId, MessageId, ShopId } from '../domain/ids.ts';
import {
  Conversation,
  Message,
  Policy,
  Recalled,
  ReceivedPresence,
  Role,
  Timestamp,
  WholeConversation,
  WholeMessage,
} from './entities.ts';
import { optional } from './fields.ts';

/** Durable events, numbered per account without gaps, delivered at least once, in order (docs/protocol.md, Events). */

const envelope = { type: z.literal('event'), event_seq: z.int().positive(), at: Timestamp };

/** A name; the page doesn't say that it isn't an object with one, as a recall's operator is. */
const By = z.union([z.string().max(1_024), z.object({ name: z.string().max(1_024) }).transform(({ name }) => name)]);

export const MessageCreated = z.object({ ...envelope, kind: z.literal('message.created'), message: WholeMessage });
export const MessageStatusChanged = z.object({
  ...envelope,
  kind: z.literal('message.status'),
  conversation_id: ConversationId,
  msg_id: MessageId,
  status: z.enum(['delivered', 'read', 'failed']),
  code: optional(z.string().max(64)),
});
export const AttachmentOpened = z.object({
  ...envelope,
  kind: z.literal('attachment.opened'),
  conversation_id: ConversationId,
  msg_id: MessageId,
});
/** `at` of the envelope and of the recall are one field on the wire. May precede its target. */
export const MessageRecalled = z.object({ ...Recalled.shape, ...envelope, kind: z.literal('message.recalled') });
export const ConversationUpserted = z.object({
  ...envelope,
  kind: z.literal('conversation.upserted'),
  conversation: WholeConversation,
});
export const ConversationRemoved = z.object({
  ...envelope,
  kind: z.literal('conversation.removed'),
  conversation_id: ConversationId,
  by: By,
  restorable_until: Timestamp,
});
export const ConversationPurged = z.object({
  ...envelope,
  kind: z.literal('conversation.purged'),
  conversation_id: ConversationId,
});
export const PolicyUpdated = z.object({
  ...envelope,
  kind: z.literal('policy.updated'),
  shop_id: ShopId,
  policy: Policy,
});
export const WordsUpdated = z.object({
  ...envelope,
  kind: z.literal('words.updated'),
  shop_id: ShopId,
  version: z.int().nonnegative(),
});
export const AgentUpdated = z.object({
  ...envelope,
  kind: z.literal('agent.updated'),
  agent_id: AgentId,
  name: z.string().max(1_024),
  role: Role,
  presence: ReceivedPresence,
});

export const KnownEvent = z.discriminatedUnion('kind', [
  MessageCreated,
  MessageStatusChanged,
  AttachmentOpened,
  MessageRecalled,
  ConversationUpserted,
  ConversationRemoved,
  ConversationPurged,
  PolicyUpdated,
  WordsUpdated,
  AgentUpdated,
]);
/** The same with what a later version may say in a message or a conversation (SY8): tried second, as hardly any event needs it. */
const LaterEvent = z.discriminatedUnion('kind', [
  MessageCreated.extend({ message: Message }),
  ConversationUpserted.extend({ conversation: Conversation }),
]);
type LaterEvent = z.infer<typeof LaterEvent>;
export type KnownEvent = Exclude<z.infer<typeof KnownEvent>, { kind: LaterEvent['kind'] }> | LaterEvent;
export type EventKind = KnownEvent['kind'];

/** An event of a known kind. What doesn't fit is said of the first reading: it is the page's. */
export function readKnownEvent(
  value: unknown,
): { readonly success: true; readonly data: KnownEvent } | { readonly success: false; readonly error: z.ZodError } {
  const known = KnownEvent.safeParse(value);
  if (known.success) return known;
  const later = LaterEvent.safeParse(value);
  return later.success ? later : known;
}

/**
 * What of an event that can't be read is needed: its number, without which the stream would stand still here for ever.
 * Time and kind only say something about it.
 */
export const EventEnvelope = z.object({
  event_seq: envelope.event_seq,
  at: Timestamp.catch(0),
  kind: z.string().max(128).catch(''),
});

/** An event of a kind, or with a name in a closed list, that this version doesn't know: kept raw for a later version, acknowledged, no behaviour (SY8). */
export interface UnknownEvent {
  readonly type: 'event';
  readonly event_seq: number;
  readonly at: number;
  readonly kind: 'unknown';
  /** The kind as it came. */
  readonly unknown_kind: string;
  /** The whole frame as it came, JSON text. */
  readonly raw: string;
}

/**
 * An event of a known kind whose body doesn't fit. Its number is still needed for the cursor; a refused policy is one
 * of these (RC1: refused as a whole, the previous one stays).
 */
export interface MalformedEvent {
  readonly type: 'event';
  readonly event_seq: number;
  readonly at: number;
  readonly kind: 'malformed';
  readonly malformed_kind: string;
  /** Paths and codes of what doesn't fit, without any content. */
  readonly problem: string;
  readonly raw: string;
}

export type GatewayEvent = KnownEvent | UnknownEvent | MalformedEvent;

const KNOWN_KINDS: ReadonlySet<string> = new Set<EventKind>(
  KnownEvent.options.map((option) => option.shape.kind.value),
);

export function isKnownEventKind(kind: string): kind is EventKind {
  return KNOWN_KINDS.has(kind);
}
