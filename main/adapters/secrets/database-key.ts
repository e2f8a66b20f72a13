import { randomBytes } from 'node:crypto';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import { KEY_BYTES } from './key-file.ts';

export const DATABASE_KEY_NAME = 'database-key';

/**
 * The key of the profile's database: 32 bytes, made once and kept in the secrets (ST1, SE4). When the database is there
 * and its key is not, a new key would make it unreadable for ever: AppFailure STORE_KEY_WRONG instead.
 */
export async function databaseKey(secrets: Secrets, databaseExists: boolean): Promise<Uint8Array> {
  const known = await secrets.get(DATABASE_KEY_NAME);
  if (known !== null) {
    if (!/^[0-9a-f]{64}$/.test(known)) throw new AppFailure('STORE_KEY_WRONG', 'the stored key is malformed');
    return new Uint8Array(Buffer.from(known, 'hex'));
  }
  if (databaseExists) throw new AppFailure('STORE_KEY_WRONG', 'the database is there, its key is not');
  const made = randomBytes(KEY_BYTES).toString('hex');
  await secrets.set(DATABASE_KEY_NAME, made);
  // A keychain that takes without keeping would lose every record at the next start.
  if ((await secrets.get(DATABASE_KEY_NAME)) !== made)
    throw new AppFailure('KEYCHAIN_UNAVAILABLE', 'the key was not kept');
  return new Uint8Array(Buffer.from(made, 'hex'));
}
