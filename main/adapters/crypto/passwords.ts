import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Passwords } from '#main/core/ports/passwords.ts';

/** OWASP's figure for scrypt: 128 MiB and some tenths of a second a guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
const MEMORY = 256 * 1024 * 1024;
const Hex = z.string().regex(/^[0-9a-f]{32,128}$/);
const Stored = z.object({
  N: z
    .int()
    .min(COST.N)
    .max(2 ** 20),
  r: z.literal(8),
  p: z.literal(1),
  salt: Hex,
  hash: Hex,
});

/** Passwords as scrypt hashes (SE4). A stored hash that is weaker than ours, or can't be read, matches nothing. */
export function createPasswords(): Passwords {
  return {
    async hash(password) {
      const salt = randomBytes(16);
      const hash = await derive(password, salt, COST);
      return JSON.stringify({ ...COST, salt: salt.toString('hex'), hash: hash.toString('hex') });
    },
    async matches(password, stored) {
      const parsed = Stored.safeParse(parse(stored));
      if (!parsed.success) return false;
      const { salt, hash, ...cost } = parsed.data;
      const wanted = Buffer.from(hash, 'hex');
      const given = await derive(password, Buffer.from(salt, 'hex'), cost).catch(() => null);
      return given !== null && given.length === wanted.length && timingSafeEqual(given, wanted);
    },
  };
}

function derive(
  password: string,
  salt: Uint8Array,
  cost: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, 32, { ...cost, maxmem: MEMORY * (cost.N / COST.N) }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
