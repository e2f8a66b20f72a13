// npm run fuzz:hostile: 200,000 hostile frames and files (test/faults/hostile-fuzz.test.ts). HOSTILE_INPUTS, HOSTILE_SEED.
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  return run(
    programNode(),
    [
      packageCommand('vitest'),
      'run',
      'test/faults/hostile-fuzz.test.ts',
      '--retry=0',
      '--testTimeout=3600000',
      ...process.argv.slice(2),
    ],
    { env: childEnvironment({ HOSTILE_INPUTS: process.env.HOSTILE_INPUTS ?? '200000' }) },
  );
});
