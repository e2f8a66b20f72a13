import { z } from 'zod';
import { ConversationKey } from '../domain/ids.ts';
import { MessageKind } from '../protocol/entities.ts';

/** SR3, state filters. */
export const SearchState = z.enum([
  'recalled',
  'corrected',
  'unanswered',
  'read_unreplied',
  'sensitive',
  'incident',
  'reviewed',
]);
export type SearchState = z.infer<typeof SearchState>;

export const MAX_NUMBERS = 10_000;

/**
 * The one search behind screen, command line, export and packages (SR1–SR5). All parts combine with AND; inside a list
 * with OR. Lists that are absent or empty don't filter.
 */
export const SearchQuery = z.object({
  /** SR4 syntax: terms = all, "…" = phrase, −term = not. */
  text: z.string().max(1_000).optional(),
  /** By account or name, exact (SR1). */
  agents: z.array(z.string().min(1).max(1_024)).max(1_000).optional(),
  /** By name or id. */
  shops: z.array(z.string().min(1).max(1_024)).max(1_000).optional(),
  /** By name or id. */
  consumers: z.array(z.string().min(1).max(1_024)).max(1_000).optional(),
  /** Conversations linked to any of these (SR2). Together at most MAX_NUMBERS. */
  orders: z.array(z.string().min(1).max(128)).max(MAX_NUMBERS).optional(),
  violations: z.array(z.string().min(1).max(128)).max(MAX_NUMBERS).optional(),
  /** Milliseconds since 1970 UTC; [from, to). */
  from: z.int().optional(),
  to: z.int().optional(),
  direction: z.enum(['from_consumer', 'from_agent']).optional(),
  kinds: z.array(MessageKind).optional(),
  states: z.array(SearchState).optional(),
  conversations: z.array(ConversationKey).max(10_000).optional(),
});
export type SearchQuery = z.infer<typeof SearchQuery>;
