import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gradeOf, meanAbsoluteDifference, weightedKappa } from './agreement.ts';
import { reviewFigures, weekOf, type CountedReview } from './dashboard.ts';
import { actOnReview, beginReview, EMPTY_REVIEW, type Review } from './review.ts';
import { scoreOf, type Marks, type Scorecard } from './scorecard.ts';
import { SCORECARD_TEMPLATES } from './templates.ts';

const card = SCORECARD_TEMPLATES[0] as Scorecard;
const full: Marks = Object.fromEntries(card.criteria.map(({ id, max }) => [id, max]));

function counted(
  id: number,
  agent: string,
  reviewer: string,
  marks: Marks,
  at: number,
  tags: readonly string[] = [],
): CountedReview {
  const by = { id: reviewer, name: `评审${reviewer}`, role: 'qa' as const };
  const begun = beginReview({ review_id: `r${id}`, agent: { id: agent, name: `客服${agent}` }, reviewer: by }, card);
  const next = actOnReview(
    begun,
    { kind: 'save', submit: true, content: { ...EMPTY_REVIEW, marks: { ...full, ...marks }, tags: [...tags] } },
    by,
    at,
    card,
  );
  if (!next.ok) throw new Error(next.error);
  return { review: next.value.review, card, reception: `c${id % 10}` };
}

/** 2026-11-16 was a Monday; 00:00 in China. */
const MONDAY = Date.UTC(2026, 10, 15, 16);

describe('figures', () => {
  test('[QA5] weighted kappa and mean difference of a worked example', () => {
    // Grades 4-4, 3-3, 0-2, 4-3: Σw·observed = (0 + 0 + 4 + 1)/16/4.
    const pairs = [
      { a: 95, b: 92 },
      { a: 85, b: 81 },
      { a: 40, b: 75 },
      { a: 91, b: 88 },
    ];
    expect(pairs.map(({ a, b }) => [gradeOf(a), gradeOf(b)])).toEqual([
      [4, 4],
      [3, 3],
      [0, 2],
      [4, 3],
    ]);
    expect(meanAbsoluteDifference(pairs)).toBe((3 + 4 + 35 + 3) / 4);
    const expected = [4, 3, 0, 4].flatMap((i) => [4, 3, 2, 3].map((j) => (i - j) ** 2 / 16 / 16));
    expect(weightedKappa(pairs)).toBeCloseTo(1 - 5 / 64 / expected.reduce((sum, value) => sum + value, 0), 12);
  });

  test('[QA5] kappa is 1 where all agree in several grades, below 1 else, null where there is nothing to tell', () => {
    const score = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(fc.array(fc.record({ a: score, b: score }), { minLength: 2, maxLength: 40 }), (pairs) => {
        const kappa = weightedKappa(pairs);
        if (kappa !== null) expect(kappa).toBeLessThanOrEqual(1 + 1e-12);
        const same = weightedKappa(pairs.map(({ a }) => ({ a, b: a })));
        const grades = new Set(pairs.map(({ a }) => gradeOf(a)));
        if (grades.size === 1) expect(same).toBeNull();
        else expect(same).toBeCloseTo(1, 12);
        expect(weightedKappa(pairs.map(({ a, b }) => ({ a: b, b: a })))).toBe(kappa);
      }),
    );
    expect(weightedKappa([{ a: 80, b: 80 }])).toBeNull();
  });

  test('[QA5] by agent, criterion, week and tag; final scores count, agreement is of what reviewers found', () => {
    const reviews = [
      counted(1, 'a', 'x', { response: 0 }, MONDAY, ['漏回']),
      counted(2, 'a', 'x', {}, MONDAY + 86_400_000 * 6 + 86_399_999, ['漏回', '漏回']),
      counted(3, 'b', 'x', { privacy: 0 }, MONDAY + 7 * 86_400_000),
      counted(1, 'a', 'y', { response: 5 }, MONDAY),
    ];
    const figures = reviewFigures(reviews, 480);
    expect(figures).toMatchObject({ reviews: 4, fatal: 1, mean: 71.3 });
    expect(figures.by_agent).toEqual([
      { agent_id: 'a', agent: '客服a', reviews: 3, mean: 95, lowest: 85, fatal: 0 },
      { agent_id: 'b', agent: '客服b', reviews: 1, mean: 0, lowest: 0, fatal: 1 },
    ]);
    expect(figures.by_week).toEqual([
      { week: '2026-11-16', reviews: 3, mean: 95 },
      { week: '2026-11-23', reviews: 1, mean: 0 },
    ]);
    expect(figures.by_tag).toEqual([{ tag: '漏回', reviews: 2 }]);
    expect(figures.by_criterion.find(({ criterion }) => criterion === '响应时效')).toEqual({
      criterion: '响应时效',
      kind: 'points',
      judged: 4,
      share: 0.75,
      defects: 1,
    });
    expect(figures.agreement).toEqual([{ a: '评审x', b: '评审y', receptions: 1, difference: 15, kappa: null }]);
    const [first] = reviews as [CountedReview];
    const decided: Review = { ...first.review, decided_marks: full, final_score: scoreOf(card, full).score };
    expect(reviewFigures([{ ...first, review: decided }], 480)).toMatchObject({ mean: 100 });
  });

  test('[QA5] drafts count nowhere, and no reviews are no figures', () => {
    const { review } = counted(1, 'a', 'x', {}, MONDAY);
    const draft = { review: { ...review, state: 'draft' as const }, card, reception: 'c' };
    expect(reviewFigures([draft], 480)).toMatchObject({ reviews: 0, mean: null, by_agent: [], by_week: [] });
    expect(weekOf(0, 0)).toBe('1969-12-29');
    expect(weekOf(MONDAY - 1, 480)).toBe('2026-11-09');
  });
});
