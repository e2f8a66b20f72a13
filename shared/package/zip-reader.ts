import {
  CENTRAL_BYTES,
  CENTRAL_SIGNATURE,
  END_BYTES,
  END_SIGNATURE,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  ZIP64_END_BYTES,
  ZIP64_END_SIGNATURE,
  ZIP64_LOCATOR_BYTES,
  ZIP64_LOCATOR_SIGNATURE,
  type ZipEntry,
} from './zip-layout.ts';

/** A file, or part of one, by byte ranges. */
export interface ByteSource {
  readonly bytes: number;
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** What a zip may be at most before anything of it is unpacked (SE6). */
const ZIP_LIMITS = {
  entries: 200_000,
  directory: 64 * 1024 * 1024,
  name: 200,
  /** Bytes of all contents. */
  total: 256 * 1024 * 1024 * 1024,
  /** Contents to container, above `ratioFrom` bytes of contents. */
  ratio: 400,
  ratioFrom: 256 * 1024 * 1024,
} as const;

/** An entry as its central record says, before anything of it was checked. */
export interface ListedEntry extends ZipEntry {
  /** Where its central record begins. */
  readonly recordAt: number;
  /** Where the next one begins, or the directory. */
  readonly end: number;
}

export type ZipTrouble =
  'NOT_A_ZIP' | 'TRUNCATED' | 'CONTAINER_DAMAGED' | 'LIMIT_EXCEEDED' | 'NAME_FORBIDDEN' | 'NAME_TWICE';

export interface ZipDirectory {
  readonly entries: readonly ListedEntry[];
  /** Where the central directory begins; the contents end there. */
  readonly offset: number;
  readonly troubles: readonly { readonly where: string; readonly what: ZipTrouble }[];
}

/** Where something stands that is no file's content. */
export const zipAt = (offset: number): string => `zip@${offset}`;

export async function readRange(source: ByteSource, start: number, end: number): Promise<Uint8Array> {
  const out = new Uint8Array(end - start);
  let at = 0;
  for await (const chunk of source.read(start, end)) {
    out.set(chunk.subarray(0, out.length - at), at);
    at += chunk.length;
    if (at >= out.length) break;
  }
  return at >= out.length ? out : out.subarray(0, at);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** No folders above, no other drive, no other notation of the same name. */
export function isSafeName(name: string): boolean {
  if (name === '' || name.startsWith('/') || name.includes('\\') || name.includes(':')) return false;
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    // Control characters, and whatever looks like another name in another notation.
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * Reads a zip's directory, whoever wrote it, inside the limits. Says what is wrong and goes on where that is possible;
 * `entries` is empty where it isn't. Names that are forbidden or stand there twice are not among the entries.
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const troubles: { where: string; what: ZipTrouble }[] = [];
  const none = (where: string, what: ZipTrouble): ZipDirectory => ({
    entries: [],
    offset: 0,
    troubles: [...troubles, { where, what }],
  });
  if (source.bytes < END_BYTES) return none(zipAt(0), 'NOT_A_ZIP');
  const head = viewOf(await readRange(source, 0, 4));
  const tailStart = Math.max(0, source.bytes - END_BYTES - 0xffff);
  const tail = await readRange(source, tailStart, source.bytes);
  const view = viewOf(tail);
  let at = tail.length - END_BYTES;
  while (at >= 0 && view.getUint32(at, true) !== END_SIGNATURE) at--;
  if (at < 0) {
    const begins = head.byteLength === 4 && head.getUint32(0, true) === LOCAL_SIGNATURE;
    return none(zipAt(source.bytes), begins ? 'TRUNCATED' : 'NOT_A_ZIP');
  }
  const endAt = tailStart + at;
  if (endAt !== source.bytes - END_BYTES) troubles.push({ where: zipAt(endAt), what: 'CONTAINER_DAMAGED' });
  let count = view.getUint16(at + 10, true);
  let size = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  let directoryEnd = endAt;
  if (at >= ZIP64_LOCATOR_BYTES && view.getUint32(at - ZIP64_LOCATOR_BYTES, true) === ZIP64_LOCATOR_SIGNATURE) {
    const wideAt = Number(view.getBigUint64(at - ZIP64_LOCATOR_BYTES + 8, true));
    if (wideAt + ZIP64_END_BYTES > endAt) return none(zipAt(endAt - ZIP64_LOCATOR_BYTES), 'CONTAINER_DAMAGED');
    const wide = viewOf(await readRange(source, wideAt, wideAt + ZIP64_END_BYTES));
    if (wide.getUint32(0, true) !== ZIP64_END_SIGNATURE) return none(zipAt(wideAt), 'CONTAINER_DAMAGED');
    count = Number(wide.getBigUint64(32, true));
    size = Number(wide.getBigUint64(40, true));
    offset = Number(wide.getBigUint64(48, true));
    directoryEnd = wideAt;
  }
  if (count > ZIP_LIMITS.entries || size > ZIP_LIMITS.directory) return none(zipAt(endAt), 'LIMIT_EXCEEDED');
  if (offset + size !== directoryEnd) {
    troubles.push({ where: zipAt(endAt), what: 'CONTAINER_DAMAGED' });
    offset = directoryEnd - size;
    if (offset < 0) return none(zipAt(endAt), 'CONTAINER_DAMAGED');
  }

  const records = await readRange(source, offset, directoryEnd);
  const directory = viewOf(records);
  const entries: Omit<ListedEntry, 'end'>[] = [];
  const names = new Set<string>();
  const decoder = new TextDecoder('utf-8');
  let total = 0;
  for (let next = 0; next < records.length;) {
    const recordAt = offset + next;
    if (next + CENTRAL_BYTES > records.length || directory.getUint32(next, true) !== CENTRAL_SIGNATURE) {
      troubles.push({ where: zipAt(recordAt), what: 'CONTAINER_DAMAGED' });
      break;
    }
    const flags = directory.getUint16(next + 8, true);
    const method = directory.getUint16(next + 10, true);
    const nameLength = directory.getUint16(next + 28, true);
    const extraLength = directory.getUint16(next + 30, true);
    const commentLength = directory.getUint16(next + 32, true);
    const end = next + CENTRAL_BYTES + nameLength + extraLength + commentLength;
    if (end > records.length) {
      troubles.push({ where: zipAt(recordAt), what: 'CONTAINER_DAMAGED' });
      break;
    }
    const nameStart = next + CENTRAL_BYTES;
    const name = decoder.decode(records.subarray(nameStart, nameStart + nameLength));
    const crc = directory.getUint32(next + 16, true);
    let packed = directory.getUint32(next + 20, true);
    let bytes = directory.getUint32(next + 24, true);
    let local = directory.getUint32(next + 42, true);
    // The zip64 field holds what didn't fit, in this order.
    for (let extra = nameStart + nameLength; extra + 4 <= nameStart + nameLength + extraLength;) {
      const id = directory.getUint16(extra, true);
      const stop = Math.min(extra + 4 + directory.getUint16(extra + 2, true), nameStart + nameLength + extraLength);
      let value = extra + 4;
      const wide = (now: number): number => {
        if (now !== 0xffffffff || value + 8 > stop) return now;
        value += 8;
        return Number(directory.getBigUint64(value - 8, true));
      };
      if (id === 1) {
        bytes = wide(bytes);
        packed = wide(packed);
        local = wide(local);
      }
      extra = stop;
    }
    next = end;
    if (name.length > ZIP_LIMITS.name || !isSafeName(name)) {
      troubles.push({ where: zipAt(recordAt), what: 'NAME_FORBIDDEN' });
      continue;
    }
    if (names.has(name)) {
      troubles.push({ where: name, what: 'NAME_TWICE' });
      continue;
    }
    if ((method !== 0 && method !== 8) || local + LOCAL_BYTES + packed > offset) {
      troubles.push({ where: name, what: 'CONTAINER_DAMAGED' });
      continue;
    }
    names.add(name);
    total += bytes;
    entries.push({
      name,
      method,
      streamed: (flags & 8) !== 0,
      crc,
      packed,
      bytes,
      offset: local,
      recordAt,
    });
  }
  if (total > ZIP_LIMITS.total || (total > ZIP_LIMITS.ratioFrom && total > ZIP_LIMITS.ratio * source.bytes))
    return none(zipAt(offset), 'LIMIT_EXCEEDED');
  if (entries.length !== count && troubles.length === 0)
    troubles.push({ where: zipAt(endAt), what: 'CONTAINER_DAMAGED' });
  const ends = new Map<number, number>();
  let end = offset;
  for (const entry of entries.toSorted((a, b) => b.offset - a.offset)) {
    if (!ends.has(entry.offset)) ends.set(entry.offset, end);
    end = entry.offset;
  }
  return { entries: entries.map((entry) => ({ ...entry, end: ends.get(entry.offset) as number })), offset, troubles };
}

/**
 * Where an entry's content begins. Ours lie right behind header and name; only where that leaves a gap the local header is
 * asked, whose extra fields another program may have filled: what was packed anew is still read, and that its container is
 * not ours is said elsewhere.
 */
export async function contentStart(source: ByteSource, entry: ListedEntry): Promise<number> {
  const usual = entry.offset + LOCAL_BYTES + entry.name.length;
  const gap = entry.end - usual - entry.packed;
  if (gap <= 0 || (entry.streamed && (gap === 16 || gap === 24))) return usual;
  const header = viewOf(await readRange(source, entry.offset, entry.offset + LOCAL_BYTES));
  if (header.byteLength < LOCAL_BYTES || header.getUint32(0, true) !== LOCAL_SIGNATURE) return usual;
  const own = entry.offset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  return own > usual && own + entry.packed <= entry.end ? own : usual;
}
