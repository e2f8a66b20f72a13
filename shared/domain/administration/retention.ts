import { z } from 'zod';
import { DAY } from '../../lib/durations.ts';

/**
 * Retention (AD3): how long a conversation's records are kept after it was last active. A shop's policy decides where it is
 * given; these settings decide for shops without one and for imported records. null: kept for ever.
 */
export const RetentionSettings = z
  .object({
    /** Gateway conversations of shops that have no policy. */
    other_days: z.int().min(1).max(36_500).nullable(),
    imported_days: z.int().min(1).max(36_500).nullable(),
    /** Off: nothing is announced and nothing removed. */
    enabled: z.boolean(),
  })
  .strict();
export type RetentionSettings = z.infer<typeof RetentionSettings>;

export const DEFAULT_RETENTION: RetentionSettings = { other_days: null, imported_days: null, enabled: true };

/** Said this long before it is done. */
export const ANNOUNCE_MS = 7 * DAY;

/** By what a conversation's time is counted. */
const RETENTION_RULES = ['waiting', 'accepted', 'other', 'imported'] as const;
export type RetentionRule = (typeof RETENTION_RULES)[number];

/** Why retention leaves a conversation alone although its time is over. */
const PROTECTIONS = ['legal_hold', 'evidence', 'gateway_hold', 'incident', 'review', 'active', 'deletion'] as const;
export type Protection = (typeof PROTECTIONS)[number];

/** When it goes at the earliest: its time is over, and it was announced long enough before. */
export function removesAt(dueAt: number, announcedAt: number): number {
  return Math.max(dueAt, announcedAt + ANNOUNCE_MS);
}
