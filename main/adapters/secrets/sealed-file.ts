import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';

/** OWASP's figure for scrypt: 128 MiB and about 0.3 s a guess. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 256 * 1024 * 1024;

const Hex = z.string().regex(/^[0-9a-f]*$/);
const SealedFile = z.object({
  version: z.literal(1),
  /** Null where the sealing key comes from a key file. */
  scrypt: z.object({ N: z.int(), r: z.int(), p: z.int(), salt: Hex }).nullable(),
  /** A known value under the key: tells a wrong key from a damaged entry. */
  proof: Hex,
  entries: z.record(z.string(), Hex),
});
type SealedFile = z.infer<typeof SealedFile>;

const PROOF = 'merchant-workbench secrets';

/**
 * Secrets in one file, each sealed with AES-256-GCM under a key that comes from elsewhere: a key file or a passphrase
 * (SE4: where there is no keychain; never plaintext). AppFailure KEY_FILE_INVALID with `details.reason`:
 * wrong_key | wrong_passphrase | malformed | unwritable.
 */
export function openSealedByKey(file: string, storage: 'key-file' | 'practice-file', key: Uint8Array): Secrets {
  const sealingKey = new Uint8Array(hkdfSync('sha256', key, '', 'merchant-workbench secrets file', 32));
  return open(file, storage, sealingKey, null, 'wrong_key');
}

/** As above, the key derived from a passphrase by scrypt with a salt of the file's own. */
export async function openSealedByPassphrase(file: string, passphrase: string): Promise<Secrets> {
  const known = read(file);
  if (known !== null && known.scrypt === null) throw invalid('wrong_key');
  const parameters = known?.scrypt ?? { ...SCRYPT, salt: randomBytes(16).toString('hex') };
  const sealingKey = await deriveKey(passphrase, parameters);
  return open(file, 'passphrase', sealingKey, parameters, 'wrong_passphrase');
}

/** A sealed file whose key comes from a passphrase is there: the passphrase opens it, and no keychain is asked. */
export function isSealedByPassphrase(file: string): boolean {
  try {
    return (read(file)?.scrypt ?? null) !== null;
  } catch {
    return false;
  }
}

function deriveKey(passphrase: string, parameters: NonNullable<SealedFile['scrypt']>): Promise<Uint8Array> {
  const { N, r, p } = parameters;
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: SCRYPT_MEMORY };
    scrypt(passphrase.normalize('NFKC'), Buffer.from(parameters.salt, 'hex'), 32, options, (error, key) => {
      if (error) reject(invalid('malformed'));
      else resolve(new Uint8Array(key));
    });
  });
}

function open(
  file: string,
  storage: Secrets['storage'],
  key: Uint8Array,
  parameters: SealedFile['scrypt'],
  wrongKey: string,
): Secrets {
  let content = read(file);
  if (content === null) {
    content = { version: 1, scrypt: parameters, proof: seal(key, 'proof', PROOF), entries: {} };
    write(file, content);
  }
  if (unseal(key, 'proof', content.proof) !== PROOF) throw invalid(wrongKey);
  let entries = content.entries;
  const store = (next: SealedFile['entries']): void => {
    write(file, { ...content, entries: next });
    entries = next;
  };
  return {
    storage,
    get: async (name) => {
      const sealed = Object.hasOwn(entries, name) ? entries[name] : undefined;
      if (sealed === undefined) return null;
      const value = unseal(key, name, sealed);
      if (value === null) throw invalid('malformed');
      return value;
    },
    set: async (name, value) => store({ ...entries, [name]: seal(key, name, value) }),
    delete: async (name) => store(Object.fromEntries(Object.entries(entries).filter(([other]) => other !== name))),
  };
}

/** iv ‖ tag ‖ ciphertext, hexadecimal; the name is authenticated, so that entries cannot be swapped. */
export function seal(key: Uint8Array, name: string, value: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(name));
  const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('hex');
}

/** Null: another key, another name, or changed. */
export function unseal(key: Uint8Array, name: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'hex');
  if (bytes.length < 28) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(name)).setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

function read(file: string): SealedFile | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw invalid('malformed');
  }
  try {
    return SealedFile.parse(JSON.parse(text));
  } catch {
    throw invalid('malformed');
  }
}

function write(file: string, content: SealedFile): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeSync(descriptor, JSON.stringify(content));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    despiteHolders(() => renameSync(temporary, file));
  } catch {
    rmSync(temporary, { force: true });
    throw invalid('unwritable');
  }
}

function invalid(reason: string): AppFailure {
  return new AppFailure('KEY_FILE_INVALID', `secrets file: ${reason}`, { reason });
}
