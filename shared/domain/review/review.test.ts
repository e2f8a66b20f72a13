import { describe, expect, test } from 'vitest';
import { DAY } from '../../lib/durations.ts';
import {
  actOnReview,
  APPEAL_WITHIN_MS,
  beginReview,
  EMPTY_REVIEW,
  sameContent,
  type Review,
  type ReviewAction,
  type Reviewer,
} from './review.ts';
import type { Marks, Scorecard } from './scorecard.ts';
import { SCORECARD_TEMPLATES } from './templates.ts';

const card = SCORECARD_TEMPLATES[0] as Scorecard;
const QA: Reviewer = { id: 'a-qa', name: '老周', role: 'qa' };
const AGENT: Reviewer = { id: 'a-1', name: '小美', role: 'agent' };
const LEAD: Reviewer = { id: 'a-lead', name: '徐姐', role: 'supervisor' };
const T = 1_800_000_000_000;
const full: Marks = Object.fromEntries(card.criteria.map(({ id, max }) => [id, max]));
const save = (marks: Marks, submit = true): ReviewAction => ({
  kind: 'save',
  submit,
  content: { ...EMPTY_REVIEW, marks },
});
const begun = (): Review =>
  beginReview({ review_id: 'r', agent: { id: AGENT.id, name: AGENT.name }, reviewer: QA }, card);
const after = (review: Review, action: ReviewAction, by: Reviewer, at = T): Review => {
  const next = actOnReview(review, action, by, at, card);
  if (!next.ok) throw new Error(next.error);
  return next.value.review;
};
const refusal = (review: Review, action: ReviewAction, by: Reviewer, at = T): string => {
  const next = actOnReview(review, action, by, at, card);
  return next.ok ? 'done' : next.error;
};
const appeal: ReviewAction = { kind: 'appeal', reason: '首次回复在一分钟内' };

describe('reviews', () => {
  test('[QA3] a draft may be unfinished, what is handed in may not; only its reviewer writes it, and nobody reviews themselves', () => {
    const draft = after(begun(), save({ response: 3 }, false), QA);
    expect(draft).toMatchObject({ state: 'draft', score: 60, submitted_at: null, seq: 1 });
    expect(refusal(draft, save({ response: 3 }), QA)).toBe('NOT_COMPLETE');
    expect(refusal(draft, save(full), LEAD)).toBe('NOT_REVIEWER');
    expect(refusal({ ...begun(), reviewer: AGENT }, save(full), AGENT)).toBe('OWN_WORK');
    const handedIn = after(draft, save(full), QA);
    expect(handedIn).toMatchObject({ state: 'submitted', score: 100, final_score: 100, submitted_at: T, seq: 2 });
    // Revised before anybody appealed: handed in at the same moment still, and still complete.
    expect(refusal(handedIn, save({ response: 3 }, false), QA)).toBe('NOT_COMPLETE');
    expect(after(handedIn, save({ ...full, response: 0 }, false), QA, T + 5)).toMatchObject({
      state: 'submitted',
      submitted_at: T,
      score: 85,
    });
  });

  test('[QA5] the agent it is about appeals once, within seven days; after that the review stands still', () => {
    const handedIn = after(begun(), save({ ...full, response: 0 }), QA);
    expect(refusal(begun(), appeal, AGENT)).toBe('NOT_SUBMITTED');
    expect(refusal(handedIn, appeal, LEAD)).toBe('NOT_REVIEWED_AGENT');
    expect(refusal(handedIn, appeal, AGENT, T + APPEAL_WITHIN_MS + 1)).toBe('TOO_LATE');
    expect(APPEAL_WITHIN_MS).toBe(7 * DAY);
    const appealed = after(handedIn, appeal, AGENT, T + DAY);
    expect(appealed.appeal).toMatchObject({ state: 'open', reason: '首次回复在一分钟内' });
    expect(refusal(appealed, appeal, AGENT)).toBe('ALREADY_APPEALED');
    expect(refusal(appealed, save(full), QA)).toBe('APPEALED');
    expect(refusal(appealed, { kind: 'withdraw' }, LEAD)).toBe('NOT_REVIEWED_AGENT');
    expect(after(appealed, { kind: 'withdraw' }, AGENT).appeal?.state).toBe('withdrawn');
  });

  test('[QA5] supervisors decide; neither the reviewer, nor the agent, nor anybody without the right does', () => {
    const appealed = after(after(begun(), save({ ...full, response: 0 }), QA), appeal, AGENT);
    const uphold: ReviewAction = { kind: 'decide', outcome: 'upheld', note: '回复在三分钟后' };
    const change: ReviewAction = { kind: 'decide', outcome: 'changed', note: '系统延迟', marks: full };
    expect(refusal(appealed, uphold, QA)).toBe('NOT_DECIDER');
    expect(refusal(appealed, uphold, { ...LEAD, role: null })).toBe('NOT_DECIDER');
    expect(refusal(appealed, uphold, { ...QA, role: 'supervisor' })).toBe('OWN_REVIEW');
    expect(refusal(appealed, uphold, { ...AGENT, role: 'supervisor' })).toBe('OWN_APPEAL');
    expect(refusal(appealed, { ...change, marks: { response: 5 } }, LEAD)).toBe('NOT_COMPLETE');
    const upheld = after(appealed, uphold, LEAD);
    expect(upheld).toMatchObject({ score: 85, final_score: 85, appeal: { state: 'upheld' } });
    const changed = after(appealed, change, LEAD);
    // The reviewer's own marks stay as they were written.
    expect(changed).toMatchObject({ score: 85, final_score: 100, appeal: { state: 'changed' } });
    expect(changed.content.marks['response']).toBe(0);
    expect(refusal(changed, uphold, LEAD)).toBe('NO_APPEAL');
  });

  test('[QA4] the same content is the same in whatever order it was written', () => {
    const marked = (order: readonly string[]) => ({
      ...EMPTY_REVIEW,
      marks: Object.fromEntries(order.map((id) => [id, 3])),
      tags: [...order],
      messages: order.map((msg_id) => ({ msg_id, criterion_id: null, note: '' })),
    });
    expect(sameContent(marked(['a', 'b', 'c']), marked(['c', 'a', 'b']))).toBe(true);
    expect(sameContent(marked(['a', 'b']), marked(['a', 'c']))).toBe(false);
    expect(sameContent({ ...EMPTY_REVIEW, comment: '好' }, EMPTY_REVIEW)).toBe(false);
  });
});
