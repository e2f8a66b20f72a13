import { HOUR, MINUTE, SECOND } from '#shared/lib/durations.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';

/** A gateway doesn't say how long the token lasts that a person typed in; asking for a new one does. */
const UNKNOWN_AFTER_MS = MINUTE;
/** So long before its end a token is replaced; where it lasts less than twice that, at half of what is left. */
const LEAD_MS = 15 * MINUTE;
const SOONEST_MS = 5 * SECOND;
const RETRY_MS = MINUTE;
const LONGEST_TIMER_MS = 6 * HOUR;

export type Refreshed = 'kept' | 'refused' | 'later';

/**
 * Replaces a token before it expires (SY4): once it has, nothing can be asked any more and somebody would have to type a
 * new one in. Only while connected; the caller says when it is and when not.
 */
export function createTokenCare(options: {
  readonly clock: Clock;
  readonly serverNow: () => number;
  /** When the present token ends (server time), or null where nobody knows. */
  readonly expiresAt: () => Promise<number | null>;
  readonly refresh: () => Promise<Refreshed>;
}): { connected(): void; lost(): void } {
  const { clock } = options;
  let timer: TimerHandle | null = null;
  let turn = 0;

  async function plan(mine: number): Promise<void> {
    const ends = await options.expiresAt().catch(() => null);
    if (mine !== turn) return;
    wait(mine, ends === null ? UNKNOWN_AFTER_MS : dueIn(ends - options.serverNow()));
  }

  function wait(mine: number, ms: number): void {
    if (timer !== null) clock.clearTimeout(timer);
    // A long one is looked at again on the way: the gateway's clock is measured ever better.
    const far = ms > LONGEST_TIMER_MS;
    timer = clock.setTimeout(
      () => {
        timer = null;
        if (mine === turn) void (far ? plan(mine) : renew(mine));
      },
      far ? LONGEST_TIMER_MS : ms,
    );
  }

  async function renew(mine: number): Promise<void> {
    const outcome = await options.refresh();
    if (mine !== turn) return;
    if (outcome === 'kept') await plan(mine);
    // A gateway that doesn't do it will not do it a minute later.
    else if (outcome === 'later') wait(mine, RETRY_MS);
  }

  return {
    connected() {
      void plan(++turn);
    },
    lost() {
      turn++;
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}

function dueIn(left: number): number {
  return Math.max(SOONEST_MS, left > 2 * LEAD_MS ? left - LEAD_MS : left / 2);
}
