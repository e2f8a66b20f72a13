import { existsSync } from 'node:fs';
import path from 'node:path';
import { databaseKey } from '#main/adapters/secrets/database-key.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { openKeychain } from '#main/adapters/secrets/keychain.ts';
import { isSealedByPassphrase, openSealedByKey, openSealedByPassphrase } from '#main/adapters/secrets/sealed-file.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { Profile } from './profile.ts';

export interface SecretsOptions {
  /** `--key-file`; by default WORKBENCH_KEY_FILE. Its 32 bytes are the database key. */
  readonly keyFile?: string | undefined;
  readonly passphrase?: string | undefined;
  /**
   * Asks the person for a passphrase where there is no keychain: a new one, or the one that they chose. Null: they gave none.
   * Absent: nobody can be asked, and the keychain's failure stands (SE4).
   */
  readonly askPassphrase?: ((which: 'new' | 'known') => Promise<string | null>) | undefined;
  /** Where the keychain is missing: Electron's safeStorage. The host's choice, shown in the status bar (SE4). */
  readonly fallback?: ((profile: Profile) => Promise<Secrets>) | undefined;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Where a profile's secrets lie (SE4): the key file or passphrase if one is given, the practice profile's own file, else
 * the keychain. Never anything weaker by itself: AppFailure KEYCHAIN_UNAVAILABLE, KEY_FILE_INVALID, STORE_KEY_WRONG.
 */
export async function openSecrets(
  profile: Profile,
  options: SecretsOptions = {},
): Promise<{ readonly secrets: Secrets; readonly key: Uint8Array }> {
  const given = options.keyFile ?? (options.environment ?? process.env)['WORKBENCH_KEY_FILE'];
  // A new key beside old records would lock them for ever.
  const mayCreate = !profile.databaseExists && !existsSync(profile.secretsFile);
  if (given !== undefined && given !== '') {
    const key = openKeyFile(path.resolve(given), { mayCreate });
    return { secrets: openSealedByKey(profile.secretsFile, 'key-file', key), key };
  }
  if (profile.kind === 'practice') {
    const key = openKeyFile(profile.practiceKeyFile, { mayCreate });
    return { secrets: openSealedByKey(profile.secretsFile, 'practice-file', key), key };
  }
  const secrets = await openStored(profile, options);
  return { secrets, key: await databaseKey(secrets, profile.databaseExists) };
}

/** The same place without asking for the key, which is what is missing (key recovery). AppFailure UNSUPPORTED with a key file. */
export async function openSecretsWithoutKey(profile: Profile, options: SecretsOptions): Promise<Secrets> {
  const keyFile = options.keyFile ?? (options.environment ?? process.env)['WORKBENCH_KEY_FILE'];
  if ((keyFile !== undefined && keyFile !== '') || profile.kind === 'practice')
    throw new AppFailure('UNSUPPORTED', 'the key lies in a file of its own', { storage: 'key-file' });
  return openStored({ ...profile, databaseExists: false }, options);
}

async function openStored(profile: Profile, options: SecretsOptions): Promise<Secrets> {
  const { passphrase, askPassphrase } = options;
  // A profile that was begun with a passphrase stays with it, also where a keychain turns up later.
  if (passphrase !== undefined || isSealedByPassphrase(profile.secretsFile)) {
    const known = existsSync(profile.secretsFile);
    const given = passphrase ?? (await askPassphrase?.('known')) ?? null;
    if (given === null) throw new AppFailure('KEYCHAIN_UNAVAILABLE', 'this profile is protected by a passphrase');
    if (!known) requireStrong(given);
    return openSealedByPassphrase(profile.secretsFile, given);
  }
  try {
    return await openKeychain(profile.keychainService);
  } catch (thrown) {
    if (options.fallback !== undefined) return options.fallback(profile);
    // Never beside records whose key is in a keychain that just doesn't answer.
    const chosen = profile.databaseExists ? null : ((await askPassphrase?.('new')) ?? null);
    if (chosen === null) throw thrown;
    requireStrong(chosen);
    return openSealedByPassphrase(profile.secretsFile, chosen);
  }
}

const LEAST_PASSPHRASE = 12;
const LEAST_VARIETY = 6;

/** Somebody with the files may guess for as long as they like: long and varied enough, or refused (SE4). AppFailure PASSPHRASE_WEAK. */
export function requireStrong(passphrase: string): void {
  const characters = [...passphrase.normalize('NFKC').trim()];
  if (characters.length < LEAST_PASSPHRASE || new Set(characters).size < LEAST_VARIETY)
    throw new AppFailure('PASSPHRASE_WEAK', 'too short or too simple', { least: LEAST_PASSPHRASE });
}
