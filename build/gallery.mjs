// npm run gallery: every primitive and every state of the main panels, in a browser window. Changes show at once.
import { ensureInstalled, entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  return run(programNode(), [
    packageCommand('vite'),
    '--config',
    'build/vite.gallery.config.ts',
    '--host',
    '127.0.0.1',
    '--open',
    ...process.argv.slice(2),
  ]);
});
