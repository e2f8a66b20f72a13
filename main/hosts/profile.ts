import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { holdProfile } from '#main/adapters/sqlite/open-records.ts';
import { finishRestore, isRestoring } from './restoring.ts';

/**
 * A profile: one folder with everything one program instance keeps. A practice profile and one with real accounts are
 * never the same folder (SE4).
 *
 *   profile.json   kind and version            store/    records.db, search.db
 *   profile.lock   held while it is open       log/      workbench.log …
 *   secrets.json   sealed secrets, where there is no keychain; practice.key beside it in a practice profile
 *   attachments/   pictures and files, encrypted (IN8)
 *   backups/       temp/ (uploads; emptied at each start)
 *   outgoing/      files for the browser host's page to fetch; emptied at each start but for unfinished exports
 */
export interface Profile {
  readonly kind: ProfileKind;
  readonly folder: string;
  readonly store: string;
  readonly log: string;
  readonly temp: string;
  readonly outgoing: string;
  readonly backups: string;
  readonly secretsFile: string;
  readonly practiceKeyFile: string;
  /** Keeps profiles apart in the keychain. */
  readonly keychainService: string;
  readonly databaseExists: boolean;
  release(): void;
}

export type ProfileKind = 'real' | 'practice';

const PROFILE_FILE = 'profile.json';
const ProfileFile = z.object({ version: z.literal(1), kind: z.enum(['real', 'practice']), id: z.uuid() });

export interface ProfileOptions {
  /** The profile's folder (`--data`, WORKBENCH_DATA); by default one a kind below the operating system's place. */
  readonly directory?: string | undefined;
  /** Undefined: what the folder is already; `real` when it is new. */
  readonly kind?: ProfileKind | undefined;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Opens or makes the profile and locks it. AppFailure DATA_FOLDER_UNWRITABLE (`details.reason`), STORE_LOCKED when
 * another process has it, NOT_ALLOWED when it is of the other kind, STORE_FROM_NEWER_VERSION.
 */
export function openProfile(options: ProfileOptions = {}): Profile {
  const folder = profileFolder(options);
  makeWritable(folder);
  // Held before anything is made: two first starts at once must not make two keys for one database.
  const lock = holdProfile(folder);
  try {
    const file = readOrMake(folder, options.kind);
    const profile = layOut(folder, file, () => lock.release());
    // A restore that was decided is carried out before anything is opened, also where the program was killed meanwhile (ST4).
    finishRestore(profile);
    rmSync(profile.temp, { recursive: true, force: true });
    for (const inner of [profile.store, profile.temp, profile.outgoing, profile.backups, profile.log])
      makeWritable(inner);
    return { ...profile, databaseExists: existsSync(path.join(profile.store, 'records.db')) };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** The profile's folder: the one that was named, by default one a kind below the operating system's place. */
export function profileFolder(options: ProfileOptions = {}): string {
  const environment = options.environment ?? process.env;
  const directory = options.directory ?? environment['WORKBENCH_DATA'];
  return path.resolve(
    directory !== undefined && directory !== ''
      ? directory
      : path.join(defaultDataFolder(process.platform, environment, os.homedir()), options.kind ?? 'real'),
  );
}

/** A profile as it lies there, perhaps open in another process: nothing is made, locked or emptied. Null: there is none. */
export function profileBeside(options: ProfileOptions = {}): Profile | null {
  const folder = profileFolder(options);
  try {
    const known = ProfileFile.safeParse(parseJson(readFileSync(path.join(folder, PROFILE_FILE), 'utf8')));
    return known.success ? layOut(folder, known.data, () => undefined) : null;
  } catch {
    return null;
  }
}

/**
 * Nothing of a profile lies there (`records`: no records, whatever else), so that whoever only reads has nothing to open.
 * Said of what is surely missing alone: a folder that can't be looked at is the opening's to judge.
 */
export function isMissing(options: ProfileOptions, what: 'profile' | 'records'): boolean {
  const folder = profileFolder(options);
  const names = namesIn(folder);
  if (names === null || isRestoring(folder) || (what === 'profile' && names.includes(PROFILE_FILE))) return false;
  return namesIn(path.join(folder, 'store'))?.length === 0;
}

/** Empty where there is no such folder, null where it can't be looked at. */
function namesIn(folder: string): readonly string[] | null {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ENOENT' ? [] : null;
  }
}

/** Where real accounts go that are connected from a practice profile: never into it, always beside it (SE4). */
export function realFolderBeside(practiceFolder: string): string {
  return path.basename(practiceFolder) === 'practice'
    ? path.join(path.dirname(practiceFolder), 'real')
    : `${practiceFolder}-real`;
}

const REAL_BESIDE = 'real-beside';

/** From now on the real profile beside this practice profile is what starts by default. */
export function preferRealBeside(practiceFolder: string): void {
  writeFileSync(path.join(practiceFolder, REAL_BESIDE), '', { mode: 0o600 });
}

/** Folder of the real profile that a practice profile gave way to, or null. */
export function preferredRealFolder(practiceFolder: string): string | null {
  return existsSync(path.join(practiceFolder, REAL_BESIDE)) ? realFolderBeside(practiceFolder) : null;
}

function layOut(folder: string, file: z.infer<typeof ProfileFile>, release: () => void): Profile {
  return {
    kind: file.kind,
    folder,
    store: path.join(folder, 'store'),
    log: path.join(folder, 'log'),
    temp: path.join(folder, 'temp'),
    outgoing: path.join(folder, 'outgoing'),
    backups: path.join(folder, 'backups'),
    secretsFile: path.join(folder, 'secrets.json'),
    practiceKeyFile: path.join(folder, 'practice.key'),
    keychainService: `merchant-workbench/${file.id}`,
    databaseExists: existsSync(path.join(folder, 'store', 'records.db')),
    release,
  };
}

/** Where the operating system wants a program's data that does not roam. */
export function defaultDataFolder(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, home: string): string {
  if (platform === 'win32')
    return path.win32.join(
      environment['LOCALAPPDATA'] ?? path.win32.join(home, 'AppData', 'Local'),
      'Merchant Workbench',
    );
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'Merchant Workbench');
  const configured = environment['XDG_DATA_HOME'];
  // The specification says to ignore a relative one.
  const base = configured?.startsWith('/') === true ? configured : path.posix.join(home, '.local', 'share');
  return path.posix.join(base, 'merchant-workbench');
}

function makeWritable(folder: string): void {
  try {
    makeFolder(folder);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw unwritable(thrown);
  }
}

/** Not `mkdirSync` with `recursive`: where the parent is there and still answers ENOENT (as in /proc), that never returns. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
}

function readOrMake(folder: string, wanted: ProfileKind | undefined): z.infer<typeof ProfileFile> {
  const file = path.join(folder, PROFILE_FILE);
  let text: string | null = null;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw unwritable(thrown);
  }
  if (text === null) {
    const made: z.infer<typeof ProfileFile> = { version: 1, kind: wanted ?? 'real', id: crypto.randomUUID() };
    try {
      writeFileSync(file, `${JSON.stringify(made)}\n`, { mode: 0o600, flush: true });
    } catch (thrown) {
      throw unwritable(thrown);
    }
    return made;
  }
  const known = ProfileFile.safeParse(parseJson(text));
  if (!known.success) throw new AppFailure('STORE_FROM_NEWER_VERSION', 'profile.json is not one of ours');
  if (wanted !== undefined && known.data.kind !== wanted)
    throw new AppFailure('NOT_ALLOWED', 'practice and real profiles are kept apart', { kind: known.data.kind, wanted });
  return known.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unwritable(thrown: unknown): AppFailure {
  const { code } = thrown as { code?: unknown };
  return new AppFailure('DATA_FOLDER_UNWRITABLE', 'the data folder cannot be used', {
    reason: typeof code === 'string' ? code : 'unknown',
  });
}
