import { z } from 'zod';
import { MessageMark } from '../domain/review/review.ts';
import { Marks, Scorecard } from '../domain/review/scorecard.ts';
import { canonicalJson } from '../lib/canonical-json.ts';

/**
 * What a person wrote about the conversations of a package, as the page saves it and the workbench merges it back (QA4,
 * docs/package-format.md "Review files"). Times: milliseconds since 1970 UTC, the reviewer's own clock.
 */
export const REVIEW_FILE_FORMAT = 2;

export const OfflineReview = z.object({
  conversation_id: z.string().min(1).max(1_024),
  /** Whose part of the conversation, by the name in the records. */
  agent: z.string().min(1).max(1_024),
  marks: Marks,
  messages: z.array(MessageMark).max(500),
  comment: z.string().max(10_000),
  tags: z.array(z.string().trim().min(1).max(40)).max(20),
  at: z.int().nonnegative(),
});
export type OfflineReview = z.infer<typeof OfflineReview>;

export const ReviewFile = z.object({
  kind: z.literal('merchant-workbench-review'),
  format: z.literal(REVIEW_FILE_FORMAT),
  /** Which package: its chain's head and when it was made. */
  package: z.object({ head: z.string().regex(/^[0-9a-f]{64}$/), created_at: z.string().max(64) }),
  /** As it stood in the package. */
  card: Scorecard,
  reviewer: z.string().trim().min(1).max(1_024),
  saved_at: z.int().nonnegative(),
  reviews: z.array(OfflineReview).max(100_000),
  /** Lower-case hex SHA-256 of the canonical JSON of all the other members. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ReviewFile = z.infer<typeof ReviewFile>;

/** What was written about packages and not yet saved, by each package's chain head (main/core/packages/unsaved-reviews.ts). */
export const UnsavedReviews = z.array(
  z.object({ head: ReviewFile.shape.package.shape.head, reviews: ReviewFile.shape.reviews }),
);
export type UnsavedReviews = z.infer<typeof UnsavedReviews>;

/** Undefined where the text is no review file. The digest is not looked at yet. */
export function parseReviewFile(text: string): ReviewFile | undefined {
  try {
    const parsed = ReviewFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds a file that was changed by hand or damaged on its way. It is no signature: whoever knows the format can make a new
 * one, which is why merging says who wrote and overwrites nothing.
 */
export async function reviewDigest(file: Omit<ReviewFile, 'digest'>): Promise<string> {
  const { kind, format, package: of, card, reviewer, saved_at, reviews } = file;
  const text = canonicalJson({ kind, format, package: of, card, reviewer, saved_at, reviews });
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
