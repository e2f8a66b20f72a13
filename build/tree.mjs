import { readdirSync } from 'node:fs';
import path from 'node:path';

const SKIP = new Set(['node_modules', 'dist', 'release', 'coverage', 'test-results', 'playwright-report']);

/** Files below the root whose name matches, sorted, with `/`; generated and hidden folders left out. */
export function listTree(root, pattern) {
  const files = [];
  const walk = (folder) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (entry.name.startsWith('.') || SKIP.has(entry.name)) continue;
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(relative);
      else if (pattern.test(entry.name)) files.push(relative);
    }
  };
  walk('');
  return files;
}
