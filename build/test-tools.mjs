import { existsSync } from 'node:fs';
import path from 'node:path';
import { findProgram, programNode, ROOT, run, say } from './setup.mjs';

/** What the tests use beyond npm packages; each with the Debian packages that bring it. */
const TOOLS = [
  { name: 'Chromium', packages: ['chromium'], there: () => findChromium() !== null },
  {
    name: 'Chinese fonts',
    packages: ['fonts-noto-cjk'],
    there: () => existsSync('/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'),
  },
  {
    name: 'keychain',
    packages: ['gnome-keyring', 'libsecret-1-0', 'dbus'],
    there: () => findProgram('gnome-keyring-daemon') !== null && findProgram('dbus-run-session') !== null,
  },
  { name: 'LibreOffice', packages: ['libreoffice-calc'], there: () => findProgram('soffice') !== null },
  { name: 'virtual display', packages: ['xvfb', 'xauth'], there: () => findProgram('xvfb-run') !== null },
];

/**
 * Chromium's path for the end-to-end tests, or null. What is missing is installed where that is possible without asking:
 * as root on a machine with apt. Elsewhere Playwright's own download is tried, and tests that miss something skip loudly.
 */
export async function ensureTestTools() {
  if (process.platform === 'linux') await installDebianPackages();
  let chromium = findChromium();
  if (chromium === null) {
    say('Chromium is missing: trying Playwright’s download …');
    const cli = path.join(ROOT, 'node_modules/@playwright/test/cli.js');
    await run(programNode(), [cli, 'install', 'chromium'], { limitMs: 180_000, stdio: ['ignore', 2, 2] });
    chromium = findChromium() ?? (await playwrightChromium());
  }
  return { chromium };
}

async function installDebianPackages() {
  const missing = TOOLS.filter(({ there }) => !there());
  if (missing.length === 0 || process.getuid?.() !== 0 || findProgram('apt-get') === null) return;
  const packages = missing.flatMap((tool) => tool.packages);
  say(`Installing for the tests: ${packages.join(' ')} …`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 2],
    limitMs: 600_000,
  };
  await run('apt-get', ['update', '-q'], options);
  const code = await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], options);
  if (code !== 0) say(`!! Could not install ${packages.join(' ')} (exit code ${code})`);
}

export function findChromium() {
  const named = process.env.WORKBENCH_CHROMIUM;
  if (named !== undefined && existsSync(named)) return named;
  return findProgram('/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
}

async function playwrightChromium() {
  let output = '';
  const script = "import('playwright-core').then(({ chromium }) => process.stdout.write(chromium.executablePath()))";
  await run(programNode(), ['-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    onOutput: (chunk) => (output += chunk),
  });
  return existsSync(output) ? output : null;
}
