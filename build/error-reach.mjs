import { readFileSync } from 'node:fs';
import path from 'node:path';
import { listTree } from './tree.mjs';

/**
 * UX6: every error code is reached by a test, or stands here with the reason why none can. A code counts as reached where
 * a test file names it as a string; the examples of the wire's schemas and the two lists themselves don't count.
 */
export const UNREACHED = {
  KICKED:
    'A state of the connection, not an answer of ours: [IN7] “kicked” in test/contract drives it, and shows where the login is.',
};

const DOES_NOT_COUNT = /^shared\/protocol\/frames\.test\.ts$|^build\/(errors-doc|error-reach)\.test\.mjs$/;

/** Test files by the code they name. */
export function reachedCodes(root, codes) {
  const reached = new Map(codes.map((code) => [code, []]));
  for (const file of listTree(root, /\.test\.(ts|tsx|mjs)$/)) {
    if (DOES_NOT_COUNT.test(file)) continue;
    const source = readFileSync(path.join(root, file), 'utf8');
    for (const word of new Set(source.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g) ?? [])) reached.get(word)?.push(file);
  }
  return reached;
}
