import type { ReceptionView, ReviewSampleView, SampleItemView } from '#shared/contract/reviews.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Review, ReviewEvent } from '#shared/domain/review/review.ts';
import type { CardRef, Scorecard } from '#shared/domain/review/scorecard.ts';
import type { Candidate, SampleSpec } from '#shared/domain/review/sample.ts';
import type { StoreChanges, Visibility } from './store.ts';

/** Quality review (QA1–QA5): local truth, in every backup, untouched by snapshots. */
export interface ReviewStoreReader {
  /** The newest version of each stored card; templates are not among them. */
  scorecards(): Promise<readonly Scorecard[]>;
  /** `version` null: the newest stored one. Null where there is none. */
  scorecard(card_id: string, version: number | null): Promise<Scorecard | null>;
  /** QA2: the candidates of a range, and what is drawn from them. Only sources that are seen whole. */
  drawReviews(spec: SampleSpec, seed: string, visibility: Visibility): Promise<DrawnSample>;
  reviewSamples(): Promise<readonly ReviewSampleView[]>;
  reviewSample(
    id: string,
  ): Promise<{ readonly sample: StoredSample; readonly items: readonly SampleItemView[] } | null>;
  review(id: string): Promise<StoredReview | null>;
  /** Everybody's, drafts too. */
  reviewsOf(conversation: ConversationKey, agent_id: string): Promise<readonly StoredReview[]>;
  reviews(
    filter: ReviewFilter,
    page: { readonly limit: number; readonly cursor: string | null },
  ): Promise<{ readonly reviews: readonly StoredReview[]; readonly total: number; readonly cursor: string | null }>;
  /** Null where the agent has no part in the conversation. */
  reception(
    conversation: ConversationKey,
    agent_id: string,
  ): Promise<(ReceptionView & { readonly source: string }) | null>;
  /** Agents with a part in any conversation of that wire id, by source; `agent` is a name or an id. */
  receptionsNamed(
    conversation_id: string,
    agent: string,
  ): Promise<readonly (ReceptionView & { readonly source: string })[]>;
  /** Agents of a source whose name or id it is, with their roles. */
  reviewersNamed(
    source: string,
    name: string,
  ): Promise<readonly { readonly agent_id: string; readonly role: string | null }[]>;
  /** Whether a review package with this chain was exported from here (EX8). */
  exportedPackage(head: string): Promise<boolean>;
}

export interface ReviewStoreWriter {
  /** The next version of a card. STALE_STATE where somebody else saved it meanwhile. */
  putScorecard(card: Scorecard): Promise<void>;
  putReviewSample(
    sample: StoredSample,
    items: readonly Pick<SampleItemView, 'conversation_key' | 'agent' | 'risks'>[],
  ): Promise<void>;
  /** No more reviews are expected: what is left of it holds nothing back any longer (AD3). */
  closeReviewSample(id: string, at: number): Promise<void>;
  /**
   * Reviews with the lines of their histories, all in one transaction. STALE_STATE where one of them was written by
   * somebody else meanwhile (its stored number is not `seq` minus the new lines), GONE where it was erased.
   */
  putReviews(list: readonly ReviewWriting[]): Promise<StoreChanges>;
}

export interface ReviewWriting {
  readonly conversation_key: ConversationKey;
  readonly review: Review;
  /** New ones only, oldest first. */
  readonly events: readonly ReviewEvent[];
}

export interface StoredSample {
  readonly sample_id: string;
  readonly name: string;
  readonly card: CardRef;
  readonly spec: SampleSpec;
  readonly seed: string;
  readonly candidates: number;
  /** Server time. */
  readonly drawn_at: number;
  readonly drawn_by: { readonly id: string; readonly name: string };
  readonly closed_at: number | null;
}

export type DrawnReception = Candidate & ReceptionView;

export interface DrawnSample {
  readonly candidates: number;
  readonly agents: number;
  readonly items: readonly DrawnReception[];
}

export interface StoredReview {
  readonly source: string;
  readonly reception: ReceptionView;
  readonly review: Review;
  readonly history: readonly ReviewEvent[];
  /** The conversation was erased: texts about it are gone, the score stayed. */
  readonly erased: boolean;
}

/** What is absent or empty restricts nothing. */
export interface ReviewFilter {
  /** Sources seen whole; of others only what was handed in about `agents`. */
  readonly sources: readonly string[];
  readonly agents: readonly { readonly source: string; readonly agent_id: string }[];
  /** Drafts are their writer's alone. */
  readonly reviewers: readonly string[];
  readonly about?: readonly { readonly source: string; readonly agent_id: string }[];
  readonly states?: readonly Review['state'][];
  readonly appeals?: readonly string[];
  /** Handed in, [from, to). */
  readonly from?: number;
  readonly to?: number;
}
