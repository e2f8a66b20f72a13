import { randomBytes, randomInt } from 'node:crypto';
import type { Ids } from '#main/core/ports/ids.ts';

const RANGE = 2 ** 32;

export function createIds(): Ids {
  return {
    // 16 random bytes are 22 characters of base64url.
    next: () => randomBytes(16).toString('base64url'),
    random: () => randomInt(RANGE) / RANGE,
  };
}
