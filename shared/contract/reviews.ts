import { z } from 'zod';
import { ConversationKey } from '../domain/ids.ts';
import type { ReviewFigures } from '../domain/review/dashboard.ts';
import { APPEAL_STATES, ReviewAction, ReviewContent, type Review, type ReviewEvent } from '../domain/review/review.ts';
import { CardRef, ScorecardDraft, type Scorecard } from '../domain/review/scorecard.ts';
import { SampleSpec, type Risk } from '../domain/review/sample.ts';
import { procedure } from './procedure.ts';

/** Quality review 质检 (QA1–QA5): views and procedures. Times are server times, milliseconds. */

/** One agent's part of one conversation: what is reviewed. */
export interface ReceptionView {
  readonly conversation_key: ConversationKey;
  readonly conversation_id: string;
  readonly title: string;
  readonly shop: string;
  readonly agent: { readonly id: string; readonly name: string };
  /** Of the agent's part, both ways. */
  readonly messages: number;
}

export interface ReviewSampleView {
  readonly sample_id: string;
  readonly name: string;
  readonly card: CardRef;
  readonly spec: SampleSpec;
  readonly seed: string;
  readonly candidates: number;
  readonly size: number;
  /** Of them with a review that was handed in. */
  readonly reviewed: number;
  readonly drawn_at: number;
  readonly drawn_by: string;
  readonly closed_at: number | null;
}

export interface SampleItemView extends ReceptionView {
  readonly ordinal: number;
  readonly risks: readonly Risk[];
  /** By whom, in the order of writing. Scores of others stay away until one's own is handed in. */
  readonly reviews: readonly {
    readonly review_id: string;
    readonly reviewer_id: string;
    readonly reviewer: string;
    readonly state: Review['state'];
    readonly score: number | null;
  }[];
}

export interface ReviewSampleDetail {
  readonly sample: ReviewSampleView;
  readonly items: readonly SampleItemView[];
  /** Who reviews here, where anybody does. */
  readonly me: { readonly id: string; readonly name: string } | null;
}

export interface ScorecardsView {
  /** Newest version of each, templates that nobody edited among them. */
  readonly cards: readonly Scorecard[];
  readonly may_edit: boolean;
}

/** What may be done with a review now, by whoever is signed in here. */
export interface ReviewAllowed {
  readonly write: boolean;
  readonly appeal: boolean;
  readonly withdraw: boolean;
  readonly decide: boolean;
}

export interface ReviewDetail {
  readonly reception: ReceptionView;
  readonly card: Scorecard;
  readonly review: Review;
  readonly history: readonly ReviewEvent[];
  /** What others handed in about the same reception; empty until one's own is. */
  readonly others: readonly Review[];
  readonly allowed: ReviewAllowed;
  readonly erased: boolean;
}

export interface ReviewLine {
  readonly reception: ReceptionView;
  readonly review: Review;
  /** The card's name. */
  readonly card: string;
}

export interface ReviewPage {
  /** Last written first. */
  readonly reviews: readonly ReviewLine[];
  readonly total: number;
  readonly cursor: string | null;
}

/** QA4: what became of each review of a file. */
export type MergeOutcome =
  | 'added'
  /** It was here already, word for word. */
  | 'same'
  /** The same reviewer wrote something else about it here: kept as it was. */
  | 'conflict'
  /** An appeal against it was made or decided here meanwhile: kept as it was. */
  | 'decided'
  /** No such conversation, or the agent has no part in it; masked ids are not found either. */
  | 'unknown'
  /** Not all of the card is judged, or it is about one's own work. */
  | 'invalid'
  /** The conversation was erased meanwhile. */
  | 'erased';

export interface MergeLine {
  readonly conversation_id: string;
  readonly agent: string;
  readonly outcome: MergeOutcome;
  /** Of the file, and of what is here. */
  readonly score: number | null;
  readonly here: number | null;
  readonly review_id: string | null;
}

export interface MergeReport {
  readonly file: string;
  readonly reviewer: string;
  readonly added: number;
  readonly same: number;
  /** Everything that was neither. */
  readonly conflicts: number;
  readonly lines: readonly MergeLine[];
}

export interface ReviewDashboardView {
  readonly figures: ReviewFigures;
  /** Whose roles let them see it. */
  readonly sources: number;
}

const Limit = z.int().min(1).max(1_000);
const Id = z.string().min(1).max(128);
const FileHandle = z.string().min(1).max(128);
const Range = { from: z.int().nonnegative(), to: z.int().nonnegative() };
/** Of a PNG picture, in base64. */
const MOST_PICTURE_CHARACTERS = 16 * 1_024 * 1_024;

export const REVIEW_PROCEDURES = {
  'scorecards.list': procedure<ScorecardsView>()(z.object({}).strict()),
  'scorecards.get': procedure<Scorecard>()(CardRef),
  /** QA1: always a new version; `base` null begins a card. STALE_STATE where somebody saved meanwhile. */
  'scorecards.save': procedure<Scorecard>()(z.object({ base: CardRef.nullable(), draft: ScorecardDraft })),

  /** How many receptions a sample would be drawn from, and how many it would hold. */
  'samples.preview': procedure<{ candidates: number; agents: number; size: number }>()(
    z.object({ spec: SampleSpec, seed: z.string().min(1).max(64) }),
  ),
  'samples.draw': procedure<ReviewSampleView>()(
    z.object({
      name: z.string().trim().min(1).max(80),
      card: CardRef,
      spec: SampleSpec,
      seed: z.string().min(1).max(64),
    }),
  ),
  'samples.list': procedure<{ samples: readonly ReviewSampleView[]; may_draw: boolean }>()(z.object({}).strict()),
  'samples.get': procedure<ReviewSampleDetail>()(z.object({ sample_id: Id })),
  /** QA2: draws it once more and says what differs: records may have come late or gone. */
  'samples.check': procedure<{ same: boolean; missing: number; added: number }>()(z.object({ sample_id: Id })),
  'samples.close': procedure<Record<string, never>>()(z.object({ sample_id: Id })),

  /** One's own review of a reception, begun where there is none yet. */
  'reviews.open': procedure<ReviewDetail>()(
    z.object({ conversation_key: ConversationKey, agent_id: z.string().min(1).max(1_024), card: CardRef.optional() }),
  ),
  'reviews.get': procedure<ReviewDetail>()(z.object({ review_id: Id })),
  /** `seq`: the last one seen, 0 before the first save. NOT_ALLOWED with `reason`, STALE_STATE. */
  'reviews.save': procedure<ReviewDetail>()(
    z.object({
      conversation_key: ConversationKey,
      agent_id: z.string().min(1).max(1_024),
      card: CardRef,
      seq: z.int().nonnegative(),
      content: ReviewContent,
      submit: z.boolean(),
    }),
  ),
  /** QA5: appeal, withdraw, decide. */
  'reviews.act': procedure<ReviewDetail>()(
    z.object({
      review_id: Id,
      seq: z.int().positive(),
      action: z.discriminatedUnion('kind', [ReviewAction.options[1], ReviewAction.options[2], ReviewAction.options[3]]),
    }),
  ),
  'reviews.list': procedure<ReviewPage>()(
    z.object({
      /** `mine`: about the work of whoever is signed in; `written`: by them. */
      scope: z.enum(['all', 'mine', 'written']),
      appeals: z.array(z.enum(APPEAL_STATES)).optional(),
      limit: Limit,
      cursor: z.string().max(128).nullable(),
    }),
  ),
  'reviews.dashboard': procedure<ReviewDashboardView>()(z.object(Range)),
  /** The dashboard's figures as a spreadsheet. */
  'reviews.export': procedure<{ rows: number; bytes: number; path: string }>()(
    z.object({ ...Range, target: FileHandle }),
  ),
  /** QA4: idempotent; nothing is overwritten. REVIEW_FILE_CHANGED, REVIEW_PACKAGE_UNKNOWN, FILE_FORMAT. */
  'reviews.merge': procedure<MergeReport>()(z.object({ file: FileHandle })),

  /** A chart as a file: PNG bytes in base64. */
  'pictures.save': procedure<{ bytes: number; path: string }>()(
    z.object({ target: FileHandle, png: z.string().min(1).max(MOST_PICTURE_CHARACTERS) }),
  ),
} as const;
