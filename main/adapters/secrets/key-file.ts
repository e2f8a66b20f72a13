import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';

export const KEY_BYTES = 32;

/**
 * A key file: 32 random bytes, as 64 hexadecimal digits (what we write), as base64, or as they are; readable by its owner
 * alone (SE4). Creates it where `mayCreate` and it is absent. A file that others can read is closed to them first, or refused where that fails.
 * AppFailure KEY_FILE_INVALID with `details.reason`: missing | unreadable | malformed | readable_by_others.
 */
export function openKeyFile(file: string, options: { readonly mayCreate: boolean }): Uint8Array {
  if (options.mayCreate) createIfAbsent(file);
  let bytes: Buffer;
  try {
    closeToOthers(file);
    bytes = readFileSync(file);
  } catch (thrown) {
    if (thrown instanceof AppFailure) throw thrown;
    throw invalid((thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable');
  }
  const key = decodeKey(bytes);
  if (key === null) throw invalid('malformed');
  return key;
}

function decodeKey(bytes: Buffer): Uint8Array | null {
  const text = bytes.toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  if (/^[0-9A-Za-z+/_-]{43}=?$/.test(text)) {
    const decoded = Buffer.from(text, 'base64');
    if (decoded.length === KEY_BYTES) return new Uint8Array(decoded);
  }
  return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : null;
}

function createIfAbsent(file: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw invalid('unreadable');
  }
  try {
    writeSync(descriptor, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    // The key must not be lost while the records it encrypts are kept.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function closeToOthers(file: string): void {
  // Windows has no such bits; the profile's folder is the person's own there.
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch {
    throw invalid('readable_by_others');
  }
}

function invalid(reason: string): AppFailure {
  return new AppFailure('KEY_FILE_INVALID', reason, { reason });
}
