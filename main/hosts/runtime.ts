/** better-sqlite3 dies without a word on older ones; 22.18 is the first that runs TypeScript as it is. */
const LEAST: readonly [number, number] = [22, 18];

/**
 * RUNTIME_TOO_OLD as one line for standard error, or null. To be asked first in every entry, before anything native is
 * loaded; so it imports nothing, not even the words of the error.
 */
export function runtimeProblem(version: string = process.versions.node): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return null;
  return `RUNTIME_TOO_OLD: Node.js ${version} < ${LEAST.join('.')}`;
}
