import { z } from 'zod';

/**
 * Scorecards (QA1): what a reception is judged by. A version never changes once it is stored; every edit is the next one,
 * so a review can always be read with the very card it was written with.
 */

/** Weighted ones give points; fatal ones pass or fail, and a failed one caps the whole score. */
const CRITERION_KINDS = ['points', 'fatal'] as const;

/** A single key scores a criterion, so its points end at nine. */
export const MOST_POINTS = 9;
export const MOST_CRITERIA = 20;

const Id = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/);

export const Criterion = z
  .strictObject({
    id: Id,
    kind: z.enum(CRITERION_KINDS),
    name: z.string().trim().min(1).max(40),
    /** What earns and what costs points. */
    note: z.string().trim().max(400),
    /** Share of the score, relative to the others; fatal ones have none. */
    weight: z.int().min(0).max(100),
    /** Full points; 1 for a fatal one (1 passed, 0 failed). */
    max: z.int().min(1).max(MOST_POINTS),
    /** Fatal ones: the most that the score can be once failed, 0 to 99. */
    cap: z.int().min(0).max(99),
  })
  .refine(({ kind, weight, max, cap }) => (kind === 'points' ? weight > 0 && cap === 0 : weight === 0 && max === 1));
export type Criterion = z.infer<typeof Criterion>;

export const ScorecardDraft = z
  .strictObject({
    name: z.string().trim().min(1).max(60),
    criteria: z.array(Criterion).min(1).max(MOST_CRITERIA),
  })
  .refine(({ criteria }) => criteria.some(({ kind }) => kind === 'points'))
  .refine(({ criteria }) => new Set(criteria.map(({ id }) => id)).size === criteria.length);
export type ScorecardDraft = z.infer<typeof ScorecardDraft>;

export const CardRef = z.object({ card_id: Id, version: z.int().nonnegative() });
export type CardRef = z.infer<typeof CardRef>;

/** `version` from 1; 0 is a template as it ships. `edited_at`: server time, milliseconds; null for templates. */
export const Scorecard = z.object({
  card_id: Id,
  version: z.int().nonnegative(),
  name: z.string().max(60),
  criteria: z.array(Criterion).min(1).max(MOST_CRITERIA),
  edited_at: z.int().nonnegative().nullable(),
  edited_by: z.string().max(1_024).nullable(),
});
export type Scorecard = z.infer<typeof Scorecard>;

/** Criterion → its points, or null where it doesn't apply to this reception. A criterion that is absent is not judged yet. */
export const Marks = z.record(Id, z.int().min(0).max(MOST_POINTS).nullable());
export type Marks = z.infer<typeof Marks>;

export interface Score {
  /** 0 to 100 with one decimal; null while nothing that counts is judged. */
  readonly score: number | null;
  /** Not judged yet, in the card's order. */
  readonly missing: readonly string[];
  /** Fatal ones that failed. */
  readonly failed: readonly string[];
  /** Marks that the card has no place for: another card's, or more points than there are. */
  readonly strange: readonly string[];
}

/**
 * QA1. score = 100 · Σ weight·points/max ÷ Σ weight, over weighted criteria that were judged and apply; then every failed
 * fatal criterion caps it. Rounded to one decimal, halves up.
 */
export function scoreOf(card: Pick<Scorecard, 'criteria'>, marks: Marks): Score {
  const missing: string[] = [];
  const failed: string[] = [];
  const known = new Map(card.criteria.map((criterion) => [criterion.id, criterion]));
  const strange = Object.entries(marks)
    .filter(([id, points]) => points !== null && points > (known.get(id)?.max ?? -1))
    .map(([id]) => id)
    .concat(Object.keys(marks).filter((id) => marks[id] === null && !known.has(id)));
  let weights = 0;
  let sum = 0;
  let cap = 100;
  for (const { id, kind, weight, max, cap: limit } of card.criteria) {
    const points = Object.hasOwn(marks, id) ? marks[id] : undefined;
    if (points === undefined) missing.push(id);
    else if (points === null) continue;
    else if (kind === 'points') {
      weights += weight;
      sum += (weight * Math.min(points, max)) / max;
    } else if (points === 0) {
      failed.push(id);
      cap = Math.min(cap, limit);
    }
  }
  const score = weights === 0 ? null : Math.min(cap, Math.round((1_000 * sum) / weights) / 10);
  return { score, missing, failed, strange };
}

/** Whether a review with these marks can be handed in: everything judged, nothing strange, something that counts. */
export function isComplete(card: Pick<Scorecard, 'criteria'>, marks: Marks): boolean {
  const { score, missing, strange } = scoreOf(card, marks);
  return score !== null && missing.length === 0 && strange.length === 0;
}
