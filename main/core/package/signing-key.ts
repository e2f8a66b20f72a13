import { AppFailure } from '#shared/contract/errors.ts';
import { fromBase64, StoredSigningKey } from '#shared/package/format.ts';
import type { Cryptography, SigningKey } from '../ports/cryptography.ts';
import type { Secrets } from '../ports/secrets.ts';

const NAME = 'package-signing-key';

/**
 * The Ed25519 key that this profile signs packages with (EX4). Made once and kept among the secrets: whoever receives
 * packages compares its fingerprint. AppFailure KEYCHAIN_UNAVAILABLE; STORE_DAMAGED where what is kept is no key, since a
 * new one made in silence would look like a forger's.
 */
export async function signingKey(secrets: Secrets, cryptography: Cryptography): Promise<SigningKey> {
  const kept = await secrets.get(NAME);
  if (kept !== null) {
    const parsed = StoredSigningKey.safeParse(parse(kept));
    if (!parsed.success) throw new AppFailure('STORE_DAMAGED', 'the signing key cannot be read');
    return parsed.data;
  }
  const made = cryptography.newSigningKey();
  await secrets.set(NAME, JSON.stringify(made));
  return made;
}

/** SHA-256 of the 32 bytes of the public key, lower-case hex: what is compared. */
export function fingerprintOf(key: Pick<SigningKey, 'public_key'>, cryptography: Cryptography): string {
  const digest = cryptography.sha256Bytes(fromBase64(key.public_key) as Uint8Array);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
