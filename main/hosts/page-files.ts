import { readdirSync } from 'node:fs';
import path from 'node:path';

/**
 * The built window's files by their path in the address (`/index.html`, `/assets/…`). Whatever is asked for is looked up
 * here and never joined to a folder, so no spelling of a path can leave it (SE2).
 */
export function listPageFiles(folder: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const full = path.join(entry.parentPath, entry.name);
    files.set(`/${path.relative(folder, full).split(path.sep).join('/')}`, full);
  }
  return files;
}
