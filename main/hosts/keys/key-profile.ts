import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppFailure } from '#shared/contract/errors.ts';
import { parseRecoveryKey, formatRecoveryKey, RECOVERY_BYTES } from '#shared/lib/recovery-key.ts';
import { resealCache } from '#main/adapters/attachments/reseal.ts';
import { DATABASE_KEY_NAME } from '#main/adapters/secrets/database-key.ts';
import { KEY_BYTES } from '#main/adapters/secrets/key-file.ts';
import {
  keyMark,
  readRecoveryFile,
  unwrapKeys,
  wrapKeys,
  writePrivately,
} from '#main/adapters/secrets/recovery-file.ts';
import { seal, unseal } from '#main/adapters/secrets/sealed-file.ts';
import { isStoreKey } from '#main/adapters/sqlite/open-records.ts';
import { rekeyStore } from '#main/adapters/sqlite/rekey.ts';
import type { KeyCare } from '#main/core/ports/key-care.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import type { Profile } from '../profile.ts';

/**
 * A profile's keys over its life (ST1). In the secrets: the database key, former ones (for older backups), the recovery key.
 * In the profile's folder: `recovery.json` (recovery-file.ts), and while keys change `rotation.json`, which holds each key
 * sealed under the other, so that whichever of the two the secrets have at a start, the change can be finished.
 */
const RECOVERY_NAME = 'recovery-key';
const FORMER_NAME = 'database-keys-former';

const Kept = z.object({ key: z.string(), made_at: z.int(), confirmed_at: z.int().nullable() });
const Former = z.array(z.object({ key: z.string().regex(/^[0-9a-f]{64}$/), until: z.int() })).max(63);
const Rotation = z.object({
  version: z.literal(1),
  state: z.enum(['requested', 'running']),
  at: z.int(),
  from: z.string(),
  to: z.string(),
  to_under_from: z.string(),
  from_under_to: z.string(),
});
type Rotation = z.infer<typeof Rotation>;

type KeyProfile = Pick<Profile, 'folder' | 'store'>;

export const recoveryFileOf = (profile: Pick<Profile, 'folder'>): string => path.join(profile.folder, 'recovery.json');
const rotationFileOf = (profile: Pick<Profile, 'folder'>): string => path.join(profile.folder, 'rotation.json');
const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

/** The only storages where the key is ours to replace; a key file is the person's, the practice key guards nothing real. */
export const ROTATES: ReadonlySet<Secrets['storage']> = new Set(['keychain', 'safe-storage', 'passphrase']);

/** A change of keys was interrupted: files may have either key, and nobody may open them before it is finished. */
export function isRotating(profile: Pick<Profile, 'folder'>): boolean {
  return readRotation(profile)?.state === 'running';
}

/**
 * Finishes a change of keys that was asked for or interrupted; answers with the key that opens the store. Only under the
 * profile's lock, before the store is opened. Where there is no room for the copy, nothing was changed: the old key, and the
 * change stays asked for. AppFailure STORE_KEY_WRONG where the change belongs to other keys.
 */
export async function finishRotation(
  profile: KeyProfile,
  secrets: Secrets,
  key: Uint8Array,
  options: { readonly now?: () => number; readonly onStep?: (step: string) => void } = {},
): Promise<{ readonly key: Uint8Array; readonly rotated: boolean }> {
  const { now = Date.now, onStep = () => undefined } = options;
  dropHalfWritten(profile);
  const rotation = readRotation(profile);
  if (rotation === null) return { key, rotated: false };
  const { from, to } = bothKeys(rotation, key);
  writeRotation(profile, { ...rotation, state: 'running' });
  onStep('running');
  try {
    rekeyStore(profile.store, from, to, onStep);
  } catch (thrown) {
    // The records are the first file: as long as they have the old key, nothing has happened.
    const room = thrown instanceof AppFailure && ['DISK_FULL', 'STORE_LOCKED'].includes(thrown.error.code);
    if (!room || isStoreKey(profile.store, from) !== true) throw thrown;
    writeRotation(profile, { ...rotation, state: 'requested' });
    return { key: from, rotated: false };
  }
  await resealCache(path.join(profile.folder, 'attachments'), from, to);
  onStep('attachments');
  const former = await readFormer(secrets);
  if (!former.some(({ key: known }) => known === hex(from)))
    await secrets.set(FORMER_NAME, JSON.stringify([{ key: hex(from), until: now() }, ...former].slice(0, 63)));
  onStep('former');
  await secrets.set(DATABASE_KEY_NAME, hex(to));
  onStep('secrets');
  await rewrap(profile, secrets, to);
  rmSync(rotationFileOf(profile), { force: true });
  return { key: to, rotated: true };
}

/**
 * What a program that was killed while it wrote one of these files left beside it: the old key would still open the new one
 * there. Other temporary files may be another process's.
 */
function dropHalfWritten({ folder }: KeyProfile): void {
  for (const name of readdirSync(folder))
    if (/^(rotation|recovery)\.json\.\d+\.tmp$/.test(name)) rmSync(path.join(folder, name), { force: true });
}

/** The database key by the recovery key, put into the secrets (ST1: lost or changed keychain, another system account). */
export async function recover(
  profile: KeyProfile,
  secrets: Secrets,
  recovery: Uint8Array,
  now: () => number = Date.now,
): Promise<Uint8Array> {
  const file = readRecoveryFile(recoveryFileOf(profile));
  if (file === null)
    throw new AppFailure('FILE_NOT_FOUND', 'no recovery file in this profile', { file: 'recovery.json' });
  const keys = unwrapKeys(file, recovery);
  const key = keys.find((each) => isStoreKey(profile.store, each) === true) ?? keys[0];
  if (key === undefined) throw new AppFailure('RECOVERY_KEY_WRONG', 'no key in it');
  await adopt(secrets, keys, key, recovery, file.made_at, now);
  return key;
}

/** A key from elsewhere becomes this profile's (recovery, restoring on another computer). */
export async function adopt(
  secrets: Secrets,
  keys: readonly Uint8Array[],
  key: Uint8Array,
  recovery: Uint8Array,
  made_at: number,
  now: () => number = Date.now,
): Promise<void> {
  const former = keys.filter((each) => hex(each) !== hex(key)).map((each) => ({ key: hex(each), until: now() }));
  if (former.length > 0) await secrets.set(FORMER_NAME, JSON.stringify(former.slice(0, 63)));
  // Whoever typed it has it.
  await secrets.set(
    RECOVERY_NAME,
    JSON.stringify({ key: formatRecoveryKey(recovery), made_at, confirmed_at: now() } satisfies z.infer<typeof Kept>),
  );
  await secrets.set(DATABASE_KEY_NAME, hex(key));
  if ((await secrets.get(DATABASE_KEY_NAME)) !== hex(key))
    throw new AppFailure('KEYCHAIN_UNAVAILABLE', 'the key was not kept');
}

/** Keys that once were this profile's, newest first: they open older backups. */
export async function formerKeys(secrets: Secrets): Promise<readonly Uint8Array[]> {
  return (await readFormer(secrets)).map(({ key }) => bytes(key));
}

/**
 * Keys besides the present one that a backup may have: this profile's former ones, and what the kept recovery key opens in
 * the file beside it. Newest first, each once.
 */
export async function keysOfBackup(secrets: Secrets, backup: string): Promise<readonly Uint8Array[]> {
  const keys = [...(await formerKeys(secrets))];
  const kept = await readKept(secrets);
  const recovery = kept === null ? null : parseRecoveryKey(kept.key);
  try {
    const beside = recovery === null ? null : readRecoveryFile(`${backup}.recovery.json`);
    if (recovery !== null && beside !== null) keys.push(...unwrapKeys(beside, recovery));
  } catch {
    // Of another profile, or no such file at all: then it adds none.
  }
  return [...new Map(keys.map((key) => [hex(key), key])).values()];
}

/** Beside a backup, so that it and the recovery key are enough on another computer; nothing before a recovery key was made. */
export function copyRecoveryFile(profile: Pick<Profile, 'folder'>, backup: string): void {
  if (existsSync(recoveryFileOf(profile))) copyFileSync(recoveryFileOf(profile), `${backup}.recovery.json`);
}

/** The port for the window. Null where the profile is the practice shop's. */
export function keyCareOf(
  profile: KeyProfile & Pick<Profile, 'kind'>,
  secrets: Secrets,
  key: Uint8Array,
  now: () => number = Date.now,
): KeyCare | null {
  if (profile.kind === 'practice') return null;
  const canRotate = ROTATES.has(secrets.storage);

  async function made(): Promise<z.infer<typeof Kept>> {
    const known = await readKept(secrets);
    if (known !== null) {
      // A folder that was copied without it, or an interrupted first time.
      if (!existsSync(recoveryFileOf(profile))) await rewrap(profile, secrets, key);
      return known;
    }
    const fresh = { key: formatRecoveryKey(randomBytes(RECOVERY_BYTES)), made_at: now(), confirmed_at: null };
    await secrets.set(RECOVERY_NAME, JSON.stringify(fresh));
    await rewrap(profile, secrets, key);
    return fresh;
  }

  return {
    async state() {
      const recovery = await readKept(secrets);
      const [last] = await readFormer(secrets);
      return {
        storage: secrets.storage,
        recovery: recovery === null ? null : { made_at: recovery.made_at, confirmed_at: recovery.confirmed_at },
        rotation: readRotation(profile) === null ? 'none' : 'requested',
        can_rotate: canRotate,
        rotated_at: last?.until ?? null,
      };
    },
    async recoveryKey() {
      const { key: text, made_at } = await made();
      return { key: text, made_at };
    },
    async confirmRecovery() {
      await secrets.set(RECOVERY_NAME, JSON.stringify({ ...(await made()), confirmed_at: now() }));
    },
    async requestRotation() {
      if (!canRotate) throw new AppFailure('UNSUPPORTED', 'the key lies in a key file', { storage: secrets.storage });
      if (readRotation(profile) !== null) return;
      requestRotation(profile, key, now());
    },
    async cancelRotation() {
      if (readRotation(profile)?.state === 'running') return false;
      rmSync(rotationFileOf(profile), { force: true });
      return true;
    },
  };
}

/** Asks for another key from the next start on. */
export function requestRotation(profile: Pick<Profile, 'folder'>, from: Uint8Array, at: number): void {
  const to = new Uint8Array(randomBytes(KEY_BYTES));
  writeRotation(profile, {
    version: 1,
    state: 'requested',
    at,
    from: keyMark(from),
    to: keyMark(to),
    to_under_from: seal(from, 'to', hex(to)),
    from_under_to: seal(to, 'from', hex(from)),
  });
}

function bothKeys(rotation: Rotation, known: Uint8Array): { readonly from: Uint8Array; readonly to: Uint8Array } {
  const mark = keyMark(known);
  const other =
    mark === rotation.from
      ? unseal(known, 'to', rotation.to_under_from)
      : mark === rotation.to
        ? unseal(known, 'from', rotation.from_under_to)
        : null;
  if (other === null) throw new AppFailure('STORE_KEY_WRONG', 'the change of keys belongs to other keys');
  return mark === rotation.from ? { from: known, to: bytes(other) } : { from: bytes(other), to: known };
}

/** Writes `recovery.json` anew for the keys as they are now; nothing to do before a recovery key was made. */
async function rewrap(profile: Pick<Profile, 'folder'>, secrets: Secrets, key: Uint8Array): Promise<void> {
  const kept = await readKept(secrets);
  const recovery = kept === null ? null : parseRecoveryKey(kept.key);
  if (kept === null || recovery === null) return;
  const file = wrapKeys(recovery, [key, ...(await formerKeys(secrets))], kept.made_at);
  writePrivately(recoveryFileOf(profile), `${JSON.stringify(file)}\n`);
}

async function readKept(secrets: Secrets): Promise<z.infer<typeof Kept> | null> {
  const text = await secrets.get(RECOVERY_NAME);
  return text === null ? null : (Kept.safeParse(parse(text)).data ?? null);
}

async function readFormer(secrets: Secrets): Promise<z.infer<typeof Former>> {
  const text = await secrets.get(FORMER_NAME);
  return text === null ? [] : (Former.safeParse(parse(text)).data ?? []);
}

function readRotation(profile: Pick<Profile, 'folder'>): Rotation | null {
  let text: string;
  try {
    text = readFileSync(rotationFileOf(profile), 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AppFailure('FILE_UNREADABLE', 'rotation.json');
  }
  const parsed = Rotation.safeParse(parse(text));
  if (!parsed.success) throw new AppFailure('STORE_DAMAGED', 'rotation.json cannot be read', { file: 'rotation.json' });
  return parsed.data;
}

function writeRotation(profile: Pick<Profile, 'folder'>, rotation: Rotation): void {
  writePrivately(rotationFileOf(profile), `${JSON.stringify(rotation)}\n`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
