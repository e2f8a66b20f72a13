import { defineConfig } from 'vitest/config';

// Unit tests stand beside their source; contract, migration and fault tests in test/. End-to-end tests are Playwright's.
export default defineConfig({
  test: {
    include: ['{shared,main,renderer,build}/**/*.test.{ts,tsx,mjs}', 'test/{contract,migrations,faults}/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
