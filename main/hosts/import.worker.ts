import { parentPort, workerData } from 'node:worker_threads';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { collectWhileWorking } from '#main/adapters/sqlite/rest.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createImportReading } from '#main/core/import/reading.ts';
import { AppFailure, appError } from '#shared/contract/errors.ts';
import type { ImportMessage, ImportOrder, ImportTask } from './import-reading.ts';
import { gatherPacked } from './packed-records.ts';

/** Reads one file and ends. */
const { path, mapping } = workerData as ImportTask;
/** Rows are garbage as soon as they are handed over; this much of it may gather. */
const GARBAGE_BYTES = 16 * 1_048_576;
const port = parentPort;
if (port !== null) {
  const abort = new AbortController();
  let asked = 1;
  let goOn = (): void => {};
  port.on('message', (order: ImportOrder) => {
    if (order === 'cancel') abort.abort();
    else asked++;
    goOn();
  });
  const say = (message: ImportMessage): void => port.postMessage(message);
  try {
    const reading = createImportReading(
      {
        files: createFiles({ resolve: (handle) => (handle === 'file' ? path : undefined) }),
        csv: createCsvReader(),
        spreadsheets: createXlsxReader(),
      },
      gatherPacked,
    );
    if (mapping === null) say({ type: 'head', head: await reading.look('file') });
    else {
      const collectGarbage = collectWhileWorking(GARBAGE_BYTES);
      for await (const batch of reading.records('file', mapping, abort.signal)) {
        while (asked === 0 && !abort.signal.aborted)
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        if (abort.signal.aborted) throw new AppFailure('CANCELLED', 'cancelled');
        asked--;
        // Its memory moves on to the writer: the main thread between them takes no look at a row, and no copy of it.
        const moved = 'json' in batch.records ? [batch.records.json.buffer] : [];
        port.postMessage({ type: 'batch', batch } satisfies ImportMessage, moved);
        collectGarbage();
      }
      say({ type: 'done' });
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
