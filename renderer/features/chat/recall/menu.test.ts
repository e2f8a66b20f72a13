import { describe, expect, it } from 'vitest';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import type { RecallContext, RecallFacts } from '#shared/domain/recall/types.ts';
import { recallMenu, ringShare } from './menu.ts';

const facts: RecallFacts = {
  stage: 'sent',
  kind: 'text',
  sender_role: 'agent',
  sender_id: 'a1',
  sender_device_id: 'd1',
  sent_at: 1_000_000,
  status: 'delivered',
  read_at: null,
  opened_at: null,
  push_delivered: false,
  recalled: false,
  in_flight: false,
};

function context(now: number, recall: Partial<RecallContext['policy']['recall']> = {}): RecallContext {
  return {
    policy: {
      recall: {
        enabled: true,
        window_ms: 120_000,
        kinds: ['text'],
        read_rule: 'warn',
        roles: ['agent'],
        own_only: true,
        after_transfer: 'sender_only',
        other_device: 'warn',
        ended_session: 'block',
        group: { window_ms: 120_000, roles: ['agent'], read_rule: 'warn' },
        per_hour_soft: 20,
        per_hour_hard: 60,
        min_app_version: '0.0.0',
        ...recall,
      },
    } as unknown as RecallContext['policy'],
    conversation: {
      type: 'single',
      intake: 'active',
      assignee_id: 'a1',
      assignments: [],
      consumer_restricts_recall: false,
    },
    agent: { id: 'a1', role: 'agent', device_id: 'd1' },
    app_version: '1.0.0',
    now,
    uncertainty_ms: 20,
    connection: 'online',
    recalls_last_hour: [],
  };
}

const menuAt = (
  now: number,
  some: Partial<RecallFacts> = {},
  policy: Partial<RecallContext['policy']['recall']> = {},
) => recallMenu(assessRecall({ ...facts, ...some }, context(now, policy)), now);

describe('撤回 in the message menu', () => {
  it('[RC9] shows the remaining time while a recall is possible', () => {
    expect(menuAt(1_037_000)).toEqual({ action: 'recall', disabled: false, remainingMs: 83_000, reason: null });
  });
  it('[RC9] stays when blocked, disabled, with the reason and without a countdown', () => {
    expect(menuAt(1_200_000)).toMatchObject({
      action: 'recall',
      disabled: true,
      remainingMs: null,
      reason: { code: 'WINDOW_EXPIRED' },
    });
    expect(menuAt(1_001_000, { status: 'read', read_at: 1_000_500 }, { read_rule: 'block' })).toMatchObject({
      disabled: true,
      reason: { code: 'ALREADY_READ', level: 'blocked' },
    });
  });
  it('[RC5] stays possible but says the risk where the policy only warns', () => {
    expect(menuAt(1_001_000, { status: 'read', read_at: 1_000_500 })).toMatchObject({
      disabled: false,
      remainingMs: 119_000,
      reason: { code: 'ALREADY_READ', level: 'risky' },
    });
  });
  it('[RC9] names the blocking reason although a risk stands before it', () => {
    const menu = recallMenu(
      {
        verdict: 'blocked',
        reasons: [
          { code: 'ALREADY_READ', level: 'risky' },
          { code: 'OFFLINE', level: 'blocked' },
        ],
        changes_at: null,
        window_ends_at: null,
      },
      0,
    );
    expect(menu.reason?.code).toBe('OFFLINE');
  });
  it('[RC8] a message in the delay buffer is cancelled, never "recalled"', () => {
    expect(menuAt(1_000_500, { stage: 'delayed' })).toEqual({
      action: 'cancel',
      disabled: false,
      remainingMs: null,
      reason: null,
    });
  });
  it('[RC1] a new policy changes an open menu: the same message, another window', () => {
    expect(menuAt(1_037_000, {}, { window_ms: 30_000 })).toMatchObject({
      disabled: true,
      reason: { code: 'WINDOW_EXPIRED' },
    });
  });
  it('[RC9] the ring shows what is left and disappears when it is over', () => {
    const ring = (now: number): number | null => ringShare(assessRecall(facts, context(now)), now, facts.sent_at);
    expect(ring(1_000_000)).toBe(1);
    expect(ring(1_060_000)).toBe(0.5);
    expect(ring(1_120_000)).toBeNull();
  });
});
