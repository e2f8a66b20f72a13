import { mkdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppFailure } from '#shared/contract/errors.ts';
import type { BackupInspection, BackupReason, BackupView } from '#shared/contract/upkeep.ts';
import { inspectBackup } from '#main/adapters/sqlite/index.ts';
import { RECORDS_FILE } from '#main/adapters/sqlite/open-records.ts';
import type { Backups } from '#main/core/ports/backups.ts';
import type { Store } from '#main/core/ports/store.ts';
import { surplusBackups } from '#main/core/upkeep/backup-retention.ts';
import { copyRecoveryFile } from './keys/key-profile.ts';
import { listBackups } from './backup-files.ts';
import type { Profile } from './profile.ts';
import { prepareRestore } from './restoring.ts';
import { freeBytes, recordsBytes, requireRoom } from './room.ts';

export interface BackupFolderOptions {
  readonly profile: Pick<Profile, 'folder' | 'backups' | 'store'>;
  readonly key: Uint8Array;
  /** Other keys that this backup may have (keysOfBackup); by default none. */
  readonly otherKeys?: (file: string) => Promise<readonly Uint8Array[]>;
  /** Null: it could not be opened (recovery). */
  readonly store: Store | null;
  readonly now?: () => number;
  /** Free bytes of a folder's disk, null where nobody can say. */
  readonly free?: (folder: string) => Promise<number | null>;
  /** Starts the program anew on what was made ready; absent where the host can't. */
  readonly restart?: (() => void) | undefined;
}

/** The Backups port over the profile's folder. Names are relative to the profile; only listed ones are opened. */
export function createBackupFolder(options: BackupFolderOptions): Backups {
  const { profile, key, store, otherKeys = async () => [], now = Date.now, free = freeBytes } = options;
  const records = path.join(profile.store, RECORDS_FILE);

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
    room: async () => ({ free: await free(profile.backups), next: recordsBytes(records) }),
    async make(reason) {
      if (store === null) throw new AppFailure('STORE_DAMAGED', 'the records cannot be read');
      mkdirSync(profile.backups, { recursive: true, mode: 0o700 });
      await requireRoom(profile.backups, recordsBytes(records), free);
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
      const opened = await inspectWith(file, key, otherKeys);
      return { backup: view, ...opened, present: await presentOf(store) };
    },
    async rotate(keep) {
      const daily = (await list()).filter(({ reason }) => reason === 'daily');
      const surplus = surplusBackups(daily, keep, await free(profile.backups), now());
      for (const { name } of surplus) {
        const file = path.join(profile.folder, ...name.split('/'));
        rmSync(file, { force: true });
        rmSync(`${file}.recovery.json`, { force: true });
      }
      return surplus.length;
    },
    async restore(name) {
      if (options.restart === undefined) throw new AppFailure('UNSUPPORTED', 'this host cannot start anew');
      const { file } = await find(name);
      await prepareRestore(profile, key, file, undefined, await otherKeys(file));
      options.restart();
    },
  };
}

/** With the present key, else with another that it may have; STORE_KEY_WRONG where none opens it. */
async function inspectWith(
  file: string,
  key: Uint8Array,
  otherKeys: (file: string) => Promise<readonly Uint8Array[]>,
): Promise<Pick<BackupInspection, 'inventory' | 'key'>> {
  try {
    return { inventory: await inspectBackup({ path: file, key }), key: 'present' };
  } catch (thrown) {
    if (!isKeyWrong(thrown)) throw thrown;
    for (const other of await otherKeys(file)) {
      try {
        return { inventory: await inspectBackup({ path: file, key: other }), key: 'former' };
      } catch (again) {
        if (!isKeyWrong(again)) throw again;
      }
    }
    throw thrown;
  }
}

const isKeyWrong = (thrown: unknown): boolean =>
  thrown instanceof AppFailure && thrown.error.code === 'STORE_KEY_WRONG';

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
