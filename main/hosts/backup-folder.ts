import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import type { BackupReason, BackupView } from '#shared/contract/upkeep.ts';
import { inspectBackup } from '#main/adapters/sqlite/index.ts';
import type { Backups } from '#main/core/ports/backups.ts';
import type { Store } from '#main/core/ports/store.ts';
import { copyRecoveryFile } from './keys/key-profile.ts';
import { listBackups } from './backup-files.ts';
import type { Profile } from './profile.ts';
import { prepareRestore } from './restoring.ts';

export interface BackupFolderOptions {
  readonly profile: Pick<Profile, 'folder' | 'backups' | 'store'>;
  readonly key: Uint8Array;
  /** Null: it could not be opened (recovery). */
  readonly store: Store | null;
  readonly now?: () => number;
  /** Starts the program anew on what was made ready; absent where the host can't. */
  readonly restart?: (() => void) | undefined;
}

/** The Backups port over the profile's folder. Names are relative to the profile; only listed ones are opened. */
export function createBackupFolder(options: BackupFolderOptions): Backups {
  const { profile, key, store, now = Date.now } = options;

  const list = async (): Promise<readonly BackupView[]> =>
    (await listBackups(profile))
      // Logs and unfinished copies hold records too, but nobody restores from them.
      .filter(({ name }) => name.endsWith('.db'))
      .map(({ name, made_at, bytes }) => ({
        name: name.replaceAll('\\', '/'),
        reason: reasonOf(name),
        made_at,
        bytes,
      }));

  const find = async (name: string): Promise<{ readonly view: BackupView; readonly file: string }> => {
    const view = (await list()).find((each) => each.name === name);
    if (view === undefined) throw new AppFailure('NOT_FOUND', 'no such backup');
    return { view, file: path.join(profile.folder, ...view.name.split('/')) };
  };

  return {
    list,
    async make(reason) {
      if (store === null) throw new AppFailure('STORE_DAMAGED', 'the records cannot be read');
      mkdirSync(profile.backups, { recursive: true, mode: 0o700 });
      const stamp = new Date(now()).toISOString().replaceAll(/[:.]/g, '-');
      const file = path.join(profile.backups, `records-${reason}-${stamp}.db`);
      await store.backup(file);
      copyRecoveryFile(profile, file);
      const { size, mtimeMs } = statSync(file);
      return {
        name: path.relative(profile.folder, file).replaceAll('\\', '/'),
        reason,
        made_at: Math.round(mtimeMs),
        bytes: size,
      };
    },
    async inspect(name) {
      const { view, file } = await find(name);
      const inventory = await inspectBackup({ path: file, key });
      return { backup: view, inventory, present: await presentOf(store) };
    },
    async rotate(keep) {
      const daily = (await list()).filter(({ reason }) => reason === 'daily');
      const surplus = daily.slice(Math.max(1, keep));
      for (const { name } of surplus) rmSync(path.join(profile.folder, ...name.split('/')), { force: true });
      return surplus.length;
    },
    async restore(name) {
      if (options.restart === undefined) throw new AppFailure('UNSUPPORTED', 'this host cannot start anew');
      const { file } = await find(name);
      await prepareRestore(profile, key, file);
      options.restart();
    },
  };
}

async function presentOf(store: Store | null): Promise<Awaited<ReturnType<Store['inventory']>> | null> {
  try {
    return (await store?.inventory()) ?? null;
  } catch {
    // Damaged while it runs: that is why somebody looks at backups.
    return null;
  }
}

function reasonOf(name: string): BackupReason {
  if (/before-restore-/.test(name)) return 'restore';
  if (/damaged-/.test(name)) return 'damaged';
  if (/records-daily-/.test(name)) return 'daily';
  if (/\.v\d+\.db/.test(name)) return 'migration';
  return 'manual';
}
