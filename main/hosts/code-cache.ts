import { mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import os from 'node:os';
import path from 'node:path';

/**
 * Keeps compiled code between starts, for this process and for the worker threads it starts: a worker enables it only by
 * the environment. In a folder of the user's own: Node's default lies in the shared temporary folder, where another
 * user could put code of theirs first.
 */
export function keepCompiledCode(): void {
  const { env } = process;
  try {
    const folder = env['NODE_COMPILE_CACHE'] ?? codeCacheFolder(process.platform, env, os.homedir());
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
    env['NODE_COMPILE_CACHE'] = folder;
  } catch {
    // A start that takes longer is no reason not to start.
  }
}

function codeCacheFolder(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, home: string): string {
  if (platform === 'win32')
    return path.win32.join(
      environment['LOCALAPPDATA'] ?? path.win32.join(home, 'AppData', 'Local'),
      'Merchant Workbench',
      'code-cache',
    );
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Caches', 'Merchant Workbench', 'code-cache');
  const configured = environment['XDG_CACHE_HOME'];
  const base = configured?.startsWith('/') === true ? configured : path.posix.join(home, '.cache');
  return path.posix.join(base, 'merchant-workbench', 'code-cache');
}
