import { describe, expect, it } from 'vitest';
import { SearchQuery } from '#shared/contract/search-query.ts';
import { savedQuery, SavedSearchContent } from '#shared/contract/saved-search.ts';
import { rangeOf } from '#shared/search/range.ts';
import { canRun, EMPTY_FORM, filterCount, fromSaved, toQuery, toSaved, type QueryForm } from './query.ts';

const now = new Date('2026-11-22T15:30:00').getTime();
const at = (text: string): number => new Date(text).getTime();

describe('the query bar', () => {
  it('[SR3] today, last 7 and last 30 days are whole local days that include today', () => {
    expect(rangeOf({ range: 'today', from: null, to: null }, now)).toEqual({
      from: at('2026-11-22T00:00:00'),
      to: at('2026-11-23T00:00:00'),
    });
    expect(rangeOf({ range: 'last7', from: null, to: null }, now)).toEqual({
      from: at('2026-11-16T00:00:00'),
      to: at('2026-11-23T00:00:00'),
    });
    expect(rangeOf({ range: 'last30', from: null, to: null }, now)).toEqual({
      from: at('2026-10-24T00:00:00'),
      to: at('2026-11-23T00:00:00'),
    });
    expect(rangeOf({ range: 'any', from: 1, to: 2 }, now)).toEqual({});
  });
  it('[SR3] a custom range is taken as chosen, its end exclusive', () => {
    expect(rangeOf({ range: 'custom', from: 5, to: 9 }, now)).toEqual({ from: 5, to: 9 });
  });
  it('[SR5] every filter of the form arrives in one query that the contract accepts', () => {
    const query = toQuery(
      {
        ...EMPTY_FORM,
        text: ' 退款 -邮费 ',
        agents: ['kf01'],
        shops: ['s1'],
        consumers: ['c1'],
        direction: 'from_agent',
        kinds: ['text'],
        states: ['recalled'],
      },
      now,
    );
    expect(SearchQuery.parse(query)).toEqual(query);
    expect(query).toMatchObject({
      text: '退款 -邮费',
      agents: ['kf01'],
      shops: ['s1'],
      consumers: ['c1'],
      direction: 'from_agent',
      kinds: ['text'],
      states: ['recalled'],
    });
  });
  it('[SR2] numbers go by their kind, and only in the number segment', () => {
    const form = { ...EMPTY_FORM, by: 'number', numbers: ['A1001'], agents: ['kf01'] } as const;
    expect(toQuery(form, now)).toMatchObject({ orders: ['A1001'] });
    expect(toQuery(form, now).agents).toBeUndefined();
    expect(toQuery({ ...form, numberKind: 'violations' }, now)).toMatchObject({ violations: ['A1001'] });
    expect(toQuery({ ...form, by: 'agent' }, now).orders).toBeUndefined();
  });
  it('[SR2] a number search without numbers does not run: it would find everything', () => {
    expect(canRun({ ...EMPTY_FORM, by: 'number' })).toBe(false);
    expect(canRun({ ...EMPTY_FORM, by: 'number', numbers: ['A1001'] })).toBe(true);
    expect(canRun({ ...EMPTY_FORM, range: 'custom' })).toBe(false);
    expect(canRun(EMPTY_FORM)).toBe(true);
  });
  it('[UX2] the filter button says how many filters hold', () => {
    expect(filterCount(EMPTY_FORM)).toBe(0);
    expect(filterCount({ ...EMPTY_FORM, direction: 'from_agent', kinds: ['text', 'image'] })).toBe(2);
  });
  it('[SR9] a saved search brings the same form and asks the same question again', () => {
    const forms: QueryForm[] = [
      { ...EMPTY_FORM, text: '退款 -邮费', agents: ['kf01'], states: ['unanswered'], shops: ['s1'] },
      { ...EMPTY_FORM, by: 'number', numbers: ['A1001'], numberKind: 'violations', range: 'any' },
      { ...EMPTY_FORM, range: 'custom', from: 5, to: 9, direction: 'from_agent', kinds: ['image'], consumers: ['c1'] },
    ];
    for (const form of forms) {
      const content = SavedSearchContent.parse(toSaved(form));
      expect(fromSaved(content)).toEqual(form);
      expect(savedQuery(content, now)).toEqual(toQuery(form, now));
    }
  });
  it('[SR9] filters that the bar can not show together are never dropped silently', () => {
    expect(fromSaved({ range: 'any', query: { orders: ['1'], violations: ['2'] } })).toBeNull();
    expect(fromSaved({ range: 'any', query: { orders: ['1'], agents: ['kf01'] } })).toBeNull();
  });
});
