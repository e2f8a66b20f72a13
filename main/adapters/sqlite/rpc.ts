import type { MessagePort, Worker } from 'node:worker_threads';
import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import { toFailure } from './errors.ts';

/**
 * Typed calls into a worker thread: a call is `{id, method, args, cancel}`, an answer `{id, ok, …}`. A call's cancel flag is
 * shared memory, so that a worker in the middle of a chunked scan sees it without turning its event loop (SR8).
 */

/** What a method of a worker gets beside its arguments. */
export interface CallContext {
  /** True as soon as the caller no longer wants the answer. */
  cancelled(): boolean;
  /** Reports to the caller's `onProgress`. */
  progress(done: number, total: number): void;
}

export type Methods = Readonly<Record<string, (context: CallContext, ...args: never[]) => unknown>>;

type Arguments<M> = M extends (context: CallContext, ...args: infer A) => unknown ? A : never;
type Answer<M> = M extends (context: CallContext, ...args: never[]) => infer R ? Awaited<R> : never;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly cancel: SharedArrayBuffer | null;
}

type Reply =
  | { readonly id: number; readonly type: 'done'; readonly result: unknown }
  | { readonly id: number; readonly type: 'failed'; readonly error: AppError }
  | { readonly id: number; readonly type: 'progress'; readonly done: number; readonly total: number };

/** Worker side. `close` runs when the other side says so; the thread then ends by itself. */
export function serve(port: MessagePort, methods: Methods, close: () => void): void {
  const handle = async (call: Call): Promise<void> => {
    const flag = call.cancel === null ? null : new Int32Array(call.cancel);
    const context: CallContext = {
      cancelled: () => flag !== null && Atomics.load(flag, 0) === 1,
      progress: (done, total) => port.postMessage({ id: call.id, type: 'progress', done, total } satisfies Reply),
    };
    try {
      if (context.cancelled()) throw new AppFailure('CANCELLED', 'cancelled before it began');
      const method = methods[call.method] as ((context: CallContext, ...args: unknown[]) => unknown) | undefined;
      if (method === undefined) throw new AppFailure('UNSUPPORTED', `no method ${call.method}`);
      const result = await method(context, ...call.args);
      port.postMessage({ id: call.id, type: 'done', result } satisfies Reply);
    } catch (thrown) {
      port.postMessage({ id: call.id, type: 'failed', error: toFailure(thrown).error } satisfies Reply);
    }
  };
  port.on('message', (message: Call | 'close') => {
    if (message === 'close') {
      close();
      port.close();
      return;
    }
    void handle(message);
  });
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Memory of the arguments that moves to the thread: it is not copied, and gone here. */
  readonly transfer?: readonly ArrayBuffer[];
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface WorkerClient<M extends Methods> {
  call<N extends keyof M & string>(method: N, args: Arguments<M[N]>, options?: CallOptions): Promise<Answer<M[N]>>;
  /** Starts the thread ahead of the first call. */
  start(): void;
  /** Calls under way. */
  readonly busy: number;
  /** False: the next call has to start the thread first. */
  readonly running: boolean;
  /** Lets the calls under way finish, then ends the thread by message. */
  close(): Promise<void>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: AppFailure): void;
  readonly onProgress: CallOptions['onProgress'];
  readonly release: () => void;
}

/**
 * Main side. A thread that dies rejects what it was asked (INTERNAL, with `details.worker`) and is started anew with the
 * next call: SQLite has rolled back by then. So is one that ended because nobody had asked for `restAfterMs`.
 */
export function connectWorker<M extends Methods>(
  name: string,
  start: () => Worker,
  options: { readonly restAfterMs?: number } = {},
): WorkerClient<M> {
  let worker: Worker | null = null;
  /** Threads that were told to end because nobody had asked them for a while. */
  const resting = new Set<Worker>();
  let restTimer: ReturnType<typeof setTimeout> | undefined;
  let ended: Promise<void> = Promise.resolve();
  let nextId = 1;
  let closing = false;
  const pending = new Map<number, Pending>();

  const fail = (failure: AppFailure): void => {
    for (const [, waiting] of pending) {
      waiting.release();
      waiting.reject(failure);
    }
    pending.clear();
  };
  const running = (): Worker => {
    if (worker !== null) return worker;
    const started = start();
    worker = started;
    started.on('message', (reply: Reply) => {
      const waiting = pending.get(reply.id);
      if (waiting === undefined) return;
      if (reply.type === 'progress') {
        waiting.onProgress?.(reply.done, reply.total);
        return;
      }
      pending.delete(reply.id);
      waiting.release();
      restSoon();
      if (reply.type === 'done') waiting.resolve(reply.result);
      else waiting.reject(new AppFailure(reply.error.code, reply.error.message, reply.error.details));
    });
    const earlier = ended;
    ended = new Promise<void>((resolve) => {
      // 'exit' always follows 'error'.
      let cause = 'ended';
      started.on('error', (error: Error) => {
        cause = error.name;
      });
      started.on('exit', () => {
        if (resting.delete(started)) return resolve();
        if (worker === started) worker = null;
        fail(new AppFailure('INTERNAL', `the ${name} thread ended unexpectedly`, { worker: name, cause }));
        resolve();
      });
    }).then(() => earlier);
    return started;
  };
  const restSoon = (): void => {
    clearTimeout(restTimer);
    if (options.restAfterMs === undefined || pending.size > 0 || closing) return;
    restTimer = setTimeout(() => {
      if (worker === null || pending.size > 0 || closing) return;
      resting.add(worker);
      worker.postMessage('close');
      worker = null;
    }, options.restAfterMs);
    restTimer.unref();
  };

  return {
    call: (method, args, options) => {
      if (closing) return Promise.reject(new AppFailure('CANCELLED', 'the store is closed'));
      const signal = options?.signal;
      if (signal?.aborted === true) return Promise.reject(new AppFailure('CANCELLED', 'cancelled'));
      return new Promise((resolve, reject) => {
        const id = nextId++;
        let cancel: SharedArrayBuffer | null = null;
        let release = (): void => undefined;
        if (signal !== undefined) {
          cancel = new SharedArrayBuffer(4);
          const flag = new Int32Array(cancel);
          const abort = (): void => {
            Atomics.store(flag, 0, 1);
          };
          signal.addEventListener('abort', abort, { once: true });
          release = () => signal.removeEventListener('abort', abort);
        }
        pending.set(id, {
          resolve: resolve as (value: unknown) => void,
          reject,
          onProgress: options?.onProgress,
          release,
        });
        try {
          running().postMessage({ id, method, args, cancel } satisfies Call, options?.transfer ?? []);
        } catch (thrown) {
          pending.delete(id);
          release();
          reject(toFailure(thrown));
        }
      });
    },
    start: () => {
      running();
    },
    get busy() {
      return pending.size;
    },
    get running() {
      return worker !== null;
    },
    close: async () => {
      closing = true;
      clearTimeout(restTimer);
      // Messages are handled in order: what was asked before is answered before the thread ends.
      worker?.postMessage('close');
      await ended;
    },
  };
}
