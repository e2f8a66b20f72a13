import { create } from 'zustand';
import type { LockView } from '#shared/contract/security.ts';
import { bridge } from './index.ts';
import { refresh } from './live.ts';

/** The app lock as the core says it (SE4). Null until it has said so: until then nothing is shown. */
export const useLock = create<{ readonly lock: LockView | null }>()(() => ({ lock: null }));

const OPEN: LockView = { configured: false, locked: false, idle_minutes: null, wait_ms: 0 };
/** The person is there: said at most this often, milliseconds. */
const SAY_EVERY = 20_000;

export function noteLock(lock: LockView): void {
  const before = useLock.getState().lock;
  useLock.setState({ lock });
  // What was asked while it was locked was refused.
  if (before?.locked === true && !lock.locked) void refresh();
}

async function ask(): Promise<void> {
  const answer = await bridge.call('lock.state', {});
  // A host without its records has nothing to lock, and says itself what it refuses.
  noteLock(answer.ok ? answer.result : OPEN);
}

/** Call once, before the first paint. */
export function startLock(): void {
  bridge.subscribe('lock', noteLock);
  // As in `startLive`: one question goes out with the first connection.
  let first = true;
  void ask().finally(() => (first = false));
  bridge.onHostState((host) => {
    if (host === 'connected' && !first) void ask();
  });
  let said = 0;
  const present = (): void => {
    const { lock } = useLock.getState();
    if (lock === null || lock.locked || lock.idle_minutes === null || performance.now() - said < SAY_EVERY) return;
    said = performance.now();
    void bridge.call('lock.active', {});
  };
  for (const event of ['keydown', 'pointerdown', 'wheel'] as const) addEventListener(event, present, { passive: true });
}
