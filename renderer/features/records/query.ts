import type { SearchQuery, SearchState } from '#shared/contract/search-query.ts';
import type { SavedSearchContent } from '#shared/contract/saved-search.ts';
import type { MessageKind } from '#shared/protocol/entities.ts';
import { rangeOf, type RangeName } from '#shared/search/range.ts';

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

/** The form as it is kept (SR9): its range by name. */
export function toSaved(form: QueryForm): SavedSearchContent {
  const { from: _from, to: _to, ...query } = toQuery({ ...form, range: 'any' }, 0);
  const ends = {
    ...(form.from === null ? {} : { from: form.from }),
    ...(form.to === null ? {} : { to: form.to }),
  };
  return { range: form.range, query: { ...query, ...(form.range === 'custom' ? ends : {}) } };
}

/** The form that shows a saved search; null where it has filters that the bar can't show together. */
export function fromSaved(content: SavedSearchContent): QueryForm | null {
  const { query, range } = content;
  const orders = query.orders ?? [];
  const violations = query.violations ?? [];
  const agents = query.agents ?? [];
  if (orders.length > 0 && violations.length > 0) return null;
  if (orders.length + violations.length > 0 && agents.length > 0) return null;
  const byNumber = orders.length + violations.length > 0;
  return {
    by: byNumber ? 'number' : 'agent',
    range,
    from: range === 'custom' ? (query.from ?? null) : null,
    to: range === 'custom' ? (query.to ?? null) : null,
    text: query.text ?? '',
    agents,
    numbers: orders.length > 0 ? orders : violations,
    numberKind: violations.length > 0 ? 'violations' : 'orders',
    shops: query.shops ?? [],
    consumers: query.consumers ?? [],
    direction: query.direction ?? 'any',
    kinds: query.kinds ?? [],
    states: query.states ?? [],
  };
}
