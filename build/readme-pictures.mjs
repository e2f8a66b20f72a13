// npm run readme-pictures: takes the pictures of README.md anew in the practice shop (docs/pictures).
import { buildRenderer, childEnvironment, ensureInstalled, entry, programNode, run, say } from './setup.mjs';
import { ensureTestTools } from './test-tools.mjs';

await entry(async () => {
  await ensureInstalled();
  const { chromium } = await ensureTestTools();
  if (chromium === null) {
    say('No Chromium here, and none could be installed. 未找到 Chromium。');
    return 3;
  }
  await buildRenderer();
  return run(programNode(), ['test/support/readme-camera.ts'], {
    env: childEnvironment({ WORKBENCH_CHROMIUM: chromium }),
  });
});
