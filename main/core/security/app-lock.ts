import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { LockView } from '#shared/contract/security.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import { MINUTE, SECOND } from '#shared/lib/durations.ts';
import { parseRecoveryKey } from '#shared/lib/recovery-key.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Passwords } from '../ports/passwords.ts';
import type { Secrets } from '../ports/secrets.ts';

/** Its name among the secrets. */
export const appLockSecret = 'app-lock';
/** So many wrong tries are free, then each one doubles the wait. */
const FREE_TRIES = 5;
const FIRST_WAIT = 30 * SECOND;
const LONGEST_WAIT = 15 * MINUTE;

/** What a locked program still answers: nothing of it says anything about a consumer, a colleague or a record. */
const OPEN_WHILE_LOCKED: ReadonlySet<string> = new Set([
  'app.info',
  'settings.get',
  'lock.state',
  'lock.unlock',
  'lock.now',
]);

interface Stored {
  readonly hash: string;
  readonly idle_minutes: number | null;
  readonly failures: number;
  /** Wall clock: no try counts before. */
  readonly retry_at: number;
}

export interface AppLock {
  readonly handlers: Pick<
    Handlers,
    'lock.state' | 'lock.unlock' | 'lock.now' | 'lock.active' | 'lock.set' | 'lock.remove'
  >;
  /** Closes the door (SE4): locked, every procedure is refused before its handler, its role or its input is looked at. */
  guard(handlers: Handlers): Handlers;
  /** What may leave while it is locked: only that it is. */
  lets(message: TopicMessage): boolean;
  isLocked(): boolean;
  /** By the host: the screen was locked, the machine goes to sleep. */
  lock(): Promise<void>;
  /** AppFailure LOCK_SECRET_WRONG, APP_LOCKED (`details.wait_ms`) where a lock is set and this doesn't open it. */
  prove(secret: string | undefined): Promise<void>;
  /** Locked from the start where a lock is set. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * The app lock: a door for an open window that somebody left. It keeps no key; whoever can run programs as this person can
 * read what this person can (docs/security.md). Its hash, and how often it was tried wrongly, lie among the secrets.
 */
export function createAppLock(ports: {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly passwords: Passwords | undefined;
  readonly publish: (view: LockView) => void;
  readonly audited: (
    action: 'lock.set' | 'lock.removed' | 'lock.failed',
    details: Record<string, unknown>,
  ) => Promise<void>;
  /** The profile's recovery key as 20 bytes, where one was made. */
  readonly recoveryKey: () => Promise<Uint8Array | null>;
}): AppLock {
  const { secrets, clock, passwords } = ports;
  /** Until the secrets have been asked nobody knows whether a lock is set: closed. */
  let locked = true;
  let stored: Stored | null = null;
  let timer: TimerHandle | null = null;
  /** One try at a time: a hundred at once must not count as one. */
  let turn: Promise<unknown> = Promise.resolve();

  const view = (): LockView => ({
    configured: stored !== null,
    locked,
    idle_minutes: stored?.idle_minutes ?? null,
    wait_ms: stored === null ? 0 : Math.max(0, Math.min(LONGEST_WAIT, stored.retry_at - clock.wallNow())),
  });

  async function keep(next: Stored | null): Promise<void> {
    if (next === null) await secrets.delete(appLockSecret);
    else await secrets.set(appLockSecret, JSON.stringify(next));
    stored = next;
  }

  function watch(): void {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
    const minutes = stored?.idle_minutes ?? null;
    if (locked || minutes === null) return;
    timer = clock.setTimeout(close, minutes * MINUTE);
  }

  function close(): void {
    if (stored === null || locked) return;
    locked = true;
    watch();
    ports.logger.log('info', 'lock.closed');
    ports.publish(view());
  }

  async function matches(secret: string, hash: string): Promise<boolean> {
    if (await passwords?.matches(secret, hash)) return true;
    const typed = parseRecoveryKey(secret);
    const recovery = typed === null ? null : await ports.recoveryKey();
    if (typed === null || recovery === null) return false;
    // Every byte is looked at, whatever the ones before were.
    return recovery.reduce((difference, byte, at) => difference | (byte ^ (typed[at] ?? 256)), 0) === 0;
  }

  function tryOnce(secret: string): Promise<void> {
    const attempt = turn.then(async () => {
      const known = stored;
      if (known === null) return;
      const wait = view().wait_ms;
      if (wait > 0) throw new AppFailure('LOCK_SECRET_WRONG', 'too many tries', { wait_ms: wait });
      // Counted before it is looked at: a program that is killed in between has had its try.
      const failures = known.failures + 1;
      const over = failures - FREE_TRIES;
      const pause = over < 0 ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(over, 10));
      await keep({ ...known, failures, retry_at: clock.wallNow() + pause });
      if (!(await matches(secret, known.hash))) {
        await ports.audited('lock.failed', { failures });
        throw new AppFailure('LOCK_SECRET_WRONG', 'wrong', { wait_ms: pause });
      }
      await keep({ ...known, failures: 0, retry_at: 0 });
    });
    turn = attempt.catch(() => undefined);
    return attempt;
  }

  async function prove(secret: string | undefined): Promise<void> {
    if (stored === null) return;
    if (secret === undefined) throw new AppFailure('LOCK_SECRET_WRONG', 'asked again', { wait_ms: view().wait_ms });
    await tryOnce(secret);
  }

  return {
    handlers: {
      'lock.state': async () => view(),
      async 'lock.unlock'({ secret }) {
        await prove(secret);
        locked = false;
        watch();
        ports.publish(view());
        return view();
      },
      async 'lock.now'() {
        if (stored === null) throw new AppFailure('NOT_FOUND', 'no lock is set');
        close();
        return view();
      },
      async 'lock.active'() {
        watch();
        return view();
      },
      async 'lock.set'({ secret, current, idle_minutes }) {
        if (passwords === undefined) throw new AppFailure('UNSUPPORTED', 'no lock here');
        await prove(current);
        await ports.audited('lock.set', { idle_minutes });
        await keep({ hash: await passwords.hash(secret), idle_minutes, failures: 0, retry_at: 0 });
        watch();
        ports.publish(view());
        return view();
      },
      async 'lock.remove'({ current }) {
        await prove(current);
        await ports.audited('lock.removed', {});
        await keep(null);
        watch();
        ports.publish(view());
        return view();
      },
    },
    guard(handlers) {
      const guarded = Object.entries(handlers).map(([name, handler]) => [
        name,
        async (input: unknown) => {
          if (locked && !OPEN_WHILE_LOCKED.has(name)) throw new AppFailure('APP_LOCKED', 'unlock it first');
          const answer = await (handler as (input: unknown) => Promise<unknown>)(input);
          // Locked while it was under way: what it found stays inside.
          if (locked && !OPEN_WHILE_LOCKED.has(name)) throw new AppFailure('APP_LOCKED', 'locked meanwhile');
          return answer;
        },
      ]);
      return Object.fromEntries(guarded) as Handlers;
    },
    lets: ({ topic }) => !locked || topic === 'lock' || topic === 'settings',
    isLocked: () => locked,
    lock: async () => close(),
    prove,
    async start() {
      const text = await secrets.get(appLockSecret);
      stored = text === null ? null : read(text);
      locked = stored !== null;
      if (locked) ports.publish(view());
    },
    stop() {
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}

/** A lock that can't be read stays shut: nothing matches its hash, only the recovery key opens it. */
function read(text: string): Stored {
  try {
    const { hash, idle_minutes, failures, retry_at } = JSON.parse(text) as Partial<Record<keyof Stored, unknown>>;
    return {
      hash: typeof hash === 'string' ? hash : '',
      idle_minutes: typeof idle_minutes === 'number' ? idle_minutes : null,
      failures: typeof failures === 'number' ? failures : 0,
      retry_at: typeof retry_at === 'number' ? retry_at : 0,
    };
  } catch {
    return { hash: '', idle_minutes: null, failures: 0, retry_at: 0 };
  }
}
