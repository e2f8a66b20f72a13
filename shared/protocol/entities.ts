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
import { Sha256, nullable, optional } from './fields.ts';

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
export const MessageKind = z.enum(['text', 'image', 'file', 'video', 'voice', 'order_card', 'product_card', 'system']);
export type MessageKind = z.infer<typeof MessageKind>;
export const MessageStatus = z.enum(['sent', 'delivered', 'read', 'failed']);
export type MessageStatus = z.infer<typeof MessageStatus>;
export const RecallEffect = z.enum(['both', 'maybe_seen', 'local_only']);
export type RecallEffect = z.infer<typeof RecallEffect>;
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
    kinds: z.array(MessageKind),
    read_rule: ReadRule,
    roles: z.array(Role),
    own_only: z.boolean(),
    after_transfer: z.enum(['sender_only', 'nobody', 'assignee']),
    other_device: z.enum(['allow', 'warn', 'block']),
    ended_session: z.enum(['block', 'allow']),
    group: z.object({ window_ms: Duration, roles: z.array(Role), read_rule: ReadRule }),
    per_hour_soft: z.int().nonnegative(),
    per_hour_hard: z.int().nonnegative(),
    min_app_version: z.string().regex(/^\d+\.\d+\.\d+/),
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
    attachments: optional(z.object({ max_bytes: z.int().positive(), kinds: z.array(MessageKind) })),
  }),
  compensation: z.object({ approval_above: z.string().regex(/^\d+(\.\d{1,2})?$/) }),
  group_delete: z.object({ roles: z.array(Role), restore_ms: Duration, notice_required: z.boolean() }),
});
export type Policy = z.infer<typeof Policy>;

export const Agent = z.object({ agent_id: AgentId, name: Name, role: Role, presence: Presence });
export type Agent = z.infer<typeof Agent>;

export const Shop = z.object({ shop_id: ShopId, name: Name, platform: z.string().max(64), policy: Policy });
export type Shop = z.infer<typeof Shop>;

export const Sender = z.object({
  role: SenderRole,
  id: z.string().max(128),
  name: Name,
  device_id: optional(DeviceId),
});
export type Sender = z.infer<typeof Sender>;

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
  role: SenderRole,
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
  effect: RecallEffect,
  at: Timestamp,
  reason: optional(z.string().max(1_024)),
});
export type Recalled = z.infer<typeof Recalled>;
/** Inside its own message the two ids only repeat what stands around them; a gateway may leave them out. */
const RecalledInMessage = Recalled.partial({ conversation_id: true, msg_id: true });

const OrderNo = z.string().min(1).max(128);

export const Message = z.object({
  msg_id: MessageId,
  conversation_id: ConversationId,
  conv_seq: z.int().positive(),
  client_msg_id: nullable(ClientMessageId),
  shop_id: ShopId,
  sender: Sender,
  kind: MessageKind,
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
export type Message = z.infer<typeof Message>;

export const Assignment = z.object({
  agent_id: AgentId,
  name: Name,
  from: Timestamp,
  to: nullable(Timestamp),
  how: z.enum(['routed', 'claimed', 'transferred']),
});
export type Assignment = z.infer<typeof Assignment>;

export const Consumer = z.object({
  consumer_id: z.string().min(1).max(128),
  name: Name,
  /** Nothing hangs on it: one that is no address, or a picture in itself, is left out. */
  avatar: optional(z.string().max(2_048)).catch(undefined),
});
export type Consumer = z.infer<typeof Consumer>;

/** The page doesn't say which roles members have: an agent's own, or anything for the others. */
const MemberRole = z
  .string()
  .transform(
    (role): SenderRole => SenderRole.safeParse(role).data ?? (Role.safeParse(role).success ? 'agent' : 'consumer'),
  );

export const Conversation = z.object({
  conversation_id: ConversationId,
  shop_id: ShopId,
  type: z.enum(['single', 'group']),
  title: Name,
  consumer: nullable(Consumer),
  members: optional(z.array(z.object({ id: z.string().max(128), role: MemberRole, name: Name }))),
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
export type Conversation = z.infer<typeof Conversation>;
