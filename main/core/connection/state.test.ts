import { describe, expect, it } from 'vitest';
import { createPrng } from '#shared/lib/prng.ts';
import type { TransportClose } from '../ports/transport.ts';
import { INITIAL_PHASE, hasSocket, step, type ConnectionInput, type ConnectionPhase } from './state.ts';

const closed = (code: number, reason = '', problem: TransportClose['problem'] = null): ConnectionInput => ({
  type: 'closed',
  close: { code, reason, problem },
});
const after = (...inputs: ConnectionInput[]): ConnectionPhase =>
  inputs.reduce((phase: ConnectionPhase, input) => step(phase, input).phase, INITIAL_PHASE);
const LIVE: ConnectionInput[] = [{ type: 'start' }, { type: 'opened' }, { type: 'welcomed' }, { type: 'caught-up' }];

describe('the connection’s state machine', () => {
  it('[SY1] goes offline → connecting → authenticating → catching-up → live, and only in that order', () => {
    const names: string[] = [];
    let phase = INITIAL_PHASE;
    for (const input of LIVE) {
      phase = step(phase, input).phase;
      names.push(phase.name);
    }
    expect(names).toEqual(['connecting', 'authenticating', 'catching-up', 'live']);
    expect(after({ type: 'welcomed' }).name).toBe('offline');
    expect(after({ type: 'start' }, { type: 'caught-up' }).name).toBe('connecting');
    expect(after(...LIVE, { type: 'opened' }).name).toBe('live');
  });

  it('[SY1] close codes: refused is final, kicked never reconnects, everything else is tried again', () => {
    const outcome = (code: number, reason = ''): unknown => {
      const { phase, effects } = step(after(...LIVE), closed(code, reason));
      return [phase.name, 'problem' in phase ? phase.problem?.code : null, effects];
    };
    const wait = (minimumMs = 0): unknown => [{ type: 'wait', attempt: 0, minimumMs }];
    expect(outcome(4001)).toEqual(['refused', 'AUTH_FAILED', []]);
    expect(outcome(4004)).toEqual(['refused', 'CLIENT_TOO_OLD', []]);
    expect(outcome(4003)).toEqual(['kicked', null, []]);
    expect(outcome(4002)).toEqual(['backing-off', 'AUTH_EXPIRED', wait()]);
    expect(outcome(4005, '{"retry_after_ms":2500}')).toEqual(['backing-off', 'SERVER_BUSY', wait(2_500)]);
    expect(outcome(4005, '{"retry_after_ms":1e12}')).toEqual(['backing-off', 'SERVER_BUSY', wait(600_000)]);
    for (const reason of ['', 'bye', '[]', 'null', '{"retry_after_ms":"soon"}', '{"retry_after_ms":-5}'])
      expect(outcome(4005, reason)).toEqual(['backing-off', 'SERVER_BUSY', wait()]);
    for (const code of [1000, 1001, 1006, 1011, 4008, 4999])
      expect(outcome(code)).toEqual(['backing-off', 'NETWORK_UNKNOWN', wait()]);
  });

  it('[SE5] certificate errors and insecure addresses are refused; the network may cure the first, a person both', () => {
    for (const problem of ['CERTIFICATE_INVALID', 'INSECURE_ADDRESS'] as const) {
      const refused = after({ type: 'start' }, closed(1006, '', problem));
      expect(refused).toMatchObject({ name: 'refused', problem: { code: problem } });
      expect(step(refused, { type: 'retry', by: 'person' }).effects).toEqual([{ type: 'connect' }]);
      expect(step(refused, { type: 'retry', by: 'network' }).effects).toHaveLength(
        problem === 'CERTIFICATE_INVALID' ? 1 : 0,
      );
    }
  });

  it('[SY4] the attempt number grows until the connection has proven itself', () => {
    let phase = INITIAL_PHASE;
    const attempts: number[] = [];
    const run = (...inputs: ConnectionInput[]): void => {
      for (const input of inputs) {
        const next = step(phase, input);
        for (const effect of next.effects) if (effect.type === 'wait') attempts.push(effect.attempt);
        phase = next.phase;
      }
    };
    run({ type: 'start' }, closed(1006), { type: 'delay-over' }, closed(1006), { type: 'delay-over' });
    // A gateway that welcomes and then drops at once doesn't reset it …
    run({ type: 'opened' }, { type: 'welcomed' }, closed(1006), { type: 'delay-over' });
    // … one that answered a heartbeat does.
    run({ type: 'opened' }, { type: 'welcomed' }, { type: 'stable' }, closed(1006));
    expect(attempts).toEqual([0, 1, 2, 0]);
  });

  it('[IN7] kicked leaves only when a person asks', () => {
    const kicked = after(...LIVE, { type: 'kicked', byDevice: 'd-2' });
    expect(kicked).toEqual({ name: 'kicked', byDevice: 'd-2' });
    const others: ConnectionInput[] = [
      { type: 'start' },
      { type: 'delay-over' },
      { type: 'retry', by: 'network' },
      closed(1006),
    ];
    for (const input of others) expect(step(kicked, input)).toEqual({ phase: kicked, effects: [] });
    expect(step(kicked, { type: 'retry', by: 'person' }).effects).toEqual([{ type: 'connect' }]);
  });

  it('[SY4] a retry while connected drops the socket, which may be dead without knowing', () => {
    for (const by of ['person', 'network'] as const)
      expect(step(after(...LIVE), { type: 'retry', by })).toEqual({
        phase: { name: 'connecting', attempt: 0, problem: null },
        effects: [{ type: 'drop', code: null, reason: 'retry' }, { type: 'connect' }],
      });
  });

  it('[SY1] never loops: over random inputs, each connect has a cause, and at most one socket lives', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const prng = createPrng(seed);
      let phase = INITIAL_PHASE;
      let socket = false;
      let waiting = false;
      for (let i = 0; i < 400; i++) {
        const input = prng.pick<ConnectionInput>([
          { type: 'start' },
          { type: 'stop' },
          { type: 'retry', by: prng.pick(['person', 'network'] as const) },
          { type: 'prepare-failed', problem: { code: 'INTERNAL', message: '' } },
          { type: 'opened' },
          { type: 'welcomed' },
          { type: 'caught-up' },
          { type: 'stable' },
          { type: 'kicked', byDevice: 'd' },
          { type: 'give-up', problem: { code: 'PROTOCOL_ERROR', message: '' }, closeCode: prng.pick([null, 4000]) },
          closed(prng.pick([1000, 1006, 4001, 4002, 4003, 4004, 4005])),
          { type: 'delay-over' },
        ]);
        const before = phase;
        const next = step(phase, input);
        phase = next.phase;
        if (!hasSocket(phase)) socket = false;
        if (phase.name !== 'backing-off') waiting = false;
        for (const effect of next.effects) {
          if (effect.type === 'drop') socket = false;
          if (effect.type === 'wait') {
            expect(phase.name).toBe('backing-off');
            waiting = true;
          }
          if (effect.type === 'connect') {
            expect(['start', 'retry', 'delay-over']).toContain(input.type);
            expect(socket, `seed ${seed} step ${i}`).toBe(false);
            expect(phase.name).toBe('connecting');
            if (before.name === 'kicked') expect(input).toEqual({ type: 'retry', by: 'person' });
            socket = true;
          }
        }
        expect(hasSocket(phase)).toBe(socket);
        expect(phase.name === 'backing-off').toBe(waiting);
      }
    }
  });
});
