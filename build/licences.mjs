// The licences of everything that goes into the program: packages that package-lock.json holds for production, with the
// texts that they bring. As a Vite plugin it becomes licences.json beside the window; alone (`npm run licences`) it prints
// the list and fails where a licence is missing or not one that we may ship.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Permissive ones, whose texts we pass on; a new one is a decision, made here. */
export const ALLOWED = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  '(MIT OR WTFPL)',
  '(BSD-2-Clause OR MIT OR Apache-2.0)',
  // argparse, the command line of js-yaml, which the updater brings: the licence of Python itself, permissive.
  'Python-2.0',
]);

/** Every package of the production part of the lock that is installed here: name, version, licence, text. */
export function licences(root = ROOT) {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const found = new Map();
  for (const [where, entry] of Object.entries(packages)) {
    if (where === '' || entry.dev || entry.devOptional || entry.link) continue;
    const folder = path.join(root, where);
    // Binaries for other systems are not installed here, and not shipped from here.
    if (!existsSync(folder)) continue;
    const { name, version, license, licenses } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const licence = typeof license === 'string' ? license : (license?.type ?? licenses?.[0]?.type ?? 'unknown');
    found.set(`${name}@${version}`, { name, version, licence, text: textOf(folder) });
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function textOf(folder) {
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  return names.map((name) => readFileSync(path.join(folder, name), 'utf8').trim()).join('\n\n');
}

/** What may not be shipped as it is. */
export function problemsOf(list) {
  return list.filter(({ licence }) => !ALLOWED.has(licence)).map(({ name, licence }) => `${name}: ${licence}`);
}

/** For the window's build: licences.json. */
export function licencesPlugin() {
  return {
    name: 'workbench-licences',
    apply: 'build',
    generateBundle() {
      const list = licences();
      const problems = problemsOf(list);
      if (problems.length > 0) throw new Error(`licences that we may not ship: ${problems.join(', ')}`);
      this.emitFile({ type: 'asset', fileName: 'licences.json', source: JSON.stringify(list) });
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const list = licences();
  for (const { name, version, licence } of list) process.stdout.write(`${name} ${version} ${licence}\n`);
  const problems = problemsOf(list);
  for (const problem of problems) process.stderr.write(`!! ${problem}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
