import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { KEY_BYTES } from './key-file.ts';
import { seal, unseal } from './sealed-file.ts';

/**
 * The database keys of a profile, each sealed (AES-256-GCM) under a key derived from the recovery key (ST1). It lies in the
 * profile and beside every backup, and opens nothing without the recovery key, whose 160 random bits nobody guesses; so no
 * slow derivation is needed. Newest key first: after a change of keys the older ones still open older backups.
 */
const RecoveryFile = z.object({
  version: z.literal(1),
  kind: z.literal('merchant-workbench.recovery'),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  made_at: z.int(),
  keys: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f]+$/)
        .max(256),
    )
    .min(1)
    .max(64),
});
export type RecoveryFile = z.infer<typeof RecoveryFile>;

const NAME = 'database key';

export function wrapKeys(recovery: Uint8Array, keys: readonly Uint8Array[], made_at: number): RecoveryFile {
  const salt = randomBytes(16);
  const wrapping = wrappingKey(recovery, salt);
  return {
    version: 1,
    kind: 'merchant-workbench.recovery',
    salt: salt.toString('hex'),
    made_at,
    keys: keys.slice(0, 64).map((key) => seal(wrapping, NAME, Buffer.from(key).toString('hex'))),
  };
}

/** Newest first. AppFailure RECOVERY_KEY_WRONG: it belongs to another profile, or isn't one. */
export function unwrapKeys(file: RecoveryFile, recovery: Uint8Array): readonly Uint8Array[] {
  const wrapping = wrappingKey(recovery, Buffer.from(file.salt, 'hex'));
  return file.keys.map((sealed) => {
    const text = unseal(wrapping, NAME, sealed);
    const key = text === null ? null : Buffer.from(text, 'hex');
    if (key?.length !== KEY_BYTES) throw new AppFailure('RECOVERY_KEY_WRONG', 'the recovery key opens nothing here');
    return new Uint8Array(key);
  });
}

/** Null where there is none. AppFailure FILE_FORMAT where it can't be read as one. */
export function readRecoveryFile(file: string): RecoveryFile | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AppFailure('FILE_UNREADABLE', 'the recovery file');
  }
  try {
    return RecoveryFile.parse(JSON.parse(text));
  } catch {
    throw new AppFailure('FILE_FORMAT', 'the recovery file');
  }
}

/** For the owner alone, whole or not at all. */
export function writePrivately(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  despiteHolders(() => renameSync(temporary, file));
}

/** Which key it is, without saying anything about it: to tell an old one from a new one. */
export function keyMark(key: Uint8Array): string {
  return createHmac('sha256', key).update('merchant-workbench key mark 1').digest('hex').slice(0, 32);
}

function wrappingKey(recovery: Uint8Array, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', recovery, salt, 'merchant-workbench recovery v1', 32));
}
