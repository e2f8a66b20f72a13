// npm run -s workbench -- COMMAND: the command line, from source. Standard output is the command's alone.
import path from 'node:path';
import {
  buildRenderer,
  buildViewer,
  childEnvironment,
  ensureInstalled,
  entry,
  HOST_FLAGS,
  hostEnvironment,
  programNode,
  ROOT,
  run,
} from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  // What can export a review package needs its page, and a benchmark that of today; everything else starts at once.
  if (process.argv.includes('serve') || process.argv.includes('bench')) await buildRenderer();
  if (process.argv.includes('package') || process.argv.includes('serve')) await buildViewer();
  // npm moves to the project's folder; file arguments are meant from where the person stands.
  const serving = process.argv[2] === 'serve';
  const flags = serving ? HOST_FLAGS : [];
  return run(programNode(), [...flags, path.join(ROOT, 'main/hosts/cli/main.ts'), ...process.argv.slice(2)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: serving ? hostEnvironment() : childEnvironment(),
  });
});
