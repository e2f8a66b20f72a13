import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { createDraftSaver, DRAFT_PAUSE_MS, joinDraft } from './drafts.ts';

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
  it('[RC14] a returned text destroys no draft', () => {
    expect(joinDraft('', '旧消息')).toBe('旧消息');
    expect(joinDraft('  ', '旧消息')).toBe('旧消息');
    expect(joinDraft('正在写', '旧消息')).toBe('旧消息\n正在写');
    expect(joinDraft('正在写', '')).toBe('正在写');
    expect(joinDraft('一样', '一样')).toBe('一样');
  });
});
