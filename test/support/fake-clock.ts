import type { Clock, TimerHandle } from '#main/core/ports/clock.ts';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes only when a test says so. The wall clock can be set without the monotonic one noticing (RC4). */
export interface FakeClock extends Clock {
  /** Runs every timer that becomes due, in order, with the clock standing at its time. */
  advance(ms: number): void;
  setWall(now: number): void;
  /** How many timers wait: none may be left behind by something that has stopped. */
  readonly waiting: number;
}

export function createFakeClock(wall = 1_790_000_000_000): FakeClock {
  let monotonic = 5_000;
  let wallOffset = wall - monotonic;
  let order = 0;
  const timers = new Set<Timer>();
  return {
    wallNow: () => monotonic + wallOffset,
    monotonicNow: () => monotonic,
    setTimeout(callback, delayMs): TimerHandle {
      const timer: Timer = { due: monotonic + Math.max(0, delayMs), order: order++, callback };
      timers.add(timer);
      return { timer };
    },
    clearTimeout: (handle) => void timers.delete(handle.timer as Timer),
    advance(ms) {
      const until = monotonic + ms;
      for (;;) {
        const next = [...timers]
          .filter((timer) => timer.due <= until)
          .sort((a, b) => a.due - b.due || a.order - b.order)[0];
        if (next === undefined) break;
        timers.delete(next);
        monotonic = Math.max(monotonic, next.due);
        next.callback();
      }
      monotonic = until;
    },
    setWall(now) {
      wallOffset = now - monotonic;
    },
    get waiting() {
      return timers.size;
    },
  };
}
