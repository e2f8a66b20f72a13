// npm run build: renderer and main process into dist/, only what changed.
import { buildMain, buildRenderer, buildViewer, ensureInstalled, entry } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  await buildRenderer();
  await buildViewer();
  await buildMain();
  return 0;
});
