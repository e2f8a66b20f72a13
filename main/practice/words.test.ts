import { describe, expect, test } from 'vitest';
import { SHOPS } from './catalogue.ts';
import type { ConversationRecord, ShopRecord } from './records.ts';
import { blockedBy } from './words.ts';

const shop = SHOPS[0] as ShopRecord;
const conversation = {
  data: { order_nos: ['110105194912310021'], violation_nos: [] },
} as unknown as ConversationRecord;
const blocked = (text: string, role: 'agent' | 'supervisor' = 'agent', reason?: string) =>
  blockedBy(shop, conversation, text, { role, reason });

describe('the gateway’s last check', () => {
  test('[PV4] an identity number is let out only where its checksum is wrong', () => {
    expect(blocked('我的号码11010519491231002X谢谢')).not.toBeNull();
    expect(blocked('订单2849934308070883343')).toBeNull();
    expect(blocked('订单110105194912310021')).toBeNull();
  });

  test('[PV3] blocked words through disguises, and only what the list blocks', () => {
    expect(blocked('可以帮您刷 单')).toEqual({ category: 'fraud' });
    expect(blocked('好＊评＊返＊现')).toEqual({ category: 'fraud' });
    expect(blocked('这款最便宜，假一赔十，售价 59 元')).toBeNull();
    expect(blocked('今天秒杀价')).toBeNull();
  });

  test('[PV3] an override needs a role that the policy names, and a reason', () => {
    expect(blocked('不要刷单', 'supervisor', '提醒消费者')).toBeNull();
    expect(blocked('不要刷单', 'supervisor', ' ')).not.toBeNull();
    expect(blocked('不要刷单', 'agent', '提醒消费者')).not.toBeNull();
  });
});
