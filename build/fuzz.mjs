// npm run fuzz: the recall model fuzzed over 20,000 seeds (test/faults/recall-fuzz.test.ts), then 200,000 hostile frames and
// files (build/fuzz-hostile.mjs, alone as npm run fuzz:hostile).
import path from 'node:path';
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, ROOT, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  const recall = await run(
    programNode(),
    [packageCommand('vitest'), 'run', 'test/faults/recall-fuzz.test.ts', ...process.argv.slice(2)],
    { env: childEnvironment({ RECALL_SEEDS: process.env.RECALL_SEEDS ?? '20000' }) },
  );
  const hostile = await run(programNode(), [path.join(ROOT, 'build/fuzz-hostile.mjs')]);
  return recall === 0 ? hostile : recall;
});
