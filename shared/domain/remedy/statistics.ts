import { amountOf, cents } from './amounts.ts';
import { monthOf } from './cases.ts';
import { requiredState, type Incident, type IncidentState } from './incident.ts';

/** What incidents are counted by (RM5). */
export const STATISTIC_KEYS = ['type', 'shop', 'agent', 'month'] as const;
export type StatisticKey = (typeof STATISTIC_KEYS)[number];

export interface IncidentStatistic {
  /** Values of the asked keys, in their order: a type, a shop's id, an agent's id, `2026-09`. */
  readonly group: readonly string[];
  readonly incidents: number;
  readonly by_state: Readonly<Record<IncidentState, number>>;
  readonly complaints: number;
  /** Not closed, and not yet where they have to be (RM4). */
  readonly overdue_for_escalation: number;
  /** Sums with two decimals. */
  readonly loss: string;
  readonly compensation: string;
  /** Milliseconds from draft to close; null while none of them is closed. */
  readonly median_handling_ms: number | null;
}

/**
 * Groups incidents by the given keys; months by when they were opened, at the given offset (minutes east of UTC). Largest
 * groups first, then by key, so that the answer is the same for any order of the incidents. Drafts count too: a recall is
 * one whether or not somebody got round to it.
 */
export function incidentStatistics(
  incidents: Iterable<Incident>,
  keys: readonly StatisticKey[],
  utcOffsetMinutes: number,
): IncidentStatistic[] {
  const groups = new Map<string, { readonly group: readonly string[]; readonly members: Incident[] }>();
  for (const incident of incidents) {
    const group = keys.map((key) => valueOf(incident, key, utcOffsetMinutes));
    const id = JSON.stringify(group);
    const entry = groups.get(id) ?? { group, members: [] };
    entry.members.push(incident);
    groups.set(id, entry);
  }
  return [...groups.entries()]
    .toSorted(([a, left], [b, right]) => right.members.length - left.members.length || (a < b ? -1 : 1))
    .map(([, { group, members }]) => summarise(group, members));
}

function valueOf(incident: Incident, key: StatisticKey, utcOffsetMinutes: number): string {
  switch (key) {
    case 'type':
      return incident.type;
    case 'shop':
      return incident.origin.shop_id;
    case 'agent':
      return incident.origin.agent.id;
    case 'month':
      return monthOf(incident.opened_at, utcOffsetMinutes);
  }
}

function summarise(group: readonly string[], members: readonly Incident[]): IncidentStatistic {
  const byState: Record<IncidentState, number> = { draft: 0, open: 0, reported: 0, supervisor: 0, closed: 0 };
  const handling: number[] = [];
  let complaints = 0;
  let overdue = 0;
  let loss = 0n;
  let compensation = 0n;
  for (const incident of members) {
    byState[incident.state]++;
    if (incident.complaint) complaints++;
    if (isOverdue(incident)) overdue++;
    loss += cents(incident.loss);
    for (const each of incident.compensations) if (each.state === 'recorded') compensation += cents(each.amount);
    if (incident.closed_at !== null) handling.push(incident.closed_at - incident.opened_at);
  }
  return {
    group,
    incidents: members.length,
    by_state: byState,
    complaints,
    overdue_for_escalation: overdue,
    loss: amountOf(loss),
    compensation: amountOf(compensation),
    median_handling_ms: median(handling),
  };
}

function isOverdue(incident: Incident): boolean {
  const required = requiredState(incident);
  switch (incident.state) {
    case 'closed':
    case 'supervisor':
      return false;
    case 'reported':
      return required === 'supervisor';
    case 'open':
    case 'draft':
      return required !== 'open';
  }
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] as number) + upper) / 2);
}
