import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { KEY_BYTES } from '#main/adapters/sqlite/profile-files.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { readEntry, type LoadedPackage } from '#main/core/packages/load-package.ts';
import type { PackageOpener } from '#main/core/ports/package-opener.ts';
import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import { FILE } from '#shared/package/format.ts';
import { readZipDirectory, type ByteSource, type ListedEntry } from '#shared/package/zip-reader.ts';
import { freeBytes, requireRoom } from './room.ts';

/** What the thread that opens a package is started with. */
export interface PackageTask {
  readonly file: string;
  readonly directory: string;
  readonly key: Uint8Array;
}

export type PackageMessage =
  | { readonly type: 'progress'; readonly share: number }
  | { readonly type: 'done'; readonly loaded: LoadedPackage }
  | { readonly type: 'failed'; readonly error: AppError };

/** Bytes of a store and its index for a byte of records.jsonl: 0.98 with a million seeded records. */
const STORE_SHARE = 1.1;

/** The largest file of a package that is shown in the window. */
const MAX_ATTACHMENT = 64 * 1024 * 1024;

/**
 * Opens packages in a thread of their own, each into a store under `folder` whose key is only in this program's memory: what
 * a crash leaves behind can't be read by anybody, and is removed at the next start.
 */
export function createPackageOpener(options: {
  readonly folder: string;
  resolve(handle: string): string | undefined;
  readonly free?: (folder: string) => Promise<number | null>;
}): PackageOpener {
  const { folder, resolve, free = freeBytes } = options;
  return {
    async open(handle, { signal, progress }) {
      const file = resolve(handle);
      if (file === undefined) throw new AppFailure('FILE_NOT_FOUND', 'unknown file');
      const files = createFiles({ resolve: (name) => (name === 'package' ? file : undefined) });
      const source: ByteSource = {
        bytes: (await files.describe('package')).bytes,
        read: (start, end) => files.read('package', { start, end }),
      };
      const before = await stamp(file);
      const { entries } = await readZipDirectory(source);
      // A store of its own that fills the disk would stop the records too.
      const records = entries.find(({ name }) => name === FILE.records);
      if (records !== undefined) await requireRoom(folder, STORE_SHARE * records.bytes, free);
      const directory = path.join(folder, `package-${randomBytes(9).toString('base64url')}`);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const key = Uint8Array.from(randomBytes(KEY_BYTES));
      try {
        const loaded = await load({ file, directory, key }, signal, progress);
        const store = await openStore({ directory, key, readers: 2, readOnly: true });
        const attachments = new Map<string, ListedEntry>(entries.map((entry) => [entry.name, entry]));
        return {
          report: loaded.report,
          head: loaded.head,
          damaged: new Set(loaded.damaged),
          store,
          async attachment(sha256) {
            const entry = attachments.get(`attachments/${sha256}`);
            // Another file has taken its place meanwhile: nobody has verified that one.
            if (entry === undefined || (await stamp(file)) !== before) return null;
            const bytes = await readEntry(entry, source, verifyTools, MAX_ATTACHMENT);
            if (bytes === null) return null;
            const sum = verifyTools.sha256Stream();
            sum.update(bytes);
            return sum.hex() === sha256 ? bytes : null;
          },
          async close() {
            await store.close();
            await rm(directory, { recursive: true, force: true });
          },
        };
      } catch (thrown) {
        await rm(directory, { recursive: true, force: true });
        throw thrown;
      }
    },
  };
}

async function stamp(file: string): Promise<string | null> {
  try {
    const { size, mtimeMs } = await stat(file);
    return `${size}/${mtimeMs}`;
  } catch {
    return null;
  }
}

/** Resolves when the thread has ended, so that nothing holds the store's files any more. */
async function load(
  task: PackageTask,
  signal: AbortSignal,
  progress: ((share: number) => void) | undefined,
): Promise<LoadedPackage> {
  const worker = new Worker(workerUrl(), { name: 'package', workerData: task });
  const cancel = (): void => worker.postMessage('cancel');
  let answer: LoadedPackage | AppFailure | null = null;
  const gone = new Promise<void>((resolve) => {
    worker.on('message', (message: PackageMessage) => {
      if (message.type === 'progress') progress?.(message.share);
      else if (message.type === 'done') answer = message.loaded;
      else answer = new AppFailure(message.error.code, message.error.message, message.error.details);
    });
    worker.on('error', (error: Error) => {
      answer = new AppFailure('INTERNAL', `the package thread ended: ${error.name}`);
    });
    worker.on('exit', () => resolve());
  });
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  await gone;
  signal.removeEventListener('abort', cancel);
  const said = answer as LoadedPackage | AppFailure | null;
  if (said instanceof AppFailure) throw said;
  if (said === null) throw new AppFailure('INTERNAL', 'the package thread ended without an answer');
  return said;
}

/** Beside this file when run from source, beside the bundle otherwise. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './package.worker.ts' : './package.worker.js', import.meta.url);
}
