import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSecrets, requireStrong } from './open-secrets.ts';
import { openProfile, type Profile } from './profile.ts';

let folder = '';
let profile: Profile;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'open-secrets-'));
  profile = openProfile({ directory: path.join(folder, 'p'), kind: 'real', environment: {} });
});
afterEach(() => {
  profile.release();
  rmSync(folder, { recursive: true, force: true });
});

const failure = (code: string): unknown => expect.objectContaining({ error: expect.objectContaining({ code }) });
const GOOD = '三只猫 on a red bicycle';

test('[SE4] a passphrase that can be guessed is refused, and nothing is written for it', async () => {
  for (const weak of ['', 'short', 'aaaaaaaaaaaaaaaa', '12121212121212', '一二三四五六七八九十'])
    expect(() => requireStrong(weak), weak).toThrow(failure('PASSPHRASE_WEAK') as Error);
  requireStrong(GOOD);
  await expect(openSecrets(profile, { passphrase: 'short', environment: {} })).rejects.toEqual(
    failure('PASSPHRASE_WEAK'),
  );
  expect(() => readFileSync(profile.secretsFile)).toThrow(/ENOENT/);
});

test('[SE4] begun with a passphrase it stays with it: asked for, the right one opens, a wrong one or none doesn’t', async () => {
  const first = await openSecrets(profile, { passphrase: GOOD, environment: {} });
  expect(first.secrets.storage).toBe('passphrase');
  const asked: string[] = [];
  const answering = (text: string | null) => async (which: string) => {
    asked.push(which);
    return text;
  };
  const again = await openSecrets(profile, { askPassphrase: answering(GOOD), environment: {} });
  expect([again.key, asked]).toEqual([first.key, ['known']]);
  await expect(
    openSecrets(profile, { askPassphrase: answering('wrong one, long enough'), environment: {} }),
  ).rejects.toEqual(failure('KEY_FILE_INVALID'));
  await expect(openSecrets(profile, { askPassphrase: answering(null), environment: {} })).rejects.toEqual(
    failure('KEYCHAIN_UNAVAILABLE'),
  );
  // Nobody to ask: refused, and no keychain or plain file taken in its place.
  await expect(openSecrets(profile, { environment: {} })).rejects.toEqual(failure('KEYCHAIN_UNAVAILABLE'));
  const text = readFileSync(profile.secretsFile, 'utf8');
  expect(text).not.toContain(Buffer.from(first.key).toString('hex'));
});
