import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { BackupFile } from '#shared/contract/administration.ts';
import type { Profile } from './profile.ts';

/** Backups of the records that lie in the profile: scheduled ones, those before a migration, and those before a restore. */
export async function listBackups(profile: Pick<Profile, 'backups' | 'store'>): Promise<readonly BackupFile[]> {
  const found: BackupFile[] = [];
  const look = (folder: string, depth: number): void => {
    let names: string[];
    try {
      names = readdirSync(folder);
    } catch {
      return;
    }
    for (const name of names) {
      const file = path.join(folder, name);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      if (stats.isDirectory()) {
        if (depth > 0) look(file, depth - 1);
        // Only databases: what a broken copy left behind holds records too.
      } else if (/\.db(\.|$|-wal$)/.test(name) && stats.size > 0 && !name.startsWith('search.'))
        found.push({
          name: path.relative(path.dirname(profile.backups), file),
          made_at: Math.round(stats.mtimeMs),
          bytes: stats.size,
        });
    }
  };
  look(profile.backups, 2);
  look(path.join(profile.store, 'backups'), 0);
  return found.toSorted((a, b) => b.made_at - a.made_at);
}
