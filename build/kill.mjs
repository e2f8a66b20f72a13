// npm run kill [KILLS]: kill −9 at random instants, thousands of times: the core, the store's long steps, and (one for fifty of
// those, each takes as long) files on their way (test/faults/*kill*.test.ts).
import { childEnvironment, ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  const [kills = process.env.WORKBENCH_KILLS ?? '5000', ...more] = process.argv.slice(2);
  return run(
    programNode(),
    [packageCommand('vitest'), 'run', 'test/faults/kill-', 'test/faults/attachments-kill', '--retry=0', ...more],
    {
      env: childEnvironment({
        WORKBENCH_KILLS: kills,
        WORKBENCH_KILL_ROUNDS: String(Math.max(2, Math.ceil(Number(kills) / 50))),
        WORKBENCH_SEED: process.env.WORKBENCH_SEED ?? String(Date.now() % 1e9),
      }),
    },
  );
});
