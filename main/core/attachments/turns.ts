import { backoffDelay } from '#shared/lib/backoff.ts';
import type { ReplyError } from '#shared/protocol/requests.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';

/** Codes after which asking again for the same thing is of no use (protocol.md). */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'NO_PERMISSION',
  'BAD_REQUEST',
  'NOT_VISIBLE',
  'GONE',
  'TOO_LARGE',
  'QUOTA',
]);
const RETRY = { baseMs: 500, maxMs: 30_000 };

/** Lets at most `atOnce` pieces of work run; the others wait in the order they came. */
export function createTurns(atOnce: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Somebody wants it no more. */
export interface Wanted {
  cancelled: boolean;
}

export type Asked<R> =
  { readonly kind: 'ok'; readonly result: R } | { readonly kind: 'failed'; readonly error: ReplyError } | null;

/**
 * Asks until there is an answer: again after a silence, a full gateway or a lost connection, with growing pauses, at once
 * when the connection is back. Only for requests that may be repeated. Null: nobody wants it any more.
 */
export function createAsking(options: { readonly clock: Clock; readonly ids: Ids; readonly isOpen: () => boolean }) {
  const { clock } = options;
  const sleepers = new Set<{ readonly wake: () => void; readonly timer: TimerHandle | null }>();
  let stopped = false;

  /** Until then, or until `wake`. `ms` null: until `wake` alone. */
  function pause(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (sleeper.timer !== null) clock.clearTimeout(sleeper.timer);
        sleepers.delete(sleeper);
        resolve();
      };
      const sleeper = { wake, timer: ms === null ? null : clock.setTimeout(wake, ms) };
      sleepers.add(sleeper);
    });
  }

  return {
    async ask<R>(
      wanted: Wanted,
      send: () => Promise<
        { readonly kind: 'ok'; readonly result: R } | Exclude<RequestOutcome<'attachment.get'>, { readonly kind: 'ok' }>
      >,
      onWaiting: (code: string) => void,
    ): Promise<Asked<R>> {
      for (let attempt = 0; ;) {
        if (stopped || wanted.cancelled) return null;
        if (!options.isOpen()) {
          onWaiting('OFFLINE');
          await pause(null);
          continue;
        }
        const outcome = await send();
        if (stopped || wanted.cancelled) return null;
        if (outcome.kind === 'ok') return outcome;
        if (outcome.kind === 'error') {
          if (FINAL_CODES.has(outcome.error.code)) return { kind: 'failed', error: outcome.error };
          onWaiting(outcome.error.code);
          const least = outcome.error.retry_after_ms ?? 0;
          await pause(Math.max(least, backoffDelay(attempt++, options.ids.random(), RETRY)));
        } else if (outcome.kind === 'unknown' && outcome.cause === 'bad-reply' && attempt >= 3) {
          return { kind: 'failed', error: { code: 'PROTOCOL_ERROR', message: 'answers of the wrong shape' } };
        } else {
          onWaiting('NETWORK_UNKNOWN');
          await pause(backoffDelay(attempt++, options.ids.random(), RETRY));
        }
      }
    },
    /** The connection is back, or something was cancelled. */
    wake(): void {
      for (const sleeper of [...sleepers]) sleeper.wake();
    },
    stop(): void {
      stopped = true;
      for (const sleeper of [...sleepers]) sleeper.wake();
    },
  };
}

export type Asking = ReturnType<typeof createAsking>;
