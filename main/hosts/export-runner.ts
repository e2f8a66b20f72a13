import { Worker } from 'node:worker_threads';
import type { ExportRunner } from '#main/core/export/export-service.ts';
import type { ExportOutcome } from '#main/core/export/write-export.ts';
import type { SigningKey } from '#main/core/ports/cryptography.ts';
import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import type { ExportCheckpoint, ExportPlan } from '#shared/contract/export.ts';
import type { Locale } from '#shared/i18n/index.ts';
import { exportMemory } from './export-memory.ts';

/** What the thread of an export is started with. */
export interface ExportTask {
  readonly plan: ExportPlan;
  readonly checkpoint: ExportCheckpoint | null;
  readonly signingKey: SigningKey | null;
  /** Folder and key of the store. */
  readonly store: string;
  readonly databaseKey: Uint8Array;
  /** Folder of pictures and files (IN8); null: packages only describe them. */
  readonly attachments: string | null;
  readonly locale: Locale;
  readonly checkpointMs?: number;
}

export type ExportMessage =
  | { readonly type: 'progress'; readonly rows: number; readonly bytes: number }
  | { readonly type: 'checkpoint'; readonly checkpoint: ExportCheckpoint }
  | { readonly type: 'done'; readonly outcome: ExportOutcome }
  | { readonly type: 'failed'; readonly error: AppError };

/** Each export in a thread of its own with its own reader of the store: the program's main thread only hears of progress. */
export function createExportRunner(options: {
  /** Folder and key of the store. */
  readonly store: string;
  readonly key: Uint8Array;
  /** Folder of pictures and files (IN8). */
  readonly attachments?: string;
  readonly locale: Locale;
  readonly checkpointMs?: number;
}): ExportRunner {
  return {
    run: (plan, checkpoint, signingKey, hooks) =>
      new Promise<ExportOutcome>((resolve, reject) => {
        const worker = new Worker(workerUrl(), {
          name: 'export',
          workerData: {
            plan,
            checkpoint,
            signingKey,
            store: options.store,
            databaseKey: options.key,
            attachments: options.attachments ?? null,
            locale: options.locale,
            ...(options.checkpointMs === undefined ? {} : { checkpointMs: options.checkpointMs }),
          } satisfies ExportTask,
          resourceLimits: { maxYoungGenerationSizeMb: exportMemory(plan.format).youngMb },
        });
        let saving: Promise<unknown> = Promise.resolve();
        let outcome: ExportOutcome | null = null;
        let failure: AppFailure | null = null;
        const stop = (): void => worker.postMessage(hooks.leaving() ? 'leave' : 'cancel');
        hooks.signal.addEventListener('abort', stop, { once: true });
        if (hooks.signal.aborted) stop();
        worker.on('message', (message: ExportMessage) => {
          switch (message.type) {
            case 'progress':
              hooks.progress(message.rows, message.bytes);
              return;
            case 'checkpoint':
              // One that can't be stored only means that more is written again.
              saving = saving.then(() => hooks.checkpoint(message.checkpoint)).catch(() => {});
              return;
            case 'done':
              ({ outcome } = message);
              return;
            case 'failed':
              failure = new AppFailure(message.error.code, message.error.message, message.error.details);
          }
        });
        worker.on('error', (error: Error) => {
          failure ??= new AppFailure('INTERNAL', `the export thread ended: ${error.name}`);
        });
        worker.on('exit', () => {
          hooks.signal.removeEventListener('abort', stop);
          void saving.then(() => {
            if (outcome !== null) resolve(outcome);
            else reject(failure ?? new AppFailure('INTERNAL', 'the export thread ended unexpectedly'));
          });
        });
      }),
  };
}

/** Beside this file when run from source, beside the bundle otherwise. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './export.worker.ts' : './export.worker.js', import.meta.url);
}
