import { z } from 'zod';
import { MASK_KINDS } from '../domain/mask/choices.ts';
import { SearchQuery } from './search-query.ts';
import { Scorecard } from '../domain/review/scorecard.ts';

/** EX2. */
export const ExportFormat = z.enum(['csv', 'jsonl', 'xlsx', 'package']);
export type ExportFormat = z.infer<typeof ExportFormat>;

/** EX5, what to mask. */
export const MaskKinds = z.array(z.enum(MASK_KINDS)).max(MASK_KINDS.length);

const VisibilityState = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({
    kind: z.literal('limited'),
    sources: z.array(z.string()),
    agents: z.array(z.object({ source: z.string(), agent_id: z.string() })),
  }),
]);

/**
 * Everything that an export's bytes depend on beside the records, fixed when it begins, so that one that is taken up
 * again writes the same (EX6). Kept in the encrypted store only: it holds the salt of the pseudonyms.
 */
export const ExportPlan = z.object({
  id: z.string().min(1).max(128),
  format: ExportFormat,
  /** Where the file is to be, as the Files port names it for good. */
  place: z.string().min(1),
  query: SearchQuery,
  visibility: VisibilityState,
  masks: MaskKinds,
  /** 32 bytes, base64. */
  salt: z.string().min(1),
  reason: z.string().max(1_024),
  operator: z.string(),
  /** Milliseconds since 1970 UTC. */
  at: z.int(),
  /** Messages from this key on are not part of it; null: it began without any. */
  upper: z.string().nullable(),
  /** Rows, and rows without limits of visibility, when it began. */
  rows: z.int().nonnegative(),
  everything: z.int().nonnegative(),
  /** What makes the same bytes: program, time zone, language. */
  maker: z.string().max(1_024),
  /** What the conversations of a package are reviewed with (QA4). */
  scorecard: Scorecard.optional(),
});
export type ExportPlan = z.infer<typeof ExportPlan>;

const PartState = z.object({ bytes: z.int().nonnegative(), sha256: z.string() });

/** How far it is: what lies in the files, and where the search goes on. */
export const ExportCheckpoint = z.object({
  id: z.string(),
  rows: z.int().nonnegative(),
  cursor: z.string(),
  part: PartState,
  kept: PartState.nullable(),
  /** The format's own. */
  state: z.unknown(),
});
export type ExportCheckpoint = z.infer<typeof ExportCheckpoint>;

/** The stored queue. Entries that can't be read any more are dropped one by one. */
export const StoredExports = z.array(z.unknown());
