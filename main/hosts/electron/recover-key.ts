import { readFileSync, statSync } from 'node:fs';
import { dialog } from 'electron';
import { AppFailure } from '#shared/contract/errors.ts';
import type { DesktopWords } from '#shared/i18n/desktop.ts';
import { findRecoveryKey } from '#shared/lib/recovery-key.ts';
import { finishRotation, recover } from '../keys/key-profile.ts';
import { openSecretsWithoutKey, type SecretsOptions } from '../open-secrets.ts';
import { openProfile, type ProfileKind } from '../profile.ts';

/** A recovery key's file is a few lines. */
const LARGEST = 100_000;

/**
 * The records are there and their key is not (ST1: a lost or changed keychain): says so, with the choices, and takes the
 * recovery key's file. True where the program may try again. Never makes a new key beside old records.
 */
export async function recoverByFile(
  options: SecretsOptions & { readonly directory?: string | undefined; readonly kind?: ProfileKind | undefined },
  words: DesktopWords,
): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    message: words.keyMissing,
    detail: words.keyMissingNote,
    buttons: [words.chooseRecovery, words.quit],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  });
  if (response !== 0) return false;
  const { filePaths } = await dialog.showOpenDialog({
    properties: ['openFile'],
    filters: [{ name: 'txt', extensions: ['txt'] }],
  });
  const [file] = filePaths;
  if (file === undefined) return false;
  const recovery = statSync(file).size > LARGEST ? null : findRecoveryKey(readFileSync(file, 'utf8'));
  if (recovery === null) throw new AppFailure('RECOVERY_KEY_WRONG', 'no recovery key in that file');
  const profile = openProfile({ directory: options.directory, kind: options.kind });
  try {
    const secrets = await openSecretsWithoutKey(profile, options);
    await finishRotation(profile, secrets, await recover(profile, secrets, recovery));
    return true;
  } finally {
    profile.release();
  }
}
