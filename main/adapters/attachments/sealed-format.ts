import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/**
 * How content lies on disk. A file is a header (`MWA1`, 32 random bytes of salt) and segments of at most 64 KiB of plain
 * bytes, each sealed by AES-256-GCM under a key of its own file (HKDF of the cache's key and the salt). A segment's nonce is
 * its number and whether it is the last one, so that none can be changed, left out, moved, repeated or cut off unnoticed,
 * and a half-written file can be told from a whole one.
 */

export const SEGMENT = 64 * 1024;
const TAG = 16;
export const SEALED_SEGMENT = SEGMENT + TAG;
const MAGIC = Buffer.from('MWA1', 'latin1');
export const SALT = 32;
export const HEADER = MAGIC.length + SALT;

export function headerOf(salt: Uint8Array): Buffer {
  return Buffer.concat([MAGIC, salt]);
}

/** The salt of a file that begins with these bytes, or null where it is none of ours. */
export function saltOf(header: Uint8Array): Buffer | null {
  const bytes = Buffer.from(header);
  return bytes.length === HEADER && bytes.subarray(0, MAGIC.length).equals(MAGIC) ? bytes.subarray(MAGIC.length) : null;
}

export function fileKey(key: Uint8Array, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, 'merchant-workbench attachment file', 32));
}

function nonce(index: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(index / 2 ** 32), 3);
  bytes.writeUInt32BE(index % 2 ** 32, 7);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

export function sealSegment(key: Uint8Array, index: number, last: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(index, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Null where it was changed. */
export function openSegment(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Buffer | null {
  if (sealed.length < TAG) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(index, last));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final()]);
  } catch {
    return null;
  }
}

/** Plain bytes of a whole file of that length on disk, or null where no whole file can have it. */
export function plainSize(fileBytes: number): number | null {
  const body = fileBytes - HEADER;
  if (body < TAG) return null;
  const segments = Math.ceil(body / SEALED_SEGMENT);
  const last = body - (segments - 1) * SEALED_SEGMENT;
  return last < TAG ? null : body - segments * TAG;
}
