import { describe, expect, it } from 'vitest';
import { SearchQuery } from './search-query.ts';
import { SavedSearchContent, savedQuery, SavedSearchFile } from './saved-search.ts';

const now = new Date('2026-11-22T15:30:00').getTime();

describe('a saved search', () => {
  it('[SR9] keeps its range by name: run on another day it asks for that day', () => {
    const content = SavedSearchContent.parse({ range: 'last7', query: { text: '退款', states: ['recalled'] } });
    expect(savedQuery(content, now)).toEqual({
      text: '退款',
      states: ['recalled'],
      from: new Date('2026-11-16T00:00:00').getTime(),
      to: new Date('2026-11-23T00:00:00').getTime(),
    });
    expect(savedQuery(content, now + 86_400_000).from).toBe(new Date('2026-11-17T00:00:00').getTime());
  });
  it('[SR9] ends count only in a range of its own', () => {
    const query = { from: 5, to: 9, orders: ['A1001'] };
    expect(savedQuery({ range: 'custom', query }, now)).toEqual(query);
    expect(savedQuery({ range: 'any', query }, now)).toEqual({ orders: ['A1001'] });
  });
  it('[SR9] [SE2] a file that is something else, newer, or carries keys of another store is refused or stripped', () => {
    const file = { kind: 'merchant-workbench.search', version: 1, name: '退款', search: { range: 'any', query: {} } };
    expect(SavedSearchFile.safeParse(file).success).toBe(true);
    expect(SavedSearchFile.safeParse({ ...file, kind: 'else' }).success).toBe(false);
    expect(SavedSearchFile.safeParse({ ...file, version: 2 }).success).toBe(false);
    expect(SavedSearchFile.safeParse({ ...file, name: '  ' }).success).toBe(false);
    expect(SavedSearchFile.safeParse({ ...file, search: { range: 'soon', query: {} } }).success).toBe(false);
    const withKeys = SavedSearchFile.parse({ ...file, search: { range: 'any', query: { conversations: [1] } } });
    expect(SearchQuery.parse(savedQuery(withKeys.search, now)).conversations).toBeUndefined();
  });
});
