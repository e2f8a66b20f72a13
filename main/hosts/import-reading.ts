import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { ImportBatch, ImportReading, TableHead } from '#main/core/import/reading.ts';
import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import type { ImportMapping } from '#shared/contract/views.ts';

/** What the thread that reads a file is started with. */
export interface ImportTask {
  readonly path: string;
  /** Null: only look at the beginning. */
  readonly mapping: ImportMapping | null;
}

export type ImportMessage =
  | { readonly type: 'head'; readonly head: TableHead }
  | { readonly type: 'batch'; readonly batch: ImportBatch }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: AppError };

/** The thread makes one batch, hands it over and waits for `next` before it hands over another. */
export type ImportOrder = 'next' | 'cancel';

/** Rows are garbage as soon as they are handed over: room for more of them is only memory. MB. */
const YOUNG_MB = 8;

/** Files are read in a thread of their own, which ends with the file: the main thread only hands batches on (SR11). */
export function createThreadedImportReading(options: { resolve(handle: string): string | undefined }): ImportReading {
  /** Preview, start and run look at the same file one after the other: a thread's start is saved as long as it is the same. */
  let known: { readonly file: string; readonly head: TableHead } | null = null;

  function pathOf(handle: string): string {
    const path = options.resolve(handle);
    if (path === undefined) throw new AppFailure('FILE_NOT_FOUND', 'unknown file');
    return path;
  }

  function start(path: string, mapping: ImportMapping | null): Worker {
    return new Worker(workerUrl(), {
      name: 'import',
      workerData: { path, mapping } satisfies ImportTask,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
  }

  return {
    async look(handle) {
      const path = pathOf(handle);
      const file = await stamp(path);
      if (file !== null && known?.file === file) return known.head;
      const head = await look(path);
      known = file === null ? null : { file, head };
      return head;
    },
    async *records(handle, mapping, signal) {
      for await (const message of messages(start(pathOf(handle), mapping), signal))
        if (message.type === 'batch') yield message.batch;
    },
  };

  async function look(path: string): Promise<TableHead> {
    for await (const message of messages(start(path, null), undefined))
      if (message.type === 'head') return message.head;
    throw new AppFailure('INTERNAL', 'the import thread ended without an answer');
  }
}

/** Another one as soon as the file changes; null where it can't be looked at: reading it will say why. */
async function stamp(path: string): Promise<string | null> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size}/${mtimeMs}/${path}`;
  } catch {
    return null;
  }
}

/** What a thread says, one at a time, until it has nothing more to say. Whoever stops listening ends the thread. */
async function* messages(worker: Worker, signal: AbortSignal | undefined): AsyncGenerator<ImportMessage> {
  const waiting: ImportMessage[] = [];
  let wake = (): void => {};
  let ended = false;
  const say = (message: ImportMessage): void => {
    waiting.push(message);
    wake();
  };
  const cancel = (): void => worker.postMessage('cancel' satisfies ImportOrder);
  const gone = new Promise<void>((resolve) => {
    worker.on('message', say);
    worker.on('error', (error: Error) =>
      say({ type: 'failed', error: new AppFailure('INTERNAL', `the import thread ended: ${error.name}`).error }),
    );
    worker.on('exit', () => {
      ended = true;
      wake();
      resolve();
    });
  });
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  let finished = false;
  try {
    for (;;) {
      const message = waiting.shift();
      if (message === undefined) {
        if (ended) throw new AppFailure('INTERNAL', 'the import thread ended unexpectedly');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (message.type === 'failed')
        throw new AppFailure(message.error.code, message.error.message, message.error.details);
      finished = message.type === 'done' || message.type === 'head';
      // The next one is made while this one is written.
      if (!finished) worker.postMessage('next' satisfies ImportOrder);
      yield message;
      if (finished) return;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    if (!finished) cancel();
    await gone;
  }
}

/** Beside this file when run from source, beside the bundle otherwise. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './import.worker.ts' : './import.worker.js', import.meta.url);
}
