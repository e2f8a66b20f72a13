import { z } from 'zod';

/**
 * What a person wrote about the conversations of a package, as the page saves it and the workbench merges it back (QA4).
 * Canonical JSON is not needed: nothing is signed. Times: milliseconds since 1970 UTC, the reviewer's own clock.
 */
export const ReviewFile = z.object({
  kind: z.literal('merchant-workbench-review'),
  format: z.literal(1),
  /** Which package: its chain's head and when it was made. */
  package: z.object({ head: z.string().regex(/^[0-9a-f]{64}$/), created_at: z.string().max(64) }),
  reviewer: z.string().max(1_024),
  saved_at: z.int().nonnegative(),
  reviews: z
    .array(
      z.object({
        conversation_id: z.string().min(1).max(1_024),
        /** 0–100; null where only a comment was written. */
        score: z.int().min(0).max(100).nullable(),
        comment: z.string().max(100_000),
        at: z.int().nonnegative(),
      }),
    )
    .max(1_000_000),
});
export type ReviewFile = z.infer<typeof ReviewFile>;
export type Review = ReviewFile['reviews'][number];

/** Undefined where the text is no review file. */
export function parseReviewFile(text: string): ReviewFile | undefined {
  try {
    const parsed = ReviewFile.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
