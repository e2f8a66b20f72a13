// npm run bench:ui [-- OPTIONS]: what a person feels in the window, measured in Chromium (test/bench/ui.bench.ts).
import path from 'node:path';
import { buildRenderer, childEnvironment, ensureInstalled, entry, programNode, ROOT, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  await buildRenderer();
  return run(programNode(), [path.join(ROOT, 'test/bench/ui.bench.ts'), ...process.argv.slice(2)], {
    env: childEnvironment({}),
  });
});
