import { assert } from '../../lib/assert.ts';

/**
 * Pseudonyms (EX5): within one export the same consumer has the same one, in the next export another. Made from a salt
 * that is drawn for the export and thrown away with it: it must never be written anywhere, or names could be tried out.
 */
export interface PseudonymOptions {
  /** At least 16 random bytes, fresh for each export. An export that resumes (EX6) keeps its salt with its job. */
  readonly salt: Uint8Array;
  /** SHA-256: bytes in, 32 bytes out. */
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
  /** What stands before the letters, in the export's language, e.g. the word for buyer. */
  readonly label: string;
}

export interface Pseudonyms {
  /** `scope` parts consumers whose ids repeat: the account or the platform. */
  of(scope: string, consumerId: string): string;
}

/** No digits (nothing takes them for a number), no I and O (nobody misreads them). */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
/** 24^10: a million consumers share one with a chance below 1 in 100. */
const LENGTH = 10;
/** Remembered at once; an export of millions must not hold them all. */
const CACHE_LIMIT = 50_000;

export function createPseudonyms({ salt, sha256, label }: PseudonymOptions): Pseudonyms {
  assert(salt.length >= 16, 'a salt of at least 16 bytes');
  // By scope and then by id: a key made of both would have to be put together, and hashed, for every row.
  const cache = new Map<string, Map<string, string>>();
  let remembered = 0;
  return {
    of: (scope, consumerId) => {
      let ofScope = cache.get(scope);
      let pseudonym = ofScope?.get(consumerId);
      if (pseudonym === undefined) {
        if (remembered >= CACHE_LIMIT) {
          cache.clear();
          ofScope = undefined;
          remembered = 0;
        }
        pseudonym = pseudonymFromDigest(sha256(pseudonymInput(salt, scope, consumerId)), label);
        if (ofScope === undefined) cache.set(scope, (ofScope = new Map()));
        ofScope.set(consumerId, pseudonym);
        remembered++;
      }
      return pseudonym;
    },
  };
}

/** The bytes to be hashed, for callers whose hash is asynchronous (Web Crypto). */
export function pseudonymInput(salt: Uint8Array, scope: string, consumerId: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts = [salt, encoder.encode(scope), encoder.encode(consumerId)];
  // Each part with its length before it, so that no two inputs run together alike.
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length + 4, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    bytes.set(part, at + 4);
    at += part.length + 4;
  }
  return bytes;
}

/** Letters from the first eight bytes of a SHA-256. */
export function pseudonymFromDigest(digest: Uint8Array, label: string): string {
  assert(digest.length === 32, 'SHA-256 has 32 bytes');
  let value = new DataView(digest.buffer, digest.byteOffset, 8).getBigUint64(0);
  let letters = '';
  for (let index = 0; index < LENGTH; index++) {
    letters += LETTERS[Number(value % 24n)] as string;
    value /= 24n;
  }
  return label === '' ? letters : `${label}-${letters}`;
}
