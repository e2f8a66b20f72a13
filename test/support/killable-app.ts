import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CallAnswer } from '#shared/contract/door.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';

const PROGRAM = fileURLToPath(new URL('./app-process.ts', import.meta.url));

/** The whole core in a process of its own (app-process.ts), to be killed in the middle of whatever it does. */
export interface KillableApp {
  /** Null where it died first; throws the error's code where the answer is one. */
  call<N extends ProcedureName>(procedure: N, input: ProcedureInput<N>): Promise<ProcedureOutput<N> | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export async function startKillableApp(directory: string, url: string, token: string): Promise<KillableApp> {
  const child: ChildProcess = fork(PROGRAM, [directory, url, token], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  });
  const waiting = new Map<number, (answer: CallAnswer | null) => void>();
  let next = 0;
  let dead = false;
  const ended = new Promise<void>((resolve) =>
    child.on('exit', () => {
      dead = true;
      for (const answer of waiting.values()) answer(null);
      resolve();
    }),
  );
  await new Promise<void>((resolve) => {
    child.on('message', (message: { ready?: true; id?: number; answer?: CallAnswer }) => {
      if (message.ready === true) resolve();
      else if (message.id !== undefined) {
        waiting.get(message.id)?.(message.answer ?? null);
        waiting.delete(message.id);
      }
    });
    void ended.then(resolve);
  });
  return {
    async call(procedure, input) {
      const answer = await new Promise<CallAnswer | null>((resolve) => {
        if (dead || !child.connected) return resolve(null);
        const id = next++;
        waiting.set(id, resolve);
        child.send({ id, procedure, input }, (error) => {
          if (error !== null) resolve(null);
        });
      });
      if (answer === null) return null;
      if (!answer.ok) throw new Error(`${procedure}: ${answer.error.code}`);
      return answer.result as never;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
