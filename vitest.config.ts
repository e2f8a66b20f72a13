import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// The store's threads and the processes that tests start run from source: compiled once, not at each start.
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/workbench/code', import.meta.url).pathname;

/** The longest begin first, so that none of them is left alone on one processor at the end. */
const LONGEST = [
  'test/faults/recall-fuzz',
  'main/hosts/cli/cli',
  'test/faults/soak',
  'test/faults/wire',
  'test/contract/app.',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.includes(name));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((one, other) => place(one) - place(other));
  }
}

// Unit tests stand beside their source; contract, migration and fault tests in test/. End-to-end tests are Playwright's.
export default defineConfig({
  test: {
    include: ['{shared,main,renderer,build}/**/*.test.{ts,tsx,mjs}', 'test/{contract,migrations,faults}/**/*.test.ts'],
    pool: 'forks',
    // One more than the processors it is meant for: much of the time of a test is a socket, a timer or a killed process.
    maxWorkers: 3,
    // Real sockets and processes on a busy machine: one more try, which the reporter names ("retry x1").
    retry: 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
