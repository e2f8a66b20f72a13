import type { SearchQuery, SearchState } from '#shared/contract/search-query.ts';
import type { MessageKind } from '#shared/protocol/entities.ts';

export type RangeName = 'today' | 'last7' | 'last30' | 'custom' | 'any';

/** What stands in the query bar. */
export interface QueryForm {
  readonly by: 'agent' | 'number';
  readonly range: RangeName;
  /** Of `custom`: local midnights, `to` exclusive. */
  readonly from: number | null;
  readonly to: number | null;
  readonly text: string;
  readonly agents: readonly string[];
  readonly numbers: readonly string[];
  readonly numberKind: 'orders' | 'violations';
  readonly shops: readonly string[];
  readonly consumers: readonly string[];
  readonly direction: 'any' | 'from_consumer' | 'from_agent';
  readonly kinds: readonly MessageKind[];
  readonly states: readonly SearchState[];
}

export const EMPTY_FORM: QueryForm = {
  by: 'agent',
  range: 'last7',
  from: null,
  to: null,
  text: '',
  agents: [],
  numbers: [],
  numberKind: 'orders',
  shops: [],
  consumers: [],
  direction: 'any',
  kinds: [],
  states: [],
};

/** [from, to) of a named range in local days: today is one of the 7 and of the 30 (SR3). */
export function rangeOf(form: Pick<QueryForm, 'range' | 'from' | 'to'>, now: number): { from?: number; to?: number } {
  const date = new Date(now);
  const midnight = (daysBack: number): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() - daysBack).getTime();
  const tomorrow = midnight(-1);
  switch (form.range) {
    case 'today':
      return { from: midnight(0), to: tomorrow };
    case 'last7':
      return { from: midnight(6), to: tomorrow };
    case 'last30':
      return { from: midnight(29), to: tomorrow };
    case 'custom':
      return { ...(form.from === null ? {} : { from: form.from }), ...(form.to === null ? {} : { to: form.to }) };
    case 'any':
      return {};
  }
}

/** The search that the form means. Agents count only in the agent segment, numbers only in the other. */
export function toQuery(form: QueryForm, now: number): SearchQuery {
  const text = form.text.trim();
  return {
    ...rangeOf(form, now),
    ...(text === '' ? {} : { text }),
    ...(form.by === 'agent' && form.agents.length > 0 ? { agents: [...form.agents] } : {}),
    ...(form.by === 'number' ? { [form.numberKind]: [...form.numbers] } : {}),
    ...(form.shops.length > 0 ? { shops: [...form.shops] } : {}),
    ...(form.consumers.length > 0 ? { consumers: [...form.consumers] } : {}),
    ...(form.direction === 'any' ? {} : { direction: form.direction }),
    ...(form.kinds.length > 0 ? { kinds: [...form.kinds] } : {}),
    ...(form.states.length > 0 ? { states: [...form.states] } : {}),
  };
}

/** An empty list doesn't filter (contract), so a number search without numbers must not run: it would find everything. */
export function canRun(form: QueryForm): boolean {
  if (form.by === 'number' && form.numbers.length === 0) return false;
  return form.range !== 'custom' || (form.from !== null && form.to !== null && form.from < form.to);
}

export function filterCount(form: QueryForm): number {
  return [
    form.shops.length > 0,
    form.consumers.length > 0,
    form.direction !== 'any',
    form.kinds.length > 0,
    form.states.length > 0,
  ].filter(Boolean).length;
}
