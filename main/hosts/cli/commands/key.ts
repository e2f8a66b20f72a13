import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { actorOf } from '#main/core/accounts/acting.ts';
import { appLockSecret } from '#main/core/security/app-lock.ts';
import { readRecoveryFile, unwrapKeys, writePrivately } from '#main/adapters/secrets/recovery-file.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { keyWords } from '#shared/i18n/cli-key.ts';
import { catalogues } from '#shared/i18n/index.ts';
import { findRecoveryKey, parseRecoveryKey } from '#shared/lib/recovery-key.ts';
import type { KeyCare } from '#main/core/ports/key-care.ts';
import type { Store } from '#main/core/ports/store.ts';
import { adopt, finishRotation, keyCareOf, recover, requestRotation, ROTATES } from '../../keys/key-profile.ts';
import { openSecretsWithoutKey } from '../../open-secrets.ts';
import { openProfile } from '../../profile.ts';
import { refuseMissing, withProfile, type OpenedProfile } from '../open-store.ts';
import { systemLocale } from '../../app-info.ts';
import { askHidden, secretsOptions } from '../passphrase.ts';
import type { Action } from '../program.ts';

/** Key care from a shell (ST1). The profile must not be open in another program. */
export function addKey(program: Command, _words: CliWords, action: Action): void {
  const words = keyWords[systemLocale(process.env)];
  const key = program.command('key').description(words.about);

  key
    .command('status')
    .description(words.status)
    .action(
      action(async ({ output, global }) =>
        withProfile(global, async (opened) => {
          const state = await careOf(opened).state();
          if (output.json) output.result(state);
          else {
            output.line(fill(words.storage, { storage: state.storage }));
            output.line(
              state.recovery === null
                ? words.none
                : state.recovery.confirmed_at === null
                  ? words.unconfirmed
                  : words.kept,
            );
          }
          return 0;
        }),
      ),
    );

  key
    .command('recovery')
    .description(words.recovery)
    .option('--save <file>', words.save)
    .action(
      action(async ({ output, global }, options: { readonly save?: string }) =>
        withProfile(global, async (opened) => {
          const care = careOf(opened);
          await audited(opened, options.save === undefined ? 'keys.recovery_shown' : 'keys.recovery_saved');
          const { key: text, made_at } = await care.recoveryKey();
          if (options.save === undefined) {
            if (output.json) output.result({ key: text, made_at });
            else output.line(text);
            return 0;
          }
          const { title, note } = catalogues[output.locale].security.file;
          writePrivately(path.resolve(options.save), [title, '', text, '', note, ''].join('\r\n'));
          await care.confirmRecovery();
          if (output.json) output.result({ file: options.save });
          else output.line(fill(words.saved, { file: options.save }));
          return 0;
        }),
      ),
    );

  key
    .command('recover')
    .description(words.recover)
    .option('--file <file>', words.from)
    .option('--beside <file>', words.sidecar)
    .action(
      action(async ({ output, global }, options: { readonly file?: string; readonly beside?: string }) => {
        if (options.beside === undefined) refuseMissing(global, 'profile');
        const recovery = await typedRecovery(options.file, words.type);
        const profile = openProfile({ directory: global.data });
        try {
          const secrets = await openSecretsWithoutKey(profile, secretsOptions(global));
          if (options.beside === undefined) {
            const found = await recover(profile, secrets, recovery);
            const { key: working } = await finishRotation(profile, secrets, found);
            await recordIn(profile.store, working, (store) =>
              store.appendAudit({ at: Date.now(), actor: 'system', action: 'keys.recovered', details: {} }),
            );
          } else {
            // A profile that holds something already keeps its own key: nothing may become unreadable by a move.
            if (profile.databaseExists) throw new AppFailure('NOT_ALLOWED', 'this profile has records of its own');
            const file = readRecoveryFile(path.resolve(options.beside));
            if (file === null) throw new AppFailure('FILE_NOT_FOUND', 'no such .recovery.json');
            const keys = unwrapKeys(file, recovery);
            const [newest] = keys;
            if (newest === undefined) throw new AppFailure('RECOVERY_KEY_WRONG', 'no key in it');
            await adopt(secrets, keys, newest, recovery, file.made_at);
          }
        } finally {
          profile.release();
        }
        if (output.json) output.result({ ok: true });
        else if (options.beside === undefined) output.line(words.recovered);
        else output.line(fill(words.adopted, { file: options.beside.replace(/\.recovery\.json$/, '') }));
        return 0;
      }),
    );

  key
    .command('rotate')
    .description(words.rotate)
    .action(
      action(async ({ output, global }) =>
        withProfile(global, async (opened) => {
          const { profile, secrets } = opened;
          careOf(opened);
          if (!ROTATES.has(secrets.storage))
            throw new AppFailure('UNSUPPORTED', 'the key lies in a key file', { storage: secrets.storage });
          await audited(opened, 'keys.rotation_requested');
          requestRotation(profile, opened.key, Date.now());
          const { key: next, rotated } = await finishRotation(profile, secrets, opened.key);
          if (rotated)
            await recordIn(profile.store, next, (store) =>
              store.appendAudit({ at: Date.now(), actor: 'system', action: 'keys.rotated', details: {} }),
            );
          if (output.json) output.result({ rotated });
          else output.line(rotated ? words.rotated : words.noRoom);
          return rotated ? 0 : 1;
        }),
      ),
    );

  key
    .command('remove-lock')
    .description(words.removeLock)
    .option('--file <file>', words.from)
    .action(
      action(async ({ output, global }, options: { readonly file?: string }) =>
        withProfile(global, async (opened) => {
          const { secrets } = opened;
          const there = (await secrets.get(appLockSecret)) !== null;
          if (there) {
            const typed = await typedRecovery(options.file, words.type);
            const kept = parseRecoveryKey((await careOf(opened).recoveryKey()).key);
            if (kept === null || !Buffer.from(kept).equals(typed))
              throw new AppFailure('RECOVERY_KEY_WRONG', 'another one');
            await audited(opened, 'lock.removed');
            await secrets.delete(appLockSecret);
          }
          if (output.json) output.result({ removed: there });
          else output.line(there ? words.lockRemoved : words.noLock);
          return 0;
        }),
      ),
    );
}

function careOf({ profile, secrets, key }: OpenedProfile): KeyCare {
  const care = keyCareOf(profile, secrets, key);
  if (care === null) throw new AppFailure('UNSUPPORTED', 'the practice profile guards nothing real');
  return care;
}

async function typedRecovery(file: string | undefined, question: string): Promise<Uint8Array> {
  let text: string;
  try {
    text = file === undefined ? await fromTerminal(question) : readFileSync(file, 'utf8').slice(0, 100_000);
  } catch {
    throw new AppFailure('FILE_NOT_FOUND', 'the file with the recovery key');
  }
  const recovery = findRecoveryKey(text);
  if (recovery === null) throw new AppFailure('RECOVERY_KEY_WRONG', 'the check characters do not fit');
  return recovery;
}

async function fromTerminal(question: string): Promise<string> {
  if (process.stdin.isTTY) return askHidden(question);
  return readFileSync(0, 'utf8').slice(0, 100_000);
}

/** Written before the thing itself is done (AD4). */
async function audited({ profile, key }: OpenedProfile, action: string): Promise<void> {
  if (!profile.databaseExists) return;
  await recordIn(profile.store, key, async (store) =>
    store.appendAudit({ at: Date.now(), actor: await actorOf(store), action, details: {} }),
  );
}

async function recordIn(directory: string, key: Uint8Array, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ directory, key, readers: 1 });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}
