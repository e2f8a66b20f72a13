// npm run fuzz: the recall model fuzzed over 20,000 seeds (test/faults/recall-fuzz.test.ts).
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  return run(
    programNode(),
    [packageCommand('vitest'), 'run', 'test/faults/recall-fuzz.test.ts', ...process.argv.slice(2)],
    { env: childEnvironment({ RECALL_SEEDS: process.env.RECALL_SEEDS ?? '20000' }) },
  );
});
