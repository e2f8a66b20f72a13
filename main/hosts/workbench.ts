import path from 'node:path';
import type { AppInfo } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { catalogues, type Locale } from '#shared/i18n/index.ts';
import { createAttachmentCache } from '#main/adapters/attachments/attachment-cache.ts';
import { createThreadedImportReading } from './import-reading.ts';
import { createPasswords } from '#main/adapters/crypto/passwords.ts';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createPinyin } from '#main/adapters/pinyin/pinyin.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { restWhenQuiet } from '#main/adapters/sqlite/rest.ts';
import { createWsTransport, probeGateway } from '#main/adapters/websocket/ws-transport.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createApp, type App, type NewAccount } from '#main/core/create-app.ts';
import type { Logger } from '#main/core/ports/logger.ts';
import type { Notifier } from '#main/core/ports/notifier.ts';
import type { Store } from '#main/core/ports/store.ts';
import type { Updates } from '#main/core/ports/updates.ts';
import { DEFAULT_AGENT_ID, type PracticeOptions } from '#main/practice/index.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { describeHost } from './app-info.ts';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { listBackups } from './backup-files.ts';
import { createBackupFolder } from './backup-folder.ts';
import { forgetRestoreNote, restoreNote } from './restoring.ts';
import { createProxies, type SystemProxy } from './proxies.ts';
import { createNetworkProbe } from '#main/adapters/network/network-probe.ts';
import { createClock } from './clock.ts';
import { exportMaker, madeBy } from './export-maker.ts';
import { createExportRunner } from './export-runner.ts';
import { createFileHandles, type FileHandles } from './file-handles.ts';
import { createIds } from './ids.ts';
import { finishRotation, keyCareOf, keysOfBackup } from './keys/key-profile.ts';
import { createLogFile } from './log-file.ts';
import { openSecrets, type SecretsOptions } from './open-secrets.ts';
import { tidyOutgoing } from './outgoing.ts';
import { createPackageOpener } from './package-opener.ts';
import { packagePorts } from './packages.ts';
import { startPracticeThread, type RunningPractice } from './practice-thread.ts';
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
  /** Closes this and opens the profile again, after a restore (ST4). Absent: nothing can be restored from the window. */
  readonly restart?: (() => void) | undefined;
  readonly notifier?: Notifier | undefined;
  /** Absent: the program doesn't replace itself here. */
  readonly updates?: Updates | undefined;
  readonly locale?: Locale | undefined;
  /** How the system reaches an address; absent: as the environment says (HTTPS_PROXY, NO_PROXY). */
  readonly systemProxy?: SystemProxy | undefined;
}

export interface Workbench {
  readonly profile: Profile;
  readonly info: AppInfo;
  readonly app: App;
  readonly store: Store;
  readonly handles: FileHandles;
  readonly logger: Logger;
  /** The practice gateway of a practice profile. */
  readonly practice: RunningPractice | null;
  close(): Promise<void>;
}

/**
 * Composes the whole program without a window: profile, secrets, store, practice gateway, core. Whatever fails, everything
 * opened before is closed again. AppFailure as openProfile, openSecrets and openStore.
 */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    // Whatever can't be closed keeps nothing else open: the store is to be closed and the profile let go all the same.
    for (let step = undo.pop(); step !== undefined; step = undo.pop())
      try {
        await step();
      } catch (thrown) {
        failures.push(thrown);
      }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const profile = openProfile({ directory: options.directory, kind: options.kind });
    undo.push(() => profile.release());
    const log = createLogFile({ folder: profile.log });
    undo.push(() => log.close());
    const { logger } = log;
    // Begins beside the opening of the store: both take their time, neither needs the other.
    const practicing = profile.kind === 'practice' ? startPractice(profile, logger, options.practice) : null;
    undo.push(() =>
      practicing?.then(
        (practice) => practice.close(),
        () => undefined,
      ),
    );
    const opened = await openSecrets(profile, options);
    const { secrets } = opened;
    // A change of keys that was asked for, or cut off: before anything opens the files (ST1).
    const { key, rotated } = await finishRotation(profile, secrets, opened.key);
    const store = await openStore({ directory: profile.store, key });
    undo.push(() => store.close());
    await tidyOutgoing(profile.outgoing, store);
    if (rotated) await store.appendAudit({ at: Date.now(), actor: 'system', action: 'keys.rotated', details: {} });
    const keyCare = keyCareOf(profile, secrets, key);
    const info = describeHost(options.host, profile.kind === 'practice', secrets.storage, options.locale);
    const practice = await practicing;
    const handles = createFileHandles();
    await auditRestore(store, profile.store);
    const proxies = createProxies(options.systemProxy);
    const cache = createAttachmentCache({ folder: path.join(profile.folder, 'attachments'), key });
    const app = createApp({
      store,
      transport: createWsTransport({ proxyFor: proxies.proxyFor }),
      network: createNetworkProbe({ proxyFor: proxies.proxyFor, checkGateway: probeGateway }),
      useProxy: proxies.use,
      backups: createBackupFolder({
        profile,
        key,
        store,
        otherKeys: (file) => keysOfBackup(secrets, file),
        restart: options.restart,
      }),
      clock: createClock(),
      ids: createIds(),
      logger,
      files: createFiles({ resolve: (handle) => handles.resolve(handle) }),
      attachments: cache,
      csv: createCsvReader(),
      importReading: createThreadedImportReading({ resolve: (handle) => handles.resolve(handle) }),
      pinyin: createPinyin(),
      spreadsheets: { reader: createXlsxReader(), writer: createXlsxWriter() },
      exports: {
        ...exportMaker(info.locale, cache),
        made: madeBy(info.locale),
        ...(options.host === 'browser'
          ? {
              fetchedFrom: (place: string) =>
                place.startsWith(profile.outgoing + path.sep) ? `files/download/${handles.offer(place)}` : null,
            }
          : {}),
        runner: createExportRunner({
          store: profile.store,
          key,
          attachments: path.join(profile.folder, 'attachments'),
          locale: info.locale,
        }),
      },
      packages: createPackageOpener({ folder: profile.temp, resolve: (handle) => handles.resolve(handle) }),
      secrets,
      ...(keyCare === null ? {} : { keyCare }),
      passwords: createPasswords(),
      info,
      deletion: {
        packages: packagePorts(info.locale, cache),
        verifyTools,
        backups: () => listBackups(profile),
      },
      ...(options.toRealProfile === undefined ? {} : { toRealProfile: options.toRealProfile }),
      ...(options.notifier === undefined ? {} : { notifier: options.notifier }),
      ...(options.updates === undefined ? {} : { updates: options.updates }),
      ...(practice === null
        ? {}
        : {
            practice: {
              fault: ({ fault, value }) => practice.control.fault(fault, value),
              colleague: (role) => colleagueOf(practice, role),
              training: {
                stage: (lesson, agentId) => practice.control.stageLesson(lesson, agentId),
                facts: (staged, agentId) => practice.control.lessonFacts(staged, agentId),
                situation: (situation, agentId) => practice.control.situation(situation, agentId),
                outcome: async (outcome, agentId, name) =>
                  (await practice.control.stageOutcome(outcome, { agent_id: agentId, name })).conversation_id,
                now: () => practice.control.now(),
                time: () => practice.control.time(),
                setTime: (change) => practice.control.setTime(change),
              },
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
        const colleague = role === undefined ? null : await colleagueOf(practice, role);
        if (colleague !== null) await app.addAccount(colleague);
      }
    if (options.gateway !== undefined)
      await app.addAccount({
        label: new URL(options.gateway.url).host,
        ...options.gateway,
        account_id: 'gateway' as AccountId,
      });
    await app.start();
    undo.push(restWhenQuiet());
    logger.log('info', 'workbench.opened', { host: info.host, version: info.version, storage: info.key_storage });
    return { profile, info, app, store, handles, logger, practice, close };
  } catch (thrown) {
    // What kept it from opening is what the caller has to hear.
    await close().catch(() => undefined);
    throw thrown;
  }
}

/** AD4: that these records are an earlier state, and where the later one lies, is in the log that came with them. */
async function auditRestore(store: Store, folder: string): Promise<void> {
  const note = restoreNote(folder);
  if (note === null) return;
  const { from, salvaged } = note;
  const [action, details] =
    salvaged !== undefined
      ? ['store.salvaged', salvaged]
      : from === null
        ? ['store.made_anew', {}]
        : ['store.restored', { from }];
  await store.appendAudit({ at: note.at, actor: 'this-machine', action, details });
  forgetRestoreNote(folder);
}

/** Somebody of that role besides the practice account's own (UX5): the first one, so that it is always the same person. */
async function colleagueOf(practice: RunningPractice, role: Role): Promise<NewAccount | null> {
  const agents = await practice.control.agents();
  const found = agents.find((agent) => agent.role === role && agent.agent_id !== DEFAULT_AGENT_ID);
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

function startPractice(profile: Profile, logger: Logger, options: PracticeOptions = {}): Promise<RunningPractice> {
  return startPracticeThread({
    stateFile: path.join(profile.folder, 'practice.jsonl'),
    onProblem: () => logger.log('warn', 'practice.state-file'),
    ...options,
  });
}
