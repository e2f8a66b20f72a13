import { useSyncExternalStore } from 'react';

/**
 * The local clock, read off the monotonic one: it runs on evenly when somebody sets the desktop's clock (RC4).
 * Milliseconds since 1970 UTC.
 */
export function localNow(): number {
  return performance.timeOrigin + performance.now();
}

const listeners = new Set<() => void>();
let tick = Math.floor(localNow() / 1_000);
let timer: ReturnType<typeof setTimeout> | undefined;

function schedule(): void {
  timer = setTimeout(
    () => {
      tick = Math.floor(localNow() / 1_000);
      for (const listener of listeners) listener();
      if (listeners.size > 0) schedule();
      else timer = undefined;
    },
    1_000 - (localNow() % 1_000) + 2,
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    tick = Math.floor(localNow() / 1_000);
    schedule();
  }
  return () => listeners.delete(listener);
}

const never = (): (() => void) => () => undefined;

/** Local time in milliseconds, renewed every full second by one timer for the whole window; `active` false: stands still. */
export function useNow(active = true): number {
  useSyncExternalStore(active ? subscribe : never, () => tick);
  return localNow();
}
