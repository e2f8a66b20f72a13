import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openStore, type OpenStoreOptions } from '#main/adapters/sqlite/index.ts';
import type { Store } from '#main/core/ports/store.ts';
import { addAccount, KEY } from './store-wire.ts';

export * from './store-wire.ts';

/** Real stores in temporary folders, and (store-wire.ts) what goes into them. */

const folders: string[] = [];
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'workbench-store-'));
  folders.push(folder);
  return folder;
}

export async function open(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await openStore({
    directory: options.directory ?? temporaryFolder(),
    key: KEY,
    readers: 1,
    ...options,
  });
  stores.push(store);
  return store;
}

/** A store with one account that has been welcomed and has an empty snapshot behind it. */
export async function openWithAccount(options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await open(options);
  await addAccount(store);
  return store;
}

/** The code of the AppFailure that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    return (thrown as { error: { code: string } }).error.code;
  }
  return 'none';
}
