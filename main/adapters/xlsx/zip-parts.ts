import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import { AppFailure } from '#shared/contract/errors.ts';
import type { SpreadsheetSource } from '#main/core/ports/spreadsheet.ts';

export interface ZipParts {
  /** Whether there is a part of this name, whatever its case. */
  has(name: string): boolean;
  /** Streams a part. FILE_FORMAT where it is missing, protected or damaged; FILE_TOO_LARGE beyond `maxBytes`. */
  read(name: string, maxBytes?: number): AsyncIterable<Uint8Array>;
  close(): void;
}

const MAX_PARTS = 20_000;
const MAX_NAME = 1_024;
/** A sheet of 1,048,576 long rows stays below. */
const MAX_PART_BYTES = 8 * 1024 ** 3;
/**
 * XML of real sheets packs 5 to 100 times smaller; a file made to explode comes near the 1,032 that deflate can reach.
 * Small parts may do as they like.
 */
const MAX_RATIO = 400;
const RATIO_FROM_BYTES = 64 * 1024 ** 2;

class SourceReader extends RandomAccessReader {
  readonly source: SpreadsheetSource;
  constructor(source: SpreadsheetSource) {
    super();
    this.source = source;
  }
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.source.read({ start, end }), { objectMode: false });
  }
  override close(callback: (error: Error | null) => void): void {
    // Each range is opened and closed on its own.
    setImmediate(callback, null);
  }
}

/** The parts of an XLSX package over random access. Nothing is ever written to disk. FILE_FORMAT where it is no whole zip. */
export async function openZipParts(source: SpreadsheetSource): Promise<ZipParts> {
  const parts = new Map<string, Entry>();
  let zip: ZipFile;
  try {
    zip = await fromRandomAccessReaderPromise(new SourceReader(source), source.bytes, { autoClose: false });
    if (zip.entryCount > MAX_PARTS) throw damaged('too many parts');
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.length > MAX_NAME) throw damaged('a part with an endless name');
      const key = keyOf(entry.fileName);
      // Which of two would be shown is anybody's guess.
      if (parts.has(key)) throw damaged('a part twice');
      parts.set(key, entry);
    }
  } catch (thrown) {
    throw asFailure(thrown);
  }

  return {
    has: (name) => parts.has(keyOf(name)),

    async *read(name, maxBytes = MAX_PART_BYTES) {
      const entry = parts.get(keyOf(name));
      if (entry === undefined) throw damaged('a part is missing');
      if (!entry.canDecodeFileData())
        throw new AppFailure('FILE_FORMAT', 'a protected or unknown kind of part', { format: 'encrypted' });
      if (entry.uncompressedSize > maxBytes) throw tooLarge();
      let bytes = 0;
      let sum = 0;
      try {
        const stream = await zip.openReadStreamPromise(entry);
        for await (const chunk of stream as AsyncIterable<Uint8Array>) {
          bytes += chunk.length;
          if (bytes > maxBytes) throw tooLarge();
          if (bytes > RATIO_FROM_BYTES && bytes > entry.compressedSize * MAX_RATIO) throw tooLarge();
          sum = crc32(chunk, sum);
          yield chunk;
        }
      } catch (thrown) {
        throw asFailure(thrown);
      }
      if (sum !== entry.crc32) throw damaged('a part does not have its checksum');
    },

    close: () => zip.close(),
  };
}

function keyOf(name: string): string {
  return name.replace(/^\/+/u, '').toLowerCase();
}

function damaged(why: string): AppFailure {
  return new AppFailure('FILE_FORMAT', why, { format: 'xlsx' });
}

function tooLarge(): AppFailure {
  return new AppFailure('FILE_TOO_LARGE', 'unpacks to more than a spreadsheet', { format: 'xlsx' });
}

/** yauzl and zlib throw errors of their own; ours and those of the file system pass. */
function asFailure(thrown: unknown): AppFailure {
  return thrown instanceof AppFailure ? thrown : damaged('not a whole zip file');
}
