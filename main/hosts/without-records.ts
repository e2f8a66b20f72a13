import { AppFailure } from '#shared/contract/errors.ts';
import { PROCEDURES, type Handlers } from '#shared/contract/procedures.ts';
import type { AppInfo } from '#shared/contract/views.ts';
import { DEFAULT_SETTINGS } from '#main/core/settings/settings.ts';
import type { App } from '#main/core/create-app.ts';
import type { Logger } from '#main/core/ports/logger.ts';
import type { Secrets } from '#main/core/ports/secrets.ts';
import { describeHost } from './app-info.ts';
import { createFileHandles } from './file-handles.ts';
import { createLogFile } from './log-file.ts';
import { openProfile, type Profile } from './profile.ts';
import type { Workbench, WorkbenchOptions } from './workbench.ts';

/** What a window shows: a profile's whole program, or the way back to its records. */
export interface Shown extends Pick<Workbench, 'profile' | 'info' | 'handles' | 'logger'> {
  readonly app: Pick<App, 'handlers' | 'subscribe' | 'picture'>;
  close(): Promise<void>;
}

/** What there is to do without the records. */
export interface WayBack {
  readonly storage: Secrets['storage'];
  readonly handlers: Partial<Handlers>;
}

/**
 * The program without its records: profile and log are held for as long as it is shown. Everything that `wayBack` doesn't
 * bring is refused with what kept the records from opening. AppFailure as openProfile, and what `wayBack` throws.
 */
export async function showWithoutRecords(
  options: WorkbenchOptions,
  failure: AppFailure,
  wayBack: (profile: Profile, logger: Logger) => Promise<WayBack>,
): Promise<Shown> {
  const profile = openProfile({ directory: options.directory, kind: options.kind });
  const log = createLogFile({ folder: profile.log });
  const release = (): void => {
    log.close();
    profile.release();
  };
  try {
    const { storage, handlers } = await wayBack(profile, log.logger);
    const info = {
      ...describeHost(options.host, profile.kind === 'practice', storage, options.locale),
      recovery: true,
    };
    log.logger.log('error', 'workbench.without-records', { code: failure.error.code });
    return {
      profile,
      info,
      handles: createFileHandles(),
      logger: log.logger,
      app: {
        handlers: { ...refusing(info, failure), ...handlers },
        subscribe: () => () => undefined,
        picture: async () => null,
      },
      close: async () => release(),
    };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

/** What a window needs to be drawn at all; everything else is refused with what kept the records from opening. */
function refusing(info: AppInfo, failure: AppFailure): Handlers {
  let settings = DEFAULT_SETTINGS;
  const refuse = async (): Promise<never> => {
    throw new AppFailure(failure.error.code, failure.error.message, failure.error.details);
  };
  const all = Object.fromEntries(Object.keys(PROCEDURES).map((name) => [name, refuse])) as unknown as Handlers;
  return {
    ...all,
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
