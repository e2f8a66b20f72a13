import { existsSync } from 'node:fs';
import { AppFailure } from '#shared/contract/errors.ts';
import { findRecoveryKey } from '#shared/lib/recovery-key.ts';
import { describeHost } from './app-info.ts';
import { createFileHandles } from './file-handles.ts';
import { finishRotation, recover, recoveryFileOf } from './keys/key-profile.ts';
import { createLogFile } from './log-file.ts';
import { openSecretsWithoutKey } from './open-secrets.ts';
import { openProfile } from './profile.ts';
import { withoutRecords, type Shown } from './recovery.ts';
import type { WorkbenchOptions } from './workbench.ts';

/** The records are there, their key is not (ST1): a lost or changed keychain, secrets that were not copied along. */
export function isKeyLost(thrown: unknown): thrown is AppFailure {
  return thrown instanceof AppFailure && thrown.error.code === 'STORE_KEY_WRONG';
}

/**
 * The program without its key: the window takes the recovery key, and starts anew with the database key that it opens. Never
 * makes a new key beside old records. AppFailure UNSUPPORTED where the key lies in a key file, which is the person's.
 */
export async function openKeyRecovery(options: WorkbenchOptions, failure: AppFailure): Promise<Shown> {
  const profile = openProfile({ directory: options.directory, kind: options.kind });
  const log = createLogFile({ folder: profile.log });
  try {
    const secrets = await openSecretsWithoutKey(profile, options);
    const info = { ...describeHost(options.host, false, secrets.storage, options.locale), recovery: true };
    log.logger.log('error', 'workbench.key-lost', { code: failure.error.code });
    return {
      profile,
      info,
      handles: createFileHandles(),
      logger: log.logger,
      app: {
        handlers: {
          ...withoutRecords(info, failure),
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
            log.logger.log('warn', 'recovery.key');
            options.restart?.();
            return {};
          },
        },
        subscribe: () => () => undefined,
        picture: async () => null,
      },
      close: async () => {
        log.close();
        profile.release();
      },
    };
  } catch (thrown) {
    log.close();
    profile.release();
    throw thrown;
  }
}
