import { describe, expect, test } from 'vitest';
import { Faults, parseFaultPlan, type FaultPlan } from './faults.ts';

const PLAN: FaultPlan = {
  seed: 3,
  rules: [
    { fault: 'delay', on: 'reply', match: 'message.*', ms: 100, jitter_ms: 50, probability: 0.5 },
    { fault: 'drop', on: 'event', probability: 0.2 },
    { fault: 'cut', on: 'event', when: 'after', skip: 10, times: 1 },
    { fault: 'error', match: 'message.send', code: 'SERVER_BUSY', retry_after_ms: 7, agent_id: 'a-1' },
  ],
};

describe('faults', () => {
  test('[SY2] the same seed and the same questions give the same faults', () => {
    const run = (seed: number): unknown[] => {
      const faults = new Faults(1, { ...PLAN, seed });
      return Array.from({ length: 200 }, (_, index) =>
        index % 2 === 0
          ? faults.decide('event', 'a-1', 'message.created')
          : faults.decide('reply', 'a-1', 'message.send'),
      );
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });

  test('[SY2] a rule added behind does not change what the others decide', () => {
    const drops = (plan: FaultPlan): boolean[] => {
      const faults = new Faults(1, plan);
      return Array.from({ length: 100 }, () => faults.decide('event', 'a-1', 'message.created').drop);
    };
    const more: FaultPlan = { ...PLAN, rules: [...PLAN.rules, { fault: 'duplicate', on: 'event', probability: 0.5 }] };
    expect(drops(more)).toEqual(drops(PLAN));
    expect(drops(PLAN).some(Boolean)).toBe(true);
  });

  test('[SY2] skip, times, account and name select', () => {
    const faults = new Faults(1, PLAN);
    const cuts = Array.from({ length: 30 }, () => faults.decide('event', 'a-2', 'x').cut);
    expect(cuts.map((cut, index) => [index, cut] as const).filter(([, cut]) => cut !== null)).toEqual([[10, 'after']]);
    expect(faults.decide('request', 'a-1', 'message.send').error).toEqual({ code: 'SERVER_BUSY', retryAfterMs: 7 });
    expect(faults.decide('request', 'a-2', 'message.send').error).toBeNull();
    expect(faults.decide('request', 'a-1', 'message.recall').error).toBeNull();
    expect(faults.decide('reply', 'a-1', 'conversation.pull').delayMs).toBe(0);
  });

  test('[SY2] several rules act together, and clearing ends them all', () => {
    const faults = new Faults(1, {
      clock_skew_ms: 5,
      maintenance: { retry_after_ms: 9 },
      rules: [
        { fault: 'delay', on: 'reply', ms: 10 },
        { fault: 'delay', on: 'reply', ms: 5 },
        { fault: 'duplicate', on: 'reply' },
        { fault: 'event_before_reply' },
        { fault: 'kick', on: 'reply' },
        { fault: 'silence', on: 'reply', ms: 3 },
      ],
    });
    expect(faults.decide('reply', 'a', 'x')).toMatchObject({
      delayMs: 15,
      duplicate: true,
      eventBeforeReply: true,
      kick: true,
      silenceMs: 3,
    });
    expect(faults.acted).toBe(6);
    expect([faults.clockSkewMs, faults.maintenance]).toEqual([5, { retryAfterMs: 9 }]);
    faults.clear();
    expect(faults.decide('reply', 'a', 'x')).toMatchObject({ delayMs: 0, duplicate: false, kick: false });
    expect([faults.clockSkewMs, faults.maintenance]).toEqual([0, null]);
  });

  test('[SE4] a faults file is checked; its problem names the place only', () => {
    expect(parseFaultPlan(JSON.stringify(PLAN))).toEqual({ ok: true, value: PLAN });
    expect(parseFaultPlan('{')).toEqual({ ok: false, error: 'not JSON' });
    const wrong = parseFaultPlan('{"rules":[{"fault":"delay","on":"reply","ms":"秘密"}]}');
    expect(wrong).toEqual({ ok: false, error: expect.stringContaining('rules.0.ms') });
    expect(JSON.stringify(wrong)).not.toContain('秘密');
    expect(parseFaultPlan('{"rules":[{"fault":"earthquake"}]}').ok).toBe(false);
  });
});
