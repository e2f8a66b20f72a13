import { z } from 'zod';
import {
  AgentId,
  AttachmentId,
  ClientMessageId,
  ConversationId,
  DeviceId,
  MessageId,
  RecallId,
  ShopId,
} from '../domain/ids.ts';
import { Sha256, nullable, optional, readable, unknownAs } from './fields.ts';

/** The objects that frames carry. Names and shapes: docs/protocol.md. Unknown fields are ignored (stripped). */

/** Milliseconds since 1970 UTC by the gateway's clock. */
export const Timestamp = z.int().nonnegative();
/** A duration in milliseconds. */
const Duration = z.int().nonnegative();
const Name = z.string().max(1_024);

export const Role = z.enum(['agent', 'supervisor', 'qa', 'admin']);
export type Role = z.infer<typeof Role>;
export const Presence = z.enum(['online', 'busy', 'off_duty']);
export type Presence = z.infer<typeof Presence>;
export const SenderRole = z.enum(['agent', 'consumer', 'system']);
export type SenderRole = z.infer<typeof SenderRole>;
/** Kinds that the page names: what can be sent, and what a policy speaks of. */
export const WireKind = z.enum(['text', 'image', 'file', 'video', 'voice', 'order_card', 'product_card', 'system']);
export type WireKind = z.infer<typeof WireKind>;
/** Kinds of a record: those, and what this version can't show. */
export const MessageKind = z.enum([...WireKind.options, 'unknown']);
export type MessageKind = z.infer<typeof MessageKind>;
export const MessageStatus = z.enum(['sent', 'delivered', 'read', 'failed']);
export type MessageStatus = z.infer<typeof MessageStatus>;
export const RecallEffect = z.enum(['both', 'maybe_seen', 'local_only']);
export type RecallEffect = z.infer<typeof RecallEffect>;
/** One that isn't known yet says nothing of the consumer's side. */
export const ReceivedEffect = unknownAs(RecallEffect, 'maybe_seen');
export const Intake = z.enum(['waiting', 'active', 'ended']);
export type Intake = z.infer<typeof Intake>;
export const ReadRule = z.enum(['block', 'warn', 'ignore']);
export type ReadRule = z.infer<typeof ReadRule>;

/**
 * A shop's policy. Refused as a whole when any part is missing, negative or unknown (RC1): the client keeps the
 * previous one and says so.
 */
export const Policy = z.object({
  version: z.int().nonnegative(),
  recall: z.object({
    enabled: z.boolean(),
    window_ms: Duration,
    kinds: z.array(WireKind),
    read_rule: ReadRule,
    roles: z.array(Role),
    own_only: z.boolean(),
    after_transfer: z.enum(['sender_only', 'nobody', 'assignee']),
    other_device: z.enum(['allow', 'warn', 'block']),
    ended_session: z.enum(['block', 'allow']),
    group: z.object({ window_ms: Duration, roles: z.array(Role), read_rule: ReadRule }),
    per_hour_soft: z.int().nonnegative(),
    per_hour_hard: z.int().nonnegative(),
    /** `2.1` is 2.1.0. */
    min_app_version: z
      .string()
      .regex(/^\d+\.\d+(\.\d+.*)?$/)
      .transform((version) => (/^\d+\.\d+$/.test(version) ? `${version}.0` : version)),
  }),
  retention: z.object({ waiting_ms: Duration, accepted_ms: Duration }),
  session_end: z.object({ after_ms: Duration, since: z.enum(['agent_last', 'consumer_last']) }),
  send: z.object({
    max_text: z.int().positive(),
    delay_ms: z.int().min(0).max(30_000),
    confirm: z.array(z.string().max(64)),
    block: z.array(z.string().max(64)),
    words_version: z.int().nonnegative(),
    /** Roles that may send what is blocked, with a reason (PV3). Absent: nobody. */
    override_roles: optional(z.array(Role)),
    /** What files may be sent; a gateway that doesn't say leaves it to its answers (TOO_LARGE). */
    attachments: optional(z.object({ max_bytes: z.int().positive(), kinds: z.array(WireKind) })),
  }),
  compensation: z.object({ approval_above: z.string().regex(/^\d+(\.\d{1,2})?$/) }),
  group_delete: z.object({ roles: z.array(Role), restore_ms: Duration, notice_required: z.boolean() }),
});
export type Policy = z.infer<typeof Policy>;

/** Neither free for a transfer nor away, as far as anybody can tell. */
export const ReceivedPresence = unknownAs(Presence, 'busy');
export const Agent = z.object({ agent_id: AgentId, name: Name, role: Role, presence: ReceivedPresence });
export type Agent = z.infer<typeof Agent>;

export const Shop = z.object({ shop_id: ShopId, name: Name, platform: z.string().max(64), policy: Policy });
export type Shop = z.infer<typeof Shop>;

export const Sender = z.object({
  /** An agent's own role is an agent's. */
  role: SenderRole.or(Role.transform((): SenderRole => 'agent')),
  id: z.string().max(128),
  name: Name,
  device_id: optional(DeviceId),
});
export type Sender = z.infer<typeof Sender>;

/** What nobody has heard of is taken for a consumer's: better asked after once too often than overlooked. */
const senderRole = (name: string): SenderRole => Sender.shape.role.safeParse(name).data ?? 'consumer';

/** 0: not known. */
const Pixels = optional(
  z
    .int()
    .nonnegative()
    .transform((pixels) => pixels || undefined),
);

export const Attachment = z.object({
  attachment_id: AttachmentId,
  name: Name,
  mime: z.string().max(255),
  bytes: z.int().nonnegative(),
  sha256: Sha256,
  width: Pixels,
  height: Pixels,
});
export type Attachment = z.infer<typeof Attachment>;

export const Order = z.object({
  order_no: z.string().min(1).max(128),
  title: Name,
  amount: z.string().max(64),
  status: z.string().max(64),
});
export type Order = z.infer<typeof Order>;

export const Operator = z.object({
  /** One that isn't known yet is neither of those whose recall it would be. */
  role: z.string().transform((name): SenderRole => Sender.shape.role.safeParse(name).data ?? 'system'),
  id: z.string().max(128),
  name: Name,
  device_id: optional(DeviceId),
});
export type Operator = z.infer<typeof Operator>;

export const Recalled = z.object({
  conversation_id: ConversationId,
  msg_id: MessageId,
  recall_id: RecallId,
  operator: Operator,
  effect: ReceivedEffect,
  at: Timestamp,
  reason: optional(z.string().max(1_024)),
});
export type Recalled = z.infer<typeof Recalled>;
/** Inside its own message the two ids only repeat what stands around them; a gateway may leave them out. */
const RecalledInMessage = Recalled.partial({ conversation_id: true, msg_id: true });

const OrderNo = z.string().min(1).max(128);

/** To the letter; `Message` is how one is read. */
export const WholeMessage = z.object({
  msg_id: MessageId,
  conversation_id: ConversationId,
  conv_seq: z.int().positive(),
  client_msg_id: nullable(ClientMessageId),
  shop_id: ShopId,
  sender: Sender,
  kind: WireKind,
  text: nullable(z.string()),
  attachment: optional(Attachment),
  order: optional(Order),
  order_nos: z.array(OrderNo).max(1_000),
  violation_nos: z.array(OrderNo).max(1_000),
  correction_of: nullable(MessageId),
  sent_at: Timestamp,
  status: MessageStatus,
  recalled: optional(RecalledInMessage),
});

/** What this version could not read of a message as the gateway meant it; it is read again by a later one (SY8). */
export interface UnknownParts {
  /** The kind as it came, where the message can't be shown; empty where there was none. */
  readonly kind: string | null;
  /** The sender's role as it came, where it isn't known. */
  readonly role: string | null;
  /** The whole message as it came, JSON text. */
  readonly raw: string;
}
export type Message = Omit<z.infer<typeof WholeMessage>, 'kind'> & {
  readonly kind: MessageKind;
  readonly unknown?: UnknownParts;
};

/** What of a message is needed to give it its place in the chat, and what can be shown of it besides. */
const PlacedMessage = z.object({
  msg_id: MessageId,
  conversation_id: ConversationId,
  conv_seq: WholeMessage.shape.conv_seq,
  client_msg_id: WholeMessage.shape.client_msg_id.catch(null),
  shop_id: ShopId,
  sender: z.object({ ...Sender.shape, role: z.string().max(128), device_id: Sender.shape.device_id.catch(undefined) }),
  kind: z.string().catch(''),
  text: WholeMessage.shape.text.catch(null),
  order_nos: readable(OrderNo).catch([]),
  violation_nos: readable(OrderNo).catch([]),
  correction_of: WholeMessage.shape.correction_of.catch(null),
  sent_at: Timestamp,
  status: z.string().catch('sent'),
  recalled: WholeMessage.shape.recalled.catch(undefined),
});

/** A name of a later version, as far as anybody wants to read it. */
const shortName = (name: string): string => name.slice(0, 64);

/**
 * SY8: what a consumer says is never invisible because a later version says it. Names that aren't known yet are read at
 * their safest; where the message still doesn't fit, it keeps its place as one of kind `unknown`, with its text if it has
 * one. Null where it has no place.
 */
function readPartly(value: unknown): Message | null {
  const placed = PlacedMessage.safeParse(value);
  if (!placed.success) return null;
  const { kind, sender, status } = placed.data;
  const role = senderRole(sender.role);
  const unknownRole = Sender.shape.role.safeParse(sender.role).success ? null : shortName(sender.role);
  const read = { sender: { ...sender, role }, status: MessageStatus.safeParse(status).data ?? 'sent' };
  const raw = JSON.stringify(value);
  const whole = WholeMessage.safeParse({ ...(value as object), ...read });
  if (whole.success) return { ...whole.data, unknown: { kind: null, role: unknownRole, raw } };
  // That it was recalled is certain even where by whom isn't: its content must not appear.
  const gone = placed.data.recalled === undefined && ((value as { recalled?: unknown }).recalled ?? null) !== null;
  return {
    ...placed.data,
    ...read,
    kind: 'unknown',
    text: gone ? null : placed.data.text,
    unknown: { kind: shortName(kind), role: unknownRole, raw },
  };
}

/** What doesn't fit is said of the first reading: it is the page's. */
const readingOf = <T>(first: z.ZodType<T>, second: (value: unknown) => T | null) =>
  z.unknown().transform((value, context): T => {
    const whole = first.safeParse(value);
    if (whole.success) return whole.data;
    const partly = second(value);
    if (partly !== null) return partly;
    for (const issue of whole.error.issues) context.issues.push({ ...issue, input: undefined });
    return z.NEVER;
  });

export const Message = readingOf<Message>(WholeMessage, readPartly);

export const Assignment = z.object({
  agent_id: AgentId,
  name: Name,
  from: Timestamp,
  to: nullable(Timestamp),
  how: unknownAs(z.enum(['routed', 'claimed', 'transferred']), 'routed'),
});
export type Assignment = z.infer<typeof Assignment>;

export const Consumer = z.object({
  consumer_id: z.string().min(1).max(128),
  name: Name,
  /** Nothing hangs on it: one that is no address, or a picture in itself, is left out. */
  avatar: optional(z.string().max(2_048)).catch(undefined),
});
export type Consumer = z.infer<typeof Consumer>;

/** To the letter; `Conversation` is how one is read. */
export const WholeConversation = z.object({
  conversation_id: ConversationId,
  shop_id: ShopId,
  type: z.enum(['single', 'group']),
  title: Name,
  consumer: nullable(Consumer),
  members: optional(z.array(z.object({ id: z.string().max(128), role: z.string().transform(senderRole), name: Name }))),
  intake: Intake,
  assignee: nullable(z.object({ agent_id: AgentId, name: Name })),
  assignments: z.array(Assignment),
  order_nos: z.array(OrderNo),
  violation_nos: z.array(OrderNo),
  last_seq: z.int().nonnegative(),
  last_message_at: nullable(Timestamp),
  agent_read_seq: z.int().nonnegative(),
  consumer_read_seq: z.int().nonnegative(),
  waiting_since: nullable(Timestamp),
  ends_at: nullable(Timestamp),
  deletes_at: nullable(Timestamp),
  consumer_restricts_recall: z.boolean(),
  legal_hold: z.boolean(),
});
export type Conversation = z.infer<typeof WholeConversation>;

/** One whose type or intake isn't known yet: a group's rules are the stricter ones, and one that nobody serves waits. */
function readConversation(value: unknown): Conversation | null {
  if (typeof value !== 'object' || value === null) return null;
  const { type, intake, assignee } = value as { type?: unknown; intake?: unknown; assignee?: unknown };
  if (typeof type !== 'string' || typeof intake !== 'string') return null;
  return (
    WholeConversation.safeParse({
      ...value,
      type: type === 'single' ? type : 'group',
      intake: Intake.safeParse(intake).data ?? ((assignee ?? null) === null ? 'waiting' : 'active'),
    }).data ?? null
  );
}
export const Conversation = readingOf<Conversation>(WholeConversation, readConversation);
