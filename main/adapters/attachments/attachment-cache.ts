import { createHash, createHmac, hkdfSync, randomBytes, type Hash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { open, rename, rm, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import type { AttachmentCache, AttachmentSink } from '#main/core/ports/attachments.ts';
import {
  fileKey,
  HEADER,
  headerOf,
  openSegment,
  plainSize,
  SALT,
  saltOf,
  SEALED_SEGMENT,
  sealSegment,
  SEGMENT,
} from './sealed-format.ts';

export interface AttachmentCacheOptions {
  /** Made if it isn't there. */
  readonly folder: string;
  /** The database's key: this cache's keys are derived from it, so that whoever has lost one has lost both. */
  readonly key: Uint8Array;
  /** Milliseconds since 1970, for "least recently used". */
  readonly now?: () => number;
}

interface Kept {
  bytes: number;
  used: number;
  /** As the file system knows it; written seldom. */
  stamped: number;
}

/** A use is written to the file's time stamp at most this often, milliseconds. */
const STAMP_EVERY = 60_000;
const NAME = /^[0-9a-f]{64}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * The attachment cache over a folder: `NAME` for whole contents, `NAME.part` for unfinished downloads, `….new` for files that
 * have no hash yet. NAME is a keyed hash of the content's SHA-256: whoever reads the folder can't even tell whether it holds a
 * file they know. See sealed-format.ts for what is inside.
 */
export function createAttachmentCache(options: AttachmentCacheOptions): AttachmentCache {
  const { folder, now = Date.now } = options;
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', options.key, new Uint8Array(0), `merchant-workbench attachments v1 ${purpose}`, 32));
  const contentKey = derive('content');
  const nameKey = derive('name');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept = new Map<string, Kept>();
  let total = 0;
  for (const name of readdirSync(folder)) {
    if (!NAME.test(name)) continue;
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found?.isFile() === true) note(name, found.size, found.mtimeMs);
  }
  /** Downloads that are being written: two writers of one file would spoil it. */
  const writing = new Set<string>();

  function note(name: string, bytes: number, used: number): void {
    total += bytes - (kept.get(name)?.bytes ?? 0);
    kept.set(name, { bytes, used, stamped: used });
  }
  function forget(name: string): void {
    total -= kept.get(name)?.bytes ?? 0;
    kept.delete(name);
  }
  function nameOf(sha256: string): string {
    if (!SHA256.test(sha256)) throw new AppFailure('BAD_INPUT', 'not a SHA-256');
    return createHmac('sha256', nameKey).update(sha256).digest('hex');
  }
  const pathOf = (name: string): string => join(folder, name);

  function touch(name: string): void {
    const entry = kept.get(name);
    if (entry === undefined) return;
    entry.used = now();
    if (entry.used - entry.stamped < STAMP_EVERY) return;
    entry.stamped = entry.used;
    const seconds = entry.used / 1_000;
    // A file that goes away meanwhile, or a folder that can't be written, costs only the order of eviction.
    utimes(pathOf(name), seconds, seconds).catch(() => undefined);
  }

  /** Without its salt nothing of it can be opened again, wherever the file system has left copies of the rest. */
  async function shred(path: string): Promise<boolean> {
    const file = await open(path, 'r+').catch(() => null);
    if (file === null) return false;
    try {
      await file.write(Buffer.alloc(HEADER), 0, HEADER, 0);
      await file.sync();
    } catch {
      // A full or failing disk: unlinking is what can still be done.
    } finally {
      await file.close().catch(() => undefined);
    }
    await rm(path, { force: true });
    return true;
  }

  interface Opened {
    readonly file: FileHandle;
    readonly key: Buffer;
    readonly bytes: number;
  }

  async function openWhole(name: string): Promise<Opened | null> {
    const file = await open(pathOf(name), 'r').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw new AppFailure('FILE_UNREADABLE', codeOf(error), { system_code: codeOf(error) });
    });
    if (file === null) {
      forget(name);
      return null;
    }
    const { size } = await file.stat();
    const header = Buffer.alloc(HEADER);
    await file.read(header, 0, HEADER, 0);
    const salt = saltOf(header);
    const bytes = plainSize(size);
    if (salt === null || bytes === null) {
      await file.close();
      await damaged(name);
      return null;
    }
    return { file, key: fileKey(contentKey, salt), bytes };
  }

  async function damaged(name: string): Promise<void> {
    forget(name);
    await rm(pathOf(name), { force: true }).catch(() => undefined);
  }

  /** Segment `index` of a whole file; null where it was changed on disk. */
  async function segment({ file, key, bytes }: Opened, index: number): Promise<Buffer | null> {
    const last = index === Math.max(0, Math.ceil(bytes / SEGMENT) - 1);
    const sealed = Buffer.alloc(SEALED_SEGMENT);
    const { bytesRead } = await file.read(sealed, 0, SEALED_SEGMENT, HEADER + index * SEALED_SEGMENT);
    return openSegment(key, index, last, sealed.subarray(0, bytesRead));
  }

  /** A file that is being written. `name` null: new, without a hash yet. */
  async function sink(path: string, name: string | null): Promise<AttachmentSink> {
    let file = await open(path, name === null ? 'wx+' : 'a+', 0o600).catch((error: unknown) => {
      throw writeFailure(error);
    });
    if (name !== null) {
      // "a+" made it if it wasn't there; positions only count in "r+".
      await file.close();
      file = await open(path, 'r+').catch((error: unknown) => {
        throw writeFailure(error);
      });
    }
    const hash: Hash = createHash('sha256');
    let key: Buffer;
    let segments = 0;
    let written = 0;
    let rest: Buffer = Buffer.alloc(0);
    let closed = false;

    async function begin(): Promise<void> {
      const { size } = await file.stat();
      const header = Buffer.alloc(HEADER);
      if (size >= HEADER) await file.read(header, 0, HEADER, 0);
      const salt = size >= HEADER ? saltOf(header) : null;
      if (salt === null) {
        const fresh = randomBytes(SALT);
        key = fileKey(contentKey, fresh);
        await file.truncate(0);
        await file.write(headerOf(fresh), 0, HEADER, 0);
        return;
      }
      key = fileKey(contentKey, salt);
      const sealed = Buffer.alloc(SEALED_SEGMENT);
      for (;;) {
        const { bytesRead } = await file.read(sealed, 0, SEALED_SEGMENT, HEADER + segments * SEALED_SEGMENT);
        const plain = bytesRead === SEALED_SEGMENT ? openSegment(key, segments, false, sealed) : null;
        if (plain === null) break;
        hash.update(plain);
        written += plain.length;
        segments++;
      }
      await file.truncate(HEADER + segments * SEALED_SEGMENT);
    }

    async function put(last: boolean, plain: Uint8Array): Promise<void> {
      const sealed = sealSegment(key, segments, last, plain);
      for (let at = 0; at < sealed.length;)
        at += (await file.write(sealed, at, sealed.length - at, HEADER + segments * SEALED_SEGMENT + at)).bytesWritten;
      segments++;
    }

    async function end(): Promise<void> {
      if (closed) return;
      closed = true;
      if (name !== null) writing.delete(name);
      await file.close().catch(() => undefined);
    }

    async function guarded<T>(work: () => Promise<T>): Promise<T> {
      if (closed) throw new AppFailure('INTERNAL', 'write after the end of a file');
      try {
        return await work();
      } catch (error) {
        await end();
        if (name === null) await rm(path, { force: true }).catch(() => undefined);
        throw writeFailure(error);
      }
    }

    await guarded(begin);
    return {
      get written() {
        return written;
      },
      write: (bytes) =>
        guarded(async () => {
          hash.update(bytes);
          written += bytes.length;
          let all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
          // One segment is held back: only the end tells which one is the last.
          for (; all.length > SEGMENT; all = all.subarray(SEGMENT)) await put(false, all.subarray(0, SEGMENT));
          rest = Buffer.from(all);
        }),
      commit: (expected) =>
        guarded(async () => {
          const sha256 = hash.digest('hex');
          if (expected !== undefined && expected !== sha256) {
            await end();
            await rm(path, { force: true });
            throw new AppFailure('ATTACHMENT_DAMAGED', 'another hash than expected');
          }
          await put(true, rest);
          await file.sync();
          const { size } = await file.stat();
          await end();
          const target = nameOf(sha256);
          if (path !== pathOf(target)) await renameWithRetry(path, pathOf(target));
          await syncFolder(folder);
          note(target, size, now());
          return { sha256, bytes: written };
        }),
      async close() {
        await end();
        if (name === null) await rm(path, { force: true }).catch(() => undefined);
      },
    };
  }

  return {
    async size(sha256) {
      const name = nameOf(sha256);
      const entry = kept.get(name);
      if (entry === undefined) return null;
      if (!existsSync(pathOf(name))) {
        forget(name);
        return null;
      }
      return plainSize(entry.bytes);
    },
    async read(sha256, start = 0, end = Number.POSITIVE_INFINITY) {
      const name = nameOf(sha256);
      const opened = await openWhole(name);
      if (opened === null) return null;
      touch(name);
      try {
        const to = Math.min(end, opened.bytes);
        if (start >= to) return new Uint8Array(0);
        const pieces: Buffer[] = [];
        for (let index = Math.floor(start / SEGMENT); index * SEGMENT < to; index++) {
          const plain = await segment(opened, index);
          if (plain === null) {
            await damaged(name);
            return null;
          }
          const offset = index * SEGMENT;
          pieces.push(plain.subarray(Math.max(0, start - offset), Math.min(plain.length, to - offset)));
        }
        return Buffer.concat(pieces);
      } finally {
        await opened.file.close();
      }
    },
    async *stream(sha256) {
      const name = nameOf(sha256);
      const opened = await openWhole(name);
      if (opened === null) throw new AppFailure('ATTACHMENT_MISSING', 'not in the cache');
      touch(name);
      try {
        for (let index = 0; index === 0 || index * SEGMENT < opened.bytes; index++) {
          const plain = await segment(opened, index);
          if (plain === null) {
            await damaged(name);
            throw new AppFailure('ATTACHMENT_DAMAGED', 'changed on disk');
          }
          yield plain;
        }
      } finally {
        await opened.file.close();
      }
    },
    create: () => sink(pathOf(`${randomBytes(16).toString('hex')}.new`), null),
    async resume(sha256) {
      const name = nameOf(sha256);
      if (writing.has(name)) throw new AppFailure('NOT_ALLOWED', 'this content is being written already');
      writing.add(name);
      try {
        return await sink(pathOf(`${name}.part`), name);
      } catch (error) {
        writing.delete(name);
        throw error;
      }
    },
    async dropUnfinished(sha256) {
      await shred(pathOf(`${nameOf(sha256)}.part`));
    },
    async erase(hashes) {
      let erased = 0;
      for (const sha256 of new Set(hashes)) {
        const name = nameOf(sha256);
        await shred(pathOf(`${name}.part`));
        if (await shred(pathOf(name))) erased++;
        forget(name);
      }
      return { erased };
    },
    async evict(limitBytes, keptHashes) {
      let evicted = 0;
      if (total > limitBytes) {
        const spared = new Set([...keptHashes].map(nameOf));
        for (const [name] of [...kept].sort((a, b) => a[1].used - b[1].used)) {
          if (total <= limitBytes) break;
          if (spared.has(name)) continue;
          await rm(pathOf(name), { force: true }).catch(() => undefined);
          if (existsSync(pathOf(name))) continue;
          forget(name);
          evicted++;
        }
      }
      return { evicted, bytes: total };
    },
    usage: () => ({ files: kept.size, bytes: total }),
    async sweep() {
      for (const name of readdirSync(folder))
        if (name.endsWith('.new')) await rm(pathOf(name), { force: true }).catch(() => undefined);
    },
  };
}

const RENAME_DELAYS_MS = [20, 50, 100, 200, 400, 800];

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
  await handle.sync().catch(() => undefined);
  await handle.close().catch(() => undefined);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}

function writeFailure(error: unknown): AppFailure {
  if (error instanceof AppFailure) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppFailure('DISK_FULL', code, { system_code: code });
  return new AppFailure('FILE_UNWRITABLE', code, { system_code: code });
}
