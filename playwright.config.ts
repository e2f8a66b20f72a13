import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// Each test starts the program anew, from source, in five threads: compiled once, not at each start (as in vitest.config.ts).
process.env['NODE_COMPILE_CACHE'] ??= new URL('node_modules/.cache/workbench/code', import.meta.url).pathname;

const installed = process.env['WORKBENCH_CHROMIUM'] ?? '/usr/bin/chromium';
// Chromium refuses to run as root with its sandbox; containers have a small /dev/shm.
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [];

/** End-to-end tests: the whole program in the browser host, driven by a real Chromium (test/support/browser-host.ts). */
export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.test.ts',
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
