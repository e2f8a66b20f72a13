import { inflateRawSync } from 'node:zlib';
import { LOCAL_BYTES } from '#shared/package/zip-layout.ts';
import { readZipDirectory, type ByteSource } from '#shared/package/zip-reader.ts';

export function inMemory(bytes: Uint8Array): ByteSource {
  return {
    bytes: bytes.length,
    async *read(start, end) {
      yield bytes.subarray(start, end);
    },
  };
}

/** Every file's content by name, without any check. */
export async function unpack(bytes: Uint8Array): Promise<Map<string, Buffer>> {
  const { entries } = await readZipDirectory(inMemory(bytes));
  return new Map(
    entries.map((entry) => {
      const start = entry.offset + LOCAL_BYTES + entry.name.length;
      const packed = bytes.subarray(start, start + entry.packed);
      return [entry.name, entry.method === 0 ? Buffer.from(packed) : inflateRawSync(packed)];
    }),
  );
}
