import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CallAnswer } from '#shared/contract/door.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { PracticeControl } from '#main/practice/index.ts';
import type { HostProcessOptions, HostProcessReply } from './host-process.ts';

type Control = {
  readonly [
    M in keyof PracticeControl as PracticeControl[M] extends (...args: never[]) => unknown ? M : never
  ]: PracticeControl[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

export interface TestHost {
  /** To be opened once in a page: `await page.goto(host.url)`. A restart makes a new one. */
  readonly url: string;
  readonly folder: string;
  /** The practice gateway's control: what consumers and colleagues do, faults, what a consumer's phone shows. */
  readonly control: Control;
  /** Calls the core directly, past the window: to arrange and to check. */
  call<N extends ProcedureName>(procedure: N, input: ProcedureInput<N>): Promise<ProcedureOutput<N>>;
  /** kill −9: host, store and gateway are gone at once. */
  crash(): Promise<void>;
  /** Starts again on the same profile, after `crash` or as a restart. */
  restart(): Promise<void>;
  /** Ends it and removes the profile. */
  stop(): Promise<void>;
}

/**
 * The browser host in a process of its own, on a temporary profile with its practice gateway. Nobody in the practice shop
 * does anything by themselves (`rate: 0`) unless asked for.
 */
export async function startTestHost(options: HostProcessOptions['practice'] = {}): Promise<TestHost> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'workbench-e2e-'));
  const page = process.env['WORKBENCH_TEST_PAGE'];
  const start = (): Promise<Running> =>
    startProcess({
      directory: folder,
      practice: { rate: 0, seed: 1, ...options },
      ...(page === undefined ? {} : { page }),
    });
  let running = await start();
  const control = new Proxy({} as Control, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        running.ask({ kind: 'control', method: String(method), args }),
  });
  return {
    get url() {
      return running.url;
    },
    folder,
    control,
    async call(procedure, input) {
      const answer = (await running.ask({ kind: 'call', method: procedure, args: [input] })) as CallAnswer;
      if (!answer.ok) throw new Error(`${procedure}: ${answer.error.code} ${answer.error.message}`);
      return answer.result as never;
    },
    crash: () => running.end('SIGKILL'),
    async restart() {
      await running.end('SIGTERM');
      running = await start();
    },
    async stop() {
      await running.end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  readonly url: string;
  ask(request: {
    readonly kind: 'control' | 'call';
    readonly method: string;
    readonly args: readonly unknown[];
  }): Promise<unknown>;
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

async function startProcess(options: HostProcessOptions): Promise<Running> {
  const script = fileURLToPath(new URL('./host-process.ts', import.meta.url));
  // No loader of the test runner's in there: the host runs exactly as `npm start` runs it.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const child = fork(script, [JSON.stringify(options)], { execArgv: [], env, serialization: 'advanced' });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let lastId = 0;
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (reply: HostProcessReply) => {
      if ('url' in reply) return resolve(reply.url);
      const call = waiting.get(reply.id);
      waiting.delete(reply.id);
      if ('error' in reply) call?.reject(new Error(reply.error));
      else call?.resolve(reply.result);
    });
    child.once('exit', (code, signal) => {
      const reason = new Error(`the host ended (${String(code ?? signal)})`);
      reject(reason);
      for (const call of waiting.values()) call.reject(reason);
      waiting.clear();
    });
  });
  return {
    url,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error('the host is not running'));
        waiting.set(++lastId, { resolve, reject });
        child.send({ id: lastId, ...request });
      }),
    end: (signal) => endProcess(child, signal),
  };
}

async function endProcess(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const impatience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(impatience);
}
