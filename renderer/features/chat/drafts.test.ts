import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { createDraftSaver, DRAFT_PAUSE_MS, givesWay, joinDraft, useComposers } from './drafts.ts';

const a = 1 as ConversationKey;
const b = 2 as ConversationKey;

describe('drafts', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('[PV6] a draft is stored within a second of the last key, once', () => {
    const saved: [number, string][] = [];
    const saver = createDraftSaver((key, text) => saved.push([key, text]));
    saver.note(a, '你');
    vi.advanceTimersByTime(DRAFT_PAUSE_MS - 1);
    saver.note(a, '你好');
    vi.advanceTimersByTime(DRAFT_PAUSE_MS - 1);
    expect(saved).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(saved).toEqual([[a, '你好']]);
    vi.advanceTimersByTime(5_000);
    expect(saved).toHaveLength(1);
    expect(DRAFT_PAUSE_MS).toBeLessThan(1_000);
  });
  it('[PV6] switching conversation stores each text under its own', () => {
    const saved: [number, string][] = [];
    const saver = createDraftSaver((key, text) => saved.push([key, text]));
    saver.note(a, 'for a');
    saver.note(b, 'for b');
    saver.flushAll();
    expect(saved).toEqual([
      [a, 'for a'],
      [b, 'for b'],
    ]);
    vi.advanceTimersByTime(5_000);
    expect(saved).toHaveLength(2);
  });
  it('[PV6] [SY3] a draft that another window sent gives way here, unless somebody writes here', () => {
    const mine = { text: '马上发出', correctionOf: null };
    const idle = { unsaved: false, inUse: false };
    expect(givesWay(mine, '', idle)).toBe(true);
    expect(givesWay(mine, '马上发出', idle)).toBe(false);
    expect(givesWay(undefined, '', idle)).toBe(false);
    expect(givesWay(mine, '', { unsaved: false, inUse: true })).toBe(false);
    expect(givesWay(mine, '', { unsaved: true, inUse: false })).toBe(false);
    expect(givesWay({ ...mine, correctionOf: { msgId: 'm', text: '错的' } }, '', idle)).toBe(false);
    useComposers.getState().set(a, mine);
    useComposers.getState().set(b, mine);
    useComposers.getState().forget(a);
    expect(useComposers.getState().drafts).toEqual({ [b]: mine });
    const saver = createDraftSaver(() => undefined);
    saver.note(a, '未存');
    expect([saver.waits(a), saver.waits(b)]).toEqual([true, false]);
    saver.flush(a);
    expect(saver.waits(a)).toBe(false);
  });
  it('[RC14] a returned text destroys no draft', () => {
    expect(joinDraft('', '旧消息')).toBe('旧消息');
    expect(joinDraft('  ', '旧消息')).toBe('旧消息');
    expect(joinDraft('正在写', '旧消息')).toBe('旧消息\n正在写');
    expect(joinDraft('正在写', '')).toBe('正在写');
    expect(joinDraft('一样', '一样')).toBe('一样');
  });
});
