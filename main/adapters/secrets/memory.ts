import type { Secrets } from '#main/core/ports/secrets.ts';

/** For tests and throw-away profiles: gone with the process. */
export function createMemorySecrets(): Secrets {
  const values = new Map<string, string>();
  return {
    storage: 'memory',
    get: async (name) => values.get(name) ?? null,
    set: async (name, value) => void values.set(name, value),
    delete: async (name) => void values.delete(name),
  };
}
