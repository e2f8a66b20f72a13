import { createHash, randomBytes } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import type { FilePart, Files, FileSink, PartState } from '#main/core/ports/files.ts';

export interface FilesOptions {
  /**
   * Absolute path of a handle, or undefined when nothing is registered under it. The command line answers with the path
   * it was given; windows register handles, so that no path ever comes through the door (SE2).
   */
  resolve(handle: string): string | undefined;
}

const READ_BYTES = 256 * 1024;
/** Small writes are gathered: a system call a line would dominate an export. */
const WRITE_BYTES = 1024 * 1024;
const RENAME_DELAYS_MS = [20, 50, 100, 200, 400, 800, 1_600];

/** The Files port over the file system. Errors: FILE_NOT_FOUND, FILE_UNREADABLE, FILE_UNWRITABLE, DISK_FULL. */
export function createFiles(options: FilesOptions): Files {
  function pathOf(handle: string): string {
    const path = options.resolve(handle);
    if (path === undefined || !isAbsolute(path)) throw new AppFailure('FILE_NOT_FOUND', 'no file under this handle');
    return path;
  }
  return {
    async describe(handle) {
      const path = pathOf(handle);
      const found = await stat(path).catch((error: unknown) => {
        throw readFailure(error);
      });
      if (!found.isFile()) throw new AppFailure('FILE_UNREADABLE', 'not a regular file');
      return { name: basename(path), bytes: found.size };
    },
    async *read(handle, range = {}) {
      const path = pathOf(handle);
      let file: FileHandle | undefined;
      try {
        file = await open(path, 'r');
        const end = range.end ?? Number.POSITIVE_INFINITY;
        let at = range.start ?? 0;
        while (at < end) {
          const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
          if (bytesRead === 0) return;
          at += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } catch (error) {
        throw error instanceof AppFailure ? error : readFailure(error);
      } finally {
        await file?.close();
      }
    },
    async create(handle) {
      const path = pathOf(handle);
      return createSink(path);
    },
    place: async (handle) => pathOf(handle),
    async part(place, name, from) {
      if (!isAbsolute(place)) throw new AppFailure('FILE_NOT_FOUND', 'no absolute place');
      return openPart(place, join(dirname(place), `.${basename(place)}.${name.replace(/[^\w-]/gu, '_')}.part`), from);
    },
  };
}

const COPY_BYTES = 1024 * 1024;

async function openPart(place: string, temporary: string, from: PartState | null): Promise<FilePart | null> {
  const occupied = await stat(place).catch(() => null);
  if (occupied !== null && !occupied.isFile())
    throw new AppFailure('FILE_UNWRITABLE', 'the name belongs to something that is not a file');
  const file = await open(temporary, from === null ? 'w+' : 'r+', 0o600).catch((error: unknown) => {
    if (from !== null && codeOf(error) === 'ENOENT') return null;
    throw writeFailure(error);
  });
  if (file === null) return null;
  const hash = createHash('sha256');
  /** In the file. */
  let bytes = 0;
  let state: 'open' | 'closed' = 'open';
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;

  async function* read(start: number, end: number): AsyncIterable<Uint8Array> {
    for (let at = start; at < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - at));
      const { bytesRead } = await (file as FileHandle).read(buffer, 0, buffer.length, at).catch((error: unknown) => {
        throw readFailure(error);
      });
      if (bytesRead === 0) throw new AppFailure('FILE_UNREADABLE', 'a temporary file became shorter');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  if (from !== null) {
    const { size } = await file.stat();
    if (size >= from.bytes) for await (const piece of read(0, from.bytes)) hash.update(piece);
    if (size < from.bytes || hash.copy().digest('hex') !== from.sha256) {
      await file.close();
      return null;
    }
    await file.truncate(from.bytes);
    ({ bytes } = from);
  }

  async function close(remove: boolean): Promise<void> {
    if (state === 'closed') return;
    state = 'closed';
    gathered = [];
    await (file as FileHandle).close().catch(() => {});
    if (remove) await rm(temporary, { force: true }).catch(() => {});
  }

  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return;
    const block = gathered.length === 1 ? (gathered[0] as Uint8Array) : Buffer.concat(gathered, gatheredBytes);
    gathered = [];
    gatheredBytes = 0;
    hash.update(block);
    for (let at = 0; at < block.length;)
      at += (await (file as FileHandle).write(block, at, block.length - at, bytes + at)).bytesWritten;
    bytes += block.length;
  }

  const writing = async (work: () => Promise<void>): Promise<void> => {
    if (state === 'closed') throw new AppFailure('INTERNAL', 'write after the end of a file');
    try {
      await work();
    } catch (error) {
      throw writeFailure(error);
    }
  };

  return {
    name: basename(place),
    read,
    written: () => bytes + gatheredBytes,
    async write(chunk) {
      if (state === 'closed') throw new AppFailure('INTERNAL', 'write after the end of a file');
      gathered.push(chunk);
      gatheredBytes += chunk.length;
      if (gatheredBytes >= WRITE_BYTES) await writing(flush);
    },
    async settle() {
      await writing(flush);
      return { bytes, sha256: hash.copy().digest('hex') };
    },
    async commit() {
      await writing(async () => {
        await flush();
        await file.sync();
      });
      state = 'closed';
      await file.close();
      try {
        await renameWithRetry(temporary, place);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw writeFailure(error);
      }
      await syncFolder(dirname(place));
      return { path: place, bytes, sha256: hash.digest('hex') };
    },
    abort: () => close(true),
    leave: () => close(false),
  };
}

async function createSink(path: string): Promise<FileSink> {
  const occupied = await stat(path).catch(() => null);
  if (occupied !== null && !occupied.isFile())
    throw new AppFailure('FILE_UNWRITABLE', 'the name belongs to something that is not a file');
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const file = await open(temporary, 'wx', 0o600).catch((error: unknown) => {
    throw writeFailure(error);
  });
  const hash = createHash('sha256');
  let state: 'open' | 'closed' = 'open';
  let bytes = 0;
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 0;

  async function discard(): Promise<void> {
    if (state === 'closed') return;
    state = 'closed';
    gathered = [];
    await file.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
  }

  async function flush(): Promise<void> {
    if (gatheredBytes === 0) return;
    const block = Buffer.concat(gathered, gatheredBytes);
    gathered = [];
    gatheredBytes = 0;
    hash.update(block);
    for (let at = 0; at < block.length;) at += (await file.write(block, at, block.length - at)).bytesWritten;
    bytes += block.length;
  }

  return {
    name: basename(path),
    async write(chunk) {
      if (state === 'closed') throw new AppFailure('INTERNAL', 'write after the end of a file');
      gathered.push(chunk);
      gatheredBytes += chunk.length;
      if (gatheredBytes < WRITE_BYTES) return;
      try {
        await flush();
      } catch (error) {
        await discard();
        throw writeFailure(error);
      }
    },
    async commit() {
      if (state === 'closed') throw new AppFailure('INTERNAL', 'commit after the end of a file');
      try {
        await flush();
        await file.sync();
        state = 'closed';
        await file.close();
        await renameWithRetry(temporary, path);
      } catch (error) {
        await discard();
        await rm(temporary, { force: true }).catch(() => {});
        throw writeFailure(error);
      }
      await syncFolder(dirname(path));
      return { path, bytes, sha256: hash.digest('hex') };
    },
    abort: discard,
  };
}

/** Virus scanners and synchronisers on Windows hold a fresh file for a moment. */
async function renameWithRetry(from: string, to: string): Promise<void> {
  for (const delay of [...RENAME_DELAYS_MS, null]) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = codeOf(error);
      if (delay === null || (code !== 'EPERM' && code !== 'EACCES' && code !== 'EBUSY')) throw error;
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

/** Makes the rename itself durable. Windows can't open folders; there the rename is journalled. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => {});
  await handle.close().catch(() => {});
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}

function readFailure(error: unknown): AppFailure {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AppFailure('FILE_NOT_FOUND', code);
  return new AppFailure('FILE_UNREADABLE', code, { system_code: code });
}

function writeFailure(error: unknown): AppFailure {
  if (error instanceof AppFailure) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppFailure('DISK_FULL', code, { system_code: code });
  return new AppFailure('FILE_UNWRITABLE', code, { system_code: code });
}
