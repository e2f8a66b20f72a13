import type { Clock, TimerHandle } from '#main/core/ports/clock.ts';

/** Node's timers fire at once above this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Real time. The monotonic clock may stand still while the machine sleeps (it does on Linux); hosts reconnect on wake,
 * and the gateway's time is measured anew then (RC4, SY4).
 */
export function createClock(): Clock {
  return {
    wallNow: () => Date.now(),
    monotonicNow: () => performance.now(),
    setTimeout: (callback, delayMs) => {
      const due = performance.now() + delayMs;
      const handle: { timer: NodeJS.Timeout } = { timer: setTimeout(fire, Math.min(delayMs, LONGEST_TIMER_MS)) };
      function fire(): void {
        const rest = due - performance.now();
        if (rest < 1) callback();
        else handle.timer = setTimeout(fire, Math.min(rest, LONGEST_TIMER_MS));
      }
      return handle;
    },
    clearTimeout: (handle: TimerHandle) => clearTimeout(handle.timer as NodeJS.Timeout),
  };
}
