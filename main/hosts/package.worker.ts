import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { loadPackage } from '#main/core/packages/load-package.ts';
import { AppFailure, appError } from '#shared/contract/errors.ts';
import type { PackageMessage, PackageTask } from './package-opener.ts';

/** Verifies one package, reads it into its store, and ends. */
const { file, directory, key } = workerData as PackageTask;
const PROGRESS_MS = 100;
/** From so many messages on the index is put in order at the end (store.md). */
const OPTIMIZE_FROM = 200_000;

const port = parentPort;
if (port !== null) {
  let cancelled = false;
  port.on('message', () => {
    cancelled = true;
  });
  const check = (): void => {
    if (cancelled) throw new AppFailure('CANCELLED', 'cancelled by the person');
  };
  const say = (message: PackageMessage): void => port.postMessage(message);
  let said = 0;
  try {
    const files = createFiles({ resolve: (name) => (name === 'package' ? file : undefined) });
    const { bytes } = await files.describe('package');
    const store = await openStore({ directory, key, readers: 1 });
    try {
      const loaded = await loadPackage({
        source: { bytes, read: (start, end) => files.read('package', { start, end }) },
        tools: verifyTools,
        async put(records) {
          await store.importRecords(records);
        },
        check,
        progress(share) {
          const now = performance.now();
          if (now - said < PROGRESS_MS) return;
          said = now;
          say({ type: 'progress', share: share * 0.9 });
        },
      });
      // From here on it is only read, by threads that don't write the index.
      while ((await store.indexStatus()).pending > 0) {
        check();
        await sleep(20);
      }
      if (loaded.report.messages >= OPTIMIZE_FROM) await store.optimize();
      await store.close();
      say({ type: 'done', loaded });
    } catch (thrown) {
      await store.close();
      throw thrown;
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
