/** Exponential backoff with full jitter (SY4). Milliseconds. `random` is uniform in [0, 1). */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
}

const RECONNECT_BACKOFF: BackoffOptions = { baseMs: 500, maxMs: 30_000 };

export function backoffDelay(attempt: number, random: number, options: BackoffOptions = RECONNECT_BACKOFF): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random * ceiling);
}
