import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, crc32, createInflateRaw, deflateRaw, inflateRaw } from 'node:zlib';
import { AppFailure } from '#shared/contract/errors.ts';
import { PackagedFile } from '#shared/package/format.ts';
import { descriptor, LOCAL_BYTES, localHeader, zipTail, type ZipEntry } from '#shared/package/zip-layout.ts';
import type { ZipStream, ZipTarget, ZipWriter, ZipWriters } from '#main/core/ports/zip.ts';

export interface ZipWriterOptions {
  /** 1 (fast) … 9 (small). */
  readonly level?: number;
}

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
/** Measured on seeded records: a fifth larger than level 6, in a third of its time. */
const LEVEL = 3;
/** Pieces being packed at once: as many threads are kept busy, and no more lies in memory. */
const UNDER_WAY = 4;
/** Packed bytes that come back at once: with the usual 16 KB the threads would wait for each other most of the time. */
const OUT_BYTES = 128 * 1024;
/** An empty last block: what ends a deflate stream of pieces. */
const LAST_BLOCK = Uint8Array.of(3, 0);

/** Of a file that can't be had (any more). */
const MISSING: ReadonlySet<string> = new Set(['ATTACHMENT_DAMAGED', 'ATTACHMENT_MISSING']);

interface OpenEntry {
  readonly name: string;
  readonly at: number;
  crc: number;
  packed: number;
  bytes: number;
}

interface State {
  readonly entries: readonly ZipEntry[];
  readonly offset: number;
  readonly keptBytes: number;
  readonly open: OpenEntry | null;
}

/**
 * The container's writer over Node's zlib. A zip library would write headers of its own choice; here each byte of them is
 * laid down in shared/package/zip-layout.ts, so that verification can account for it (docs/decisions). Contents are packed
 * in zlib's own threads, written in the order of the calls.
 */
export function createZipWriters(options: ZipWriterOptions = {}): ZipWriters {
  const level = options.level ?? LEVEL;
  const fresh: State = { entries: [], offset: 0, keptBytes: 0, open: null };
  return {
    create: (out, kept) => createZipWriter(out, kept, level, fresh).zip,
    async resume(out, kept, state, use) {
      const from = state as State;
      for await (const { head, packed } of keptFiles(kept, from.keptBytes)) {
        if (head.packed.method !== 8) throw new AppFailure('INTERNAL', 'kept files are packed');
        await use.kept(head.name, await inflate(packed));
      }
      const writer = createZipWriter(out, kept, level, from);
      return { zip: writer.zip, stream: from.open === null ? null : await writer.reopen() };
    },
  };
}

function createZipWriter(out: ZipTarget, keptTarget: ZipTarget, level: number, from: State) {
  const entries: ZipEntry[] = [...from.entries];
  let { offset, keptBytes } = from;
  let open: OpenEntry | null = from.open === null ? null : { ...from.open };
  let contentSum = createHash('sha256');
  let packedSum = createHash('sha256');
  let failure = null as { readonly thrown: unknown } | null;
  let closed = false;
  let tail: Promise<void> = Promise.resolve();
  const waiting: Promise<void>[] = [];

  /** Does things in the order of the calls; the first failure is thrown by whatever is waited for next. */
  function inOrder(work: () => Promise<void>): Promise<void> {
    tail = tail.then(async () => {
      if (failure !== null || closed) return;
      try {
        await work();
      } catch (thrown) {
        failure ??= { thrown };
      }
    });
    return tail;
  }
  async function room(work: Promise<void>): Promise<void> {
    waiting.push(work);
    if (waiting.length >= UNDER_WAY) await waiting.shift();
    if (failure !== null) throw failure.thrown;
  }
  async function settled(): Promise<void> {
    await tail;
    waiting.length = 0;
    if (failure !== null) throw failure.thrown;
  }
  const put = async (bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) return;
    offset += bytes.length;
    await out.write(bytes);
  };

  const stream: ZipStream = {
    async write(piece) {
      if (failure !== null) throw failure.thrown;
      const packing = deflate(piece, { level, chunkSize: OUT_BYTES, finishFlush: constants.Z_FULL_FLUSH });
      packing.catch(() => {});
      await room(
        inOrder(async () => {
          const entry = open as OpenEntry;
          const bytes = await packing;
          contentSum.update(piece);
          packedSum.update(bytes);
          entry.crc = crc32(piece, entry.crc);
          entry.bytes += piece.length;
          entry.packed += bytes.length;
          await put(bytes);
        }),
      );
    },
    async close() {
      let file: PackagedFile | null = null;
      await inOrder(async () => {
        const { name, at, crc, packed, bytes } = open as OpenEntry;
        open = null;
        packedSum.update(LAST_BLOCK);
        await put(LAST_BLOCK);
        const entry = { name, method: 8, streamed: true, crc, packed: packed + LAST_BLOCK.length, bytes } as const;
        entries.push({ ...entry, offset: at });
        await put(descriptor(entry));
        file = {
          name,
          bytes,
          sha256: contentSum.digest('hex'),
          packed: { method: 8, bytes: entry.packed, sha256: packedSum.digest('hex') },
        };
      });
      await settled();
      return file as unknown as PackagedFile;
    },
  };

  const zip: ZipWriter = {
    async add(name, content, options = {}) {
      let file: PackagedFile | null = null;
      await inOrder(async () => {
        const packed = options.store === true ? null : await deflate(content, { level, chunkSize: OUT_BYTES });
        file = packagedFile(name, content, packed);
        const entry = entryOf(file, crc32(content));
        entries.push({ ...entry, offset });
        await put(localHeader(entry));
        await put(packed ?? content);
      });
      await settled();
      return file as unknown as PackagedFile;
    },

    async addStored(name, wanted, read) {
      let crc = 0;
      let bytes = 0;
      const sum = createHash('sha256');
      try {
        for await (const piece of read()) {
          crc = crc32(piece, crc);
          bytes += piece.length;
          sum.update(piece);
        }
      } catch (thrown) {
        if (thrown instanceof AppFailure && MISSING.has(thrown.error.code)) return null;
        throw thrown;
      }
      if (sum.digest('hex') !== wanted) return null;
      const file: PackagedFile = { name, bytes, sha256: wanted, packed: { method: 0, bytes, sha256: wanted } };
      await inOrder(async () => {
        const entry = entryOf(file, crc);
        entries.push({ ...entry, offset });
        await put(localHeader(entry));
        const again = createHash('sha256');
        for await (const piece of read()) {
          again.update(piece);
          await put(piece);
        }
        if (again.digest('hex') !== wanted) throw new AppFailure('ATTACHMENT_DAMAGED', 'changed while it was packed');
      });
      await settled();
      return file;
    },

    open(name) {
      contentSum = createHash('sha256');
      packedSum = createHash('sha256');
      void inOrder(async () => {
        open = { name, at: offset, crc: 0, packed: 0, bytes: 0 };
        await put(localHeader({ name, method: 8, streamed: true, crc: 0, packed: 0, bytes: 0 }));
      });
      return stream;
    },

    async keep(name, content) {
      if (failure !== null) throw failure.thrown;
      const packing = deflate(content, { level, chunkSize: OUT_BYTES });
      packing.catch(() => {});
      await room(
        inOrder(async () => {
          const packed = await packing;
          const head = Buffer.from(JSON.stringify({ ...packagedFile(name, content, packed), crc: crc32(content) }));
          const size = Buffer.alloc(4);
          size.writeUInt32LE(head.length);
          keptBytes += size.length + head.length + packed.length;
          await keptTarget.write(Buffer.concat([size, head, packed]));
        }),
      );
    },

    async addKept() {
      const files: PackagedFile[] = [];
      await settled();
      await keptTarget.settle();
      await inOrder(async () => {
        for await (const { head, packed } of keptFiles(keptTarget, keptBytes)) {
          const { crc, ...file } = head;
          const entry = entryOf(file, crc);
          entries.push({ ...entry, offset });
          await put(localHeader(entry));
          await put(packed);
          files.push(file);
        }
      });
      await settled();
      return files;
    },

    async finish() {
      await inOrder(() => put(zipTail(entries, offset)));
      await settled();
    },
    async state() {
      await settled();
      return { entries: [...entries], offset, keptBytes, open: open === null ? null : { ...open } } satisfies State;
    },
    async close() {
      closed = true;
      await tail;
    },
  };

  return {
    zip,
    /** The open file's sums are made anew from what lies in the container: they can't be stored half-way. */
    async reopen(): Promise<ZipStream> {
      const { name, at } = open as OpenEntry;
      const packed = out.read(at + LOCAL_BYTES + Buffer.byteLength(name), offset);
      async function* tapped(): AsyncIterable<Uint8Array> {
        for await (const piece of packed) {
          packedSum.update(piece);
          yield piece;
        }
      }
      const source = Readable.from(tapped());
      // What lies there has no last block yet.
      const unpack = createInflateRaw({ chunkSize: 256 * 1024, finishFlush: constants.Z_SYNC_FLUSH });
      source.on('error', (error) => unpack.destroy(error));
      source.pipe(unpack);
      for await (const piece of unpack) contentSum.update(piece as Uint8Array);
      return stream;
    },
  };
}

const KeptHead = PackagedFile.extend({ crc: PackagedFile.shape.bytes });

/** Kept files lie one behind the other: size of the head, head as JSON, packed content. */
async function* keptFiles(target: ZipTarget, bytes: number) {
  const exactly = async (start: number, length: number): Promise<Buffer> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of target.read(start, start + length)) pieces.push(piece);
    return pieces.length === 1 ? Buffer.from(pieces[0] as Uint8Array) : Buffer.concat(pieces);
  };
  for (let at = 0; at < bytes;) {
    const length = (await exactly(at, 4)).readUInt32LE(0);
    const head = KeptHead.parse(JSON.parse((await exactly(at + 4, length)).toString('utf8')));
    at += 4 + length;
    const packed = await exactly(at, head.packed.bytes);
    at += packed.length;
    yield { head, packed };
  }
}

function packagedFile(name: string, content: Uint8Array, packed: Uint8Array | null): PackagedFile {
  const bytes = packed ?? content;
  return {
    name,
    bytes: content.length,
    sha256: sha256(content),
    packed: { method: packed === null ? 0 : 8, bytes: bytes.length, sha256: sha256(bytes) },
  };
}

function entryOf(file: PackagedFile, crc: number): Omit<ZipEntry, 'offset'> {
  return {
    name: file.name,
    method: file.packed.method,
    streamed: false,
    crc,
    packed: file.packed.bytes,
    bytes: file.bytes,
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
