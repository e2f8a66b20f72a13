// npm run fuzz:package: every byte of a small package flipped, one at a time; too long for every test run.
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  return run(
    programNode(),
    [packageCommand('vitest'), 'run', 'test/contract/package.test.ts', ...process.argv.slice(2)],
    { env: childEnvironment({ WORKBENCH_FUZZ: '1' }) },
  );
});
