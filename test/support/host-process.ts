import { dispatch } from '#shared/contract/door.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { serve, type ServeOptions } from '#main/hosts/browser/serve.ts';

// The process behind startTestHost: the browser host as it is, with its practice gateway's control over the parent's channel.

export interface HostProcessOptions {
  readonly directory: string;
  /** Folder of another build of the window than dist/renderer. */
  readonly page?: string;
  readonly practice?: Omit<NonNullable<ServeOptions['practice']>, 'now' | 'onProblem'>;
}

export type HostProcessReply =
  | { readonly url: string }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

interface Request {
  readonly id: number;
  readonly kind: 'control' | 'call';
  readonly method: string;
  readonly args: readonly unknown[];
}

const reply = (message: HostProcessReply): void => void process.send?.(message);
const options = JSON.parse(process.argv[2] ?? '') as HostProcessOptions;
const serving = await serve({ ...options, port: 0, open: false, print: () => undefined });
/** Another one after a restore. */
const control = (): Record<string, (...args: readonly unknown[]) => unknown> =>
  serving.workbench.practice?.control as never;
const handlers = (): Handlers => serving.workbench.app.handlers;

process.on('message', ({ id, kind, method, args }: Request) => {
  const run = async (): Promise<unknown> =>
    kind === 'call' ? dispatch(handlers(), method, args[0]) : control()[method]?.(...args);
  run().then(
    (result) => reply({ id, result }),
    (thrown: unknown) => reply({ id, error: thrown instanceof Error ? thrown.message : String(thrown) }),
  );
});
// The test runner is gone: so is this.
process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', () => {
  void serving.close().finally(() => process.exit(0));
});
reply({ url: serving.url });
