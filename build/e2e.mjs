// npm run e2e -- [Playwright's arguments]
import {
  buildGallery,
  buildRenderer,
  buildViewer,
  childEnvironment,
  ensureInstalled,
  entry,
  packageCommand,
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
  await buildGallery();
  return run(programNode(), [packageCommand('@playwright/test', 'playwright'), 'test', ...process.argv.slice(2)], {
    env: childEnvironment({ WORKBENCH_CHROMIUM: chromium }),
  });
});
