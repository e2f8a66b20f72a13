import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { createWsTransport } from '#main/adapters/websocket/ws-transport.ts';
import { createApp, type App } from '#main/core/create-app.ts';
import type { Store } from '#main/core/ports/store.ts';
import { createClock } from '#main/hosts/clock.ts';
import { createIds } from '#main/hosts/ids.ts';
import type { AccountId } from '#shared/domain/ids.ts';

/** Where a program of the arena connects to. */
export interface ArenaLogin {
  readonly account: AccountId;
  readonly url: string;
  readonly token: string;
}

export const ARENA_KEY = new Uint8Array(32).fill(7);

/** The whole core over a store, connected; sends leave at once. */
export async function startArenaApp(store: Store, { account, url, token }: ArenaLogin): Promise<App> {
  const app = createApp({
    store,
    transport: createWsTransport(),
    clock: createClock(),
    ids: createIds(),
    logger: { log: () => undefined },
    files: {} as never,
    csv: {} as never,
    secrets: createMemorySecrets(),
    info: { version: '1.0.0', host: 'cli', platform: 'test', practice: true, key_storage: 'memory', locale: 'zh-CN' },
  } as Parameters<typeof createApp>[0]);
  await app.addAccount({ account_id: account, label: account, url, token, practice: true, source: 'practice' });
  await store.setSetting('settings', { send_delay_ms: 0 });
  await app.start();
  return app;
}
