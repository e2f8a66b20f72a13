import { openStore } from '#main/adapters/sqlite/index.ts';
import type { Store } from '#main/core/ports/store.ts';
import { erasingOf, fillWithGroup, purgeGroup } from './erasure-plan.ts';

/**
 * Fills a store once, purges its group and erases it, and kills itself (kill −9) right before or right after a step of the
 * store: `node erasure-child.ts FOLDER METHOD before|after NTH`. Without a step it goes to the end.
 */
const [directory = '', method = '', when = '', nth = '1'] = process.argv.slice(2);
const real = await openStore({ directory, key: new Uint8Array(32).fill(7), readers: 1 });
if ((await real.accounts()).length === 0) await fillWithGroup(real, 80);

let calls = 0;
const store = new Proxy(real, {
  get(target, name) {
    const value = Reflect.get(target, name) as unknown;
    if (name !== method || typeof value !== 'function') return value;
    return async (...args: unknown[]): Promise<unknown> => {
      calls += 1;
      const now = calls === Number(nth);
      if (now && when === 'before') {
        // The call is on its way to the worker when everything ends.
        void (value as (...args: unknown[]) => Promise<unknown>).apply(target, args);
        process.kill(process.pid, 'SIGKILL');
      }
      const result = await (value as (...args: unknown[]) => Promise<unknown>).apply(target, args);
      if (now) process.kill(process.pid, 'SIGKILL');
      return result;
    };
  },
}) as Store;
await purgeGroup(store);
const erasing = erasingOf(store);
erasing.poke();
await erasing.idle();
await erasing.stop();
await real.close();
