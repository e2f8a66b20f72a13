import { createZipWriters } from '#main/adapters/zip/zip-writer.ts';
import { FILE } from '#shared/package/format.ts';

/** Writes files into a container of the right layout again; what doesn't fit together any more is the caller's business. */
export async function repack(
  files: ReadonlyMap<string, Uint8Array>,
  options: { readonly level?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  const target = {
    write: async (piece: Uint8Array): Promise<void> => void pieces.push(Uint8Array.from(piece)),
    settle: async (): Promise<void> => {},
    read(): AsyncIterable<Uint8Array> {
      throw new Error('nothing is kept here');
    },
  };
  const zip = createZipWriters(options).create(target, target);
  for (const [name, content] of files) {
    const store = name === FILE.manifest || name === FILE.signature || name === FILE.manifestCopy;
    if (name === FILE.records) {
      const stream = zip.open(name);
      await stream.write(content);
      await stream.close();
    } else await zip.add(name, content, { store });
  }
  await zip.finish();
  await zip.close();
  return new Uint8Array(Buffer.concat(pieces));
}
