import { createHash, randomBytes } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32, createDeflateRaw, deflateRaw } from 'node:zlib';
import { AppFailure } from '#shared/contract/errors.ts';
import type { PackagedFile } from '#shared/package/format.ts';
import { descriptor, localHeader, zipTail, type ZipEntry } from '#shared/package/zip-layout.ts';
import type { ZipWriter, ZipWriters } from '#main/core/ports/zip.ts';

export interface ZipWriterOptions {
  /** Where packed files lie until their turn: private to the person, on the same machine. */
  readonly folder: string;
  /** 1 (fast) … 9 (small). */
  readonly level?: number;
}

const deflate = promisify(deflateRaw);
const LEVEL = 4;
const COPY_BYTES = 1024 * 1024;

interface Packed {
  readonly entry: Omit<ZipEntry, 'offset'>;
  readonly file: PackagedFile;
}

/**
 * The container's writer over Node's zlib. A zip library would write headers of its own choice; here each byte of them is
 * laid down in shared/package/zip-layout.ts, so that verification can account for it (docs/decisions).
 */
export function createZipWriters(options: ZipWriterOptions): ZipWriters {
  const level = options.level ?? LEVEL;
  return { create: async (write) => createZipWriter(write, options.folder, level) };
}

function createZipWriter(write: (bytes: Uint8Array) => Promise<void>, folder: string, level: number): ZipWriter {
  const entries: ZipEntry[] = [];
  let offset = 0;
  const kept = createKept(folder);

  const put = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) return;
    offset += bytes.length;
    await write(bytes);
  };
  const pack = async (
    name: string,
    content: Uint8Array,
    store: boolean,
  ): Promise<Packed & { readonly bytes: Uint8Array }> => {
    const bytes = store ? content : await deflate(content, { level });
    const method = store ? 0 : 8;
    const file: PackagedFile = {
      name,
      bytes: content.length,
      sha256: sha256(content),
      packed: { method, bytes: bytes.length, sha256: sha256(bytes) },
    };
    const entry = {
      name,
      method,
      streamed: false,
      crc: crc32(content),
      packed: bytes.length,
      bytes: content.length,
    } as const;
    return { entry, file, bytes };
  };

  return {
    async add(name, content, options = {}) {
      const { entry, file, bytes } = await pack(name, content, options.store === true);
      entries.push({ ...entry, offset });
      await put(localHeader(entry));
      await put(bytes);
      return file;
    },

    open(name) {
      const at = offset;
      const method = 8;
      const stream = createDeflateRaw({ level, chunkSize: 256 * 1024 });
      const contentSum = createHash('sha256');
      const packedSum = createHash('sha256');
      let crc = 0;
      let bytes = 0;
      let packed = 0;
      let failure: unknown = null;
      const header = put(localHeader({ name, method, streamed: true, crc: 0, packed: 0, bytes: 0 }));
      header.catch(() => {});
      const written = (async () => {
        await header;
        for await (const piece of stream as AsyncIterable<Uint8Array>) {
          packedSum.update(piece);
          packed += piece.length;
          await put(piece);
        }
      })();
      written.catch((thrown: unknown) => {
        failure = thrown;
        stream.destroy();
      });
      return {
        async write(piece) {
          if (failure !== null) throw failure;
          contentSum.update(piece);
          crc = crc32(piece, crc);
          bytes += piece.length;
          if (stream.write(piece)) return;
          await new Promise<void>((resolve) => {
            const go = (): void => {
              stream.off('drain', go);
              stream.off('close', go);
              resolve();
            };
            stream.on('drain', go);
            stream.on('close', go);
          });
        },
        async close() {
          stream.end();
          await written;
          const entry = { name, method, streamed: true, crc, packed, bytes } as const;
          entries.push({ ...entry, offset: at });
          await put(descriptor(entry));
          return {
            name,
            bytes,
            sha256: contentSum.digest('hex'),
            packed: { method, bytes: packed, sha256: packedSum.digest('hex') },
          };
        },
      };
    },

    async keep(name, content) {
      const { entry, file, bytes } = await pack(name, content, false);
      await kept.add({ entry, file }, bytes);
    },

    async addKept() {
      const files: PackagedFile[] = [];
      for await (const { entry, file, pieces } of kept.all()) {
        entries.push({ ...entry, offset });
        await put(localHeader(entry));
        for await (const piece of pieces) await put(piece);
        files.push(file);
      }
      return files;
    },

    finish: () => put(zipTail(entries, offset)),
    close: () => kept.close(),
  };
}

/** Packed files on disk, in order, gone when closed. */
function createKept(folder: string) {
  let handle: FileHandle | null = null;
  const name = path.join(folder, `package-${randomBytes(8).toString('hex')}.part`);
  const list: (Packed & { readonly at: number; readonly length: number })[] = [];
  let end = 0;
  return {
    async add(packed: Packed, bytes: Uint8Array): Promise<void> {
      try {
        handle ??= await open(name, 'wx+', 0o600);
        for (let at = 0; at < bytes.length;)
          at += (await handle.write(bytes, at, bytes.length - at, end + at)).bytesWritten;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
        const full = code === 'ENOSPC' || code === 'EDQUOT';
        throw new AppFailure(full ? 'DISK_FULL' : 'FILE_UNWRITABLE', code, { system_code: code });
      }
      list.push({ ...packed, at: end, length: bytes.length });
      end += bytes.length;
    },
    async *all(): AsyncIterable<Packed & { readonly pieces: AsyncIterable<Uint8Array> }> {
      for (const { entry, file, at, length } of list) yield { entry, file, pieces: read(at, length) };
    },
    async close(): Promise<void> {
      await handle?.close();
      if (handle !== null) await rm(name, { force: true });
      handle = null;
    },
  };

  async function* read(from: number, length: number): AsyncIterable<Uint8Array> {
    for (let at = from; at < from + length;) {
      const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, from + length - at));
      const { bytesRead } = await (handle as FileHandle).read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new AppFailure('FILE_UNREADABLE', 'a temporary file became shorter');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
