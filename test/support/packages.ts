import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { createZipWriters } from '#main/adapters/zip/zip-writer.ts';
import { createPackageService, type PackagePorts, type PackageReport } from '#main/core/package/package-service.ts';
import type { Store } from '#main/core/ports/store.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { MASK_NONE, type MaskChoices } from '#shared/domain/mask/choices.ts';
import { FILE } from '#shared/package/format.ts';
import { verifyPackage, type VerifyOptions, type VerifyReport, type VerifyTools } from '#shared/package/verify.ts';
import { LOCAL_BYTES } from '#shared/package/zip-layout.ts';
import { readZipDirectory, zipAt } from '#shared/package/zip-reader.ts';
import { inMemory } from './package-bytes.ts';
import { createFakeClock } from './fake-clock.ts';
import { temporaryFolder } from './store-fixtures.ts';

export { repack } from './repack.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The service over real parts; the page is a stand-in where a test is not about it. */
export function packaging(store: Store, over: Partial<PackagePorts> = {}) {
  const folder = temporaryFolder();
  const files = createFiles({ resolve: (handle) => handle });
  const service = createPackageService({
    store,
    files,
    clock: createFakeClock(),
    secrets: createMemorySecrets(),
    cryptography: createCryptography(),
    zips: createZipWriters(),
    viewer: async () => ({
      html: bytesOf('<!doctype html><title>page</title>'),
      script: bytesOf('// script'),
      style: bytesOf('/* style */'),
    }),
    appVersion: '0.1.0',
    readme: (fingerprint) => `key ${fingerprint}\n`,
    pseudonymLabel: '买家',
    visibility: () => ({ kind: 'all' }),
    actor: () => 'a-7',
    localOffsetMinutes: () => 480,
    ...over,
  });
  const target = path.join(folder, 'records.zip');
  return {
    service,
    folder,
    target,
    build: async (
      query: SearchQuery = {},
      masks: MaskChoices = MASK_NONE,
      reason = '十一月抽查',
    ): Promise<{ readonly report: PackageReport; readonly bytes: Uint8Array<ArrayBuffer> }> => {
      const report = await service.run({ query, target, reason, masks });
      return { report, bytes: new Uint8Array(readFileSync(target)) };
    },
  };
}

/** For thousands of small packages: without a stream each, and without asking the same signature twice. */
function quickTools(): VerifyTools {
  const answers = new Map<string, Promise<boolean | null>>();
  return {
    ...verifyTools,
    async *inflate(packed) {
      const pieces: Uint8Array[] = [];
      for await (const piece of packed) pieces.push(piece);
      yield inflateRawSync(Buffer.concat(pieces), { maxOutputLength: 16 * 1024 * 1024 });
    },
    verifyEd25519(publicKey, signature, data) {
      const asked = Buffer.concat([publicKey, signature, data]).toString('latin1');
      const known = answers.get(asked) ?? verifyTools.verifyEd25519(publicKey, signature, data);
      if (answers.size < 100) answers.set(asked, known);
      return known;
    },
  };
}

export const verifyBytes = (bytes: Uint8Array, options?: VerifyOptions): Promise<VerifyReport> =>
  verifyPackage(inMemory(bytes), verifyTools, options);

/**
 * Flips bits of one byte after another and answers with the positions that verification did not find, or found nowhere
 * near: what is named must be the file whose bytes those are, or a position in the container.
 */
export async function undetectedFlips(
  bytes: Uint8Array,
  positions: Iterable<number>,
  mask: number,
): Promise<{ readonly flipped: number; readonly missed: readonly number[] }> {
  const tools = quickTools();
  const { entries } = await readZipDirectory(inMemory(bytes));
  const startOf = ({ offset, name }: (typeof entries)[number]): number => offset + LOCAL_BYTES + name.length;
  const entryAt = (at: number) => entries.find((entry) => at >= startOf(entry) && at < startOf(entry) + entry.packed);
  const missed: number[] = [];
  let flipped = 0;
  for (const at of positions) {
    flipped++;
    bytes[at] = (bytes[at] as number) ^ mask;
    const { problems } = await verifyPackage(inMemory(bytes), tools);
    bytes[at] = (bytes[at] as number) ^ mask;
    const entry = entryAt(at);
    const located = problems.some(({ where, what }) =>
      entry === undefined
        ? where.startsWith('zip@') || what === 'FILE_MISSING' || what === 'FILE_CHANGED'
        : // Also where the stream is garbled from there on, and more lines with it than are listed. Bits that mean nothing
          // to who unpacks, such as those behind its end, leave the content as it was: it is packed in another way.
          where === entry.name ||
          where === zipAt(startOf(entry)) ||
          (entry.name === FILE.signature && what === 'SIGNATURE_BAD'),
    );
    if (!located) missed.push(at);
  }
  return { flipped, missed };
}

/** The distinct problems, as `where what`. */
export const problemsOf = (report: VerifyReport): string[] => [
  ...new Set(report.problems.map(({ where, what }) => `${where} ${what}`)),
];
