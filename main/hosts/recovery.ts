import { AppFailure, type AppErrorCode } from '#shared/contract/errors.ts';
import { forgetAccounts, rememberedAccounts } from '#main/core/accounts/account-list.ts';
import { createBackupFolder } from './backup-folder.ts';
import { keysOfBackup } from './keys/key-profile.ts';
import { openSecrets } from './open-secrets.ts';
import { prepareRestore } from './restoring.ts';
import { showWithoutRecords, type Shown } from './without-records.ts';
import type { WorkbenchOptions } from './workbench.ts';

const RECOVERABLE: ReadonlySet<AppErrorCode> = new Set(['STORE_DAMAGED']);

/** A failure to open that the person can do something about in the window (ST4). */
export function isRecoverable(thrown: unknown): thrown is AppFailure {
  return thrown instanceof AppFailure && RECOVERABLE.has(thrown.error.code);
}

/**
 * The program without its records (ST4): it shows what can be restored and in which order to try it, and refuses everything
 * else with the code that kept it from opening. Nothing is changed before the person says so.
 */
export function openRecovery(options: WorkbenchOptions, failure: AppFailure): Promise<Shown> {
  return showWithoutRecords(options, failure, async (profile, logger) => {
    const { secrets, key } = await openSecrets(profile, options);
    const backups = createBackupFolder({
      profile,
      key,
      store: null,
      otherKeys: (file) => keysOfBackup(secrets, file),
      restart: options.restart,
    });
    return {
      storage: secrets.storage,
      handlers: {
        'recovery.state': async () => ({
          code: failure.error.code,
          backups: await backups.list(),
          accounts: (await rememberedAccounts(secrets)).map(({ label }) => label),
          practice: profile.kind === 'practice',
          key: null,
        }),
        'backups.list': async () => ({
          backups: await backups.list(),
          daily: false,
          keep: 0,
          problem: null,
          room: await backups.room(),
        }),
        'backups.inspect': ({ name }) => backups.inspect(name),
        async 'backups.restore'({ name }) {
          await backups.restore(name);
          logger.log('warn', 'recovery.restored');
          return {};
        },
        async 'recovery.anew'({ accounts }) {
          const known = accounts ? await rememberedAccounts(secrets) : [];
          await prepareRestore(profile, key, null, async (store) => {
            for (const account of known) await store.putAccount(account);
          });
          // Only when the decision stands: until then the tokens are still wanted.
          if (!accounts) await forgetAccounts(secrets);
          logger.log('warn', 'recovery.anew', { accounts: known.length });
          options.restart?.();
          return {};
        },
      },
    };
  });
}
