import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Each test starts the program anew, from source, in five threads: compiled once, not at each start (as in vitest.config.ts).
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/workbench/code', import.meta.url).pathname;

// Without a UTF-8 locale Chromium on Linux can't open files that have Chinese names; a bare machine names none. The program's
// own language goes by other variables (main/hosts/app-info.ts).
if (!/utf-?8/iu.test(process.env['LC_ALL'] ?? process.env['LC_CTYPE'] ?? process.env['LANG'] ?? ''))
  Object.assign(process.env, { LC_CTYPE: 'C.UTF-8', LC_ALL: '' });

/**
 * Under CI the whole run has to stay under 20 minutes on two processors: these are left to `npm test` and `npm run e2e` by
 * hand (WORKBENCH_E2E_ALL=1 runs them there too), and each run says so.
 */
const LEFT_OUT = ['gallery', 'recall-outcomes-staged', 'words'];
const short = process.env['CI'] !== undefined && process.env['WORKBENCH_E2E_ALL'] === undefined;
if (short && process.env['TEST_WORKER_INDEX'] === undefined)
  process.stderr.write(`!! NOT RUN under CI, for its 20 minutes: ${LEFT_OUT.join(', ')} (npm run e2e runs them)\n`);

const installed = process.env['WORKBENCH_CHROMIUM'] ?? '/usr/bin/chromium';
// Chromium refuses to run as root with its sandbox; containers have a small /dev/shm.
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [];

/** End-to-end tests: the whole program in the browser host, driven by a real Chromium (test/support/browser-host.ts). */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.test.ts',
  testIgnore: short ? LEFT_OUT.map((name) => `**/${name}.test.ts`) : [],
  outputDir: 'test-results',
  // Pictures to compare with (gallery.test.ts), one set: they are compared only where letters are drawn as in them.
  snapshotPathTemplate: '{testDir}/gallery/{arg}{ext}',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // Each test has its own host, profile and port; much of its time it waits for clocks and frames.
  workers: 3,
  // One more try, named "flaky" in the report.
  retries: 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'line',
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    colorScheme: 'light',
    contextOptions: { reducedMotion: 'reduce' },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      ...(existsSync(installed) ? { executablePath: installed } : {}),
      args: [...asRoot, '--font-render-hinting=none', '--disable-background-networking'],
    },
  },
});
