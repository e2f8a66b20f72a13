import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { despiteHolders } from '#shared/lib/held-file.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { RECORDS_FILE } from '#main/adapters/sqlite/open-records.ts';
import { adaptKey } from '#main/adapters/sqlite/rekey.ts';
import { salvageRecords, type SalvageReport } from '#main/adapters/sqlite/salvage.ts';
import type { Store } from '#main/core/ports/store.ts';
import { recordsBytes, requireRoom } from './room.ts';

/**
 * Putting another store in place of the present one (ST4), so that a kill at any instant leaves one or the other, whole:
 *
 *   restoring-…     being copied and checked; whoever finds it later throws it away
 *   restore-ready   whole, on the disk, decided: its name is the decision
 *
 * `finishRestore` then moves `store` to `backups/before-restore-…` and `restore-ready` to `store`. It runs under the
 * profile's lock before anything is opened, also at each start, and does what is left of it.
 */

const READY = 'restore-ready';
const TRIAL = 'restoring-';
/** Inside the new store until the program has written it into the audit log. */
const NOTE_FILE = 'restored.json';

const Note = z.object({
  /** File that it came from; null: made anew. */
  from: z.string().nullable(),
  at: z.number(),
  kept: z.string().nullable(),
  /** Rows that came out of a damaged file, and those that were let go of. */
  salvaged: z.object({ kept: z.number(), dangling: z.number() }).optional(),
});
export type RestoreNote = z.infer<typeof Note>;

interface Place {
  readonly folder: string;
  readonly backups: string;
}

/**
 * Copies `source` (null: an empty store), opens it with the key, brings it to this version, checks all of it, and decides.
 * AppFailure STORE_DAMAGED, STORE_KEY_WRONG, STORE_FROM_NEWER_VERSION, DISK_FULL; then nothing has changed.
 */
export async function prepareRestore(
  place: Place,
  key: Uint8Array,
  source: string | null,
  /** What the new store is to hold besides. */
  complete: (store: Store) => Promise<void> = async () => undefined,
  /** Keys that were this profile's before: a backup that has one of them gets the present one. */
  former: readonly Uint8Array[] = [],
): Promise<void> {
  if (source !== null) await requireRoom(place.folder, recordsBytes(source));
  await prepare(place, async (trial) => {
    if (source !== null) {
      copyFlushed(source, path.join(trial, RECORDS_FILE));
      // What a killed program had committed and not yet moved into the file.
      if (existsSync(`${source}-wal`)) copyFlushed(`${source}-wal`, path.join(trial, `${RECORDS_FILE}-wal`));
      adaptKey(path.join(trial, RECORDS_FILE), key, former);
    }
    await openChecked(trial, key, [], complete);
    return { from: source === null ? null : path.basename(source) };
  });
}

/**
 * What is still readable in the damaged store, in a new one that takes its place (ST4); the damaged one is put aside whole.
 * AppFailure as `salvageRecords` and `prepareRestore`.
 */
export async function prepareSalvage(
  place: Place & { readonly store: string },
  key: Uint8Array,
): Promise<SalvageReport> {
  await requireRoom(place.folder, recordsBytes(path.join(place.store, RECORDS_FILE)));
  let report: SalvageReport = { tables: [], whole: true };
  await prepare(place, async (trial) => {
    report = salvageRecords(place.store, trial, key);
    // A hole in the audit log stays one: it is not for us to mend a chain that is to show it.
    await openChecked(trial, key, ['store.audit']);
    const sum = (of: 'kept' | 'dangling'): number => report.tables.reduce((rows, table) => rows + table[of], 0);
    return { from: null, salvaged: { kept: sum('kept'), dangling: sum('dangling') } };
  });
  return report;
}

/** Opens the new store, which brings it to this version, and checks all of it. */
async function openChecked(
  trial: string,
  key: Uint8Array,
  excused: readonly string[],
  complete: (store: Store) => Promise<void> = async () => undefined,
): Promise<void> {
  const store = await openStore({ directory: trial, key, readers: 1 });
  try {
    // Room on the disk is no reason to refuse; the index is made anew while the program runs.
    const failed = (await store.check()).find(
      ({ name, ok }) => !ok && name.startsWith('store.') && name !== 'store.disk' && !excused.includes(name),
    );
    if (failed !== undefined)
      throw new AppFailure('STORE_DAMAGED', 'the new store does not pass its checks', { check: failed.name });
    await complete(store);
  } finally {
    await store.close();
  }
}

async function prepare(
  place: Place,
  fill: (trial: string) => Promise<Pick<RestoreNote, 'from' | 'salvaged'>>,
): Promise<void> {
  // A decision that was made before is not undone half-way.
  if (existsSync(path.join(place.folder, READY))) throw new AppFailure('STORE_LOCKED', 'a restore is under way');
  const trial = mkdtempSync(path.join(place.folder, TRIAL));
  try {
    const note: RestoreNote = { ...(await fill(trial)), at: Date.now(), kept: null };
    writeFileSync(path.join(trial, NOTE_FILE), JSON.stringify(note), { mode: 0o600, flush: true });
    flushFolder(trial);
    despiteHolders(() => renameSync(trial, path.join(place.folder, READY)));
    flushFolder(place.folder);
  } catch (thrown) {
    rmSync(trial, { recursive: true, force: true });
    throw thrown instanceof AppFailure ? thrown : noRoom(thrown);
  }
}

/**
 * Carries out what was decided, or what is left of it; throws away what was not. Only under the profile's lock. Answers
 * with the folder that the former store was moved to; null where nothing was to be done.
 */
export function finishRestore(place: Place): { readonly kept: string | null } | null {
  for (const name of readdirSync(place.folder))
    if (name.startsWith(TRIAL)) rmSync(path.join(place.folder, name), { recursive: true, force: true });
  const ready = path.join(place.folder, READY);
  if (!existsSync(ready)) return null;
  const store = path.join(place.folder, 'store');
  let kept: string | null = null;
  if (existsSync(store)) {
    if (readdirSync(store).length === 0) rmSync(store, { recursive: true });
    else {
      mkdirSync(place.backups, { recursive: true, mode: 0o700 });
      // Made anew: what was there could not be read.
      const kind = restoreNote(ready)?.from === null ? 'damaged' : 'before-restore';
      kept = path.join(place.backups, `${kind}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
      const aside = kept;
      despiteHolders(() => renameSync(store, aside));
      flushFolder(place.backups);
      flushFolder(place.folder);
    }
  }
  despiteHolders(() => renameSync(ready, store));
  flushFolder(place.folder);
  return { kept };
}

/** A decided restore still has to be carried out in this profile's folder. */
export function isRestoring(folder: string): boolean {
  return existsSync(path.join(folder, READY));
}

/** What the audit log still has to be told about this store; null: nothing. */
export function restoreNote(store: string): RestoreNote | null {
  try {
    return Note.parse(JSON.parse(readFileSync(path.join(store, NOTE_FILE), 'utf8')));
  } catch {
    return null;
  }
}

export function forgetRestoreNote(store: string): void {
  rmSync(path.join(store, NOTE_FILE), { force: true });
}

function copyFlushed(from: string, to: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A rename is on the disk only when its folder is; Windows has no such call and does it by itself. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function noRoom(thrown: unknown): unknown {
  const { code } = thrown as { code?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppFailure('DISK_FULL', 'no room for the copy');
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new AppFailure('DATA_FOLDER_UNWRITABLE', 'the copy cannot be written', { reason: String(code) });
  return thrown;
}
