import { AppFailure } from '#shared/contract/errors.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';

/** What we use of keytar; a test passes a failing one. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

/** A person may be asked to unlock the keychain first; a daemon that never answers must not hold the start for ever. */
const ANSWER_LIMIT_MS = 60_000;

/**
 * The operating system's keychain (SE4). `service` keeps profiles apart. Fails with KEYCHAIN_UNAVAILABLE when the
 * library (libsecret on Linux), its daemon, or the person's consent is missing; the caller never falls back by itself.
 */
export async function openKeychain(service: string, load: () => Promise<Keytar> = loadKeytar): Promise<Secrets> {
  const keytar = await unlessUnavailable('load', load);
  const secrets: Secrets = {
    storage: 'keychain',
    get: (name) => unlessUnavailable('get', () => keytar.getPassword(service, name)),
    set: (name, value) => unlessUnavailable('set', () => keytar.setPassword(service, name, value)),
    delete: async (name) => {
      await unlessUnavailable('delete', () => keytar.deletePassword(service, name));
    },
  };
  // Reading a name that is not there reaches the daemon: a missing one shows now and not at the first real secret.
  await secrets.get('probe');
  return secrets;
}

/** Loaded on demand: without libsecret its binary cannot be loaded at all, and no other host part may fail for that. */
async function loadKeytar(): Promise<Keytar> {
  const module = (await import('keytar')) as { default?: Keytar } & Keytar;
  return module.default ?? module;
}

async function unlessUnavailable<T>(step: string, action: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([action(), silence]);
  } catch (thrown) {
    // The daemon's message names services and buses, never a secret; still only its first line goes on.
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '').slice(0, 200) : 'unknown';
    throw new AppFailure('KEYCHAIN_UNAVAILABLE', `${step}: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}
