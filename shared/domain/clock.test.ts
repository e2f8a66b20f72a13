import { describe, expect, it } from 'vitest';
import { createPrng } from '../lib/prng.ts';
import { createClockEstimator } from './clock.ts';

describe('the gateway’s clock', () => {
  it('[RC4] is unknown before the first round trip and ignores impossible ones', () => {
    const clock = createClockEstimator();
    expect(clock.estimate(0)).toBeNull();
    clock.add({ sentAt: 10, receivedAt: 9, serverTime: 5 });
    expect(clock.estimate(0)).toBeNull();
  });

  it('[RC4] the best round trip wins; a worse one changes nothing', () => {
    const clock = createClockEstimator();
    clock.add({ sentAt: 1_000, receivedAt: 1_400, serverTime: 500_000 });
    expect(clock.estimate(1_400)).toEqual({ offsetMs: 498_800, uncertaintyMs: 201 });
    clock.add({ sentAt: 2_000, receivedAt: 2_020, serverTime: 501_000 });
    const best = clock.estimate(2_020);
    expect(best).toEqual({ offsetMs: 498_990, uncertaintyMs: 11 });
    clock.add({ sentAt: 3_000, receivedAt: 3_900, serverTime: 502_000 });
    expect(clock.estimate(3_900)?.offsetMs).toBe(best?.offsetMs);
  });

  it('[RC4] drift widens the uncertainty with age until a fresh, worse trip is better', () => {
    const clock = createClockEstimator();
    clock.add({ sentAt: 0, receivedAt: 10, serverTime: 1_005 });
    const hour = 3_600_000;
    expect(clock.estimate(hour + 10)?.uncertaintyMs).toBeCloseTo(5 + 1 + 360);
    clock.add({ sentAt: hour, receivedAt: hour + 400, serverTime: hour + 1_100 });
    expect(clock.estimate(hour + 400)).toEqual({ offsetMs: 900, uncertaintyMs: 201 });
  });

  it('[RC4] a trip that contradicts replaces what was known: the gateway’s clock was set, or this machine slept', () => {
    const clock = createClockEstimator();
    clock.add({ sentAt: 0, receivedAt: 4, serverTime: 1_000 });
    clock.add({ sentAt: 1_000, receivedAt: 1_300, serverTime: 62_000 });
    expect(clock.estimate(1_300)).toEqual({ offsetMs: 60_850, uncertaintyMs: 151 });
  });

  it('[RC4] the truth always lies inside the uncertainty, whatever the delays and within quartz drift', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const prng = createPrng(seed);
      const drift = (prng.next() - 0.5) * 150e-6;
      const truth = (local: number): number => 1_790_000_000_000 + local * (1 + drift);
      const clock = createClockEstimator();
      let local = 0;
      for (let i = 0; i < 2_000; i++) {
        local += prng.int(30_000);
        const up = prng.next() * (prng.chance(0.1) ? 3_000 : 80);
        const down = prng.next() * (prng.chance(0.1) ? 3_000 : 80);
        clock.add({ sentAt: local, receivedAt: local + up + down, serverTime: Math.floor(truth(local + up)) });
        local += up + down;
        const later = local + prng.int(60_000);
        const estimate = clock.estimate(later);
        if (estimate === null) throw new Error('no estimate');
        expect(Math.abs(later + estimate.offsetMs - truth(later))).toBeLessThanOrEqual(estimate.uncertaintyMs);
      }
    }
  });
});
