import type { ClockEstimate } from './time.ts';

/**
 * The gateway's clock, estimated on a *monotonic* local clock (RC4): changing the desktop's clock changes nothing here.
 *
 * A round trip says: when the gateway stamped `server_time`, the local clock stood somewhere between sending and
 * receiving. So the offset lies in an interval, half of which is the uncertainty. The best round trip wins; as it ages
 * its interval widens by what two quartz clocks may drift apart, until a fresh one is better.
 */

/** Two ordinary quartz clocks: 100 parts in a million apart at worst. */
const DRIFT = 100 / 1_000_000;
/** `server_time` is a whole millisecond. */
const ROUNDING_MS = 1;

export interface RoundTrip {
  /** Monotonic milliseconds at sending and at receiving. */
  readonly sentAt: number;
  readonly receivedAt: number;
  /** What the gateway said its time was in between, milliseconds since 1970. */
  readonly serverTime: number;
}

export interface ClockEstimator {
  add(trip: RoundTrip): void;
  /** At monotonic time `now`: offset and uncertainty, or null before the first round trip. */
  estimate(now: number): ClockEstimate | null;
}

interface Sample {
  readonly offsetMs: number;
  readonly halfTrip: number;
  readonly takenAt: number;
}

export function createClockEstimator(): ClockEstimator {
  let best: Sample | null = null;
  const uncertainty = (sample: Sample, now: number): number =>
    sample.halfTrip + ROUNDING_MS + Math.max(0, now - sample.takenAt) * DRIFT;

  return {
    add({ sentAt, receivedAt, serverTime }) {
      if (!(receivedAt >= sentAt)) return;
      const sample: Sample = {
        offsetMs: serverTime - (sentAt + receivedAt) / 2,
        halfTrip: (receivedAt - sentAt) / 2,
        takenAt: receivedAt,
      };
      if (best === null) {
        best = sample;
        return;
      }
      const old = uncertainty(best, receivedAt);
      const fresh = uncertainty(sample, receivedAt);
      // Both can't be true: the gateway's clock was set, or this machine slept and its monotonic clock stood still.
      const contradicts = Math.abs(sample.offsetMs - best.offsetMs) > old + fresh;
      if (contradicts || fresh <= old) best = sample;
    },
    estimate(now) {
      return best === null ? null : { offsetMs: best.offsetMs, uncertaintyMs: uncertainty(best, now) };
    },
  };
}
