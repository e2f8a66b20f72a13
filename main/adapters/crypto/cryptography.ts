import { createHash, createPrivateKey, generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import type { Cryptography } from '#main/core/ports/cryptography.ts';

/** What stands before the 32 bytes of an Ed25519 public key in its DER form (RFC 8410). */
export const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export function createCryptography(): Cryptography {
  return {
    sha256: (content) => hash('sha256', content),
    sha256Bytes: (bytes) => createHash('sha256').update(bytes).digest(),
    randomBytes: (count) => randomBytes(count),
    newSigningKey() {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519');
      return {
        private_key: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
        public_key: publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length).toString('base64'),
      };
    },
    sign(key, data) {
      const privateKey = createPrivateKey({
        key: Buffer.from(key.private_key, 'base64'),
        format: 'der',
        type: 'pkcs8',
      });
      return sign(null, data, privateKey);
    },
  };
}
