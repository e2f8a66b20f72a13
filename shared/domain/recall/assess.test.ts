import { describe, expect, it } from 'vitest';
import { AgentId } from '../ids.ts';
import { HOUR, MINUTE } from '../../lib/durations.ts';
import type { Assignment } from '../../protocol/entities.ts';
import { assessRecall } from './assess.ts';
import { BASE_CONTEXT, BASE_FACTS, SENT_AT, contextWith } from './fixtures.ts';
import { RECALL_REASONS, type RecallContext, type RecallFacts, type RecallReasonCode } from './types.ts';

const END = SENT_AT + 120_000;
const facts = (change: Partial<RecallFacts> = {}): RecallFacts => ({ ...BASE_FACTS, ...change });
const codes = (f: RecallFacts, c: RecallContext): RecallReasonCode[] => assessRecall(f, c).reasons.map((r) => r.code);
const at = (now: number, rest: Partial<RecallContext> = {}): RecallContext => contextWith({ rest: { now, ...rest } });
const transfer = (from: number, to = 'a-2'): Assignment => ({
  agent_id: AgentId.parse(to),
  name: to,
  from,
  to: null,
  how: 'transferred',
});

describe('assessRecall', () => {
  it('[RC2] says allowed, when it ends and when the answer changes', () => {
    expect(assessRecall(facts(), BASE_CONTEXT)).toEqual({
      verdict: 'allowed',
      reasons: [],
      changes_at: END,
      window_ends_at: END,
    });
  });

  it('[RC2] gives every reason that holds, in the fixed precedence, and the verdict of the worst', () => {
    const everything = assessRecall(
      facts({
        kind: 'image',
        sender_device_id: 'd-9',
        read_at: SENT_AT + 5,
        opened_at: SENT_AT + 6,
        push_delivered: true,
        recalled: true,
        in_flight: true,
      }),
      contextWith({
        recall: {
          enabled: false,
          roles: [],
          after_transfer: 'nobody',
          min_app_version: '9.0.0',
          per_hour_hard: 2,
          per_hour_soft: 1,
        },
        conversation: {
          assignee_id: 'a-2',
          assignments: [transfer(SENT_AT + 1)],
          consumer_restricts_recall: true,
          intake: 'ended',
        },
        rest: { now: END + 1, connection: 'stale', recalls_last_hour: [END - 1, END - 2] },
      }),
    );
    expect(everything.verdict).toBe('blocked');
    expect(everything.reasons.map((reason) => reason.code)).toEqual([
      'ALREADY_RECALLED',
      'IN_FLIGHT',
      'FEATURE_DISABLED',
      'CLIENT_TOO_OLD',
      'KIND_UNSUPPORTED',
      'NO_PERMISSION',
      'TRANSFERRED',
      'CONSUMER_RESTRICTED',
      'SESSION_ENDED',
      'WINDOW_EXPIRED',
      'ATTACHMENT_OPENED',
      'ALREADY_READ',
      'RATE_HARD',
      'OTHER_DEVICE',
      'STALE_STATE',
      'PUSH_DELIVERED',
      'RATE_SOFT',
    ]);
  });

  it('[RC3] can say every code of its list', () => {
    const said = new Set<string>();
    const say = (f: RecallFacts, c: RecallContext): void => {
      for (const code of codes(f, c)) said.add(code);
    };
    say(
      facts({ recalled: true, in_flight: true, kind: 'voice', push_delivered: true, opened_at: 1, read_at: 1 }),
      BASE_CONTEXT,
    );
    say(facts({ sender_role: 'consumer', sender_id: 'c-1' }), contextWith({ agent: { role: 'qa' } }));
    say(
      facts(),
      contextWith({ recall: { enabled: false, min_app_version: '2.0.0', per_hour_hard: 0, per_hour_soft: 0 } }),
    );
    say(facts(), contextWith({ conversation: { type: 'group', consumer_restricts_recall: true, intake: 'ended' } }));
    say(
      facts(),
      contextWith({
        recall: { after_transfer: 'nobody' },
        conversation: { assignee_id: 'a-2', assignments: [transfer(END)] },
      }),
    );
    say(facts({ sender_device_id: 'd-2' }), at(END, { connection: 'stale' }));
    say(facts(), at(END - 1, { connection: 'offline', uncertainty_ms: 10 }));
    expect([...said].sort()).toEqual([...RECALL_REASONS].sort());
  });

  it('[RC1] the window is the shop’s, and ends at its last instant', () => {
    expect(assessRecall(facts(), at(END - 1)).verdict).toBe('allowed');
    expect(assessRecall(facts(), at(END))).toMatchObject({ verdict: 'blocked', changes_at: null });
    expect(codes(facts(), at(END))).toEqual(['WINDOW_EXPIRED']);
    const week = contextWith({ recall: { window_ms: 7 * 24 * HOUR }, rest: { now: SENT_AT + 6 * 24 * HOUR } });
    expect(assessRecall(facts(), week).verdict).toBe('allowed');
  });

  it('[RC1] kinds, switch and version are the policy’s', () => {
    expect(codes(facts({ kind: 'image' }), BASE_CONTEXT)).toEqual(['KIND_UNSUPPORTED']);
    expect(codes(facts({ kind: 'image' }), contextWith({ recall: { kinds: ['text', 'image'] } }))).toEqual([]);
    expect(codes(facts(), contextWith({ recall: { enabled: false } }))).toEqual(['FEATURE_DISABLED']);
    const version = (have: string, need: string): RecallReasonCode[] =>
      codes(facts(), contextWith({ recall: { min_app_version: need }, rest: { app_version: have } }));
    expect(version('1.10.0', '1.9.0')).toEqual([]);
    expect(version('1.9.0', '1.10.0')).toEqual(['CLIENT_TOO_OLD']);
    expect(version('2.0.0-beta.1', '2.0.0')).toEqual(['CLIENT_TOO_OLD']);
    expect(version('2.0.0', '2.0.0-beta.1')).toEqual([]);
    expect(version('dev', '1.0.0')).toEqual(['CLIENT_TOO_OLD']);
  });

  it('[RC4] inside the uncertainty of the window’s end it is risky, neither in nor out', () => {
    const around = (now: number): [string, RecallReasonCode[], number | null] => {
      const verdict = assessRecall(facts(), at(now, { uncertainty_ms: 300 }));
      return [verdict.verdict, verdict.reasons.map((reason) => reason.code), verdict.changes_at];
    };
    expect(around(END - 301)).toEqual(['allowed', [], END - 300]);
    expect(around(END - 300)).toEqual(['risky', ['CLOCK_UNCERTAIN'], END + 300]);
    expect(around(END + 299)).toEqual(['risky', ['CLOCK_UNCERTAIN'], END + 300]);
    expect(around(END + 300)).toEqual(['blocked', ['WINDOW_EXPIRED'], null]);
  });

  it('[RC4] before the clock was ever measured nothing is certain, at any time', () => {
    for (const now of [0, SENT_AT, END + 10 * HOUR])
      expect(assessRecall(facts(), at(now, { uncertainty_ms: Number.POSITIVE_INFINITY }))).toMatchObject({
        verdict: 'risky',
        reasons: [{ code: 'CLOCK_UNCERTAIN', level: 'risky' }],
        changes_at: null,
      });
  });

  it('[RC5] read blocks, warns or is ignored as the policy says; opened always blocks', () => {
    const read = facts({ status: 'read', read_at: SENT_AT + 9 });
    const rule = (read_rule: 'block' | 'warn' | 'ignore') => assessRecall(read, contextWith({ recall: { read_rule } }));
    expect(rule('block')).toMatchObject({
      verdict: 'blocked',
      reasons: [{ code: 'ALREADY_READ', details: { read_at: SENT_AT + 9 } }],
    });
    expect(rule('warn').verdict).toBe('risky');
    expect(rule('ignore').verdict).toBe('allowed');
    const opened = facts({ kind: 'file', opened_at: SENT_AT + 9 });
    expect(assessRecall(opened, contextWith({ recall: { kinds: ['file'], read_rule: 'ignore' } }))).toMatchObject({
      verdict: 'blocked',
      reasons: [{ code: 'ATTACHMENT_OPENED', details: { opened_at: SENT_AT + 9 } }],
    });
    expect(codes(facts({ push_delivered: true }), BASE_CONTEXT)).toEqual(['PUSH_DELIVERED']);
  });

  it('[RC6] only the sender, unless the policy gives more; consumers’ messages never', () => {
    const others = facts({ sender_id: 'a-2' });
    const supervisor = { agent: { role: 'supervisor' } } as const;
    expect(codes(others, contextWith(supervisor))).toEqual(['NOT_SENDER']);
    expect(codes(others, contextWith({ ...supervisor, recall: { own_only: false } }))).toEqual([]);
    for (const sender_role of ['consumer', 'system'] as const)
      expect(codes(facts({ sender_role, sender_id: 'a-1' }), contextWith({ recall: { own_only: false } }))).toEqual([
        'NOT_SENDER',
      ]);
    expect(codes(facts(), contextWith({ agent: { role: 'qa' } }))).toEqual(['NO_PERMISSION']);
  });

  it('[RC6] after a transfer: the sender, the new one, or nobody', () => {
    const moved = { assignee_id: 'a-2', assignments: [transfer(SENT_AT + 1_000)] };
    const ask = (after_transfer: 'sender_only' | 'assignee' | 'nobody', id: string): RecallReasonCode[] =>
      codes(facts(), contextWith({ recall: { after_transfer }, conversation: moved, agent: { id } }));
    expect(ask('sender_only', 'a-1')).toEqual([]);
    expect(ask('sender_only', 'a-2')).toEqual(['NOT_SENDER', 'TRANSFERRED']);
    expect(ask('assignee', 'a-1')).toEqual(['TRANSFERRED']);
    expect(ask('assignee', 'a-2')).toEqual([]);
    expect(ask('assignee', 'a-3')).toEqual(['NOT_SENDER', 'TRANSFERRED']);
    expect(ask('nobody', 'a-1')).toEqual(['TRANSFERRED']);
    expect(ask('nobody', 'a-2')).toEqual(['NOT_SENDER', 'TRANSFERRED']);
    // Sent after the transfer, or handed back: no transfer stands between.
    const before = { ...moved, assignments: [transfer(SENT_AT - 1)] };
    expect(codes(facts(), contextWith({ recall: { after_transfer: 'nobody' }, conversation: before }))).toEqual([]);
    const back = { assignee_id: 'a-1', assignments: [transfer(SENT_AT + 1_000), transfer(SENT_AT + 2_000, 'a-1')] };
    expect(codes(facts(), contextWith({ recall: { after_transfer: 'nobody' }, conversation: back }))).toEqual([]);
  });

  it('[RC6] another device of the same account follows its own rule', () => {
    const elsewhere = facts({ sender_device_id: 'd-2' });
    const rule = (other_device: 'allow' | 'warn' | 'block') =>
      assessRecall(elsewhere, contextWith({ recall: { other_device } }));
    expect(rule('allow').verdict).toBe('allowed');
    expect(rule('warn')).toMatchObject({ verdict: 'risky', reasons: [{ code: 'OTHER_DEVICE', level: 'risky' }] });
    expect(rule('block')).toMatchObject({ verdict: 'blocked', reasons: [{ code: 'OTHER_DEVICE', level: 'blocked' }] });
    expect(codes(facts({ sender_device_id: null }), BASE_CONTEXT)).toEqual([]);
  });

  it('[RC1] a group has its own window, roles and read rule', () => {
    const group = (role: 'agent' | 'supervisor', now = SENT_AT + 1_000) =>
      contextWith({ conversation: { type: 'group' }, agent: { role }, rest: { now } });
    expect(codes(facts(), group('agent'))).toEqual(['GROUP_RULE']);
    expect(codes(facts({ status: 'read' }), group('supervisor'))).toEqual([]);
    expect(codes(facts(), group('supervisor', SENT_AT + 60_000))).toEqual(['WINDOW_EXPIRED']);
  });

  it('[RC3] ended session and the consumer’s own restriction block', () => {
    expect(codes(facts(), contextWith({ conversation: { intake: 'ended' } }))).toEqual(['SESSION_ENDED']);
    expect(
      codes(facts(), contextWith({ conversation: { intake: 'ended' }, recall: { ended_session: 'allow' } })),
    ).toEqual([]);
    expect(codes(facts(), contextWith({ conversation: { consumer_restricts_recall: true } }))).toEqual([
      'CONSUMER_RESTRICTED',
    ]);
  });

  it('[RC7] soft limit: risky with the count; hard limit: blocked until a shown time', () => {
    const now = SENT_AT + 10_000;
    const recalls = (count: number): number[] =>
      Array.from({ length: count }, (_, i) => now - (i + 1) * MINUTE).reverse();
    const ask = (count: number, extra: number[] = []) =>
      assessRecall(
        facts(),
        contextWith({
          recall: { per_hour_soft: 3, per_hour_hard: 5 },
          rest: { recalls_last_hour: [...extra, ...recalls(count)] },
        }),
      );
    expect(ask(2).verdict).toBe('allowed');
    expect(ask(2, [now - HOUR]).verdict).toBe('allowed');
    expect(ask(3)).toMatchObject({
      verdict: 'risky',
      reasons: [{ code: 'RATE_SOFT', details: { used: 3, limit: 3 } }],
    });
    expect(ask(5)).toMatchObject({
      verdict: 'blocked',
      reasons: [
        { code: 'RATE_HARD', details: { used: 5, limit: 5, retry_at: now - 5 * MINUTE + HOUR } },
        { code: 'RATE_SOFT' },
      ],
    });
    // Seven in the hour and five allowed: three have to age out.
    expect(ask(7).reasons[0]?.details?.['retry_at']).toBe(now - 5 * MINUTE + HOUR);
    // The count changes before the window ends when the oldest ages out first.
    const nearly = assessRecall(
      facts(),
      contextWith({
        recall: { per_hour_soft: 1 },
        rest: { recalls_last_hour: [now - HOUR + 500] },
      }),
    );
    expect(nearly.changes_at).toBe(now + 500);
  });

  it('[RC8] in the delay buffer it is cancelled, whatever else holds', () => {
    const worst = contextWith({
      recall: { enabled: false, kinds: [] },
      rest: { now: END + HOUR, connection: 'offline' },
    });
    expect(assessRecall(facts({ stage: 'delayed' }), worst)).toEqual({
      verdict: 'cancel',
      reasons: [],
      changes_at: null,
      window_ends_at: null,
    });
  });

  it('[RC3] what has no id at the gateway yet can’t be recalled, and has no window', () => {
    for (const stage of ['sending', 'failed'] as const)
      expect(assessRecall(facts({ stage }), BASE_CONTEXT)).toEqual({
        verdict: 'blocked',
        reasons: [{ code: 'STALE_STATE', level: 'blocked', details: { stage } }],
        changes_at: null,
        window_ends_at: null,
      });
  });

  it('[RC16] offline it may be asked for, with the risk said; stale likewise', () => {
    expect(assessRecall(facts(), at(SENT_AT, { connection: 'offline' }))).toMatchObject({
      verdict: 'risky',
      reasons: [{ code: 'OFFLINE', level: 'risky' }],
      window_ends_at: END,
    });
    expect(codes(facts(), at(SENT_AT, { connection: 'stale' }))).toEqual(['STALE_STATE']);
    expect(assessRecall(facts(), at(END, { connection: 'offline' })).verdict).toBe('blocked');
  });
});
