import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, say } from './setup.mjs';
import { listTree } from './tree.mjs';

/** Rules of docs/spec.md, and those whose id no test title names (`test('[RC7] …`). */
export function specCoverage(root) {
  const spec = readFileSync(path.join(root, 'docs/spec.md'), 'utf8');
  const rules = [...new Set([...spec.matchAll(/^- ([A-Z]{2}\d+)\b/gm)].map((match) => match[1]))];
  const named = new Set();
  for (const file of listTree(root, /\.(test|spec)\.(tsx?|mjs)$/)) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, title] of text.matchAll(/['"`](\[[A-Z]{2}\d[^'"`\n]*)/g))
      for (const [group] of title.matchAll(/\[[^\]]*\]/g))
        for (const [id] of group.matchAll(/\b[A-Z]{2}\d+\b/g)) named.add(id);
  }
  return { rules, untested: rules.filter((id) => !named.has(id)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { rules, untested } = specCoverage(ROOT);
  say(`${rules.length - untested.length} of ${rules.length} rules are named by a test`);
  process.stdout.write(untested.map((id) => `${id}\n`).join(''));
}
