import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { AppInfo, Settings } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { CASE_PLACEHOLDERS } from '#shared/i18n/cases.ts';
import type { BackupFile } from '#shared/contract/administration.ts';
import { catalogues } from '#shared/i18n/index.ts';
import type { VerifyTools } from '#shared/package/verify.ts';
import type { Role } from '#shared/protocol/entities.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { createAttachments, withoutAttachments, type ShownPicture } from './attachments/attachments.ts';
import type { AttachmentCache } from './ports/attachments.ts';
import { actorOf } from './accounts/acting.ts';
import { createAccountSession, type AccountSession } from './accounts/account-session.ts';
import { guardHandlers } from './administration/access.ts';
import { createAdministration } from './administration/create-administration.ts';
import { createAudit } from './audit/audit.ts';
import { tokenIn } from './accounts/account-list.ts';
import { createAccounts, type Accounts, type NewAccount } from './accounts/accounts.ts';
import { createConnectionLog } from './diagnostics/connection-log.ts';
import { createUpkeep } from './upkeep/create-upkeep.ts';
import { createUpdates } from './updates/updates.ts';
import { watchDamage } from './upkeep/damage-watch.ts';
import type { Backups } from './ports/backups.ts';
import type { NetworkProbe } from './ports/network.ts';
import { createExportService, type ExportHost } from './export/export-service.ts';
import { createImportService } from './import/import-service.ts';
import { readAgain } from './ingest/read-again.ts';
import type { ImportReading } from './import/reading.ts';
import { createJobs } from './jobs/jobs.ts';
import { createPackageService, type PackagePorts } from './package/package-service.ts';
import { createPackages, withoutPackages } from './packages/packages.ts';
import { createAnnouncer } from './notices/announcer.ts';
import type { Clock } from './ports/clock.ts';
import type { CsvReader } from './ports/csv.ts';
import type { Files } from './ports/files.ts';
import type { Ids } from './ports/ids.ts';
import type { KeyCare } from './ports/key-care.ts';
import type { Logger } from './ports/logger.ts';
import type { Notifier } from './ports/notifier.ts';
import type { Passwords } from './ports/passwords.ts';
import type { PackageOpener } from './ports/package-opener.ts';
import type { Pinyin } from './ports/pinyin.ts';
import type { Secrets } from './ports/secrets.ts';
import type { SpreadsheetReader, SpreadsheetWriter } from './ports/spreadsheet.ts';
import type { AccountRecord, Store, StoreChanges } from './ports/store.ts';
import type { Transport } from './ports/transport.ts';
import { createArticles } from './composer/articles.ts';
import { createMembers } from './composer/members.ts';
import { createReplies } from './composer/replies.ts';
import { createConversations } from './desk/conversations.ts';
import { createDesk } from './desk/desk.ts';
import { createDeskNotices } from './notices/desk-notices.ts';
import { createLessons } from './lessons/lessons.ts';
import { createStaging } from './lessons/staging.ts';
import type { Training } from './ports/training.ts';
import type { Updates } from './ports/updates.ts';
import { createSendGuard } from './guard/send-guard.ts';
import { createWordLists } from './guard/word-lists.ts';
import { createDrafts } from './incidents/drafts.ts';
import { createIncidents } from './incidents/incidents.ts';
import { createLibrary } from './incidents/library.ts';
import { createSending } from './outbox/sending.ts';
import { createOverview } from './overview/overview.ts';
import { createDashboard } from './recall/dashboard.ts';
import { createRecalling } from './recall/recalling.ts';
import { createReviewing } from './review/review.ts';
import { createSecurity } from './security/create-security.ts';
import { createSavedSearches } from './search/saved-searches.ts';
import { createSearch } from './search/search.ts';
import { visibilityOf } from './search/visibility.ts';
import { readSettings, writeSettings } from './settings/settings.ts';

export interface AppPorts {
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly files: Files;
  readonly csv: CsvReader;
  /** Reads the files of an import; absent: in place. */
  readonly importReading?: ImportReading;
  /** Absent: pictures and files are neither sent nor loaded. */
  readonly attachments?: AttachmentCache;
  /** Absent: spreadsheets are neither read nor written. */
  readonly spreadsheets?: { readonly reader: SpreadsheetReader; readonly writer: SpreadsheetWriter };
  /** Absent: nothing is backed up or restored by the program itself. */
  readonly backups?: Backups;
  /** Absent: this host doesn't replace itself. */
  readonly updates?: Updates;
  /** Absent: a connection's way can't be looked at step by step. */
  readonly network?: NetworkProbe;
  /** Told how gateways are to be reached, at the start and at each change. */
  readonly useProxy?: (setting: NonNullable<Settings['proxy']>) => void;
  /** Absent: nothing can be exported. */
  readonly exports?: ExportHost;
  /** Absent: no packages can be opened. */
  readonly packages?: PackageOpener;
  readonly notifier?: Notifier;
  /** Absent: quick replies are found by their text alone. */
  readonly pinyin?: Pinyin;
  readonly secrets: Secrets;
  /** Absent: no recovery key, no change of keys (practice). */
  readonly keyCare?: KeyCare;
  /** Absent: no app lock can be set. */
  readonly passwords?: Passwords;
  readonly info: AppInfo;
  /**
   * In a practice profile: takes a real account to the profile of real ones, which is another folder with another key
   * (SE4), and from there on shows that one. Absent: real accounts are refused there.
   */
  readonly toRealProfile?: (account: NewAccount) => Promise<AccountId>;
  /** What deleting a customer group needs of the host (AD2). Absent: none can be deleted here. */
  readonly deletion?: {
    readonly packages: Omit<PackagePorts, 'store' | 'files' | 'clock' | 'visibility' | 'actor' | 'secrets'>;
    readonly verifyTools: VerifyTools;
    /** Backups of the records that this program made, newest first. */
    backups(): Promise<readonly BackupFile[]>;
  };
  /** Where the practice gateway is the program's own: its faults on demand. */
  readonly practice?: {
    fault(fault: ProcedureParsed<'practice.fault'>): Promise<void> | void;
    /** A colleague of that role, to sign in as well and see what they see (UX5). Null where there is none. */
    colleague?(role: Role): Promise<NewAccount | null>;
    /** Lessons and situations on demand. */
    readonly training?: Training;
  };
}

export type { NewAccount } from './accounts/accounts.ts';

export interface App {
  readonly handlers: Handlers;
  subscribe(listener: (message: TopicMessage) => void): () => void;
  /**
   * A checked picture for the page (SE2), under the references that the contract gives out (`m-…`, `o-…`, `s-…`). Null for
   * everything else: what isn't there, isn't a picture, or may not be seen (any more). A host serves it with this type alone.
   */
  picture(ref: string): Promise<ShownPicture | null>;
  /** Adds or updates an account and connects it. AppFailure BAD_INPUT, INSECURE_ADDRESS, KEYCHAIN_UNAVAILABLE. */
  addAccount(account: NewAccount): Promise<AccountId>;
  /** Loads what was left (outbox, recalls) and connects every account. */
  start(): Promise<void>;
  /** After sleep, or when the network came back or changed: connect at once (SY4). */
  networkChanged(): void;
  /** Locks the door where a lock is set (SE4): the screen was locked, the machine goes to sleep. */
  lock(): void;
  isLocked(): boolean;
  /** Ends connections and jobs; the store is the host's to close. */
  stop(): Promise<void>;
}

const localOffsetMinutes = (at: number): number => -new Date(at).getTimezoneOffset();

/** The program without a window: every host gives it ports and puts its handlers behind a door. */
export function createApp(ports: AppPorts): App {
  const { store, clock, ids, secrets } = ports;
  const connectionLog = createConnectionLog(ports.logger, clock);
  const { logger } = connectionLog;
  let started = false;
  let stopped = false;

  const announcer = createAnnouncer({ clock, logger, accountsView: () => accounts.views() });
  const audit = createAudit(store, clock);
  const accounts: Accounts = createAccounts({
    store,
    secrets,
    ids,
    audit,
    wallNow: () => clock.wallNow(),
    practice: ports.info.practice,
    toRealProfile: ports.toRealProfile,
    open: openSession,
    onChanged: () => announcer.accounts(),
  });
  const { sessions, serverNow, permit, policyIn, agentOf } = accounts;
  const notices = createDeskNotices({
    clock,
    notifier: ports.notifier,
    publish: announcer.publish,
    onError: (thrown) =>
      logger.log('error', 'notices.tell', { name: thrown instanceof Error ? thrown.name : 'unknown' }),
  });
  announcer.subscribe((message) => {
    if (message.topic === 'accounts') notices.accounts(message.payload);
  });
  const jobs = createJobs({ clock, ids, publish: (job) => announcer.publish({ topic: 'job', payload: job }) });
  const visibility = () => visibilityOf(store);
  const search = createSearch({
    store,
    visibility,
    files: ports.files,
    ...(ports.spreadsheets === undefined ? {} : { spreadsheets: ports.spreadsheets.reader }),
    onProgress: (slot, share) => announcer.publish({ topic: 'search', payload: { slot, share } }),
  });
  const packages =
    ports.packages === undefined
      ? null
      : createPackages({
          store,
          opener: ports.packages,
          files: ports.files,
          clock,
          ids,
          audit,
          actor: () => actorOf(store),
          onProgress: (slot, share) => announcer.publish({ topic: 'search', payload: { slot, share } }),
          onChanged: () => announcer.publish({ topic: 'packages', payload: {} }),
        });
  const savedSearches = createSavedSearches({ store, files: ports.files, clock });
  const imports = createImportService({
    store,
    files: ports.files,
    csv: ports.csv,
    ...(ports.spreadsheets === undefined ? {} : { spreadsheets: ports.spreadsheets.reader }),
    ...(ports.importReading === undefined ? {} : { reading: ports.importReading }),
    clock,
    jobs,
    localOffsetMinutes,
    imported: () => announcer.changes({ conversations: [], messages: [], many: true }),
  });
  const exports =
    ports.exports === undefined
      ? null
      : createExportService({
          ...ports.exports,
          store,
          files: ports.files,
          clock,
          jobs,
          secrets: ports.secrets,
          visibility,
          actor: () => actorOf(store),
          localOffsetMinutes,
          ...(ports.spreadsheets === undefined
            ? {}
            : {
                spreadsheet: {
                  writer: ports.spreadsheets.writer,
                  words: spreadsheetWords[ports.info.locale],
                  program: `Merchant Workbench ${ports.info.version}`,
                },
              }),
        });
  const exporting = (): NonNullable<typeof exports> => {
    if (exports === null) throw new AppFailure('UNSUPPORTED', 'exports');
    return exports;
  };

  const incidentChanged = (id: string, changes: StoreChanges): void => {
    announcer.changes(changes);
    announcer.publish({ topic: 'incidents', payload: { ids: [id] } });
  };
  const wordLists = createWordLists({
    store,
    clock,
    logger,
    audit,
    permit,
    request: (account, fields) =>
      sessions.get(account)?.patiently('words.sync', fields) ?? Promise.resolve({ kind: 'not-sent' }),
    onChanged: (account_id, shop_id) => announcer.publish({ topic: 'words', payload: { account_id, shop_id } }),
  });
  const { wordsOf } = wordLists;
  const security = createSecurity({
    secrets,
    clock,
    logger,
    files: ports.files,
    audit,
    actor: () => actorOf(store),
    info: ports.info,
    keyCare: ports.keyCare,
    passwords: ports.passwords,
    publish: (message) => announcer.publish(message),
  });
  const sendGuard = createSendGuard({
    wordsOf,
    audit,
    clock,
    articlesOf: async (account, shop) => (await store.articles(account, shop)).filter(({ removed }) => !removed),
  });
  const replies = createReplies({
    store,
    files: ports.files,
    csv: ports.csv,
    ...(ports.spreadsheets === undefined ? {} : { spreadsheets: ports.spreadsheets }),
    ...(ports.pinyin === undefined ? {} : { pinyin: ports.pinyin }),
    clock,
    audit,
    permit,
    locale: ports.info.locale,
    practice: ports.info.practice,
    program: `Merchant Workbench ${ports.info.version}`,
    onChanged: () => announcer.publish({ topic: 'replies', payload: {} }),
  });
  const articles = createArticles({
    store,
    clock,
    ids,
    audit,
    permit,
    practice: ports.info.practice,
    onChanged: () => announcer.publish({ topic: 'articles', payload: {} }),
  });
  const drafts = createDrafts({
    store,
    wordsOf,
    clock,
    ids,
    logger,
    serverNow,
    agentOf: async (account) =>
      (await store.accounts()).find((candidate) => candidate.account_id === account)?.agent ?? null,
    policyOf: policyIn,
    onDrafted: incidentChanged,
  });
  const incidents = createIncidents({
    store,
    wordsOf,
    ids,
    visibility,
    sees: (message) => desk.sees(message),
    serverNow,
    policyOf: policyIn,
    localOffsetMinutes,
    auditSeal: (who, incident_id, msg_id) => audit.write(who, 'seal.opened', { incident_id, msg_id }),
    onChanges: incidentChanged,
    placeholders: CASE_PLACEHOLDERS[ports.info.locale],
  });
  const library = createLibrary({
    store,
    files: ports.files,
    audit,
    permit,
    serverNow,
    onChanged: () => announcer.publish({ topic: 'incidents', payload: { ids: [] } }),
  });

  const reviewing = createReviewing({
    store,
    files: ports.files,
    ids,
    audit,
    now: accounts.now,
    localOffsetMinutes,
    locale: ports.info.locale,
    program: `Merchant Workbench ${ports.info.version}`,
    ...(ports.spreadsheets === undefined ? {} : { writer: ports.spreadsheets.writer }),
    onChanged(changes) {
      if (changes !== null) announcer.changes(changes);
      announcer.publish({ topic: 'reviews', payload: {} });
    },
  });

  const desk = createDesk({ store, clock, permit, onChanges: announcer.changes });
  const conversations = createConversations({ store, accounts, desk, onChanges: announcer.changes });
  const sending = createSending({
    store,
    ids,
    accounts,
    served: conversations.served,
    sendGuard,
    onChanges: announcer.changes,
  });
  const recalling = createRecalling({
    store,
    clock,
    ids,
    audit,
    accounts,
    conversationOf: conversations.conversationOf,
    appVersion: ports.info.version,
    sealedFiles: () => attachments?.sealed ?? null,
  });

  const attachments =
    ports.attachments === undefined
      ? null
      : createAttachments({
          store,
          cache: ports.attachments,
          files: ports.files,
          clock,
          ids,
          logger,
          permit,
          served: conversations.served,
          sees: desk.sees,
          policyOf: accounts.policyOf,
          sessionOf: accounts.sessionOf,
          onChanges: announcer.changes,
          publish: (transfers) => announcer.publish({ topic: 'transfers', payload: { transfers } }),
        });

  const administrationWords = catalogues[ports.info.locale].administration;
  const administration = createAdministration({
    store,
    files: ports.files,
    clock,
    ids,
    logger,
    jobs,
    packages:
      ports.deletion === undefined
        ? undefined
        : {
            service: createPackageService({
              ...ports.deletion.packages,
              store,
              files: ports.files,
              clock,
              secrets,
              visibility,
              actor: () => actorOf(store),
            }),
            tools: ports.deletion.verifyTools,
          },
    backups: ports.deletion?.backups,
    sessions: () => sessions,
    agentOf,
    policyIn,
    actor: () => actorOf(store),
    sees: desk.sees,
    localOffsetMinutes,
    retentionTitle: () => administrationWords.retention.job,
    reason: () => administrationWords.groups.exportReason,
    sweepAttachments: attachments === null ? undefined : () => attachments.sweepErased(),
    onChanges: (changes) => {
      announcer.changes(changes);
      if (changes.messages.length > 0 || changes.conversations.length > 0 || changes.many)
        announcer.publish({ topic: 'administration', payload: {} });
    },
  });

  const upkeep = createUpkeep({
    store,
    clock,
    logger,
    log: connectionLog,
    jobs,
    audit,
    secrets,
    info: ports.info,
    words: catalogues[ports.info.locale].upkeep.job,
    backups: ports.backups ?? null,
    network: ports.network ?? null,
    sessions: () => sessions,
    accounts: accounts.views,
    actor: () => actorOf(store),
    onChanges: (changes) => announcer.changes(changes),
    onAccounts: () => announcer.accounts(),
    onProblem: (code) => announcer.publish({ topic: 'problem', payload: { code, details: {} } }),
  });

  const updates = createUpdates({
    updates: ports.updates ?? null,
    info: ports.info,
    jobs,
    audit,
    actor: () => actorOf(store),
  });

  // ── accounts ──────────────────────────────────────────────────────────────────────────────────────────────────

  function openSession(record: AccountRecord): AccountSession {
    const session = createAccountSession(
      record,
      {
        store,
        transport: ports.transport,
        clock,
        ids,
        logger,
        appVersion: ports.info.version,
        ...(attachments === null ? {} : { attachments: attachments.session }),
      },
      tokenIn(secrets, record.account_id),
      {
        onChanges(changes, catchingUp) {
          announcer.changes(changes, catchingUp);
          // A purge among them leaves contents to be erased (AD2).
          if (changes.messages.length > 0 || changes.many) attachments?.poke();
          if (changes.messages.length > 0 || changes.conversations.length > 0 || changes.many) administration.poke();
          // Wherever messages changed a recall may have ended (RM4).
          if (changes.messages.length > 0 || changes.many) drafts.poke();
        },
        onAccount() {
          announcer.accounts();
          // A request whose answer was lost can be looked into as soon as the gateway is there again.
          administration.poke();
        },
        onWords: (shop_id) => void wordLists.sync(record.account_id, shop_id),
        onProblem(code, details) {
          announcer.publish({ topic: 'problem', payload: { code, details } });
          // A toast passes; that records here and there differ from then on must be found later as well.
          if (code === 'GATEWAY_WENT_BACK')
            audit
              .write(record.account_id, 'gateway.went-back', details)
              .catch(() => logger.log('error', 'audit.not-written', { action: 'gateway.went-back' }));
        },
        onNotice: (notice) => notices.tell({ account_id: record.account_id, ...notice }),
      },
    );
    return session;
  }

  // ── the contract ──────────────────────────────────────────────────────────────────────────────────────────────

  const lessons = createLessons({
    store,
    files: ports.files,
    clock,
    ids,
    training: ports.practice?.training,
    agentOf: async (account) => (await agentOf(account)).agent,
    onChanged: () => announcer.publish({ topic: 'lessons', payload: {} }),
    locale: ports.info.locale,
  });
  const staging = createStaging({
    training: ports.practice?.training,
    agentOf: async (account) => (await agentOf(account)).agent,
    onTime() {
      for (const session of sessions.values()) if (session.record.practice) session.connection.retry('network');
      announcer.publish({ topic: 'lessons', payload: {} });
    },
  });

  const unguarded: Handlers = {
    'app.info': async () => ports.info,
    'settings.get': () => readSettings(store),
    async 'settings.set'(patch) {
      const defined = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const settings = await writeSettings(store, defined);
      notices.settings(settings);
      if (defined['proxy'] !== undefined) {
        ports.useProxy?.(settings.proxy ?? { mode: 'system' });
        for (const session of sessions.values()) session.connection.retry('network');
      }
      if (defined['attachment_cache_mb'] !== undefined) await attachments?.makeRoom();
      announcer.publish({ topic: 'settings', payload: settings });
      return settings;
    },

    ...accounts.handlers,
    ...desk.handlers,
    ...conversations.handlers,
    ...sending,
    ...(attachments?.handlers ?? withoutAttachments()),

    ...recalling,
    ...createDashboard(store),
    ...createOverview({ store, now: accounts.now }),

    ...administration.handlers,
    ...security.handlers,
    ...upkeep.handlers,
    ...updates,

    ...incidents,
    ...library,
    ...reviewing.handlers,
    ...wordLists.handlers,
    ...replies,
    ...articles,
    ...createMembers({ store, ...(ports.pinyin === undefined ? {} : { pinyin: ports.pinyin }) }),
    ...lessons,
    ...staging,

    ...search.handlers,
    ...(packages?.handlers ?? withoutPackages()),
    ...savedSearches,

    'export.estimate': async (input) => exporting()['export.estimate'](input),
    'export.start': async (input) => exporting()['export.start'](input),
    'import.preview': imports['import.preview'],
    'import.start': imports['import.start'],
    'jobs.list': async () => jobs.list(),
    async 'jobs.cancel'({ job_id }) {
      jobs.cancel(job_id);
      return {};
    },

    async 'practice.join'({ role, joined }) {
      const colleague = (await ports.practice?.colleague?.(role)) ?? null;
      if (colleague === null || colleague.account_id === undefined)
        throw new AppFailure('UNSUPPORTED', 'no such colleague here');
      if (joined) await accounts.add(colleague);
      else if (sessions.has(colleague.account_id)) await accounts.remove(colleague.account_id);
      return {};
    },
    async 'practice.fault'(input) {
      if (ports.practice === undefined) throw new AppFailure('UNSUPPORTED', 'no practice gateway here');
      await ports.practice.fault(input);
      return {};
    },
  };

  const routed: Handlers = packages === null ? unguarded : { ...unguarded, ...packages.route(unguarded) };
  const permitted = guardHandlers(routed, {
    roles: async () =>
      (await store.accounts()).map(({ account_id, agent, practice }) => ({
        account_id,
        role: agent?.role ?? null,
        practice,
      })),
    isOnline: (accounts) => accounts.some((account) => sessions.get(account as AccountId)?.freshness() === 'online'),
  });

  return {
    handlers: security.lock.guard(
      watchDamage(permitted, () =>
        announcer.publish({ topic: 'problem', payload: { code: 'STORE_DAMAGED', details: {} } }),
      ),
    ),
    subscribe: (listener) =>
      announcer.subscribe((message) => {
        if (security.lock.lets(message)) listener(message);
      }),
    async picture(ref) {
      if (security.lock.isLocked()) return null;
      const from = ref.startsWith('p-') ? packages : attachments;
      return from === null ? null : from.picture(ref);
    },
    lock: () => void security.lock.lock(),
    isLocked: security.lock.isLocked,
    addAccount: accounts.add,
    async start() {
      if (started) return;
      started = true;
      await security.lock.start();
      const settings = await readSettings(store);
      notices.settings(settings);
      ports.useProxy?.(settings.proxy ?? { mode: 'system' });
      // PV2: whatever a crash left in the delay was not sent; it is a draft again.
      const returned = await store.returnDelayedToDrafts();
      if (returned > 0) logger.log('info', 'app.delayed-to-drafts', { count: returned });
      await attachments?.start();
      administration.start();
      await accounts.start();
      void readAgain({
        store,
        logger,
        appVersion: ports.info.version,
        onChanges: announcer.changes,
        stopped: () => stopped,
      });
      await upkeep.start();
      // EX6: exports that the program's end interrupted.
      const unfinished = (await exports?.resumeAll()) ?? 0;
      if (unfinished > 0) logger.log('info', 'app.exports-resumed', { count: unfinished });
      // Recalls that ended just before the program did.
      drafts.poke();
    },
    networkChanged() {
      for (const session of sessions.values()) session.connection.retry('network');
    },
    async stop() {
      if (stopped) return;
      stopped = true;
      search.stop();
      security.lock.stop();
      await drafts.stop();
      exports?.stop();
      await upkeep.stop();
      await jobs.close();
      await administration.stop();
      await packages?.stop();
      await attachments?.stop();
      await accounts.stop();
      announcer.stop();
    },
  };
}
