import { expect, test } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { watchDamage } from './damage-watch.ts';

test('[ST4] the first call that meets damage says so once; copies, packages and other failures are not the records', async () => {
  let told = 0;
  const failing = (code: 'STORE_DAMAGED' | 'DISK_FULL') => async (): Promise<never> => {
    throw new AppFailure(code, 'as it is');
  };
  const handlers = watchDamage(
    {
      'backups.inspect': failing('STORE_DAMAGED'),
      'packages.open': failing('STORE_DAMAGED'),
      'drafts.set': failing('DISK_FULL'),
      'search.page': failing('STORE_DAMAGED'),
      'jobs.list': async () => [],
    } as unknown as Handlers,
    () => told++,
  );
  const call = (name: string): Promise<unknown> =>
    (handlers as unknown as Record<string, (input: unknown) => Promise<unknown>>)[name]!({});
  for (const name of ['backups.inspect', 'packages.open', 'drafts.set'])
    await expect(call(name)).rejects.toThrow('as it is');
  expect(await call('jobs.list')).toEqual([]);
  expect(told).toBe(0);
  await expect(call('search.page')).rejects.toMatchObject({ error: { code: 'STORE_DAMAGED' } });
  await expect(call('search.page')).rejects.toMatchObject({ error: { code: 'STORE_DAMAGED' } });
  expect(told).toBe(1);
});
