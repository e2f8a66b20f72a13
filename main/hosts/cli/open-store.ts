import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import type { Store } from '#main/core/ports/store.ts';
import { openSecrets } from '../open-secrets.ts';
import { defaultDataFolder, openProfile, type Profile } from '../profile.ts';
import type { GlobalOptions } from './program.ts';

export interface OpenedProfile {
  readonly profile: Profile;
  readonly key: Uint8Array;
}

/** Opens profile and key for one command, and lets go of both afterwards, whatever happens. */
export async function withProfile<T>(global: GlobalOptions, work: (opened: OpenedProfile) => Promise<T>): Promise<T> {
  const profile = openProfile({ directory: global.data });
  try {
    const { key } = await openSecrets(profile, { keyFile: global.keyFile });
    return await work({ profile, key });
  } finally {
    profile.release();
  }
}

/**
 * Opens the store, without any connection to a gateway, and closes it. `reading`: the command only reads, and so may run
 * beside a program that has the profile open.
 */
export async function withStore<T>(
  global: GlobalOptions,
  work: (opened: OpenedProfile & { readonly store: Store }) => Promise<T>,
  options: { readonly reading?: boolean } = {},
): Promise<T> {
  const open = async ({ profile, key }: OpenedProfile, readOnly: boolean): Promise<T> => {
    const store = await openStore({ directory: profile.store, key, readers: 1, readOnly });
    try {
      return await work({ profile, key, store });
    } finally {
      await store.close();
    }
  };
  try {
    return await withProfile(global, (opened) => open(opened, false));
  } catch (thrown) {
    if (options.reading !== true || !(thrown instanceof AppFailure) || thrown.error.code !== 'STORE_LOCKED')
      throw thrown;
    const profile = profileBeside(global);
    if (profile === null) throw thrown;
    const { key } = await openSecrets(profile, { keyFile: global.keyFile });
    return open({ profile, key }, true);
  }
}

const ProfileFile = z.object({ kind: z.enum(['real', 'practice']), id: z.uuid() });

/** Kind of the profile in that folder, without opening it; null where there is none yet. */
export function profileKind(global: GlobalOptions): Profile['kind'] | null {
  return readProfileFile(folderOf(global))?.kind ?? null;
}

/** A profile that another process has open, to read from only: nothing is made, locked or emptied. */
function profileBeside(global: GlobalOptions): Profile | null {
  const folder = folderOf(global);
  const file = readProfileFile(folder);
  if (file === null) return null;
  return {
    kind: file.kind,
    folder,
    store: path.join(folder, 'store'),
    log: path.join(folder, 'log'),
    temp: path.join(folder, 'temp'),
    backups: path.join(folder, 'backups'),
    secretsFile: path.join(folder, 'secrets.json'),
    practiceKeyFile: path.join(folder, 'practice.key'),
    keychainService: `merchant-workbench/${file.id}`,
    databaseExists: existsSync(path.join(folder, 'store', 'records.db')),
    release: () => {},
  };
}

function folderOf(global: GlobalOptions): string {
  const given = global.data ?? process.env['WORKBENCH_DATA'];
  return path.resolve(
    given !== undefined && given !== ''
      ? given
      : path.join(defaultDataFolder(process.platform, process.env, os.homedir()), 'real'),
  );
}

function readProfileFile(folder: string): z.infer<typeof ProfileFile> | null {
  try {
    return ProfileFile.parse(JSON.parse(readFileSync(path.join(folder, 'profile.json'), 'utf8')));
  } catch {
    return null;
  }
}
