import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  startPracticeGateway,
  type PracticeControl,
  type PracticeGateway,
  type PracticeOptions,
} from '#main/practice/index.ts';

/** What the practice gateway's control can be asked, from another thread. */
export type RemoteControl = {
  readonly [
    M in keyof PracticeControl as PracticeControl[M] extends (...args: never[]) => unknown ? M : never
  ]: PracticeControl[M] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

/** The practice gateway wherever it runs. */
export interface RunningPractice extends Omit<PracticeGateway, 'control'> {
  readonly control: RemoteControl;
}

type Method = keyof RemoteControl & string;

/** What the thread is started with: options that can be handed over. */
export type PracticeTask = Omit<PracticeOptions, 'now' | 'onProblem'>;
export type PracticeOrder =
  | { readonly type: 'control'; readonly id: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly type: 'close' };
export type PracticeMessage =
  | ({ readonly type: 'started' } & Pick<PracticeGateway, 'url' | 'port' | 'token' | 'tokens'>)
  | { readonly type: 'refused'; readonly message: string; readonly code: string | undefined }
  | { readonly type: 'problem'; readonly problem: Parameters<NonNullable<PracticeOptions['onProblem']>>[0] }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };

/** Consumers and colleagues make little garbage, and a young generation is never given back. MB. */
const YOUNG_MB = 8;

/**
 * The practice gateway in a thread of its own: what simulated people do never holds up the main thread, as no real
 * gateway would. With a clock of one's own (tests) it runs in place, where that clock is. Throws the error of `listen`.
 */
export async function startPracticeThread(options: PracticeOptions): Promise<RunningPractice> {
  if (options.now !== undefined) return inPlace(await startPracticeGateway(options));
  const { now: _, onProblem, ...task } = options;
  const worker = new Worker(workerUrl(), {
    name: 'practice',
    workerData: task satisfies PracticeTask,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const gone = once(worker, 'exit');
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let lastId = 0;
  let ended = false;
  const started = await new Promise<Extract<PracticeMessage, { type: 'started' }>>((resolve, reject) => {
    worker.on('message', (message: PracticeMessage) => {
      if (message.type === 'started') resolve(message);
      else if (message.type === 'refused') reject(Object.assign(new Error(message.message), { code: message.code }));
      else if (message.type === 'problem') onProblem?.(message.problem);
      else {
        const call = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.type === 'answer') call?.resolve(message.result);
        else call?.reject(new Error(message.message));
      }
    });
    // 'exit' always follows; its cause is said here.
    worker.on('error', reject);
    worker.on('exit', () => {
      ended = true;
      const reason = new Error('the practice gateway ended');
      reject(reason);
      for (const call of waiting.values()) call.reject(reason);
      waiting.clear();
    });
  });
  const call = (method: Method, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new Error('the practice gateway ended'));
      waiting.set(++lastId, { resolve, reject });
      worker.postMessage({ type: 'control', id: lastId, method, args } satisfies PracticeOrder);
    });
  const { type: _type, ...facts } = started;
  return {
    ...facts,
    control: new Proxy({} as RemoteControl, {
      get:
        (_target, method) =>
        (...args: unknown[]) =>
          call(String(method) as Method, args),
    }),
    async close() {
      if (!ended) worker.postMessage({ type: 'close' } satisfies PracticeOrder);
      await gone;
    },
  };
}

function inPlace(gateway: PracticeGateway): RunningPractice {
  const control = gateway.control as unknown as Record<string, (...args: unknown[]) => unknown>;
  return {
    ...gateway,
    control: new Proxy({} as RemoteControl, {
      get:
        (_target, method) =>
        async (...args: unknown[]) =>
          control[String(method)]?.(...args),
    }),
  };
}

/** Beside this file when run from source, beside the bundle otherwise. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './practice.worker.ts' : './practice.worker.js', import.meta.url);
}
