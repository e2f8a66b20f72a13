import { z } from 'zod';
import { RANGE_NAMES, rangeOf } from '../search/range.ts';
import { SearchQuery } from './search-query.ts';

/**
 * A search as it is kept (SR9): the range by its name, so that "the last 7 days" means the last 7 days on the day it is
 * run. Only `custom` keeps the ends, in `query.from` and `query.to`. Conversation keys are of one store alone, so they
 * are never kept.
 */
export const SavedSearchContent = z.object({
  range: z.enum(RANGE_NAMES),
  query: SearchQuery.omit({ conversations: true }),
});
export type SavedSearchContent = z.infer<typeof SavedSearchContent>;

export const SavedSearchName = z.string().trim().min(1).max(64);

export interface SavedSearchView {
  readonly id: number;
  readonly name: string;
  readonly content: SavedSearchContent;
  /** Local clock. */
  readonly created_at: number;
}

/** A saved search as a file that can be passed on. `kind` and `version` keep other JSON files apart from it. */
export const SavedSearchFile = z.object({
  kind: z.literal('merchant-workbench.search'),
  version: z.literal(1),
  name: SavedSearchName,
  search: SavedSearchContent,
});
export type SavedSearchFile = z.infer<typeof SavedSearchFile>;

/** Larger ones are refused before they are read: 10,000 of the longest numbers fit. Bytes. */
export const MAX_SAVED_SEARCH_FILE = 8 * 1_024 * 1_024;

/** What a saved search asks for on the day `now` (local wall clock) falls on. */
export function savedQuery(content: SavedSearchContent, now: number): SearchQuery {
  const { from = null, to = null, ...query } = content.query;
  return { ...query, ...rangeOf({ range: content.range, from, to }, now) };
}
