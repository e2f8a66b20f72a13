import { z } from 'zod';

/**
 * Ids as they travel on the wire: opaque, non-empty strings of at most 128 characters. Branded, so that a message id
 * can't be passed where a conversation id is meant. Build one from trusted text with `as`, from outside with `.parse`.
 */
const id = z.string().min(1).max(128);

export const MessageId = id.brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;
export const ConversationId = id.brand<'ConversationId'>();
export type ConversationId = z.infer<typeof ConversationId>;
export const AgentId = id.brand<'AgentId'>();
export type AgentId = z.infer<typeof AgentId>;
export const ShopId = id.brand<'ShopId'>();
export type ShopId = z.infer<typeof ShopId>;
export const DeviceId = id.brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;
export const RecallId = id.brand<'RecallId'>();
export type RecallId = z.infer<typeof RecallId>;
export const AttachmentId = id.brand<'AttachmentId'>();
export type AttachmentId = z.infer<typeof AttachmentId>;
/** 1–32 of `[0-9A-Za-z_-]` (protocol.md, message.send). */
export const ClientMessageId = z
  .string()
  .regex(/^[0-9A-Za-z_-]{1,32}$/)
  .brand<'ClientMessageId'>();
export type ClientMessageId = z.infer<typeof ClientMessageId>;

/** One login at a gateway, local to this profile ("acc-…"). */
export const AccountId = id.brand<'AccountId'>();
export type AccountId = z.infer<typeof AccountId>;

/**
 * Key of a message row inside the store: an integer that follows server time, 1,024 slots a second since
 * MESSAGE_KEY_EPOCH, below 2^53 (store.md). Key order is time order.
 */
export const MessageKey = z.int().nonnegative().brand<'MessageKey'>();
export type MessageKey = z.infer<typeof MessageKey>;
/** Key of a conversation inside the store: a small integer. */
export const ConversationKey = z.int().nonnegative().brand<'ConversationKey'>();
export type ConversationKey = z.infer<typeof ConversationKey>;
