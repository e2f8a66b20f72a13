import { createHash, createPublicKey, hash, verify } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { VerifyTools } from '#shared/package/verify.ts';
import { SPKI_PREFIX } from './cryptography.ts';

/** Verification's tools from Node's own hashes, signatures and zlib. */
export const verifyTools: VerifyTools = {
  sha256: (content) => hash('sha256', content),
  sha256Stream() {
    const sum = createHash('sha256');
    return { update: (bytes) => void sum.update(bytes), hex: () => sum.digest('hex') };
  },
  crc32: (bytes, before) => crc32(bytes, before),
  async *inflate(packed) {
    const source = Readable.from(packed);
    const inflate = createInflateRaw({ chunkSize: 1024 * 1024 });
    // Not `pipeline`: its failures would come a second time, unhandled.
    source.on('error', (error) => inflate.destroy(error));
    source.pipe(inflate);
    try {
      yield* inflate as AsyncIterable<Uint8Array>;
    } finally {
      source.destroy();
      inflate.destroy();
    }
  },
  verifyEd25519: async (publicKey, signature, data) => {
    try {
      const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
      return verify(null, data, key, signature);
    } catch {
      // Bytes that are no point of the curve.
      return false;
    }
  },
};
