// npm run build: renderer and main process into dist/, only what changed.
import { buildMain, buildRenderer, ensureInstalled, entry } from './setup.mjs';

await entry(async () => {
  await ensureInstalled();
  await buildRenderer();
  await buildMain();
  return 0;
});
