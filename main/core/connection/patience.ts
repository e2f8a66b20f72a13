import type { RequestName } from '#shared/protocol/requests.ts';
import type { Clock } from '../ports/clock.ts';
import type { RequestOutcome } from './requests.ts';

/** Asked again for about as long as a gateway that was restarted needs, not for ever. */
export const MAX_BUSY = 30;
export const BUSY_DELAY_MS = 1_000;

/** Not now: nothing was done, and the same may succeed later. */
export function isTemporary(code: string): boolean {
  return code === 'SERVER_BUSY' || code === 'RATE_LIMITED';
}

/** Waits in short steps, so that a lost connection is noticed at once: the next one waits for this one's end. */
export async function pause(clock: Clock, ms: number, cancelled: () => boolean): Promise<void> {
  const until = clock.monotonicNow() + ms;
  for (;;) {
    const left = until - clock.monotonicNow();
    if (left <= 0 || cancelled()) return;
    await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), Math.min(left, 100)));
  }
}

/** Waits as long as the gateway asks, within reason. */
export function busyDelay(retryAfterMs: number | undefined): number {
  return Math.min(Math.max(retryAfterMs ?? BUSY_DELAY_MS, 50), 60_000);
}

/** For what nobody waits for, and what must not be left out: a gateway that is busy is asked again while `cancelled` doesn't say so. */
export async function askPatiently<N extends RequestName>(
  clock: Clock,
  ask: () => Promise<RequestOutcome<N>>,
  cancelled: () => boolean,
): Promise<RequestOutcome<N>> {
  for (let busy = 1; ; busy++) {
    const outcome = await ask();
    if (outcome.kind !== 'error' || busy > MAX_BUSY) return outcome;
    if (!isTemporary(outcome.error.code)) return outcome;
    await pause(clock, busyDelay(outcome.error.retry_after_ms), cancelled);
    // Refused so far: nothing was done.
    if (cancelled()) return { kind: 'not-sent' };
  }
}
