import { existsSync } from 'node:fs';
import path from 'node:path';
import { databaseKey } from '#main/adapters/secrets/database-key.ts';
import { openKeyFile } from '#main/adapters/secrets/key-file.ts';
import { openKeychain } from '#main/adapters/secrets/keychain.ts';
import { openSealedByKey, openSealedByPassphrase } from '#main/adapters/secrets/sealed-file.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { Profile } from './profile.ts';

export interface SecretsOptions {
  /** `--key-file`; by default WORKBENCH_KEY_FILE. Its 32 bytes are the database key. */
  readonly keyFile?: string | undefined;
  readonly passphrase?: string | undefined;
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

async function openStored(profile: Profile, options: SecretsOptions): Promise<Secrets> {
  if (options.passphrase !== undefined) return openSealedByPassphrase(profile.secretsFile, options.passphrase);
  try {
    return await openKeychain(profile.keychainService);
  } catch (thrown) {
    if (options.fallback === undefined) throw thrown;
    return options.fallback(profile);
  }
}
