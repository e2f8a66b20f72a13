import { meanAbsoluteDifference, weightedKappa, type ScorePair } from './agreement.ts';
import type { Review } from './review.ts';
import { scoreOf, type Scorecard } from './scorecard.ts';

/** Figures over reviews that were handed in (QA5). Scores are the final ones; shares are 0 to 1. */
export interface ReviewFigures {
  readonly reviews: number;
  readonly mean: number | null;
  readonly fatal: number;
  readonly appeals: { readonly open: number; readonly upheld: number; readonly changed: number };
  readonly by_agent: readonly {
    readonly agent_id: string;
    readonly agent: string;
    readonly reviews: number;
    readonly mean: number;
    readonly lowest: number;
    readonly fatal: number;
  }[];
  /** By name, since cards share criteria; in the order of the first card that has it. */
  readonly by_criterion: readonly {
    readonly criterion: string;
    readonly kind: 'points' | 'fatal';
    /** Judged and applying. */
    readonly judged: number;
    /** Mean share of full points (fatal: of those passed). */
    readonly share: number | null;
    /** Reviews in which it lost points or failed. */
    readonly defects: number;
  }[];
  /** Weeks begin on Monday. */
  readonly by_week: readonly { readonly week: string; readonly reviews: number; readonly mean: number }[];
  readonly by_tag: readonly { readonly tag: string; readonly reviews: number }[];
  readonly agreement: readonly {
    readonly a: string;
    readonly b: string;
    readonly receptions: number;
    readonly difference: number;
    readonly kappa: number | null;
  }[];
}

export interface CountedReview {
  readonly review: Review;
  readonly card: Scorecard;
  /** Names the reception that was reviewed: the same for two reviewers of it. */
  readonly reception: string;
}

const DAY_MS = 86_400_000;

/** `2026-11-16`: the Monday of the week that a moment lies in, at `offset` minutes east of UTC. */
export function weekOf(at: number, offset: number): string {
  const day = Math.floor((at + offset * 60_000) / DAY_MS);
  // 1 January 1970 was a Thursday.
  const monday = day - ((((day + 3) % 7) + 7) % 7);
  return new Date(monday * DAY_MS).toISOString().slice(0, 10);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

export function reviewFigures(all: readonly CountedReview[], offset: number): ReviewFigures {
  const counted = all.filter(
    ({ review }) => review.state === 'submitted' && review.final_score !== null && review.submitted_at !== null,
  );
  const scores = counted.map(({ review }) => review.final_score ?? 0);
  const agents = new Map<string, { name: string; scores: number[]; fatal: number }>();
  const weeks = new Map<string, number[]>();
  const tags = new Map<string, number>();
  const criteria = new Map<
    string,
    { kind: 'points' | 'fatal'; name: string; judged: number; sum: number; defects: number }
  >();
  const receptions = new Map<string, { reviewer: string; id: string; score: number }[]>();
  const appeals = { open: 0, upheld: 0, changed: 0 };
  let fatal = 0;
  for (const { review, card, reception } of counted) {
    const score = review.final_score ?? 0;
    const marks = review.decided_marks ?? review.content.marks;
    const { failed } = scoreOf(card, marks);
    if (failed.length > 0) fatal++;
    const agent = agents.get(review.agent.id) ?? { name: review.agent.name, scores: [], fatal: 0 };
    agent.scores.push(score);
    if (failed.length > 0) agent.fatal++;
    agents.set(review.agent.id, agent);
    const week = weekOf(review.submitted_at ?? 0, offset);
    weeks.set(week, [...(weeks.get(week) ?? []), score]);
    for (const tag of new Set(review.content.tags)) tags.set(tag, (tags.get(tag) ?? 0) + 1);
    if (review.appeal !== null && review.appeal.state !== 'withdrawn') appeals[review.appeal.state]++;
    for (const { id, kind, name, max } of card.criteria) {
      const key = `${kind} ${name}`;
      const found = criteria.get(key) ?? { kind, name, judged: 0, sum: 0, defects: 0 };
      const points = marks[id];
      if (points !== null && points !== undefined) {
        found.judged++;
        found.sum += points / max;
        if (points < max) found.defects++;
      }
      criteria.set(key, found);
    }
    // Agreement is about what reviewers found, before anybody decided.
    const key = `${card.card_id} ${card.version}\n${reception}`;
    const own = { reviewer: review.reviewer.name, id: review.reviewer.id, score: review.score ?? score };
    receptions.set(key, [...(receptions.get(key) ?? []), own]);
  }
  const pairs = new Map<string, { a: string; b: string; scores: ScorePair[] }>();
  for (const list of receptions.values()) {
    const sorted = list.toSorted((left, right) => (left.id < right.id ? -1 : 1));
    sorted.forEach((first, at) => {
      for (const second of sorted.slice(at + 1)) {
        if (first.id === second.id) continue;
        const key = `${first.id}\n${second.id}`;
        const pair = pairs.get(key) ?? { a: first.reviewer, b: second.reviewer, scores: [] };
        pair.scores.push({ a: first.score, b: second.score });
        pairs.set(key, pair);
      }
    });
  }
  return {
    reviews: counted.length,
    mean: counted.length === 0 ? null : round(mean(scores), 1),
    fatal,
    appeals,
    by_agent: [...agents]
      .map(([agent_id, agent]) => ({
        agent_id,
        agent: agent.name,
        reviews: agent.scores.length,
        mean: round(mean(agent.scores), 1),
        lowest: Math.min(...agent.scores),
        fatal: agent.fatal,
      }))
      .sort((a, b) => b.mean - a.mean || b.reviews - a.reviews || (a.agent_id < b.agent_id ? -1 : 1)),
    by_criterion: [...criteria.values()].map(({ kind, name, judged, sum, defects }) => ({
      criterion: name,
      kind,
      judged,
      share: judged === 0 ? null : round(sum / judged, 4),
      defects,
    })),
    by_week: [...weeks]
      .map(([week, list]) => ({ week, reviews: list.length, mean: round(mean(list), 1) }))
      .sort((a, b) => (a.week < b.week ? -1 : 1)),
    by_tag: [...tags].map(([tag, reviews]) => ({ tag, reviews })).sort((a, b) => b.reviews - a.reviews),
    agreement: [...pairs.values()]
      .map(({ a, b, scores: list }) => ({
        a,
        b,
        receptions: list.length,
        difference: round(meanAbsoluteDifference(list) ?? 0, 1),
        kappa: ((kappa) => (kappa === null ? null : round(kappa, 3)))(weightedKappa(list)),
      }))
      .sort((a, b) => b.receptions - a.receptions),
  };
}
