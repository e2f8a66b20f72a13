import { z } from 'zod';
import { unknownAs } from '../protocol/fields.ts';
import { MessageKind, Order, RecallEffect, SenderRole } from '../protocol/entities.ts';

/**
 * The records of a package as whoever opens it reads them (docs/package-format.md, "Records and their chain"): only what is
 * used, and never more than a record can have. Chain and hash are verification's business.
 */

const Name = z.string().max(1_024);
const Numbers = z.array(z.string().min(1).max(128)).max(1_000);
export const MessageRecord = z.object({
  type: z.literal('message'),
  n: z.int().positive(),
  message_id: z.string().min(1).max(1_024),
  conversation_id: z.string().min(1).max(1_024),
  shop: Name.default(''),
  agent: Name.default(''),
  consumer: Name.default(''),
  sender: SenderRole,
  sender_name: Name.optional(),
  kind: unknownAs(MessageKind, 'unknown'),
  text: z.string().default(''),
  sent_at: z.string().max(64),
  order_nos: Numbers.default([]),
  violation_nos: Numbers.default([]),
  order: Order.optional(),
  attachment: z
    .object({
      name: Name,
      mime: z.string().max(255),
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .optional(),
  correction_of: z.string().max(1_024).optional(),
  corrected_by: z.string().max(1_024).optional(),
  recalled: z
    .object({
      by: Name.optional(),
      at: z.string().max(64).optional(),
      effect: RecallEffect,
      sealed: z.boolean(),
    })
    .optional(),
});
export type MessageRecord = z.infer<typeof MessageRecord>;

export const RecallRecord = z.object({
  type: z.literal('recall'),
  message_id: z.string().max(1_024),
  reason: z.string().max(4_096).optional(),
});
export const ConversationRecord = z.object({
  type: z.literal('conversation'),
  conversation_id: z.string().min(1).max(1_024),
  shop: Name.default(''),
  order_nos: Numbers.default([]),
  violation_nos: Numbers.default([]),
});
export const OtherRecord = z.object({ type: z.enum(['correction', 'transfer']) });
