import { describe, expect, it } from 'vitest';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { createOrigins, SWITCH_MS, type Place } from './origin.ts';

const place = (key: number, name: string): Place => ({ key: key as ConversationKey, name });
const [anna, bo] = [place(1, '安娜'), place(2, '阿博')];

describe('where a text comes from', () => {
  it('[PV5] the first conversation of a sitting was not switched to; the next one was, for a second', () => {
    const origins = createOrigins();
    origins.opened(anna, 0);
    expect(origins.doubts(anna, '您好', 1, [])).toEqual([]);
    origins.opened(bo, 5_000);
    origins.opened(bo, 5_900);
    expect(origins.doubts(bo, '您好', 5_000 + SWITCH_MS - 1, [])).toEqual([{ why: 'switched', from: '安娜' }]);
    expect(origins.doubts(bo, '您好', 5_000 + SWITCH_MS, [])).toEqual([]);
  });

  it('[PV5] what was copied in one conversation and pasted in another is asked about until it is gone', () => {
    const origins = createOrigins();
    origins.opened(anna, 0);
    origins.copied(anna, '您的地址是\n幸福路 12 号');
    origins.opened(bo, 10_000);
    origins.pasted(bo.key, '您的地址是 幸福路 12 号');
    expect(origins.doubts(bo, '你好，您的地址是 幸福路 12 号，对吗', 20_000, [])).toEqual([
      { why: 'pasted', from: '安娜' },
    ]);
    expect(origins.doubts(bo, '您的地址是 幸福路', 20_000, [])).toHaveLength(1);
    expect(origins.doubts(bo, '好的', 20_000, [])).toEqual([]);
    expect(origins.doubts(anna, '您的地址是 幸福路 12 号', 20_000, [])).toEqual([]);
    origins.emptied(bo.key);
    expect(origins.doubts(bo, '您的地址是 幸福路 12 号', 20_000, [])).toEqual([]);
  });

  it('[PV5] pasted where it was copied, or copied from nowhere, says nothing; the newest copy counts', () => {
    const origins = createOrigins();
    origins.opened(bo, 0);
    origins.copied(bo, '同一句话');
    origins.pasted(bo.key, '同一句话');
    origins.pasted(bo.key, '来自别处的一句话');
    expect(origins.doubts(bo, '同一句话 来自别处的一句话', 9_000, [])).toEqual([]);
    origins.copied(anna, '一模一样的话');
    origins.copied(bo, '一模一样的话');
    origins.pasted(bo.key, '一模一样的话');
    expect(origins.doubts(bo, '一模一样的话', 9_000, [])).toEqual([]);
  });

  it('[PV5] a text that begins like an unsent draft elsewhere is asked about', () => {
    const origins = createOrigins();
    origins.opened(bo, 0);
    const drafts = [{ place: anna, text: '您的退款已经' }];
    expect(origins.doubts(bo, '您的退款已经到账', 9_000, drafts)).toEqual([{ why: 'begun', from: '安娜' }]);
    expect(origins.doubts(bo, '退款已经到账', 9_000, drafts)).toEqual([]);
    expect(origins.doubts(bo, '好的', 9_000, [{ place: anna, text: '好的' }])).toEqual([]);
    expect(origins.doubts(anna, '您的退款已经到账', 9_000, drafts)).toEqual([]);
  });
});
