import { existsSync } from 'node:fs';
import { chromium, type Browser } from '@playwright/test';

const installed = process.env['WORKBENCH_CHROMIUM'] ?? '/usr/bin/chromium';

export function launch(): Promise<Browser> {
  // Chromium refuses to run as root with its sandbox; containers have a small /dev/shm.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [];
  return chromium.launch({
    ...(existsSync(installed) ? { executablePath: installed } : {}),
    args: [...asRoot, '--disable-background-networking'],
  });
}
