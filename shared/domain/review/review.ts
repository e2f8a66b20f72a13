import { z } from 'zod';
import { DAY } from '../../lib/durations.ts';
import { err, ok, type Result } from '../../lib/result.ts';
import { Role } from '../../protocol/entities.ts';
import { isPermitted } from '../permissions.ts';
import { type CardRef, isComplete, Marks, scoreOf, type Scorecard } from './scorecard.ts';

/**
 * One person's review of one agent's part of one conversation (QA3), and what followed: an appeal and its decision (QA5).
 * Who may do what next is decided here; the store keeps the review and its history, which is only appended to.
 */

const Id = z.string().min(1).max(1_024);

/** A message that the reviewer pointed at. */
export const MessageMark = z.strictObject({
  msg_id: z.string().min(1).max(1_024),
  /** The criterion that it is about. */
  criterion_id: z.string().max(40).nullable(),
  note: z.string().max(1_000),
});
export type MessageMark = z.infer<typeof MessageMark>;

export const ReviewContent = z.strictObject({
  marks: Marks,
  messages: z.array(MessageMark).max(500),
  comment: z.string().max(10_000),
  tags: z.array(z.string().trim().min(1).max(40)).max(20),
  incident_id: z.string().min(1).max(128).nullable(),
});
export type ReviewContent = z.infer<typeof ReviewContent>;
export const EMPTY_REVIEW: ReviewContent = { marks: {}, messages: [], comment: '', tags: [], incident_id: null };

export const Reviewer = z.object({ id: Id, name: z.string().max(1_024), role: Role.nullable() });
/** `role` null: the reviewer of a file, of whom nobody here knows more than a name. */
export type Reviewer = z.infer<typeof Reviewer>;

export const APPEAL_STATES = ['open', 'upheld', 'changed', 'withdrawn'] as const;
export type AppealState = (typeof APPEAL_STATES)[number];

export interface Appeal {
  readonly state: AppealState;
  readonly by: Reviewer;
  readonly at: number;
  readonly reason: string;
  readonly decision: { readonly by: Reviewer; readonly at: number; readonly note: string } | null;
}

export interface Review {
  readonly review_id: string;
  readonly card: CardRef;
  /** Whose work it is. */
  readonly agent: { readonly id: string; readonly name: string };
  readonly reviewer: Reviewer;
  readonly state: 'draft' | 'submitted';
  readonly content: ReviewContent;
  /** By its own marks; null for a draft without any. */
  readonly score: number | null;
  /** What counts: the score, or what a supervisor's decision made of it. */
  readonly final_score: number | null;
  /** Marks after a changed decision; null where none changed them. */
  readonly decided_marks: Marks | null;
  readonly appeal: Appeal | null;
  /** Server time. */
  readonly submitted_at: number | null;
  readonly updated_at: number;
  /** Number of its last event, from 1. */
  readonly seq: number;
}

export const ReviewAction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('save'), content: ReviewContent, submit: z.boolean() }),
  z.object({ kind: z.literal('appeal'), reason: z.string().trim().min(1).max(2_000) }),
  z.object({ kind: z.literal('withdraw') }),
  z.object({
    kind: z.literal('decide'),
    outcome: z.enum(['upheld', 'changed']),
    note: z.string().trim().min(1).max(2_000),
    /** All of them; with `changed`. */
    marks: Marks.optional(),
  }),
]);
export type ReviewAction = z.infer<typeof ReviewAction>;

/** A line of the history. Its texts are the review's own; erased with it. */
export interface ReviewEvent {
  readonly seq: number;
  readonly at: number;
  readonly by: Reviewer;
  readonly what: 'saved' | 'submitted' | 'revised' | 'merged' | 'appealed' | 'withdrawn' | 'upheld' | 'changed';
  readonly score: number | null;
  readonly note: string;
}

/** How long an agent may appeal after a review was handed in. */
export const APPEAL_WITHIN_MS = 7 * DAY;

export const REVIEW_REFUSALS = [
  'NOT_REVIEWER',
  'OWN_WORK',
  'NOT_COMPLETE',
  'APPEALED',
  'NOT_SUBMITTED',
  'NOT_REVIEWED_AGENT',
  'ALREADY_APPEALED',
  'TOO_LATE',
  'NO_APPEAL',
  'NOT_DECIDER',
  'OWN_REVIEW',
  'OWN_APPEAL',
] as const;
export type ReviewRefusal = (typeof REVIEW_REFUSALS)[number];

export interface Beginning {
  readonly review_id: string;
  readonly agent: Review['agent'];
  readonly reviewer: Reviewer;
}

/** A review before its first save. */
export function beginReview(start: Beginning, card: Scorecard): Review {
  return {
    ...start,
    card: { card_id: card.card_id, version: card.version },
    state: 'draft',
    content: EMPTY_REVIEW,
    score: null,
    final_score: null,
    decided_marks: null,
    appeal: null,
    submitted_at: null,
    updated_at: 0,
    seq: 0,
  };
}

/**
 * What the review is after the action, with the line for its history, or why it may not be done (fails closed). `at`: server
 * time, milliseconds. `card` is the review's own version.
 */
export function actOnReview(
  review: Review,
  action: ReviewAction,
  by: Reviewer,
  at: number,
  card: Scorecard,
): Result<{ readonly review: Review; readonly event: ReviewEvent }, ReviewRefusal> {
  const seq = review.seq + 1;
  const done = (next: Partial<Review>, what: ReviewEvent['what'], note = '') => {
    const changed: Review = { ...review, ...next, updated_at: at, seq };
    return ok({ review: changed, event: { seq, at, by, what, score: changed.final_score, note } });
  };
  switch (action.kind) {
    case 'save': {
      if (by.id !== review.reviewer.id) return err('NOT_REVIEWER');
      if (by.id === review.agent.id) return err('OWN_WORK');
      if (review.appeal !== null) return err('APPEALED');
      const submitted = review.state === 'submitted';
      if ((action.submit || submitted) && !isComplete(card, action.content.marks)) return err('NOT_COMPLETE');
      const { score } = scoreOf(card, action.content.marks);
      return done(
        {
          content: action.content,
          score,
          final_score: score,
          state: submitted || action.submit ? 'submitted' : 'draft',
          submitted_at: submitted ? review.submitted_at : action.submit ? at : null,
        },
        submitted ? 'revised' : action.submit ? 'submitted' : 'saved',
      );
    }
    case 'appeal':
      if (review.state !== 'submitted' || review.submitted_at === null) return err('NOT_SUBMITTED');
      if (by.id !== review.agent.id) return err('NOT_REVIEWED_AGENT');
      if (review.appeal !== null) return err('ALREADY_APPEALED');
      if (at - review.submitted_at > APPEAL_WITHIN_MS) return err('TOO_LATE');
      return done(
        { appeal: { state: 'open', by, at, reason: action.reason, decision: null } },
        'appealed',
        action.reason,
      );
    case 'withdraw':
      if (review.appeal?.state !== 'open') return err('NO_APPEAL');
      if (by.id !== review.appeal.by.id) return err('NOT_REVIEWED_AGENT');
      return done({ appeal: { ...review.appeal, state: 'withdrawn' } }, 'withdrawn');
    case 'decide': {
      if (!isPermitted(by.role, 'review.decide')) return err('NOT_DECIDER');
      if (review.appeal?.state !== 'open') return err('NO_APPEAL');
      if (by.id === review.reviewer.id) return err('OWN_REVIEW');
      if (by.id === review.appeal.by.id) return err('OWN_APPEAL');
      const decision = { by, at, note: action.note };
      if (action.outcome === 'upheld')
        return done({ appeal: { ...review.appeal, state: 'upheld', decision } }, 'upheld', action.note);
      const marks = action.marks ?? {};
      if (!isComplete(card, marks)) return err('NOT_COMPLETE');
      return done(
        {
          appeal: { ...review.appeal, state: 'changed', decision },
          decided_marks: marks,
          final_score: scoreOf(card, marks).score,
        },
        'changed',
        action.note,
      );
    }
  }
}

/** Whether two reviews say the same: a file that is merged again adds nothing (QA4). */
export function sameContent(a: ReviewContent, b: ReviewContent): boolean {
  return plain(a) === plain(b);
}

function plain({ marks, messages, comment, tags, incident_id }: ReviewContent): string {
  const sorted = <T>(list: readonly T[], key: (each: T) => string): readonly T[] =>
    list.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
  return JSON.stringify([
    sorted(Object.entries(marks), ([id]) => id),
    sorted(
      messages.map(({ msg_id, criterion_id, note }) => [msg_id, criterion_id, note]),
      (mark) => JSON.stringify(mark),
    ),
    comment,
    tags.toSorted(),
    incident_id,
  ]);
}
