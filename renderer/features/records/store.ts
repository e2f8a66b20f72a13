import { create } from 'zustand';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { EMPTY_FORM, type QueryForm } from './query.ts';

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
  readonly view: 'overview' | 'messages';
  /** Request of another screen that has been followed. */
  readonly followed: number;
}

export const useRecords = create<RecordsState>()(() => ({
  form: EMPTY_FORM,
  run: null,
  view: 'overview',
  followed: 0,
}));
