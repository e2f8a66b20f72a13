import { describe, expect, it } from 'vitest';
import { HOUR } from '../../lib/durations.ts';
import { dayOf, recallStatistics, type RecallFact, type StatisticsInput } from './statistics.ts';

const DAY = 24 * HOUR;
/** Noon in China, 2026-09-01. */
const T0 = Date.UTC(2026, 8, 1, 4);
const mei = { id: 'a-1', name: '小美' };
const lin = { id: 'a-2', name: '小林' };
const shop = { id: 's-1', name: '清河' };

const fact = (at: number, outcome: RecallFact['outcome'] = 'both', over: Partial<RecallFact> = {}): RecallFact => ({
  at,
  agent: mei,
  shop,
  outcome,
  code: outcome === 'failed' ? 'ALREADY_READ' : null,
  ...over,
});
const input = (over: Partial<StatisticsInput>): StatisticsInput => ({
  recalls: [],
  sent: [],
  from: T0 - DAY,
  to: T0 + DAY,
  offsetMs: 8 * HOUR,
  softLimits: new Map([['s-1', 3]]),
  ...over,
});

describe('recall statistics', () => {
  it('[RC22] counts outcomes and reasons by agent, shop and day, largest first, whatever order the facts come in', () => {
    const recalls = [
      fact(T0),
      fact(T0 + 1, 'failed'),
      fact(T0 + 2, 'failed', { code: 'RATE_HARD' }),
      fact(T0 + 3, 'failed'),
      fact(T0 - DAY + 4, 'local_only', { agent: lin }),
    ];
    const sent = [{ day: dayOf(T0, 8 * HOUR), agent: mei, shop, count: 40 }];
    const board = recallStatistics(input({ recalls, sent }));
    expect(board.by_agent.map(({ key, recalls: count }) => [key, count])).toEqual([
      ['a-1', 4],
      ['a-2', 1],
    ]);
    expect(board.by_agent[0]).toMatchObject({
      sent: 40,
      outcomes: { both: 1, failed: 3 },
      reasons: [
        { code: 'ALREADY_READ', count: 2 },
        { code: 'RATE_HARD', count: 1 },
      ],
    });
    expect(board.by_day.map(({ recalls: count }) => count)).toEqual([1, 4, 0]);
    expect(board.total).toMatchObject({ recalls: 5, sent: 40 });
    expect(recallStatistics(input({ recalls: recalls.toReversed(), sent }))).toEqual(board);
  });

  it('[RC22] a day begins where the records’ day does, and what lies outside the range counts nowhere', () => {
    const midnight = Date.UTC(2026, 8, 1, 16);
    const board = recallStatistics(
      input({ recalls: [fact(midnight - 1), fact(midnight), fact(T0 + DAY), fact(T0 - DAY - 1)] }),
    );
    expect(board.by_day.map(({ recalls }) => recalls)).toEqual([0, 1, 1]);
    expect(board.by_day.map(({ key }) => Number(key))).toContain(midnight);
    expect(board.total.recalls).toBe(2);
  });

  it('[RC7] [RC22] warns of an agent who reached the soft limit within any hour; failures don’t count', () => {
    const near = [fact(T0), fact(T0 + 1_000), fact(T0 + HOUR)];
    expect(recallStatistics(input({ recalls: near })).warnings).toEqual([]);
    const reached = [...near, fact(T0 + HOUR - 1), fact(T0 + 5, 'failed')];
    expect(recallStatistics(input({ recalls: reached })).warnings).toMatchObject([{ agent: mei, peak: 3, limit: 3 }]);
    expect(recallStatistics(input({ recalls: reached, softLimits: new Map() })).warnings).toEqual([]);
  });
});
