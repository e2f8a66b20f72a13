// npm run kill [KILLS [FILE…]]: kill −9 at random instants, thousands of times: the core, the store's long steps, and (one for fifty of
// those, each takes as long) files on their way, backups and restores (test/faults/*kill*.test.ts). WORKBENCH_KILL_LANES: how
// many cores at a time. WORKBENCH_KILL_KEEP: a folder that the files of a finding are copied to.
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';
import {
  buildFaultPrograms,
  childEnvironment,
  ensureInstalled,
  entry,
  packageCommand,
  programNode,
  ROOT,
  run,
} from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  await buildFaultPrograms();
  const [kills = process.env.WORKBENCH_KILLS ?? '5000', ...more] = process.argv.slice(2);
  const files =
    more.length > 0 ? more : ['test/faults/kill-', 'test/faults/attachments-kill', 'test/faults/restore-kill'];
  // Its own copy: somebody may build them anew while these are killed, for an hour and more.
  const programs = path.join(ROOT, `dist/faults-${process.pid}`);
  cpSync(path.join(ROOT, 'dist/faults'), programs, { recursive: true });
  try {
    return await run(programNode(), [packageCommand('vitest'), 'run', ...files, '--retry=0'], {
      env: childEnvironment({
        WORKBENCH_KILLS: kills,
        WORKBENCH_KILL_LANES: process.env.WORKBENCH_KILL_LANES ?? '2',
        WORKBENCH_KILL_ROUNDS: String(Math.max(2, Math.ceil(Number(kills) / 50))),
        WORKBENCH_FAULT_PROGRAMS: programs,
        WORKBENCH_SEED: process.env.WORKBENCH_SEED ?? String(Date.now() % 1e9),
      }),
    });
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
});
