import { rmSync } from 'node:fs';
import path from 'node:path';
import type { App, CrashReporter } from 'electron';

/**
 * Crash reports hold what was in memory: they stay in the person's own data folder, the ones of earlier runs are deleted at
 * the next start, and nothing is ever uploaded (SE4). Before `ready`, or the first processes would write elsewhere.
 */
export function keepCrashesLocal(app: App, reporter: CrashReporter, folder: string): void {
  const crashes = path.join(folder, 'crashes');
  rmSync(crashes, { recursive: true, force: true });
  app.setPath('crashDumps', crashes);
  reporter.start({ submitURL: '', uploadToServer: false, ignoreSystemCrashHandler: true, compress: false });
}
