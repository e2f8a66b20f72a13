// npm run kill [KILLS]: kill −9 of the core at random instants, thousands of times (test/faults/kill-*.test.ts).
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  const [kills = process.env.WORKBENCH_KILLS ?? '5000', ...more] = process.argv.slice(2);
  return run(programNode(), [packageCommand('vitest'), 'run', 'test/faults/kill-', '--retry=0', ...more], {
    env: childEnvironment({
      WORKBENCH_KILLS: kills,
      WORKBENCH_SEED: process.env.WORKBENCH_SEED ?? String(Date.now() % 1e9),
    }),
  });
});
