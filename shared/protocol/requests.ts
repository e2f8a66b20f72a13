import { z } from 'zod';
import { AgentId, AttachmentId, ClientMessageId, ConversationId, MessageId, RecallId, ShopId } from '../domain/ids.ts';
import {
  Agent,
  Conversation,
  Message,
  Presence,
  ReceivedEffect,
  ReceivedPresence,
  Timestamp,
  WireKind,
} from './entities.ts';
import { Sha256, nullable, optional, readable, unknownAs } from './fields.ts';
import { ATTACHMENT_CHUNK_BYTES, LONGEST_RETRY_AFTER_MS, PULL_LIMIT, SNAPSHOT_LIMIT } from './limits.ts';

/** Requests of the client with their results (docs/protocol.md, Requests). One table: name → fields and result. */

/** The other side's own; a gateway may put much into it. */
const Cursor = nullable(z.string().min(1).max(8_192));
/** Three bytes are four characters: only the padding tells a whole chunk from one that is a byte or two too long. */
const Chunk = z
  .base64()
  .max(Math.ceil(ATTACHMENT_CHUNK_BYTES / 3) * 4)
  .refine((data) => (data.length / 4) * 3 - (/=*$/.exec(data)?.[0].length ?? 0) <= ATTACHMENT_CHUNK_BYTES, 'too long');

export const REQUESTS = {
  'message.send': {
    fields: z.object({
      client_msg_id: ClientMessageId,
      conversation_id: ConversationId,
      kind: WireKind,
      text: optional(z.string()),
      attachment_id: optional(AttachmentId),
      correction_of: optional(MessageId),
      /** PV3: why a blocked text is sent; counts only for the roles in the policy's `send.override_roles`. */
      override_reason: optional(z.string().max(500)),
    }),
    result: z.object({ message: Message, duplicate: z.boolean() }),
  },
  'message.recall': {
    fields: z.object({
      recall_id: RecallId,
      conversation_id: ConversationId,
      msg_id: MessageId,
      reason: optional(z.string().max(1_024)),
    }),
    result: z.object({
      recall_id: RecallId,
      effect: ReceivedEffect,
      recalled_at: Timestamp,
      elapsed_ms: z.int().nonnegative(),
      quota: z.object({ used: z.int().nonnegative(), limit: z.int().nonnegative() }),
    }),
  },
  'recall.query': {
    fields: z.object({ recall_id: RecallId }),
    result: z.discriminatedUnion('known', [
      z.object({ known: z.literal(false) }),
      z.object({
        known: z.literal(true),
        ok: z.boolean(),
        effect: optional(ReceivedEffect),
        code: optional(z.string().max(64)),
        recalled_at: optional(Timestamp),
      }),
    ]),
  },
  'conversation.pull': {
    fields: z.object({
      conversation_id: ConversationId,
      from_seq: z.int().positive(),
      to_seq: z.int().positive(),
      limit: z.int().positive().max(PULL_LIMIT),
    }),
    result: z.object({ messages: readable(Message), has_more: z.boolean() }),
  },
  'snapshot.get': {
    fields: z.object({ cursor: Cursor, limit: z.int().positive().max(SNAPSHOT_LIMIT) }),
    result: z.object({ conversations: readable(Conversation), cursor: Cursor }),
  },
  'conversation.claim': {
    fields: z.object({ conversation_id: ConversationId }),
    result: z.object({ conversation: Conversation }),
  },
  'conversation.transfer': {
    fields: z.object({ conversation_id: ConversationId, to_agent_id: AgentId, note: z.string().max(1_024) }),
    result: z.object({ conversation: Conversation }),
  },
  'conversation.end': {
    fields: z.object({ conversation_id: ConversationId }),
    result: z.object({ conversation: Conversation }),
  },
  'conversation.read': {
    fields: z.object({ conversation_id: ConversationId, conv_seq: z.int().nonnegative() }),
    result: z.object({}),
  },
  'presence.set': { fields: z.object({ presence: Presence }), result: z.object({ presence: ReceivedPresence }) },
  'agents.list': { fields: z.object({ shop_id: optional(ShopId) }), result: z.object({ agents: readable(Agent) }) },
  'attachment.put': {
    fields: z.object({
      sha256: Sha256,
      bytes: z.int().nonnegative(),
      mime: z.string().max(255),
      name: z.string().max(1_024),
      chunk_index: z.int().nonnegative(),
      chunks: z.int().positive(),
      data: Chunk,
    }),
    result: z.object({ attachment_id: AttachmentId, received: z.array(z.int().nonnegative()) }),
  },
  'attachment.get': {
    fields: z.object({
      attachment_id: AttachmentId,
      offset: z.int().nonnegative(),
      length: z.int().positive().max(ATTACHMENT_CHUNK_BYTES),
    }),
    result: z.object({ data: z.base64(), bytes: z.int().nonnegative(), mime: z.string(), sha256: Sha256 }),
  },
  'words.sync': {
    fields: z.object({ shop_id: ShopId, since_version: z.int().nonnegative() }),
    result: z.object({
      version: z.int().nonnegative(),
      added: readable(
        z.object({
          word: z.string().min(1),
          category: z.string(),
          action: unknownAs(z.enum(['warn', 'confirm', 'block']), 'confirm'),
        }),
      ),
      removed: z.array(z.string()),
    }),
  },
  'group.delete': {
    fields: z.object({
      conversation_id: ConversationId,
      notice: z.string().max(4_096),
      replacement: optional(z.string().max(1_024)),
      backup_sha256: Sha256,
    }),
    result: z.object({ restorable_until: Timestamp }),
  },
  'group.restore': {
    fields: z.object({ conversation_id: ConversationId }),
    result: z.object({ conversation: Conversation }),
  },
  'records.query': {
    fields: z.object({
      shop_id: ShopId,
      agent_ids: optional(z.array(AgentId)),
      order_nos: optional(z.array(z.string().min(1).max(128))),
      violation_nos: optional(z.array(z.string().min(1).max(128))),
      from: Timestamp,
      to: Timestamp,
      cursor: Cursor,
    }),
    result: z.object({ messages: readable(Message), cursor: Cursor }),
  },
  'token.refresh': { fields: z.object({}), result: z.object({ token: z.string().min(1), expires_at: Timestamp }) },
} as const;

export type RequestName = keyof typeof REQUESTS;
export type RequestFields<N extends RequestName> = z.infer<(typeof REQUESTS)[N]['fields']>;
export type RequestResult<N extends RequestName> = z.infer<(typeof REQUESTS)[N]['result']>;

export function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(REQUESTS, name);
}

/** Error codes that a gateway's reply may carry. An unknown one is treated as SERVER_BUSY is: temporary, shown as it came. */
export const GATEWAY_ERROR_CODES = [
  'AUTH_EXPIRED',
  'NO_PERMISSION',
  'SERVER_BUSY',
  'RATE_LIMITED',
  'BAD_REQUEST',
  'SESSION_ENDED',
  'QUOTA',
  'BLOCKED_WORD',
  'TOO_LONG',
  'IDEMPOTENCY_CONFLICT',
  'NOT_VISIBLE',
  'ALREADY_CLAIMED',
  'AGENT_OFF_DUTY',
  'TOO_LARGE',
  'GONE',
  'GROUP_RULE',
  'NOT_RESTORABLE',
  'MSG_NOT_FOUND',
] as const;

export const ReplyError = z.object({
  code: z.string().min(1).max(64),
  message: z.string().max(4_096),
  retry_after_ms: optional(
    z
      .int()
      .nonnegative()
      .transform((ms) => Math.min(ms, LONGEST_RETRY_AFTER_MS)),
  ),
  details: optional(z.record(z.string(), z.unknown())),
});
export type ReplyError = z.infer<typeof ReplyError>;
