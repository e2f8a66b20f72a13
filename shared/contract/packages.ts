import { z } from 'zod';
import type { Scorecard } from '../domain/review/scorecard.ts';
import type { Manifest } from '../package/format.ts';
import type { Problem } from '../package/verify.ts';
import { OfflineReview } from '../package/review.ts';
import { procedure } from './procedure.ts';

/** A package that is open in this program; good until it is closed or the program ends. */
export const PackageId = z.string().min(1).max(64);

/** A review package opened beside the records (EX7): read-only, in a store of its own. */
export interface PackageView {
  readonly package_id: string;
  /** File name without its folder. */
  readonly name: string;
  readonly bytes: number;
  readonly state: 'opening' | 'open' | 'failed';
  /** While it opens, 0 to 1. */
  readonly share: number;
  /** Of a failed one: an AppErrorCode. */
  readonly code: string | null;
  /** Null until it is open. */
  readonly report: PackageReport | null;
}

/** What opening found out. */
export interface PackageReport {
  /** Nothing was changed since the export, by whoever lacks the private key. */
  readonly ok: boolean;
  readonly signed: boolean;
  /** Of the key it is signed with (SHA-256 of the public key, lower-case hex); null where none could be read. */
  readonly fingerprint: string | null;
  /** The first ones; `more` were not listed. */
  readonly problems: readonly Problem[];
  readonly more: number;
  /** Messages that can be searched. */
  readonly messages: number;
  /** Records that could not be read at all, and so are not shown. */
  readonly unreadable: number;
  /** Messages that are shown with a warning: they are not as they were exported. */
  readonly damaged: number;
  /** Files of messages that are in it. */
  readonly attachments: number;
  readonly about: Pick<Manifest, 'created_at' | 'operator' | 'reason' | 'masks' | 'counts' | 'omitted'> | null;
  /** What its conversations are reviewed with; null: it carries no scorecard. */
  readonly card: Scorecard | null;
}

export const PACKAGE_PROCEDURES = {
  /** Opening goes on by itself: `packages.list` and the topic `packages` say how far. TOO_MANY_PACKAGES, FILE_… */
  'packages.open': procedure<{ package_id: string }>()(z.object({ file: z.string().min(1).max(4_096) })),
  'packages.list': procedure<{ packages: readonly PackageView[] }>()(z.object({})),
  /** Its store is erased. Reviews that were not saved are gone then (not where the program ends). Unknown ones are closed already. */
  'packages.close': procedure<Record<string, never>>()(z.object({ package_id: PackageId })),
  'packages.reviews': procedure<{ reviews: readonly OfflineReview[]; saved: boolean }>()(
    z.object({ package_id: PackageId }),
  ),
  /** Puts one (QA4), in the place of an earlier one about the same part of the conversation. BAD_INPUT without a card. */
  'packages.putReview': procedure<Record<string, never>>()(
    z.object({ package_id: PackageId, review: OfflineReview.omit({ at: true }) }),
  ),
  /** Writes all of them as one review file, as the package's own page does. */
  'packages.saveReviews': procedure<{ bytes: number }>()(
    z.object({
      package_id: PackageId,
      reviewer: z.string().trim().min(1).max(1_024),
      target: z.string().min(1).max(4_096),
    }),
  ),
} as const;
