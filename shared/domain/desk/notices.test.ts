import { describe, expect, it } from 'vitest';
import { noticeKey, noticeVerdict, QUIET_WITHOUT_END } from './notices.ts';

const shop = { account_id: 'acc-1', shop_id: 's-1' };
const on = { notifications: true, notice_sound: true, quiet_until: null, notices_off: [] };

describe('notices', () => {
  it('[IN3] are switched off for all, for an account, and for a shop alone', () => {
    expect(noticeVerdict(on, shop, 5)).toEqual({ shown: true, sound: true });
    expect(noticeVerdict({ ...on, notifications: false }, shop, 5)).toEqual({ shown: false, sound: false });
    expect(noticeVerdict({ ...on, notices_off: ['acc-1'] }, shop, 5).shown).toBe(false);
    const oneShop = { ...on, notices_off: [noticeKey('acc-1', 's-1')] };
    expect(noticeVerdict(oneShop, shop, 5).shown).toBe(false);
    expect(noticeVerdict(oneShop, { ...shop, shop_id: 's-2' }, 5).shown).toBe(true);
    expect(noticeVerdict(oneShop, { account_id: 'acc-2', shop_id: 's-1' }, 5).shown).toBe(true);
    // A summary belongs to an account and no shop.
    expect(noticeVerdict(oneShop, { ...shop, shop_id: null }, 5).shown).toBe(true);
  });
  it('[IN3] do not disturb ends by itself; the sound has a switch of its own', () => {
    expect(noticeVerdict({ ...on, quiet_until: 10 }, shop, 9).shown).toBe(false);
    expect(noticeVerdict({ ...on, quiet_until: 10 }, shop, 10).shown).toBe(true);
    expect(noticeVerdict({ ...on, quiet_until: QUIET_WITHOUT_END }, shop, Date.now()).shown).toBe(false);
    expect(noticeVerdict({ ...on, notice_sound: false }, shop, 5)).toEqual({ shown: true, sound: false });
  });
});
