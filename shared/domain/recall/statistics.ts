import type { RecallEffect } from '../../protocol/entities.ts';
import { HOUR } from '../../lib/durations.ts';

/** What the recall dashboard counts (RC22). Pure; the store brings the facts. */

/** One recall that came to an end. */
export interface RecallFact {
  /** Server time of its end, milliseconds. */
  readonly at: number;
  readonly agent: { readonly id: string; readonly name: string };
  readonly shop: { readonly id: string; readonly name: string };
  readonly outcome: RecallEffect | 'failed' | 'expired';
  /** Reason code of a failure. */
  readonly code: string | null;
}

/** Messages an agent sent in a shop on a day (number of the day, see `dayOf`). */
export interface SentFact {
  readonly day: number;
  readonly agent: { readonly id: string; readonly name: string };
  readonly shop: { readonly id: string; readonly name: string };
  readonly count: number;
}

export interface RecallStatistic {
  readonly key: string;
  readonly name: string;
  /** Messages sent: what the rate is of. */
  readonly sent: number;
  readonly recalls: number;
  readonly outcomes: Readonly<Record<RecallFact['outcome'], number>>;
  /** Codes of failures, most frequent first. */
  readonly reasons: readonly { readonly code: string; readonly count: number }[];
}

/** RC7: an agent who reached the soft limit within a rolling hour. */
export interface SoftLimitWarning {
  readonly agent: { readonly id: string; readonly name: string };
  readonly shop: { readonly id: string; readonly name: string };
  /** Most recalls within any hour. */
  readonly peak: number;
  readonly limit: number;
  /** End of that hour. */
  readonly at: number;
}

export interface RecallStatistics {
  readonly total: RecallStatistic;
  readonly by_agent: readonly RecallStatistic[];
  readonly by_shop: readonly RecallStatistic[];
  /** Every day of the range, in order, also those without a recall; key: the day's start in milliseconds. */
  readonly by_day: readonly RecallStatistic[];
  readonly warnings: readonly SoftLimitWarning[];
}

const DAY = 24 * HOUR;

/** Number of the day a time lies in; `offsetMs` east of UTC. */
export const dayOf = (at: number, offsetMs: number): number => Math.floor((at + offsetMs) / DAY);

interface Bucket {
  readonly key: string;
  readonly name: string;
  sent: number;
  readonly outcomes: Record<RecallFact['outcome'], number>;
  readonly reasons: Map<string, number>;
}

const bucket = (key: string, name: string): Bucket => ({
  key,
  name,
  sent: 0,
  outcomes: { both: 0, maybe_seen: 0, local_only: 0, failed: 0, expired: 0 },
  reasons: new Map(),
});

const statisticOf = ({ key, name, sent, outcomes, reasons }: Bucket): RecallStatistic => ({
  key,
  name,
  sent,
  recalls: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
  outcomes,
  reasons: [...reasons]
    .map(([code, count]) => ({ code, count }))
    .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
});

export interface StatisticsInput {
  readonly recalls: readonly RecallFact[];
  readonly sent: readonly SentFact[];
  /** Server times, [from, to). */
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
  /** Soft limit an hour by shop id; shops without a policy have none. */
  readonly softLimits: ReadonlyMap<string, number>;
}

/** RC22. Groups come largest first, then by name; the same input in any order gives the same answer. */
export function recallStatistics(input: StatisticsInput): RecallStatistics {
  const total = bucket('total', '');
  const agents = new Map<string, Bucket>();
  const shops = new Map<string, Bucket>();
  const days = new Map<number, Bucket>();
  const { offsetMs } = input;
  const lastDay = dayOf(Math.max(input.from, input.to - 1), offsetMs);
  for (let day = dayOf(input.from, offsetMs); day <= lastDay; day++)
    days.set(day, bucket(String(day * DAY - offsetMs), ''));
  const among = <K>(map: Map<K, Bucket>, key: K, name: string): Bucket => {
    const known = map.get(key);
    if (known !== undefined) return known;
    const made = bucket(String(key), name);
    map.set(key, made);
    return made;
  };

  for (const fact of input.recalls) {
    if (fact.at < input.from || fact.at >= input.to) continue;
    for (const each of [
      total,
      among(agents, fact.agent.id, fact.agent.name),
      among(shops, fact.shop.id, fact.shop.name),
      days.get(dayOf(fact.at, offsetMs)),
    ]) {
      if (each === undefined) continue;
      each.outcomes[fact.outcome]++;
      if (fact.code !== null && (fact.outcome === 'failed' || fact.outcome === 'expired'))
        each.reasons.set(fact.code, (each.reasons.get(fact.code) ?? 0) + 1);
    }
  }
  for (const fact of input.sent) {
    total.sent += fact.count;
    among(agents, fact.agent.id, fact.agent.name).sent += fact.count;
    among(shops, fact.shop.id, fact.shop.name).sent += fact.count;
    const day = days.get(fact.day);
    if (day !== undefined) day.sent += fact.count;
  }

  const largest = (map: Map<string, Bucket>): RecallStatistic[] =>
    [...map.values()]
      .map(statisticOf)
      .filter((each) => each.recalls > 0)
      .toSorted(
        (a, b) => b.recalls - a.recalls || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.key < b.key ? -1 : 1),
      );
  return {
    total: statisticOf(total),
    by_agent: largest(agents),
    by_shop: largest(shops),
    by_day: [...days.values()].map(statisticOf),
    warnings: softLimitWarnings(input),
  };
}

/** Recalls that took effect, by agent over all shops (RC7 counts an agent, not a shop), against each shop's limit. */
function softLimitWarnings(input: StatisticsInput): SoftLimitWarning[] {
  const byAgent = new Map<string, RecallFact[]>();
  for (const fact of input.recalls) {
    if (fact.outcome === 'failed' || fact.outcome === 'expired') continue;
    byAgent.set(fact.agent.id, [...(byAgent.get(fact.agent.id) ?? []), fact]);
  }
  const warnings: SoftLimitWarning[] = [];
  for (const facts of byAgent.values()) {
    const ordered = facts.toSorted((a, b) => a.at - b.at);
    let start = 0;
    let peak = 0;
    let peakAt: RecallFact | null = null;
    ordered.forEach((fact, end) => {
      while ((ordered[start] as RecallFact).at <= fact.at - HOUR) start++;
      if (end - start + 1 > peak) {
        peak = end - start + 1;
        peakAt = fact;
      }
    });
    const at = peakAt as RecallFact | null;
    if (at === null) continue;
    const limit = input.softLimits.get(at.shop.id);
    if (limit !== undefined && limit > 0 && peak >= limit)
      warnings.push({ agent: at.agent, shop: at.shop, peak, limit, at: at.at });
  }
  return warnings.toSorted((a, b) => b.peak - a.peak || (a.agent.id < b.agent.id ? -1 : 1));
}
