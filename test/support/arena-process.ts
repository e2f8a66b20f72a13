import { openStore } from '#main/adapters/sqlite/index.ts';
import { dispatch } from '#shared/contract/door.ts';
import { ARENA_KEY, startArenaApp, type ArenaLogin } from './arena-app.ts';

/**
 * A program of the recall arena in a process of its own, with the store's real threads: to be killed at any instruction.
 * Calls go through the door; the arena also reads its store, to judge. Argument: JSON of the login and the directory.
 */
export interface ArenaCall {
  readonly id: number;
  readonly kind: 'call' | 'store';
  readonly method: string;
  readonly args: readonly unknown[];
}
export type ArenaAnswer =
  | { readonly ready: true }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

const { directory, ...login } = JSON.parse(process.argv[2] ?? '') as ArenaLogin & { readonly directory: string };
const store = await openStore({ directory, key: ARENA_KEY, readers: 1 });
const app = await startArenaApp(store, login);
const answer = (message: ArenaAnswer): void => void process.send?.(message);

process.on('message', ({ id, kind, method, args }: ArenaCall) => {
  const run = async (): Promise<unknown> => {
    if (kind === 'call') return dispatch(app.handlers, method, args[0]);
    return (store as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[method]?.(...args);
  };
  run().then(
    (result) => answer({ id, result }),
    (thrown: unknown) => answer({ id, error: String(thrown) }),
  );
});
// The arena is gone: so is this.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => {
  void app
    .stop()
    .then(() => store.close())
    .finally(() => process.exit(0));
});
answer({ ready: true });
