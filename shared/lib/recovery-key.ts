/**
 * A recovery key as people write it down: 20 random bytes in Crockford's base 32 (no I, L, O, U), and four check characters,
 * in nine groups of four. The check is a 20-bit CRC: it finds every wrong character and every two that changed places.
 */
export const RECOVERY_BYTES = 20;

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK_POLYNOMIAL = 0x8359f;
const BODY = 32;
const CHECK = 4;

/** AppFailure never; RangeError where it isn't 20 bytes. */
export function formatRecoveryKey(bytes: Uint8Array): string {
  if (bytes.length !== RECOVERY_BYTES) throw new RangeError(`a recovery key has ${RECOVERY_BYTES} bytes`);
  const values = [...toFives(bytes), ...checkOf(bytes)];
  return values.map((value, at) => `${at > 0 && at % 4 === 0 ? '-' : ''}${ALPHABET[value] ?? ''}`).join('');
}

/** Upper or lower case, with or without hyphens and spaces, o for 0 and i or l for 1. Null where the check doesn't fit. */
export function parseRecoveryKey(text: string): Uint8Array | null {
  const plain = text
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\-–—_.]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  if (plain.length !== BODY + CHECK) return null;
  const values = Array.from(plain, (character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return null;
  const bytes = fromFives(values.slice(0, BODY));
  return checkOf(bytes).every((value, at) => value === values[BODY + at]) ? bytes : null;
}

/** The first one in a text file that may say more around it (the file that the program saves). */
export function findRecoveryKey(text: string): Uint8Array | null {
  for (const line of text.split(/\r?\n/)) {
    const bytes = line.length <= 200 ? parseRecoveryKey(line) : null;
    if (bytes !== null) return bytes;
  }
  return null;
}

/** What a person copies back to show that it was written down: the last group. */
export function lastGroup(formatted: string): string {
  return formatted.slice(-CHECK);
}

function* toFives(bytes: Uint8Array): Generator<number> {
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) yield (held >> (bits - 5)) & 31;
    held &= (1 << bits) - 1;
  }
}

function fromFives(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(RECOVERY_BYTES);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const value of values) {
    held = (held << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  return bytes;
}

function checkOf(bytes: Uint8Array): number[] {
  let sum = 0xfffff;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const carry = ((sum >> 19) ^ (byte >> bit)) & 1;
      sum = ((sum << 1) & 0xfffff) ^ (carry === 1 ? CHECK_POLYNOMIAL : 0);
    }
  return [15, 10, 5, 0].map((shift) => (sum >> shift) & 31);
}
