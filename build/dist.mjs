// npm run dist -- [electron-builder's arguments]: installers into release/.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { icon } from './icons.mjs';
import { distArguments } from './notarise.mjs';
import {
  buildMain,
  buildRenderer,
  buildViewer,
  ensureInstalled,
  entry,
  packageCommand,
  programNode,
  ROOT,
  run,
} from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  await buildRenderer();
  await buildViewer();
  await buildMain();
  // electron-builder makes each platform's format of it.
  mkdirSync(path.join(ROOT, 'dist/icons'), { recursive: true });
  writeFileSync(path.join(ROOT, 'dist/icons/icon.png'), icon(1024));
  return run(programNode(), [
    packageCommand('electron-builder'),
    '--config',
    'electron-builder.yml',
    '--publish',
    'never',
    ...distArguments(process.env),
    ...process.argv.slice(2),
  ]);
});
