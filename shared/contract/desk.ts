import { z } from 'zod';
import { AccountId, ConversationKey, ShopId } from '../domain/ids.ts';
import { procedure } from './procedure.ts';
import type { ConversationView } from './views.ts';
import type { Order } from '../protocol/entities.ts';

/** The reception lists and what the agent writes down about consumers (IN1, IN9). */

/** `waiting`: who has waited longest first. `unreplied`: those that still want an answer first. `shop`: shop by shop. */
export const LIST_SORTS = ['newest', 'waiting', 'unreplied', 'shop'] as const;
export const ListSort = z.enum(LIST_SORTS);
export type ListSort = z.infer<typeof ListSort>;

export const Tag = z.string().trim().min(1).max(24);

/** What is absent restricts nothing; what is there has to hold all together. */
export const ListFilter = z
  .object({
    reply: z.enum(['unreplied', 'read_unreplied', 'replied']),
    starred: z.literal(true),
    /** Assigned to one of the accounts signed in here. */
    mine: z.literal(true),
    type: z.enum(['single', 'group']),
    tag: Tag,
    /** Part of the consumer's name or the group's title; ASCII letters in either case. */
    name: z.string().min(1).max(128),
  })
  .partial();
export type ListFilter = z.infer<typeof ListFilter>;

export interface ConsumerOrder {
  readonly order_no: string;
  /** Of the newest order card about it; null where only the number is known. */
  readonly card: Order | null;
  /** The newest conversation that it is linked to. */
  readonly conversation_key: ConversationKey;
}

/** What is known here of a conversation's consumer, across their conversations at the same shop. */
export interface ConsumerView {
  readonly note: string;
  readonly tags: readonly string[];
  /** Local wall clock and agent_id; null where nothing was written yet. */
  readonly updated: { readonly at: number; readonly by: string } | null;
  /** Newest conversation first, at most 100. */
  readonly orders: readonly ConsumerOrder[];
  readonly conversations: number;
}

export const DESK_PROCEDURES = {
  /** Pinned ones stand above the rest of their list, whatever its order. Of this profile, not of the gateway. */
  'conversations.mark': procedure<ConversationView>()(
    z.object({ conversation_key: ConversationKey, pinned: z.boolean().optional(), starred: z.boolean().optional() }),
  ),
  /**
   * Who to look at next: of the waiting list the longest waiting, or of one's own the one that has gone unreplied longest.
   * `after`: the one behind it, and from the last the first again. Null where there is none.
   */
  'conversations.next': procedure<{ conversation: ConversationView | null }>()(
    z.object({
      account_id: AccountId.nullable(),
      shop_id: ShopId.optional(),
      what: z.enum(['longest_waiting', 'unreplied']),
      after: ConversationKey.optional(),
    }),
  ),
  'consumers.get': procedure<ConsumerView>()(z.object({ conversation_key: ConversationKey })),
  /** Replaces note and tags. */
  'consumers.note': procedure<ConsumerView>()(
    z.object({ conversation_key: ConversationKey, note: z.string().max(4_000), tags: z.array(Tag).max(20) }),
  ),
  /** Tags in use, most used first. */
  'consumers.tags': procedure<{ tags: readonly { readonly tag: string; readonly consumers: number }[] }>()(
    z.object({}).strict(),
  ),
} as const;
