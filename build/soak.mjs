// npm run soak [SECONDS]: half an hour of events, sends and faults, with a memory curve (test/faults/soak.test.ts).
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  const [seconds = process.env.WORKBENCH_SOAK_SECONDS ?? '1800', ...more] = process.argv.slice(2);
  return run(
    programNode(),
    [packageCommand('vitest'), 'run', 'test/faults/soak.test.ts', '--retry=0', '--disable-console-intercept', ...more],
    { env: childEnvironment({ WORKBENCH_SOAK_SECONDS: seconds }) },
  );
});
