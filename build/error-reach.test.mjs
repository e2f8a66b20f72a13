import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { APP_ERROR_CODES } from '../shared/contract/errors.ts';
import { reachedCodes, UNREACHED } from './error-reach.mjs';

const reached = reachedCodes(path.dirname(path.dirname(fileURLToPath(import.meta.url))), APP_ERROR_CODES);
const without = [...reached].filter(([, files]) => files.length === 0).map(([code]) => code);

test('[UX6] every error code is reached by a test, or says why none can reach it', () => {
  expect(without.filter((code) => !Object.hasOwn(UNREACHED, code))).toEqual([]);
});

test('[UX6] no reason is left standing for a code that is reached, or that is no more', () => {
  expect(Object.keys(UNREACHED).filter((code) => !without.includes(code))).toEqual([]);
  for (const [code, reason] of Object.entries(UNREACHED)) expect(reason.length, code).toBeGreaterThan(40);
});
