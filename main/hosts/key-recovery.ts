import { existsSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';
import { findRecoveryKey } from '#shared/lib/recovery-key.ts';
import { finishRotation, recover, recoveryFileOf } from './keys/key-profile.ts';
import { openSecretsWithoutKey } from './open-secrets.ts';
import { showWithoutRecords, type Shown } from './without-records.ts';
import type { WorkbenchOptions } from './workbench.ts';

/** The records are there, their key is not (ST1): a lost or changed keychain, secrets that were not copied along. */
export function isKeyLost(thrown: unknown): thrown is AppFailure {
  return thrown instanceof AppFailure && thrown.error.code === 'STORE_KEY_WRONG';
}

/**
 * The program without its key: the window takes the recovery key, and starts anew with the database key that it opens. Never
 * makes a new key beside old records. AppFailure UNSUPPORTED where the key lies in a key file, which is the person's.
 */
export function openKeyRecovery(options: WorkbenchOptions, failure: AppFailure): Promise<Shown> {
  return showWithoutRecords(options, failure, async (profile, logger) => {
    const secrets = await openSecretsWithoutKey(profile, options);
    return {
      storage: secrets.storage,
      handlers: {
        'recovery.state': async () => ({
          code: failure.error.code,
          backups: [],
          accounts: [],
          practice: false,
          key: { file: existsSync(recoveryFileOf(profile)) },
        }),
        async 'recovery.key'({ key }) {
          const recovery = findRecoveryKey(key);
          if (recovery === null) throw new AppFailure('RECOVERY_KEY_WRONG', 'the check characters do not fit');
          const found = await recover(profile, secrets, recovery);
          await finishRotation(profile, secrets, found);
          logger.log('warn', 'recovery.key');
          options.restart?.();
          return {};
        },
      },
    };
  });
}
