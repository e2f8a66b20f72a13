import { create } from 'zustand';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { EMPTY_FORM, type QueryForm } from './query.ts';

export type ResultView = 'overview' | 'messages';

/**
 * Words are shown by their messages at first: the newest are there at once (SR8), while who wrote how many takes a look at
 * every match. Agents and numbers are shown by their overview.
 */
export function viewOf(query: SearchQuery): ResultView {
  return query.text !== undefined && query.orders === undefined && query.violations === undefined
    ? 'messages'
    : 'overview';
}

/** The query bar and the search that runs; kept while the person is on another screen. */
interface RecordsState {
  readonly form: QueryForm;
  readonly run: {
    readonly form: QueryForm;
    readonly query: SearchQuery;
    /** Of the package that is searched (EX7); null: the records of this program. */
    readonly package: string | null;
    readonly turn: number;
  } | null;
  /** What the person switched to; null: what the search asks for (viewOf). */
  readonly chosenView: ResultView | null;
  /** Request of another screen that has been followed. */
  readonly followed: number;
}

export const useRecords = create<RecordsState>()(() => ({
  form: EMPTY_FORM,
  run: null,
  chosenView: null,
  followed: 0,
}));
