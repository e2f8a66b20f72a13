/**
 * The container of a review package (docs/package-format.md, "Container"): a zip in which nothing is left to choice, so
 * that every byte which is not a file's content can be computed and compared (EX4). Writer and verification share it.
 */
export interface ZipEntry {
  readonly name: string;
  readonly method: 0 | 8;
  /** Sizes stand behind the content, because they were not known before it. */
  readonly streamed: boolean;
  readonly crc: number;
  /** Bytes in the container. */
  readonly packed: number;
  /** Bytes of the content. */
  readonly bytes: number;
  /** Of the local header, from the container's beginning. */
  readonly offset: number;
}

export const LOCAL_SIGNATURE = 0x04034b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
export const CENTRAL_SIGNATURE = 0x02014b50;
export const END_SIGNATURE = 0x06054b50;
export const ZIP64_END_SIGNATURE = 0x06064b50;
export const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
export const ZIP64_LOCATOR_BYTES = 20;
export const ZIP64_END_BYTES = 56;

const FULL32 = 0xffffffff;
const FULL16 = 0xffff;
const UTF8_NAMES = 0x0800;
const STREAMED = 0x0008;
/** 1 January 1980, the format's first day: when it was made stands in the manifest. */
const DATE = 0x0021;
const VERSION = 20;
const VERSION_ZIP64 = 45;
const UNIX = 3 << 8;
/** A regular file, rw-r--r--. */
const ATTRIBUTES = (0o100644 << 16) >>> 0;

const encoder = new TextEncoder();

function fields(bytes: number): {
  readonly at: (...widths: readonly [width: 2 | 4 | 8, value: number][]) => Uint8Array;
} {
  const out = new Uint8Array(bytes);
  const view = new DataView(out.buffer);
  return {
    at(...values) {
      let at = 0;
      for (const [width, value] of values) {
        if (width === 2) view.setUint16(at, value, true);
        else if (width === 4) view.setUint32(at, value, true);
        else view.setBigUint64(at, BigInt(value), true);
        at += width;
      }
      return out;
    },
  };
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const flagsOf = (entry: Pick<ZipEntry, 'streamed'>): number => UTF8_NAMES | (entry.streamed ? STREAMED : 0);

export function localHeader(entry: Omit<ZipEntry, 'offset'>): Uint8Array {
  const name = encoder.encode(entry.name);
  const { streamed } = entry;
  return join(
    fields(LOCAL_BYTES).at(
      [4, LOCAL_SIGNATURE],
      [2, VERSION],
      [2, flagsOf(entry)],
      [2, entry.method],
      [2, 0],
      [2, DATE],
      [4, streamed ? 0 : entry.crc],
      [4, streamed ? 0 : entry.packed],
      [4, streamed ? 0 : entry.bytes],
      [2, name.length],
      [2, 0],
    ),
    name,
  );
}

/** Behind a streamed entry's content; nothing behind others. */
export function descriptor(entry: Omit<ZipEntry, 'offset' | 'name' | 'method'>): Uint8Array {
  if (!entry.streamed) return new Uint8Array(0);
  const wide = entry.packed >= FULL32 || entry.bytes >= FULL32 ? 8 : 4;
  return fields(8 + 2 * wide).at([4, DESCRIPTOR_SIGNATURE], [4, entry.crc], [wide, entry.packed], [wide, entry.bytes]);
}

function centralRecord(entry: ZipEntry): Uint8Array {
  const name = encoder.encode(entry.name);
  const wide = [entry.bytes, entry.packed, entry.offset].filter((value) => value >= FULL32);
  const extra =
    wide.length === 0
      ? new Uint8Array(0)
      : fields(4 + 8 * wide.length).at([2, 1], [2, 8 * wide.length], ...wide.map((value) => [8, value] as [8, number]));
  const version = wide.length === 0 ? VERSION : VERSION_ZIP64;
  const narrow = (value: number): number => (value >= FULL32 ? FULL32 : value);
  return join(
    fields(CENTRAL_BYTES).at(
      [4, CENTRAL_SIGNATURE],
      [2, UNIX | version],
      [2, version],
      [2, flagsOf(entry)],
      [2, entry.method],
      [2, 0],
      [2, DATE],
      [4, entry.crc],
      [4, narrow(entry.packed)],
      [4, narrow(entry.bytes)],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, ATTRIBUTES],
      [4, narrow(entry.offset)],
    ),
    name,
    extra,
  );
}

/** Everything from the central directory to the end. `offset`: where it begins. */
export function zipTail(entries: readonly ZipEntry[], offset: number): Uint8Array {
  const records = entries.map(centralRecord);
  const size = records.reduce((total, record) => total + record.length, 0);
  const count = entries.length;
  const zip64 = count >= FULL16 || size >= FULL32 || offset >= FULL32;
  const parts = [...records];
  if (zip64)
    parts.push(
      fields(ZIP64_END_BYTES).at(
        [4, ZIP64_END_SIGNATURE],
        [8, ZIP64_END_BYTES - 12],
        [2, UNIX | VERSION_ZIP64],
        [2, VERSION_ZIP64],
        [4, 0],
        [4, 0],
        [8, count],
        [8, count],
        [8, size],
        [8, offset],
      ),
      fields(ZIP64_LOCATOR_BYTES).at([4, ZIP64_LOCATOR_SIGNATURE], [4, 0], [8, offset + size], [4, 1]),
    );
  parts.push(
    fields(END_BYTES).at(
      [4, END_SIGNATURE],
      [2, 0],
      [2, 0],
      [2, Math.min(count, FULL16)],
      [2, Math.min(count, FULL16)],
      [4, Math.min(size, FULL32)],
      [4, Math.min(offset, FULL32)],
      [2, 0],
    ),
  );
  return join(...parts);
}
