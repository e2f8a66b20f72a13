// npm run typecheck
import { LAYER_PROJECTS } from './projects.mjs';
import { entry, packageCommand, programNode, run } from './setup.mjs';

await entry(async () => {
  let failed = 0;
  for (const project of LAYER_PROJECTS)
    failed += Math.min(1, await run(programNode(), [packageCommand('typescript', 'tsc'), '-p', project]));
  return failed === 0 ? 0 : 1;
});
