import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A program that tests start to be killed: from its source, or out of the folder with bundles that `npm run kill` makes first
 * (starting is most of what a kill costs, and a bundle starts in half the time).
 */
export function faultProgram(name: 'fault-child' | 'store-kill-child'): string {
  const bundles = process.env['WORKBENCH_FAULT_PROGRAMS'];
  return bundles === undefined ? fileURLToPath(new URL(`./${name}.ts`, import.meta.url)) : join(bundles, `${name}.js`);
}
