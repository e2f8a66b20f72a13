import { expect, test } from 'vitest';
import { createPasswords } from '#main/adapters/crypto/passwords.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { PROCEDURES, type Handlers } from '#shared/contract/procedures.ts';
import { TOPIC_NAMES, type TopicMessage } from '#shared/contract/topics.ts';
import type { LockView } from '#shared/contract/security.ts';
import { formatRecoveryKey } from '#shared/lib/recovery-key.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { appLockSecret, createAppLock } from './app-lock.ts';

const RECOVERY = new Uint8Array(20).fill(9);
const failure = (code: string, details?: unknown): unknown =>
  expect.objectContaining({ error: expect.objectContaining(details === undefined ? { code } : { code, details }) });

function make(secrets = createMemorySecrets()) {
  const clock = createFakeClock();
  const published: LockView[] = [];
  const audited: string[] = [];
  const lock = createAppLock({
    secrets,
    clock,
    logger: { log: () => undefined },
    passwords: createPasswords(),
    publish: (view) => published.push(view),
    audited: async (action) => void audited.push(action),
    recoveryKey: async () => RECOVERY,
  });
  const reached: string[] = [];
  const everything = Object.fromEntries(
    Object.keys(PROCEDURES).map((name) => [name, async () => void reached.push(name)]),
  ) as unknown as Handlers;
  return { lock, clock, published, audited, reached, secrets, doors: lock.guard({ ...everything, ...lock.handlers }) };
}

test('[SE4] locked, every procedure but the few that say so is refused, and no topic leaves', async () => {
  const { lock, doors, reached, published } = make();
  await lock.start();
  await doors['lock.set']({ secret: '483921', idle_minutes: 5 });
  await doors['search.page']({} as never);
  expect(reached.splice(0)).toEqual(['search.page']);
  await doors['lock.now']({});
  const open = ['app.info', 'settings.get', 'lock.state', 'lock.unlock', 'lock.now'];
  for (const name of Object.keys(PROCEDURES)) {
    if (open.includes(name)) continue;
    await expect(
      (doors as unknown as Record<string, (input: unknown) => Promise<unknown>>)[name]?.({}),
      name,
    ).rejects.toEqual(failure('APP_LOCKED'));
  }
  expect(reached).toEqual([]);
  expect(TOPIC_NAMES.filter((topic) => lock.lets({ topic } as TopicMessage))).toEqual(['settings', 'lock']);
  expect(published.at(-1)).toMatchObject({ locked: true });
  await doors['lock.unlock']({ secret: '483921' });
  await doors['search.page']({} as never);
  expect([lock.isLocked(), reached]).toEqual([false, ['search.page']]);
});

test('[SE4] a call that was under way when it locked answers nothing', async () => {
  const { lock } = make();
  await lock.start();
  await lock.handlers['lock.set']({ secret: '483921', idle_minutes: null });
  let finish = (): void => undefined;
  const doors = lock.guard({
    'search.page': () => new Promise((resolve) => (finish = () => resolve({ rows: ['聊天'] } as never))),
  } as unknown as Handlers);
  const answer = doors['search.page']({} as never);
  await lock.lock();
  finish();
  await expect(answer).rejects.toEqual(failure('APP_LOCKED'));
});

test('[SE4] locked from the start, also after a crash; closed until the secrets were asked', async () => {
  const first = make();
  expect(first.lock.isLocked()).toBe(true);
  await first.lock.start();
  expect(first.lock.isLocked()).toBe(false);
  await first.lock.handlers['lock.set']({ secret: '483921', idle_minutes: null });
  expect(await first.secrets.get(appLockSecret)).not.toContain('483921');
  const second = make(first.secrets);
  await second.lock.start();
  expect(second.lock.isLocked()).toBe(true);
  await first.secrets.set(appLockSecret, '{damaged');
  const third = make(first.secrets);
  await third.lock.start();
  await expect(third.lock.handlers['lock.unlock']({ secret: '' })).rejects.toEqual(
    failure('LOCK_SECRET_WRONG', { wait_ms: 0 }),
  );
  await third.lock.handlers['lock.unlock']({ secret: formatRecoveryKey(RECOVERY).toLowerCase() });
  expect(third.lock.isLocked()).toBe(false);
});

test('[SE4] wrong tries: after five each one doubles the wait, also asked all at once and after a restart', async () => {
  const { lock, clock, secrets, audited } = make();
  await lock.start();
  await lock.handlers['lock.set']({ secret: '483921', idle_minutes: null });
  await lock.lock();
  const tries = await Promise.allSettled(
    Array.from({ length: 9 }, (_, i) => lock.handlers['lock.unlock']({ secret: `00000${i}` })),
  );
  const waits = tries.map((one) => (one as PromiseRejectedResult).reason.error.details.wait_ms as number);
  expect(waits.slice(0, 5)).toEqual([0, 0, 0, 0, 30_000]);
  expect(audited.filter((action) => action === 'lock.failed')).toHaveLength(5);
  await expect(lock.handlers['lock.unlock']({ secret: '483921' })).rejects.toEqual(failure('LOCK_SECRET_WRONG'));
  const again = make(secrets);
  await again.lock.start();
  again.clock.setWall(clock.wallNow());
  expect((await again.lock.handlers['lock.state']({})).wait_ms).toBe(30_000);
  clock.setWall(clock.wallNow() + 30_000);
  await expect(lock.handlers['lock.unlock']({ secret: 'wrong!' })).rejects.toEqual(
    failure('LOCK_SECRET_WRONG', { wait_ms: 60_000 }),
  );
  clock.setWall(clock.wallNow() + 60_000);
  await lock.handlers['lock.unlock']({ secret: '483921' });
  expect(await lock.handlers['lock.state']({})).toMatchObject({ locked: false, wait_ms: 0 });
});

test('[SE4] idle: it locks by itself, and somebody who is there keeps it open', async () => {
  const { lock, clock } = make();
  await lock.start();
  await lock.handlers['lock.set']({ secret: '483921', idle_minutes: 2 });
  await clock.advance(110_000);
  await lock.handlers['lock.active']({});
  await clock.advance(110_000);
  expect(lock.isLocked()).toBe(false);
  await clock.advance(20_000);
  expect(lock.isLocked()).toBe(true);
});

test('[SE4] to change or remove it, or to see keys, the present secret is asked again', async () => {
  const { lock } = make();
  await lock.start();
  await lock.prove(undefined);
  await lock.handlers['lock.set']({ secret: '483921', idle_minutes: null });
  const refused = failure('LOCK_SECRET_WRONG');
  await expect(lock.prove(undefined)).rejects.toEqual(refused);
  await expect(lock.handlers['lock.set']({ secret: '999999', idle_minutes: null })).rejects.toEqual(refused);
  await expect(lock.handlers['lock.remove']({ current: '999999' })).rejects.toEqual(refused);
  await lock.handlers['lock.remove']({ current: '483921' });
  expect(await lock.handlers['lock.state']({})).toEqual({
    configured: false,
    locked: false,
    idle_minutes: null,
    wait_ms: 0,
  });
});
