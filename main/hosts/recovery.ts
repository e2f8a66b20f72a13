import { AppFailure, type AppErrorCode } from '#shared/contract/errors.ts';
import { PROCEDURES, type Handlers } from '#shared/contract/procedures.ts';
import { forgetAccounts, rememberedAccounts } from '#main/core/accounts/account-list.ts';
import { DEFAULT_SETTINGS } from '#main/core/settings/settings.ts';
import type { App } from '#main/core/create-app.ts';
import type { AppInfo } from '#shared/contract/views.ts';
import { describeHost } from './app-info.ts';
import { createBackupFolder } from './backup-folder.ts';
import { createFileHandles } from './file-handles.ts';
import { createLogFile } from './log-file.ts';
import { keysOfBackup } from './keys/key-profile.ts';
import { openSecrets } from './open-secrets.ts';
import { openProfile } from './profile.ts';
import { prepareRestore } from './restoring.ts';
import type { Workbench, WorkbenchOptions } from './workbench.ts';

/** What a window shows: a profile's whole program, or the way back to its records. */
export interface Shown extends Pick<Workbench, 'profile' | 'info' | 'handles' | 'logger'> {
  readonly app: Pick<App, 'handlers' | 'subscribe' | 'picture'>;
  close(): Promise<void>;
}

const RECOVERABLE: ReadonlySet<AppErrorCode> = new Set(['STORE_DAMAGED']);

/** A failure to open that the person can do something about in the window (ST4). */
export function isRecoverable(thrown: unknown): thrown is AppFailure {
  return thrown instanceof AppFailure && RECOVERABLE.has(thrown.error.code);
}

/**
 * The program without its records (ST4): it shows what can be restored and in which order to try it, and refuses everything
 * else with the code that kept it from opening. Nothing is changed before the person says so.
 */
export async function openRecovery(options: WorkbenchOptions, failure: AppFailure): Promise<Shown> {
  const profile = openProfile({ directory: options.directory, kind: options.kind });
  const log = createLogFile({ folder: profile.log });
  try {
    const { secrets, key } = await openSecrets(profile, options);
    const info = {
      ...describeHost(options.host, profile.kind === 'practice', secrets.storage, options.locale),
      recovery: true,
    };
    const restart = (): void => options.restart?.();
    const backups = createBackupFolder({
      profile,
      key,
      store: null,
      otherKeys: (file) => keysOfBackup(secrets, file),
      restart: options.restart,
    });
    const handlers: Handlers = {
      ...withoutRecords(info, failure),
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
        log.logger.log('warn', 'recovery.restored');
        return {};
      },
      async 'recovery.anew'({ accounts }) {
        const known = accounts ? await rememberedAccounts(secrets) : [];
        await prepareRestore(profile, key, null, async (store) => {
          for (const account of known) await store.putAccount(account);
        });
        // Only when the decision stands: until then the tokens are still wanted.
        if (!accounts) await forgetAccounts(secrets);
        log.logger.log('warn', 'recovery.anew', { accounts: known.length });
        restart();
        return {};
      },
    };
    log.logger.log('error', 'workbench.recovery', { code: failure.error.code });
    return {
      profile,
      info,
      handles: createFileHandles(),
      logger: log.logger,
      app: { handlers, subscribe: () => () => undefined, picture: async () => null },
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

/** What a window needs to be drawn at all; everything else is refused with what kept the records from opening. */
export function withoutRecords(info: AppInfo, failure: AppFailure): Handlers {
  let settings = DEFAULT_SETTINGS;
  const refuse = async (): Promise<never> => {
    throw new AppFailure(failure.error.code, failure.error.message, failure.error.details);
  };
  const refusing = Object.fromEntries(Object.keys(PROCEDURES).map((name) => [name, refuse])) as unknown as Handlers;
  return {
    ...refusing,
    'app.info': async () => info,
    'settings.get': async () => settings,
    async 'settings.set'(patch) {
      // Only for as long as this window is open: there is no place to keep it.
      const { theme, density, locale } = patch;
      settings = {
        ...settings,
        ...(theme === undefined ? {} : { theme }),
        ...(density === undefined ? {} : { density }),
        ...(locale === undefined ? {} : { locale }),
      };
      return settings;
    },
    'accounts.list': async () => [],
    'jobs.list': async () => [],
  };
}
