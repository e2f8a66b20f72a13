import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { descriptor, localHeader, zipTail, type ZipEntry } from '#shared/package/zip-layout.ts';

const deflate = promisify(deflateRaw);
/** Measured: level 6 takes three times as long for a file a quarter smaller. */
const LEVEL = 1;
/** Pieces being packed at once: as many threads are kept busy, and no more lies in memory. */
const UNDER_WAY = 4;
/** Packed bytes that come back at once: with the usual 16 KB the threads would wait for each other most of the time. */
const OUT_BYTES = 128 * 1024;
/** An empty last block: what ends a deflate stream of pieces. */
const LAST_BLOCK = Uint8Array.of(3, 0);

export interface ZipPackerState {
  readonly entries: readonly ZipEntry[];
  readonly offset: number;
  readonly open: OpenEntry | null;
}

interface OpenEntry {
  readonly name: string;
  readonly at: number;
  crc: number;
  packed: number;
  bytes: number;
}

/**
 * A zip whose entries are packed piece by piece, each piece on its own and in another thread: so packing takes all
 * processors, and an export can be taken up again behind any piece (docs/decisions, resumable exports). The first failure
 * of `write` is thrown by whatever is called next.
 */
export function createZipPacker(write: (bytes: Uint8Array) => Promise<void>, from: ZipPackerState | null) {
  const entries: ZipEntry[] = from === null ? [] : [...from.entries];
  let offset = from?.offset ?? 0;
  let open: OpenEntry | null = from?.open ?? null;
  if (open !== null) open = { ...open };
  let failure = null as { readonly thrown: unknown } | null;
  let ended = false;
  const waiting: Promise<void>[] = [];
  let tail: Promise<void> = Promise.resolve();

  /** Writes in the order of the calls. */
  function inOrder(work: () => Promise<void>): Promise<void> {
    const next = tail.then(async () => {
      if (failure !== null || ended) return;
      try {
        await work();
      } catch (thrown) {
        failure ??= { thrown };
      }
    });
    tail = next;
    return next;
  }
  const put = async (bytes: Uint8Array): Promise<void> => {
    offset += bytes.length;
    await write(bytes);
  };
  const check = (): void => {
    if (failure !== null) throw failure.thrown;
  };
  const settled = async (): Promise<void> => {
    await tail;
    waiting.length = 0;
    check();
  };

  return {
    add(name: string, content: Uint8Array): void {
      void inOrder(async () => {
        const bytes = await deflate(content, { level: LEVEL });
        const entry = {
          name,
          method: 8,
          streamed: false,
          crc: crc32(content),
          packed: bytes.length,
          bytes: content.length,
        } as const;
        entries.push({ ...entry, offset });
        await put(localHeader(entry));
        await put(bytes);
      });
    },
    open(name: string): void {
      void inOrder(async () => {
        open = { name, at: offset, crc: 0, packed: 0, bytes: 0 };
        await put(localHeader({ name, method: 8, streamed: true, crc: 0, packed: 0, bytes: 0 }));
      });
    },
    /** One piece; resolves when there is room for the next. */
    async write(piece: Uint8Array): Promise<void> {
      check();
      const packing = deflate(piece, { level: LEVEL, chunkSize: OUT_BYTES, finishFlush: constants.Z_FULL_FLUSH });
      packing.catch(() => {});
      waiting.push(
        inOrder(async () => {
          const entry = open as OpenEntry;
          const bytes = await packing;
          entry.crc = crc32(piece, entry.crc);
          entry.bytes += piece.length;
          entry.packed += bytes.length;
          await put(bytes);
        }),
      );
      if (waiting.length >= UNDER_WAY) await waiting.shift();
      check();
    },
    async close(): Promise<void> {
      await inOrder(async () => {
        const { name, at, crc, packed, bytes } = open as OpenEntry;
        open = null;
        await put(LAST_BLOCK);
        const entry = { name, method: 8, streamed: true, crc, packed: packed + LAST_BLOCK.length, bytes } as const;
        entries.push({ ...entry, offset: at });
        await put(descriptor(entry));
      });
      await settled();
    },
    async state(): Promise<ZipPackerState> {
      await settled();
      return { entries: [...entries], offset, open: open === null ? null : { ...open } };
    },
    async finish(): Promise<void> {
      await inOrder(() => put(zipTail(entries, offset)));
      await settled();
    },
    async abort(): Promise<void> {
      ended = true;
      await tail;
    },
  };
}
