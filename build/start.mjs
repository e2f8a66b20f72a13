// npm start: installs what is missing, then starts the program in the best host there is.
import { ensureInstalled, entry, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  // The rest may use packages and Node 24; the download of Electron's runtime honours the usual proxy variables there.
  return run(programNode(), ['--use-env-proxy', 'build/launch.mjs', ...process.argv.slice(2)]);
});
