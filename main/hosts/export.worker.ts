import { parentPort, workerData } from 'node:worker_threads';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openExportReader } from '#main/adapters/sqlite/export-rows.ts';
import { writeExport } from '#main/core/export/write-export.ts';
import { AppFailure, appError } from '#shared/contract/errors.ts';
import { createClock } from './clock.ts';
import { exportMaker } from './export-maker.ts';
import { exportMemory } from './export-memory.ts';
import type { ExportMessage, ExportTask } from './export-runner.ts';

/** Writes one export and ends: reading, formatting and hashing happen here, packing in zlib's threads. */
const task = workerData as ExportTask;
const port = parentPort;
if (port !== null) {
  const abort = new AbortController();
  let leaving = false;
  port.on('message', (message: 'cancel' | 'leave') => {
    leaving ||= message === 'leave';
    abort.abort();
  });
  const say = (message: ExportMessage): void => port.postMessage(message);
  try {
    const reader = openExportReader(task.store, task.databaseKey, exportMemory(task.plan.format).collecting);
    try {
      const outcome = await writeExport(
        task.plan,
        task.checkpoint,
        reader,
        {
          ...exportMaker(
            task.locale,
            task.attachments === null
              ? undefined
              : createAttachmentCache({ folder: task.attachments, key: task.databaseKey }),
          ),
          files: createFiles({ resolve: () => undefined }),
          clock: createClock(),
          ...(task.checkpointMs === undefined ? {} : { checkpointMs: task.checkpointMs }),
        },
        task.signingKey,
        {
          signal: abort.signal,
          leaving: () => leaving,
          progress: (rows, bytes) => say({ type: 'progress', rows, bytes }),
          checkpoint: async (checkpoint) => say({ type: 'checkpoint', checkpoint }),
        },
      );
      say({ type: 'done', outcome });
    } finally {
      reader.close();
    }
  } catch (thrown) {
    say({
      type: 'failed',
      error:
        thrown instanceof AppFailure
          ? thrown.error
          : appError('INTERNAL', thrown instanceof Error ? thrown.name : 'unknown'),
    });
  }
  port.close();
}
