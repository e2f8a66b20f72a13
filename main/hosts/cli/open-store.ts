import { AppFailure } from '#shared/contract/errors.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { holdProfile } from '#main/adapters/sqlite/open-records.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { Store } from '#main/core/ports/store.ts';
import { finishRotation, isRotating } from '../keys/key-profile.ts';
import { openSecrets } from '../open-secrets.ts';
import { isMissing, openProfile, profileBeside, type Profile } from '../profile.ts';
import { secretsOptions } from './passphrase.ts';
import type { GlobalOptions } from './program.ts';

export interface OpenedProfile {
  readonly profile: Profile;
  readonly key: Uint8Array;
  readonly secrets: Secrets;
}

/** Only what brings something in may begin a profile. */
export interface OpenOptions {
  /** What is to be there before; AppFailure STORE_MISSING, and nothing is made. Null: a new profile will do. */
  readonly needs?: 'profile' | 'records' | null;
}

/** AppFailure STORE_MISSING. */
export function refuseMissing({ data }: GlobalOptions, needs: 'profile' | 'records' | null): void {
  if (needs !== null && isMissing({ directory: data }, needs))
    throw new AppFailure('STORE_MISSING', 'nothing is kept in this folder', { needs });
}

/** Opens profile and key for one command, and lets go of both afterwards, whatever happens. */
export async function withProfile<T>(
  global: GlobalOptions,
  work: (opened: OpenedProfile) => Promise<T>,
  { needs = 'profile' }: OpenOptions = {},
): Promise<T> {
  refuseMissing(global, needs);
  const profile = openProfile({ directory: global.data });
  try {
    const opened = await openSecrets(profile, secretsOptions(global));
    const { secrets } = opened;
    const { key } = await finishRotation(profile, secrets, opened.key);
    return await work({ profile, key, secrets });
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
  options: OpenOptions & { readonly reading?: boolean } = {},
): Promise<T> {
  const { needs = 'records' } = options;
  refuseMissing(global, needs);
  const open = async ({ profile, key, secrets }: OpenedProfile): Promise<T> => {
    const store = await openStore({ directory: profile.store, key, readers: 1 });
    try {
      return await work({ profile, key, secrets, store });
    } finally {
      await store.close();
    }
  };
  const profile = options.reading === true ? profileBeside({ directory: global.data }) : null;
  // Cut off while its keys changed: only under the lock can that be finished.
  if (profile === null || !profile.databaseExists || isRotating(profile)) return withProfile(global, open, { needs });
  // One thread instead of three, and nobody is kept out: a second to some that ask twenty times a minute.
  const { key, secrets } = await openSecrets(profile, secretsOptions(global));
  const store = await openToRead(profile, key);
  if (store === null) return withProfile(global, open, { needs });
  try {
    return await work({ profile, key, secrets, store });
  } finally {
    await store.close();
  }
}

/** More than this many messages that the index hasn't yet: opened for writing, so that it catches up meanwhile. */
const LAGGING = 20_000;

/** Null where the store has to be opened for writing: it is of an older version, or the index is far behind. */
async function openToRead(profile: Profile, key: Uint8Array): Promise<Store | null> {
  let store: Store | null = null;
  try {
    store = await openStore({ directory: profile.store, key, readers: 1, readOnly: true });
    const { pending } = await store.indexStatus();
    // A program that has the profile open does it.
    if (pending <= LAGGING || isHeld(profile)) return store;
  } catch (thrown) {
    await store?.close();
    // What is wrong is said by the opening that can put it right, where no other program has it.
    if (isHeld(profile)) throw thrown;
    return null;
  }
  await store.close();
  return null;
}

/** Another process has the profile open. */
function isHeld(profile: Profile): boolean {
  try {
    holdProfile(profile.folder).release();
    return false;
  } catch (thrown) {
    return thrown instanceof AppFailure && thrown.error.code === 'STORE_LOCKED';
  }
}

/** Kind of the profile in that folder, without opening it; null where there is none yet. */
export function profileKind(global: GlobalOptions): Profile['kind'] | null {
  return profileBeside({ directory: global.data })?.kind ?? null;
}
