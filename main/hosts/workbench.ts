import path from 'node:path';
import type { AppInfo } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { catalogues, type Locale } from '#shared/i18n/index.ts';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { createThreadedImportReading } from './import-reading.ts';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createPinyin } from '#main/adapters/pinyin/pinyin.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { createWsTransport } from '#main/adapters/websocket/ws-transport.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createApp, type App, type NewAccount } from '#main/core/create-app.ts';
import type { Logger } from '#main/core/ports/logger.ts';
import type { Notifier } from '#main/core/ports/notifier.ts';
import type { Store } from '#main/core/ports/store.ts';
import { DEFAULT_AGENT_ID, startPracticeGateway, type PracticeGateway, type PracticeOptions } from '#main/practice/index.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { describeHost } from './app-info.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { listBackups } from './backup-files.ts';
import { createClock } from './clock.ts';
import { exportMaker, madeBy } from './export-maker.ts';
import { createExportRunner } from './export-runner.ts';
import { createFileHandles, type FileHandles } from './file-handles.ts';
import { createIds } from './ids.ts';
import { createLogFile } from './log-file.ts';
import { openSecrets, type SecretsOptions } from './open-secrets.ts';
import { packagePorts } from './packages.ts';
import { openProfile, type Profile, type ProfileKind } from './profile.ts';

export interface WorkbenchOptions extends SecretsOptions {
  readonly host: AppInfo['host'];
  readonly directory?: string | undefined;
  /** What the profile is to be; undefined: what it is. A practice profile always brings its practice gateway. */
  readonly kind?: ProfileKind | undefined;
  readonly practice?: PracticeOptions | undefined;
  /** `serve --gateway`: an account that is there from the start. */
  readonly gateway?: { readonly url: string; readonly token: string } | undefined;
  /** Where a practice profile's person connects a real shop (SE4); the host then shows that profile. */
  readonly toRealProfile?: ((account: NewAccount) => Promise<AccountId>) | undefined;
  readonly notifier?: Notifier | undefined;
  readonly locale?: Locale | undefined;
}

export interface Workbench {
  readonly profile: Profile;
  readonly info: AppInfo;
  readonly app: App;
  readonly store: Store;
  readonly handles: FileHandles;
  readonly logger: Logger;
  /** The practice gateway of a practice profile. */
  readonly practice: PracticeGateway | null;
  close(): Promise<void>;
}

/**
 * Composes the whole program without a window: profile, secrets, store, practice gateway, core. Whatever fails, everything
 * opened before is closed again. AppFailure as openProfile, openSecrets and openStore.
 */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const profile = openProfile({ directory: options.directory, kind: options.kind });
    undo.push(() => profile.release());
    const log = createLogFile({ folder: profile.log });
    undo.push(() => log.close());
    const { logger } = log;
    const { secrets, key } = await openSecrets(profile, options);
    const store = await openStore({ directory: profile.store, key });
    undo.push(() => store.close());
    const info = describeHost(options.host, profile.kind === 'practice', secrets.storage, options.locale);
    const practice = profile.kind === 'practice' ? await startPractice(profile, logger, options.practice) : null;
    if (practice !== null) undo.push(() => practice.close());
    const handles = createFileHandles();
    const app = createApp({
      store,
      transport: createWsTransport(),
      clock: createClock(),
      ids: createIds(),
      logger,
      files: createFiles({ resolve: (handle) => handles.resolve(handle) }),
      attachments: createAttachmentCache({ folder: path.join(profile.folder, 'attachments'), key }),
      csv: createCsvReader(),
      importReading: createThreadedImportReading({ resolve: (handle) => handles.resolve(handle) }),
      pinyin: createPinyin(),
      spreadsheets: { reader: createXlsxReader(), writer: createXlsxWriter() },
      exports: {
        ...exportMaker(info.locale),
        made: madeBy(info.locale),
        runner: createExportRunner({ store: profile.store, key, locale: info.locale }),
      },
      secrets,
      info,
      deletion: {
        packages: packagePorts(info.locale),
        verifyTools,
        backups: () => listBackups(profile),
      },
      ...(options.toRealProfile === undefined ? {} : { toRealProfile: options.toRealProfile }),
      ...(options.notifier === undefined ? {} : { notifier: options.notifier }),
      ...(practice === null ? {} : {
            practice: {
              fault: ({ fault, value }) => practice.control.fault(fault, value),
              colleague: (role) => colleagueOf(practice, role),
            },
          }),
    });
    undo.push(() => app.stop());
    const words = catalogues[info.locale];
    if (practice !== null)
      await app.addAccount({
        label: words.status.practice,
        url: practice.url,
        token: practice.token,
        practice: true,
        account_id: 'practice' as AccountId,
        source: 'practice',
      });
    // Colleagues who signed in here before: the gateway has another address now.
    if (practice !== null)
      for (const { account_id } of await store.accounts()) {
        const role = (['agent', 'qa', 'admin'] as const).find((each) => account_id === `practice-${each}`);
        const colleague = role === undefined ? null : colleagueOf(practice, role);
        if (colleague !== null) await app.addAccount(colleague);
      }
    if (options.gateway !== undefined)
      await app.addAccount({
        label: new URL(options.gateway.url).host,
        ...options.gateway,
        account_id: 'gateway' as AccountId,
      });
    await app.start();
    logger.log('info', 'workbench.opened', { host: info.host, version: info.version, storage: info.key_storage });
    return { profile, info, app, store, handles, logger, practice, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Somebody of that role besides the practice account's own (UX5): the first one, so that it is always the same person. */
function colleagueOf(practice: PracticeGateway, role: Role): NewAccount | null {
  const found = practice.control.agents().find((agent) => agent.role === role && agent.agent_id !== DEFAULT_AGENT_ID);
  const token = found === undefined ? undefined : practice.tokens[found.agent_id];
  if (found === undefined || token === undefined) return null;
  return {
    label: found.name,
    url: practice.url,
    token,
    practice: true,
    account_id: `practice-${role}` as AccountId,
    source: 'practice',
  };
}

function startPractice(profile: Profile, logger: Logger, options: PracticeOptions = {}): Promise<PracticeGateway> {
  return startPracticeGateway({
    stateFile: path.join(profile.folder, 'practice.jsonl'),
    onProblem: () => logger.log('warn', 'practice.state-file'),
    ...options,
  });
}
