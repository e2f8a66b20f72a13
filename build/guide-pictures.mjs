// npm run guide-pictures: takes the guide's pictures anew in the practice shop, both languages (docs/guide/pictures).
import {
  buildRenderer,
  buildViewer,
  childEnvironment,
  ensureInstalled,
  entry,
  programNode,
  run,
  say,
} from './setup.mjs';
import { ensureTestTools } from './test-tools.mjs';

await entry(async () => {
  await ensureInstalled();
  const { chromium } = await ensureTestTools();
  if (chromium === null) {
    say('No Chromium here, and none could be installed. 未找到 Chromium。');
    return 3;
  }
  await buildRenderer();
  await buildViewer();
  return run(programNode(), ['test/support/guide-camera.ts', ...process.argv.slice(2)], {
    env: childEnvironment({ WORKBENCH_CHROMIUM: chromium }),
  });
});
