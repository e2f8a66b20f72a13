import { describe, expect, it } from 'vitest';
import { AgentId } from '../ids.ts';
import { createPrng, type Prng } from '../../lib/prng.ts';
import type { Assignment, Policy, Role } from '../../protocol/entities.ts';
import { assessRecall } from './assess.ts';
import { BASE_CONTEXT, BASE_FACTS, BASE_POLICY, SENT_AT } from './fixtures.ts';
import {
  RECALL_REASONS,
  type RecallContext,
  type RecallFacts,
  type RecallReasonCode,
  type RecallVerdict,
} from './types.ts';

/**
 * The rules once more, as a table of yes/no questions written from the spec alone and read nowhere else. It knows
 * nothing of how the answer is put together, so that the two can only agree by both being right.
 */
type Level = 'no' | 'risky' | 'blocked';
const ORACLE: Record<RecallReasonCode, (f: RecallFacts, c: RecallContext) => Level> = {
  ALREADY_RECALLED: (f) => (f.recalled ? 'blocked' : 'no'),
  IN_FLIGHT: (f) => (f.in_flight ? 'blocked' : 'no'),
  FEATURE_DISABLED: (_, c) => (c.policy.recall.enabled ? 'no' : 'blocked'),
  CLIENT_TOO_OLD: (_, c) => {
    const key = (v: string): number => v.split('.').reduce((sum, part) => sum * 10_000 + Number(part), 0);
    return key(c.app_version) < key(c.policy.recall.min_app_version) ? 'blocked' : 'no';
  },
  KIND_UNSUPPORTED: (f, c) => (new Set<string>(c.policy.recall.kinds).has(f.kind) ? 'no' : 'blocked'),
  NO_PERMISSION: (_, c) =>
    c.conversation.type === 'single' && c.policy.recall.roles.every((role) => role !== c.agent.role) ? 'blocked' : 'no',
  GROUP_RULE: (_, c) =>
    c.conversation.type === 'group' && c.policy.recall.group.roles.every((role) => role !== c.agent.role)
      ? 'blocked'
      : 'no',
  NOT_SENDER: (f, c) => {
    if (f.sender_role !== 'agent') return 'blocked';
    if (f.sender_id === c.agent.id) return 'no';
    if (!c.policy.recall.own_only) return 'no';
    return movedOn(f, c) && c.policy.recall.after_transfer === 'assignee' && c.conversation.assignee_id === c.agent.id
      ? 'no'
      : 'blocked';
  },
  TRANSFERRED: (f, c) => {
    if (!movedOn(f, c)) return 'no';
    const may = { sender_only: f.sender_id, assignee: c.conversation.assignee_id, nobody: null }[
      c.policy.recall.after_transfer
    ];
    return may === c.agent.id ? 'no' : 'blocked';
  },
  CONSUMER_RESTRICTED: (_, c) => (c.conversation.consumer_restricts_recall ? 'blocked' : 'no'),
  SESSION_ENDED: (_, c) =>
    c.conversation.intake === 'ended' && c.policy.recall.ended_session !== 'allow' ? 'blocked' : 'no',
  WINDOW_EXPIRED: (f, c) => (f.stage === 'sent' && c.now >= windowEnd(f, c) + c.uncertainty_ms ? 'blocked' : 'no'),
  CLOCK_UNCERTAIN: (f, c) =>
    f.stage === 'sent' && c.now >= windowEnd(f, c) - c.uncertainty_ms && c.now < windowEnd(f, c) + c.uncertainty_ms
      ? 'risky'
      : 'no',
  ATTACHMENT_OPENED: (f) => (f.opened_at === null ? 'no' : 'blocked'),
  ALREADY_READ: (f, c) => {
    const rule = c.conversation.type === 'group' ? c.policy.recall.group.read_rule : c.policy.recall.read_rule;
    if (f.read_at === null && f.status !== 'read') return 'no';
    return rule === 'ignore' ? 'no' : rule === 'warn' ? 'risky' : 'blocked';
  },
  RATE_HARD: (_, c) => (inLastHour(c) >= c.policy.recall.per_hour_hard ? 'blocked' : 'no'),
  RATE_SOFT: (_, c) => (inLastHour(c) >= c.policy.recall.per_hour_soft ? 'risky' : 'no'),
  OTHER_DEVICE: (f, c) => {
    const mine = f.sender_role === 'agent' && f.sender_id === c.agent.id;
    if (!mine || f.sender_device_id === null || f.sender_device_id === c.agent.device_id) return 'no';
    return ({ allow: 'no', warn: 'risky', block: 'blocked' } as const)[c.policy.recall.other_device];
  },
  STALE_STATE: (f, c) => (f.stage !== 'sent' ? 'blocked' : c.connection === 'stale' ? 'risky' : 'no'),
  OFFLINE: (_, c) => (c.connection === 'offline' ? 'risky' : 'no'),
  PUSH_DELIVERED: (f) => (f.push_delivered ? 'risky' : 'no'),
};

function movedOn(f: RecallFacts, c: RecallContext): boolean {
  const later = c.conversation.assignments.filter((a) => a.how === 'transferred').filter((a) => !(a.from < f.sent_at));
  return f.sender_role === 'agent' && later.length > 0 && c.conversation.assignee_id !== f.sender_id;
}

function windowEnd(f: RecallFacts, c: RecallContext): number {
  return f.sent_at + (c.conversation.type === 'group' ? c.policy.recall.group.window_ms : c.policy.recall.window_ms);
}

function inLastHour(c: RecallContext): number {
  return c.recalls_last_hour.filter((at) => c.now - at < 3_600_000).length;
}

function expected(f: RecallFacts, c: RecallContext): { verdict: string; reasons: { code: string; level: string }[] } {
  if (f.stage === 'delayed') return { verdict: 'cancel', reasons: [] };
  const reasons = RECALL_REASONS.map((code) => ({ code, level: ORACLE[code](f, c) })).filter((r) => r.level !== 'no');
  const verdict = reasons.some((r) => r.level === 'blocked') ? 'blocked' : reasons.length > 0 ? 'risky' : 'allowed';
  return { verdict, reasons };
}

const plain = (v: RecallVerdict): unknown => ({
  verdict: v.verdict,
  reasons: v.reasons.map(({ code, level }) => ({ code, level })),
});
const ROLES: readonly Role[] = ['agent', 'supervisor', 'qa', 'admin'];
const subset = <T>(prng: Prng, list: readonly T[]): T[] => list.filter(() => prng.chance(0.7));

function randomCase(prng: Prng): { facts: RecallFacts; context: RecallContext } {
  const group = prng.chance(0.3);
  const window_ms = prng.pick([0, 30_000, 120_000, 604_800_000]);
  const group_window = prng.pick([0, 60_000, 120_000]);
  const uncertainty_ms = prng.pick([0, 0, 1, 250, 5_000]);
  const end = SENT_AT + (group ? group_window : window_ms);
  const now = prng.pick([
    SENT_AT - 50,
    SENT_AT + 10,
    end - 1,
    end,
    end + 1,
    end - uncertainty_ms - 1,
    end - uncertainty_ms,
    end + uncertainty_ms - 1,
    end + uncertainty_ms,
    end + 86_400_000,
  ]);
  const assignments: Assignment[] = [];
  let assignee_id = prng.pick(['a-1', 'a-2', null]);
  for (let i = prng.int(3); i > 0; i--) {
    assignee_id = prng.pick(['a-1', 'a-2', 'a-3']);
    assignments.push({
      agent_id: AgentId.parse(assignee_id),
      name: assignee_id,
      from: SENT_AT + prng.pick([-10, 0, 10]),
      to: null,
      how: prng.pick(['routed', 'claimed', 'transferred']),
    });
  }
  const recall: Policy['recall'] = {
    enabled: prng.chance(0.9),
    window_ms,
    kinds: subset(prng, ['text', 'image', 'file'] as const),
    read_rule: prng.pick(['block', 'warn', 'ignore']),
    roles: subset(prng, ROLES),
    own_only: prng.chance(0.6),
    after_transfer: prng.pick(['sender_only', 'nobody', 'assignee']),
    other_device: prng.pick(['allow', 'warn', 'block']),
    ended_session: prng.pick(['block', 'allow']),
    group: { window_ms: group_window, roles: subset(prng, ROLES), read_rule: prng.pick(['block', 'warn', 'ignore']) },
    per_hour_soft: prng.int(4),
    per_hour_hard: prng.int(6),
    min_app_version: prng.pick(['1.0.0', '1.2.0', '1.10.0', '2.0.0']),
  };
  return {
    facts: {
      stage: prng.pick(['delayed', 'sending', 'sent', 'sent', 'sent', 'sent', 'failed']),
      kind: prng.pick(['text', 'text', 'image', 'file', 'order_card']),
      sender_role: prng.pick(['agent', 'agent', 'agent', 'consumer', 'system']),
      sender_id: prng.pick(['a-1', 'a-2']),
      sender_device_id: prng.pick(['d-1', 'd-2', null]),
      sent_at: SENT_AT,
      status: prng.pick(['sent', 'delivered', 'read', 'failed']),
      read_at: prng.chance(0.2) ? SENT_AT + 5 : null,
      opened_at: prng.chance(0.1) ? SENT_AT + 6 : null,
      push_delivered: prng.chance(0.2),
      recalled: prng.chance(0.1),
      in_flight: prng.chance(0.1),
    },
    context: {
      policy: { ...BASE_POLICY, recall },
      conversation: {
        type: group ? 'group' : 'single',
        intake: prng.pick(['waiting', 'active', 'ended']),
        assignee_id,
        assignments,
        consumer_restricts_recall: prng.chance(0.1),
      },
      agent: { id: prng.pick(['a-1', 'a-2', 'a-3']), role: prng.pick(ROLES), device_id: 'd-1' },
      app_version: prng.pick(['1.0.0', '1.2.0', '1.9.9', '2.0.0']),
      now,
      uncertainty_ms,
      connection: prng.pick(['online', 'offline', 'stale']),
      recalls_last_hour: Array.from(
        { length: prng.int(7) },
        () => now - prng.pick([0, 1, 1_800_000, 3_599_999, 3_600_000, 7_200_000]),
      ),
    },
  };
}

/** Where everything is drawn, nearly everything is blocked: here most parts are in order, so that the edges show. */
function calmCase(prng: Prng): { facts: RecallFacts; context: RecallContext } {
  const wild = randomCase(prng);
  const calm = <T extends object>(base: T, other: T): T =>
    Object.fromEntries(
      Object.entries(base).map(([name, value]) => [name, prng.chance(0.9) ? value : other[name as keyof T]]),
    ) as T;
  return {
    facts: calm(BASE_FACTS, wild.facts),
    context: {
      ...calm(BASE_CONTEXT, wild.context),
      policy: { ...BASE_POLICY, recall: calm(BASE_POLICY.recall, wild.context.policy.recall) },
      conversation: calm(BASE_CONTEXT.conversation, wild.context.conversation),
      agent: calm(BASE_CONTEXT.agent, wild.context.agent),
    },
  };
}

describe('assessRecall against an oracle written from the rules', () => {
  it('[RC2] agrees on 20,000 seeded cases of policy, state, role, device and time', () => {
    const prng = createPrng(20_260_401);
    const verdicts = new Map<string, number>();
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      const { facts, context } = i % 2 === 0 ? randomCase(prng) : calmCase(prng);
      const verdict = assessRecall(facts, context);
      expect(plain(verdict), `case ${i}: ${JSON.stringify({ facts, context })}`).toEqual(expected(facts, context));
      verdicts.set(verdict.verdict, (verdicts.get(verdict.verdict) ?? 0) + 1);
      for (const reason of verdict.reasons) seen.add(`${reason.code} ${reason.level}`);
    }
    // The walk did something: each verdict and each reason came up, at each level it can have.
    for (const kind of ['cancel', 'allowed', 'risky', 'blocked'])
      expect(verdicts.get(kind) ?? 0, kind).toBeGreaterThan(100);
    expect([...RECALL_REASONS].filter((code) => ![...seen].some((entry) => entry.startsWith(`${code} `)))).toEqual([]);
    for (const both of ['ALREADY_READ risky', 'ALREADY_READ blocked', 'OTHER_DEVICE risky', 'OTHER_DEVICE blocked'])
      expect(seen).toContain(both);
  });

  it('[RC2] agrees on the whole product of the rules about who and when', () => {
    let cases = 0;
    for (const role of ROLES)
      for (const type of ['single', 'group'] as const)
        for (const sender_id of ['a-1', 'a-2'])
          for (const own_only of [true, false])
            for (const after_transfer of ['sender_only', 'nobody', 'assignee'] as const)
              for (const transferredTo of [null, 'a-1', 'a-2', 'a-3'])
                for (const sender_device_id of ['d-1', 'd-2'])
                  for (const other_device of ['allow', 'warn', 'block'] as const)
                    for (const now of [
                      SENT_AT + 1,
                      SENT_AT + 59_999,
                      SENT_AT + 60_000,
                      SENT_AT + 119_999,
                      SENT_AT + 120_000,
                    ]) {
                      const facts: RecallFacts = { ...BASE_FACTS, sender_id, sender_device_id };
                      const context: RecallContext = {
                        ...BASE_CONTEXT,
                        now,
                        agent: { ...BASE_CONTEXT.agent, role },
                        conversation: {
                          ...BASE_CONTEXT.conversation,
                          type,
                          assignee_id: transferredTo ?? sender_id,
                          assignments:
                            transferredTo === null
                              ? []
                              : [
                                  {
                                    agent_id: AgentId.parse(transferredTo),
                                    name: '',
                                    from: SENT_AT + 5,
                                    to: null,
                                    how: 'transferred',
                                  },
                                ],
                        },
                        policy: {
                          ...BASE_POLICY,
                          recall: { ...BASE_POLICY.recall, own_only, after_transfer, other_device },
                        },
                      };
                      const got = plain(assessRecall(facts, context));
                      const want = expected(facts, context);
                      // Compared as text first: a matcher for each of the cases would take most of the time.
                      if (JSON.stringify(got) !== JSON.stringify(want)) expect(got).toEqual(want);
                      cases++;
                    }
    expect(cases).toBe(4 * 2 * 2 * 2 * 3 * 4 * 2 * 3 * 5);
  });

  it('[RC2] changes_at is the first moment at which the answer is another one', () => {
    const prng = createPrng(7);
    let checked = 0;
    for (let i = 0; i < 4_000; i++) {
      const { facts, context } = randomCase(prng);
      const verdict = assessRecall(facts, context);
      const again = (now: number): unknown => assessRecall(facts, { ...context, now }).reasons;
      const until = verdict.changes_at ?? context.now + 2 * 604_800_000;
      for (const share of [0.25, 0.5, 0.999]) {
        const between = Math.floor(context.now + (until - context.now) * share);
        expect(again(between), `case ${i} before the change`).toEqual(verdict.reasons);
      }
      if (verdict.changes_at === null) continue;
      expect(again(verdict.changes_at - 1), `case ${i} just before`).toEqual(verdict.reasons);
      expect(again(verdict.changes_at), `case ${i} at the change`).not.toEqual(verdict.reasons);
      checked++;
    }
    expect(checked).toBeGreaterThan(500);
  });
});
