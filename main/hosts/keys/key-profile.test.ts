import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { readRecoveryFile, unwrapKeys } from '#main/adapters/secrets/recovery-file.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { openSealedByKey } from '#main/adapters/secrets/sealed-file.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import { parseRecoveryKey, RECOVERY_BYTES } from '#shared/lib/recovery-key.ts';
import { finishRestore, prepareRestore } from '../restoring.ts';
import {
  copyRecoveryFile,
  finishRotation,
  formerKeys,
  isRotating,
  keyCareOf,
  recover,
  recoveryFileOf,
  requestRotation,
} from './key-profile.ts';

let folder = '';
let profile = { folder: '', store: '', backups: '', kind: 'real' as const };
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'keys-'));
  profile = { folder, store: path.join(folder, 'store'), backups: path.join(folder, 'backups'), kind: 'real' };
  mkdirSync(profile.store);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const failure = (code: string): unknown => expect.objectContaining({ error: expect.objectContaining({ code }) });
/** Kept as a keychain keeps them: over restarts of what we call the program here. */
const keychain = (): Secrets => ({ ...createMemorySecrets(), storage: 'keychain' });
const CONTENT = randomBytes(200_000);
const SHA = createHash('sha256').update(CONTENT).digest('hex');

/** A store with something in it that only this machine knows, and a file that was not sent yet. */
async function fill(key: Uint8Array): Promise<void> {
  const store = await openStore({ directory: profile.store, key, readers: 1 });
  await store.appendAudit({ at: 1, actor: 'a-1', action: 'seal.opened', details: { msg_id: 'kept' } });
  await store.close();
  const cache = createAttachmentCache({ folder: path.join(folder, 'attachments'), key });
  const sink = await cache.create();
  await sink.write(CONTENT);
  await sink.commit();
}

async function expectWhole(key: Uint8Array): Promise<void> {
  const store = await openStore({ directory: profile.store, key, readers: 1 });
  try {
    expect((await store.check()).filter(({ name, ok }) => !ok && name !== 'store.disk')).toEqual([]);
    expect((await store.auditPage({}, { limit: 10, before: null })).rows).toMatchObject([{ action: 'seal.opened' }]);
    expect(await store.verifyAudit()).toMatchObject({ ok: true });
  } finally {
    await store.close();
  }
  const cache = createAttachmentCache({ folder: path.join(folder, 'attachments'), key });
  expect(Buffer.from((await cache.read(SHA)) ?? []).equals(CONTENT)).toBe(true);
  expect(cache.usage().files).toBe(1);
}

test('[ST1] a change of keys: everything opens with the new key, nothing with the old one, older backups still do', async () => {
  const secrets = keychain();
  const old = new Uint8Array(randomBytes(32));
  await secrets.set('database-key', Buffer.from(old).toString('hex'));
  await fill(old);
  const care = keyCareOf(profile, secrets, old, () => 1_000);
  const { key: recovery } = (await care?.recoveryKey()) ?? { key: '' };
  const store = await openStore({ directory: profile.store, key: old, readers: 1 });
  mkdirSync(profile.backups);
  const backup = path.join(profile.backups, 'records-daily-1.db');
  await store.backup(backup);
  copyRecoveryFile(profile, backup);
  await store.close();

  await care?.requestRotation();
  expect(await care?.state()).toMatchObject({ rotation: 'requested', can_rotate: true, rotated_at: null });
  expect(isRotating(profile)).toBe(false);
  const { key, rotated } = await finishRotation(profile, secrets, old, { now: () => 2_000 });
  expect([rotated, Buffer.from(key).equals(Buffer.from(old))]).toEqual([true, false]);
  await expectWhole(key);
  await expect(openStore({ directory: profile.store, key: old, readers: 1 })).rejects.toEqual(
    failure('STORE_KEY_WRONG'),
  );
  expect(await secrets.get('database-key')).toBe(Buffer.from(key).toString('hex'));
  expect(await finishRotation(profile, secrets, key)).toEqual({ key, rotated: false });

  // The same recovery key opens the new key, and the one of older backups.
  const file = readRecoveryFile(recoveryFileOf(profile));
  const bytes = parseRecoveryKey(recovery) ?? new Uint8Array();
  expect(unwrapKeys(file as never, bytes)).toEqual([key, old]);
  const beside = readRecoveryFile(`${backup}.recovery.json`);
  expect(unwrapKeys(beside as never, bytes)).toEqual([old]);

  await expect(prepareRestore(profile, key, backup)).rejects.toEqual(failure('STORE_KEY_WRONG'));
  await prepareRestore(profile, key, backup, undefined, await formerKeys(secrets));
  finishRestore(profile);
  await expectWhole(key);
});

/** Those between which something on the disk differs; WORKBENCH_ALL_STEPS=1 tries every one. */
const STEPS = process.env['WORKBENCH_ALL_STEPS'] === '1' ? 'all' : [3, 4, 8, 9, 11];

test('[ST1] killed at any step of a change of keys: the next start finishes it, and nothing is lost', async () => {
  const sealing = randomBytes(32);
  const sealed = (): Secrets => openSealedByKey(path.join(folder, 'secrets.json'), 'key-file', sealing);
  const old = new Uint8Array(randomBytes(32));
  await sealed().set('database-key', Buffer.from(old).toString('hex'));
  await fill(old);
  requestRotation(profile, old, 1);
  const template = `${folder}-template`;
  cpSync(folder, template, { recursive: true });
  const changeAndDie = (at: number): ReturnType<typeof spawnSync> => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(template, folder, { recursive: true });
    const args = [path.resolve('test/support/rotation-child.ts'), folder, String(at), sealing.toString('hex')];
    return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  };
  try {
    const whole = changeAndDie(0);
    const steps = Number(whole.stdout);
    expect([whole.status, whole.stderr, steps]).toEqual([0, '', 11]);
    for (const at of STEPS === 'all' ? Array.from({ length: steps }, (_, i) => i + 1) : STEPS) {
      expect(changeAndDie(at).signal).toBe('SIGKILL');
      const secrets = sealed();
      const { key, rotated } = await finishRotation(
        profile,
        secrets,
        Buffer.from((await secrets.get('database-key')) ?? '', 'hex'),
      );
      expect(rotated).toBe(true);
      await expectWhole(key);
      expect(await secrets.get('database-key')).toBe(Buffer.from(key).toString('hex'));
      expect(existsSync(path.join(folder, 'rotation.json'))).toBe(false);
      expect(readdirSync(profile.store).filter((name) => name.includes('rekey'))).toEqual([]);
    }
  } finally {
    rmSync(template, { recursive: true, force: true });
  }
}, 120_000);

test('[ST1] a lost keychain: the recovery key brings the key back, another one opens nothing', async () => {
  const lost = keychain();
  const key = new Uint8Array(randomBytes(32));
  await fill(key);
  const { key: text } = (await keyCareOf(profile, lost, key)?.recoveryKey()) ?? { key: '' };
  expect(readFileSync(recoveryFileOf(profile), 'utf8')).not.toContain(Buffer.from(key).toString('hex'));
  const fresh = keychain();
  await expect(recover(profile, fresh, new Uint8Array(RECOVERY_BYTES))).rejects.toEqual(failure('RECOVERY_KEY_WRONG'));
  expect(await fresh.get('database-key')).toBeNull();
  const found = await recover(profile, fresh, parseRecoveryKey(text) as Uint8Array);
  expect(found).toEqual(key);
  await expectWhole(found);
  const care = keyCareOf(profile, fresh, found);
  expect(await care?.recoveryKey()).toMatchObject({ key: text });
  expect(await care?.state()).toMatchObject({ recovery: { confirmed_at: expect.any(Number) } });
});

test('[ST1] [SE4] what a killed program left of a file with keys is gone after the next start, also without a change under way', async () => {
  const secrets = keychain();
  const key = new Uint8Array(randomBytes(32));
  await fill(key);
  const left = ['rotation.json.4711.tmp', 'recovery.json.4711.tmp'];
  for (const name of left) writeFileSync(path.join(folder, name), '{"to_under_from":"…"');
  expect(await finishRotation(profile, secrets, key)).toEqual({ key, rotated: false });
  expect(readdirSync(folder).filter((name) => left.includes(name))).toEqual([]);
});

test('[ST1] a change of keys that belongs to other keys touches nothing; one not begun can be called off', async () => {
  const secrets = keychain();
  const key = new Uint8Array(randomBytes(32));
  await fill(key);
  const care = keyCareOf(profile, secrets, key);
  requestRotation(profile, new Uint8Array(randomBytes(32)), 1);
  await expect(finishRotation(profile, secrets, key)).rejects.toEqual(failure('STORE_KEY_WRONG'));
  await expectWhole(key);
  expect(await care?.cancelRotation()).toBe(true);
  expect(await finishRotation(profile, secrets, key)).toEqual({ key, rotated: false });
  const byFile = keyCareOf(profile, { ...secrets, storage: 'key-file' }, key);
  await expect(byFile?.requestRotation()).rejects.toEqual(failure('UNSUPPORTED'));
  expect(keyCareOf({ ...profile, kind: 'practice' }, secrets, key)).toBeNull();
});
