import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Criterion, isComplete, Scorecard, ScorecardDraft, scoreOf, type Marks } from './scorecard.ts';
import { SCORECARD_TEMPLATES } from './templates.ts';

const general = SCORECARD_TEMPLATES[0] as Scorecard;
const all = (card: Scorecard, share: (criterion: Criterion) => number | null): Marks =>
  Object.fromEntries(card.criteria.map((criterion) => [criterion.id, share(criterion)]));
const marksOf = (card: Scorecard) =>
  fc.record(
    Object.fromEntries(
      card.criteria.map(({ id, max }) => [id, fc.oneof(fc.integer({ min: 0, max }), fc.constant(null))]),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Marks>;

describe('scorecards', () => {
  test('[QA1] the templates are whole cards whose weights add up to 100', () => {
    for (const card of SCORECARD_TEMPLATES) {
      expect(Scorecard.parse(card)).toEqual(card);
      expect(ScorecardDraft.safeParse({ name: card.name, criteria: card.criteria }).success).toBe(true);
      expect(card.criteria.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
    }
    expect(new Set(SCORECARD_TEMPLATES.map(({ card_id }) => card_id)).size).toBe(SCORECARD_TEMPLATES.length);
  });

  test('[QA1] full points give 100, none 0; what does not apply counts for neither', () => {
    expect(
      scoreOf(
        general,
        all(general, ({ max }) => max),
      ).score,
    ).toBe(100);
    expect(
      scoreOf(
        general,
        all(general, ({ kind, max }) => (kind === 'fatal' ? max : 0)),
      ).score,
    ).toBe(0);
    const half = scoreOf(
      general,
      all(general, ({ id, max }) => (id === 'accuracy' ? 2 : id === 'response' ? max : null)),
    );
    // (25·2/5 + 15) / 40
    expect(half.score).toBe(62.5);
    expect(
      scoreOf(
        general,
        all(general, () => null),
      ).score,
    ).toBeNull();
  });

  test('[QA1] a failed fatal item makes the score 0, or no more than the card says', () => {
    const failing = (id: string) =>
      scoreOf(
        general,
        all(general, (criterion) => (criterion.id === id ? 0 : criterion.max)),
      );
    expect(failing('privacy')).toMatchObject({ score: 0, failed: ['privacy'] });
    expect(failing('off_platform')).toMatchObject({ score: 59, failed: ['off_platform'] });
  });

  test('[QA1] for any marks: between 0 and 100, one decimal, never better for fewer points, complete only when all is judged', () => {
    for (const card of SCORECARD_TEMPLATES)
      fc.assert(
        fc.property(marksOf(card), fc.nat({ max: card.criteria.length - 1 }), (marks, at) => {
          const { score, missing } = scoreOf(card, marks);
          expect(isComplete(card, marks)).toBe(missing.length === 0 && score !== null);
          if (score === null) return;
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(100);
          expect(Math.round(score * 10)).toBeCloseTo(score * 10, 9);
          const { id } = card.criteria[at] as Criterion;
          const points = marks[id];
          if (points === null || points === undefined || points === 0) return;
          expect(scoreOf(card, { ...marks, [id]: points - 1 }).score).toBeLessThanOrEqual(score);
        }),
      );
  });

  test('[QA1] marks of another card, or more points than there are, are never complete', () => {
    const full = all(general, ({ max }) => max);
    expect(isComplete(general, full)).toBe(true);
    expect(isComplete(general, { ...full, other: 3 })).toBe(false);
    expect(isComplete(general, { ...full, other: null })).toBe(false);
    expect(isComplete(general, { ...full, response: 6 })).toBe(false);
  });

  test('[QA1] a draft without points, with a criterion twice, or with a nameless one is refused', () => {
    const [first] = general.criteria;
    const fatal = general.criteria.find(({ kind }) => kind === 'fatal');
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [first, first] }).success).toBe(false);
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [fatal] }).success).toBe(false);
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [{ ...first, name: ' ' }] }).success).toBe(false);
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [{ ...first, weight: 0 }] }).success).toBe(false);
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [{ ...first, id: '__proto__' }] }).success).toBe(false);
    expect(ScorecardDraft.safeParse({ name: '卡', criteria: [first] }).success).toBe(true);
  });
});
