import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of a benchmark: asked by name, answers with plain data. */
export interface BenchChild {
  ask<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  end(): Promise<void>;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Starts a script of this folder that answers by `answer`. Resolves when it says that it is ready. `execArgv`: flags of Node. */
export async function startChild(
  script: string,
  options: unknown,
  execArgv: readonly string[] = [],
): Promise<BenchChild> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = fork(file, [JSON.stringify(options)], {
    execArgv: [...execArgv],
    serialization: 'advanced',
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let last = 0;
  child.on('message', ({ id, result, error }: Reply) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error));
  });
  child.once('exit', (code, signal) => {
    for (const asked of waiting.values()) asked.reject(new Error(`${script} ended (${String(code ?? signal)})`));
    waiting.clear();
  });
  const ask = <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.set(++last, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ id: last, method, args });
    });
  await ask('ready');
  return {
    ask,
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(impatience);
    },
  };
}

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** The other side of `startChild`. */
export function answer(methods: Methods, end: () => Promise<void> | void): void {
  process.on('message', ({ id, method, args }: { id: number; method: string; args: never[] }) => {
    const run = async (): Promise<unknown> => (method === 'ready' ? true : methods[method]?.(...args));
    run().then(
      (result) => process.send?.({ id, result } satisfies Reply),
      (thrown: unknown) => process.send?.({ id, error: thrown instanceof Error ? (thrown.stack ?? '') : 'failed' }),
    );
  });
  const stop = (): void => void Promise.resolve(end()).finally(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
}
