import { AppFailure, type AppError } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { BatchRecallResult, OpenedSeal } from '#shared/contract/remedy.ts';
import type { AppInfo, ConversationView, MessageView, RecallView, Settings } from '#shared/contract/views.ts';
import { parseGatewayAddress } from '#shared/domain/gateway-address.ts';
import type { AccountId, ClientMessageId, ConversationKey, RecallId } from '#shared/domain/ids.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import { CASE_PLACEHOLDERS } from '#shared/i18n/cases.ts';
import type { BackupFile } from '#shared/contract/administration.ts';
import { catalogues } from '#shared/i18n/index.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { VerifyTools } from '#shared/package/verify.ts';
import type { Agent, Conversation, Policy, Role } from '#shared/protocol/entities.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { createAttachments, withoutAttachments, type ShownPicture } from './attachments/attachments.ts';
import type { AttachmentCache } from './ports/attachments.ts';
import { actorOf } from './accounts/acting.ts';
import { createAccountSession, type AccountSession } from './accounts/account-session.ts';
import { guardHandlers } from './administration/access.ts';
import { createAdministration } from './administration/create-administration.ts';
import { createAudit } from './audit/audit.ts';
import { expiryName, rememberAccounts, tokenName } from './accounts/account-list.ts';
import { createConnectionLog } from './diagnostics/connection-log.ts';
import { createUpkeep } from './upkeep/create-upkeep.ts';
import type { Backups } from './ports/backups.ts';
import type { NetworkProbe } from './ports/network.ts';
import { resultOf } from './connection/answers.ts';
import { createExportService, type ExportHost } from './export/export-service.ts';
import { createImportService } from './import/import-service.ts';
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
import type { AccountRecord, PendingSend, Store, StoreChanges, StoredAccount } from './ports/store.ts';
import type { Transport } from './ports/transport.ts';
import { createArticles } from './composer/articles.ts';
import { createReplies } from './composer/replies.ts';
import { createDesk } from './desk/desk.ts';
import { createDeskNotices } from './notices/desk-notices.ts';
import { createLessons } from './lessons/lessons.ts';
import type { Training } from './ports/training.ts';
import { createSendGuard } from './guard/send-guard.ts';
import { createWordLists } from './guard/word-lists.ts';
import { createDrafts } from './incidents/drafts.ts';
import { createIncidents } from './incidents/incidents.ts';
import { createLibrary } from './incidents/library.ts';
import { createOverview } from './overview/overview.ts';
import { createDashboard } from './recall/dashboard.ts';
import { preflight } from './recall/preflight.ts';
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

export interface NewAccount {
  readonly label: string;
  readonly url: string;
  readonly token: string;
  readonly practice?: boolean;
  /** Given by a host for an account of its own (practice, `serve --gateway`): adding it again updates it. */
  readonly account_id?: AccountId;
  /** Names the gateway as a source of records where its address changes (practice); otherwise from the address. */
  readonly source?: string;
}

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
  const sessions = new Map<AccountId, AccountSession>();
  let started = false;
  let stopped = false;

  const announcer = createAnnouncer({ clock, logger, accountsView });
  const audit = createAudit(store, clock);
  const notices = createDeskNotices({
    store,
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

  const serverNow = (account: AccountId): number => sessions.get(account)?.serverNow().now ?? clock.wallNow();
  const policyIn = async (account: AccountId, shop: string): Promise<Policy | null> =>
    (await store.shops(account)).find((candidate) => candidate.shop_id === shop)?.policy ?? null;
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
      sessions.get(account)?.connection.request('words.sync', fields) ?? Promise.resolve({ kind: 'not-sent' }),
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
  const sendGuard = createSendGuard({ wordsOf, audit, clock });
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
    // One clock for all of it: that of the first gateway whose time is known.
    now: () => serverNow([...sessions.keys()][0] ?? ('' as AccountId)),
    localOffsetMinutes,
    locale: ports.info.locale,
    program: `Merchant Workbench ${ports.info.version}`,
    ...(ports.spreadsheets === undefined ? {} : { writer: ports.spreadsheets.writer }),
    onChanged(changes) {
      if (changes !== null) announcer.changes(changes);
      announcer.publish({ topic: 'reviews', payload: {} });
    },
  });

  function accountsView() {
    return Promise.all([...sessions.values()].map((session) => session.view()));
  }

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
          served,
          policyOf,
          sessionOf,
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
    keep,
    actor: () => actorOf(store),
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
    accounts: accountsView,
    actor: () => actorOf(store),
    onChanges: (changes) => announcer.changes(changes),
    onAccounts: () => announcer.accounts(),
    onProblem: (code) => announcer.publish({ topic: 'problem', payload: { code, details: {} } }),
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
      {
        read: () => secrets.get(tokenName(record.account_id)),
        // The token first: without its end it is asked for again, the other way round it would expire unseen.
        async keep(token, expiresAt) {
          await secrets.set(tokenName(record.account_id), token);
          await secrets.set(expiryName(record.account_id), String(expiresAt));
        },
        async expiresAt() {
          const text = await secrets.get(expiryName(record.account_id));
          return text === null || !/^\d+$/.test(text) ? null : Number(text);
        },
      },
      {
        onChanges(changes) {
          announcer.changes(changes);
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
        onNotice(kind, conversation_key, title, count) {
          notices.tell(kind, record.account_id, conversation_key, title, count);
        },
      },
    );
    sessions.set(record.account_id, session);
    return session;
  }

  async function deviceId(): Promise<string> {
    const known = await store.setting('device_id');
    if (typeof known === 'string') return known;
    const fresh = `d-${ids.next()}`;
    await store.setSetting('device_id', fresh);
    return fresh;
  }

  function addressOf(url: string): { readonly url: string; readonly source: string } {
    const address = parseGatewayAddress(url);
    if (address.ok) return address;
    if (address.problem === 'INSECURE_ADDRESS') throw new AppFailure('INSECURE_ADDRESS', 'wss: is required');
    throw new AppFailure('BAD_INPUT', 'not a gateway address', { field: 'url' });
  }

  /** SE4: what comes through the door is a real account, and the practice profile never holds one. */
  async function connectShop(account: NewAccount): Promise<AccountId> {
    if (!ports.info.practice) return addAccount(account);
    addressOf(account.url);
    if (ports.toRealProfile === undefined)
      throw new AppFailure('NOT_ALLOWED', 'practice and real accounts are kept apart', { reason: 'practice-profile' });
    return ports.toRealProfile(account);
  }

  async function addAccount(account: NewAccount): Promise<AccountId> {
    const address = addressOf(account.url);
    const stored = await store.accounts();
    const same = stored.find((candidate) =>
      account.account_id === undefined
        ? candidate.gateway_url === address.url && candidate.label === account.label
        : candidate.account_id === account.account_id,
    );
    const account_id = same?.account_id ?? account.account_id ?? (`acc-${ids.next()}` as AccountId);
    const record: AccountRecord = {
      account_id,
      label: account.label,
      source: account.source ?? address.source,
      gateway_url: address.url,
      device_id: same?.device_id ?? (await deviceId()),
      practice: account.practice ?? false,
    };
    // The token first: an account without one could never connect.
    if (same !== undefined && !record.practice) await secrets.delete(expiryName(account_id));
    await secrets.set(tokenName(account_id), account.token);
    await store.putAccount(record);
    if (same === undefined)
      await audit.write(account_id, 'account.added', { account_id, label: account.label, source: record.source });
    const running = sessions.get(account_id);
    if (running === undefined) {
      const session = openSession(record);
      if (started && !stopped) await session.start();
    } else {
      running.setAddress(record.gateway_url);
      if (started) running.connection.retry('person');
    }
    if (!record.practice) await rememberAccounts(store, secrets);
    announcer.accounts();
    return account_id;
  }

  function sessionOf(account: AccountId): AccountSession {
    const session = sessions.get(account);
    if (session === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    return session;
  }

  async function agentOf(account: AccountId): Promise<{ readonly stored: StoredAccount; readonly agent: Agent }> {
    const stored = (await store.accounts()).find((candidate) => candidate.account_id === account);
    if (stored === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
    if (stored.agent === null) throw new AppFailure('OFFLINE', 'never connected yet');
    return { stored, agent: stored.agent };
  }

  async function permit(account: AccountId, permission: Permission): Promise<Agent> {
    const { agent } = await agentOf(account);
    if (!isPermitted(agent.role, permission)) throw new AppFailure('NO_PERMISSION', permission, { role: agent.role });
    return agent;
  }

  async function policyOf(account: AccountId, shop: string): Promise<Policy> {
    const policy = (await store.shops(account)).find((candidate) => candidate.shop_id === shop)?.policy ?? null;
    // Without a policy nobody knows what is allowed: fail closed.
    if (policy === null) throw new AppFailure('POLICY_REFUSED', 'no usable policy of this shop', { shop_id: shop });
    return policy;
  }

  // ── conversations and messages ────────────────────────────────────────────────────────────────────────────────

  async function conversationOf(key: ConversationKey): Promise<ConversationView> {
    const conversation = await store.conversation(key);
    if (conversation === null) throw new AppFailure('NOT_FOUND', 'no such conversation');
    return conversation;
  }

  /** AD2: a removed group is out of the agents' use; who sees its source whole still reads its records until it is purged. */
  async function requireInUse(key: ConversationKey): Promise<void> {
    const conversation = await store.conversation(key);
    if (conversation === null || conversation.removed === null || conversation.account_id === null) return;
    const all = await store.accounts();
    const source = all.find(({ account_id }) => account_id === conversation.account_id)?.source;
    if (all.some((each) => each.source === source && isPermitted(each.agent?.role, 'records.search_all'))) return;
    throw new AppFailure('GONE', 'the group was removed');
  }

  /** A conversation that can be acted on, with the account that serves it. */
  async function served(
    key: ConversationKey,
  ): Promise<{ readonly conversation: ConversationView; readonly session: AccountSession }> {
    const conversation = await conversationOf(key);
    if (conversation.account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported conversation is only read');
    return { conversation, session: sessionOf(conversation.account_id) };
  }

  /** The gateway's answer is stored before it is shown; its event then changes nothing more. */
  async function keep(session: AccountSession, conversation: Conversation): Promise<ConversationView> {
    const account = session.record.account_id;
    announcer.changes(await store.putSnapshotPage(account, [conversation]));
    const view = await store.conversationByWireId(account, conversation.conversation_id);
    if (view === null) throw new AppFailure('NOT_FOUND', 'no such conversation');
    return view;
  }

  async function send(input: ProcedureParsed<'messages.send'>): Promise<{ readonly client_msg_id: ClientMessageId }> {
    const { conversation, session } = await served(input.conversation_key);
    const account = session.record.account_id;
    const agent = await permit(account, 'message.send');
    if (input.text.trim() === '') throw new AppFailure('BAD_INPUT', 'nothing to send', { field: 'text' });
    if (conversation.removed !== null) throw new AppFailure('GONE', 'the conversation was removed');
    if (conversation.intake === 'ended') throw new AppFailure('SESSION_ENDED', 'the session has ended');
    const policy = await policyOf(account, conversation.shop.shop_id);
    const { text, confirmed } = input;
    const checked = await sendGuard.check({ account, agent, conversation, policy, text, confirmed });
    const delay = (await readSettings(store)).send_delay_ms ?? policy.send.delay_ms;
    const { now } = session.serverNow();
    const job: PendingSend = {
      client_msg_id: ids.next() as ClientMessageId,
      account_id: account,
      conversation_key: conversation.key,
      conversation_id: conversation.conversation_id,
      kind: 'text',
      text: input.text,
      correction_of: input.correction_of ?? null,
      created_at: now,
      release_at: delay > 0 ? now + delay : null,
      override_reason: checked.override_reason,
      state: delay > 0 ? 'delayed' : 'queued',
    };
    announcer.changes(await store.enqueueSend(job));
    checked.sent();
    session.outbox.add(job);
    return { client_msg_id: job.client_msg_id };
  }

  function holder(id: ClientMessageId): AccountSession {
    for (const session of sessions.values()) if (session.outbox.has(id)) return session;
    throw new AppFailure('NOT_FOUND', 'no such outgoing message');
  }

  // ── recall ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The account to recall with: the sender's own where several accounts share the gateway, else the conversation's. */
  async function recaller(
    account: AccountId,
    message: MessageView,
  ): Promise<{ readonly session: AccountSession; readonly agent: Agent }> {
    const all = await store.accounts();
    const source = all.find((candidate) => candidate.account_id === account)?.source;
    const own = all.find((candidate) => candidate.source === source && candidate.agent?.agent_id === message.sender.id);
    const chosen = own !== undefined && sessions.has(own.account_id) ? own.account_id : account;
    const agent = all.find((candidate) => candidate.account_id === chosen)?.agent ?? null;
    if (agent === null) throw new AppFailure('OFFLINE', 'never connected yet');
    return { session: sessionOf(chosen), agent };
  }

  async function requestRecall(input: ProcedureParsed<'recall.request'>): Promise<RecallView> {
    const found = await store.message(input.message_key);
    if (found === null) throw new AppFailure('NOT_FOUND', 'no such message');
    const { message } = found;
    if (found.account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported record is only read');
    // Somebody waits for the click to have gone out: what can be read together is.
    const [{ session, agent }, conversation] = await Promise.all([
      recaller(found.account_id, message),
      conversationOf(message.conversation_key),
    ]);
    const account = session.record.account_id;
    if (!isPermitted(agent.role, 'recall.request'))
      throw new AppFailure('NO_PERMISSION', 'recall.request', { role: agent.role });
    const [policy, recallsLastHour] = await Promise.all([
      policyOf(account, conversation.shop.shop_id),
      store.recallTimes(account, session.serverNow().now - HOUR),
    ]);
    const { now, uncertaintyMs } = session.serverNow();
    const verdict = preflight({
      message,
      conversation,
      policy,
      agent: { id: agent.agent_id, role: agent.role, device_id: session.record.device_id },
      appVersion: ports.info.version,
      now,
      uncertaintyMs,
      connection: session.freshness(),
      recallsLastHour,
    });
    const headline = verdict.reasons[0];
    if (verdict.verdict === 'blocked' && headline !== undefined) {
      // RC11: a second request joins the first. RC17: what is recalled already is done.
      const joins = headline.code === 'IN_FLIGHT' || headline.code === 'ALREADY_RECALLED';
      if (joins && message.recall !== null) return message.recall;
      const blocking = verdict.reasons.find((reason) => reason.level === 'blocked') ?? headline;
      throw new AppFailure(blocking.code, 'recall is not possible now', {
        ...blocking.details,
        reasons: verdict.reasons,
      });
    }
    const view = await session.recalls.ask(
      {
        recall_id: ids.next() as RecallId,
        message_key: message.key,
        reason: input.reason ?? null,
        requested_at: now,
        expires_at: verdict.window_ends_at ?? now,
      },
      conversation.conversation_id,
    );
    return view;
  }

  /** RC14. The text goes back to its own sender; the record stays sealed, and the opening is audited (RC19). */
  async function reedit(input: ProcedureParsed<'recall.reedit'>): Promise<{ readonly text: string }> {
    const recall = await store.recall(input.recall_id);
    const found = recall === null ? null : await store.message(recall.message_key);
    if (recall === null || found === null || found.account_id === null)
      throw new AppFailure('NOT_FOUND', 'no such recall');
    const { session, agent } = await recaller(found.account_id, found.message);
    if (found.message.sender.role !== 'agent' || found.message.sender.id !== agent.agent_id)
      throw new AppFailure('NOT_SENDER', 'only own text can be edited again');
    if (recall.state !== 'done') throw new AppFailure('STALE_STATE', 'not recalled yet');
    if (recall.reedit_until === null || session.serverNow().now >= recall.reedit_until)
      throw new AppFailure('GONE', 'too late to edit it again', { until: recall.reedit_until });
    await audit.write(agent.agent_id, 'recall.reedited', { recall_id: recall.recall_id, msg_id: recall.msg_id });
    const seal = await store.openSeal(recall.message_key);
    if (seal === null || seal.text === null) throw new AppFailure('NOT_FOUND', 'no text was sealed');
    return { text: seal.text };
  }

  /** RC18: each judged by itself, with what is stored at that moment; their results come with their messages. */
  async function batchRecall({
    message_keys,
    reason,
  }: ProcedureParsed<'recall.batch'>): Promise<{ readonly results: readonly BatchRecallResult[] }> {
    const results: BatchRecallResult[] = [];
    for (const message_key of new Set(message_keys)) {
      try {
        const recall = await requestRecall({ message_key, ...(reason === undefined ? {} : { reason }) });
        results.push({ message_key, recall, error: null });
      } catch (thrown) {
        if (!(thrown instanceof AppFailure)) throw thrown;
        const error: AppError = thrown.error;
        results.push({ message_key, recall: null, error });
      }
    }
    return { results };
  }

  /** RC19. What can't be audited isn't opened: the entry is stored before the seal is read. */
  async function openSeal({ message_key }: ProcedureParsed<'seals.open'>): Promise<OpenedSeal> {
    const found = await store.message(message_key);
    if (found === null || found.message.recalled === null) throw new AppFailure('NOT_FOUND', 'nothing was recalled');
    const { message, account_id } = found;
    if (account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported record has no seal');
    const all = await store.accounts();
    const source = all.find((candidate) => candidate.account_id === account_id)?.source;
    const opener = all.find(
      (candidate) => candidate.source === source && isPermitted(candidate.agent?.role, 'seal.open'),
    );
    if (opener === undefined || opener.agent === null) throw new AppFailure('NO_PERMISSION', 'seal.open');
    if (message.recalled === null || !message.recalled.sealed)
      throw new AppFailure('NOT_FOUND', 'no content was sealed');
    const actor = opener.agent.agent_id;
    const at = clock.wallNow();
    await store.appendAudit({
      at,
      actor,
      action: 'seal.opened',
      details: {
        msg_id: message.msg_id,
        conversation_key: message.conversation_key,
        recall_id: message.recalled.recall_id,
      },
    });
    const seal = await store.openSeal(message_key);
    if (seal === null) throw new AppFailure('NOT_FOUND', 'no content was sealed');
    return {
      text: seal.text,
      kind: message.kind,
      attachment_name: seal.attachment_name,
      sender: { id: message.sender.id, name: message.sender.name },
      sent_at: message.sent_at,
      operator: message.recalled.operator,
      effect: message.recalled.effect,
      recalled_at: message.recalled.at,
      reason: message.recalled.reason,
      read_at: seal.read_at,
      audited: { actor, at },
    };
  }

  // ── the contract ──────────────────────────────────────────────────────────────────────────────────────────────

  const desk = createDesk({ store, clock, permit, onChanges: announcer.changes });
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
      announcer.publish({ topic: 'settings', payload: settings });
      return settings;
    },

    'accounts.list': accountsView,
    'accounts.add': async (input) => ({ account_id: await connectShop(input) }),
    async 'accounts.remove'({ account_id }) {
      const session = sessionOf(account_id);
      sessions.delete(account_id);
      await session.stop();
      await audit.write(account_id, 'account.removed', { account_id });
      await store.removeAccount(account_id);
      await secrets.delete(tokenName(account_id));
      if (!session.record.practice) {
        await secrets.delete(expiryName(account_id));
        await rememberAccounts(store, secrets);
      }
      announcer.accounts();
      return {};
    },
    async 'accounts.reconnect'({ account_id }) {
      sessionOf(account_id).connection.retry('person');
      return {};
    },
    async 'accounts.presence'({ account_id, presence }) {
      const answer = resultOf(await sessionOf(account_id).connection.request('presence.set', { presence }));
      announcer.accounts();
      return { presence: answer.presence };
    },
    async 'accounts.agents'({ account_id, shop_id }) {
      const fields = shop_id === undefined ? {} : { shop_id };
      return resultOf(await sessionOf(account_id).connection.request('agents.list', fields)).agents;
    },

    ...desk.handlers,
    'conversations.counts': ({ account_id, shop_id }) => store.conversationCounts(account_id, shop_id),
    async 'conversations.claim'({ conversation_key }) {
      const { conversation, session } = await served(conversation_key);
      await permit(session.record.account_id, 'conversation.claim');
      const { conversation_id } = conversation;
      return keep(
        session,
        resultOf(await session.connection.request('conversation.claim', { conversation_id })).conversation,
      );
    },
    async 'conversations.transfer'({ conversation_key, to_agent_id, note }) {
      const { conversation, session } = await served(conversation_key);
      await permit(session.record.account_id, 'conversation.transfer');
      const { conversation_id } = conversation;
      const outcome = await session.connection.request('conversation.transfer', { conversation_id, to_agent_id, note });
      return keep(session, resultOf(outcome).conversation);
    },
    async 'conversations.end'({ conversation_key }) {
      const { conversation, session } = await served(conversation_key);
      await permit(session.record.account_id, 'conversation.end');
      const { conversation_id } = conversation;
      return keep(
        session,
        resultOf(await session.connection.request('conversation.end', { conversation_id })).conversation,
      );
    },
    async 'conversations.read'({ conversation_key, conv_seq }) {
      const { conversation, session } = await served(conversation_key);
      void session.markRead(conversation.conversation_id, conv_seq);
      return {};
    },

    async 'messages.page'({ conversation_key, limit, before, after, around, from, to }) {
      await requireInUse(conversation_key);
      return desk.messages({
        conversation_key,
        limit,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        ...(around === undefined ? {} : { around }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    },
    'messages.send': send,
    async 'messages.cancel'({ client_msg_id }) {
      const session = holder(client_msg_id);
      // RC8: decided where the timer runs; what it let go can't be cancelled, whatever the store still says.
      if (!session.outbox.takeDelayed(client_msg_id)) throw new AppFailure('NOT_FOUND', 'it has left already');
      const cancelled = await store.cancelDelayed(client_msg_id);
      announcer.changes(cancelled.changes);
      for (const key of cancelled.changes.messages) sendGuard.cancelled(key);
      return { text: cancelled.text };
    },
    'messages.retry': async ({ client_msg_id }) => ({
      client_msg_id: await holder(client_msg_id).outbox.retry(client_msg_id),
    }),
    'messages.discard': ({ client_msg_id }) => holder(client_msg_id).outbox.discard(client_msg_id),
    async 'drafts.set'({ conversation_key, text }) {
      announcer.changes(await store.setDraft(conversation_key, text));
      return {};
    },

    ...(attachments?.handlers ?? withoutAttachments()),

    'recall.request': requestRecall,
    'recall.reedit': reedit,
    'recall.batch': batchRecall,
    ...createDashboard(store),
    // One clock for all of it: that of the first gateway whose time is known.
    ...createOverview({ store, now: () => serverNow([...sessions.keys()][0] ?? ('' as AccountId)) }),
    'seals.open': openSeal,

    ...administration.handlers,
    ...security.handlers,
    ...upkeep.handlers,

    ...incidents,
    ...library,
    ...reviewing.handlers,
    ...wordLists.handlers,
    ...replies,
    ...articles,
    ...lessons,

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
      if (joined) await addAccount(colleague);
      else if (sessions.has(colleague.account_id))
        await unguarded['accounts.remove']({ account_id: colleague.account_id });
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
    handlers: security.lock.guard(permitted),
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
    addAccount,
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
      for (const account of await store.accounts()) {
        if (sessions.has(account.account_id)) continue;
        const { account_id, label, source, gateway_url, device_id, practice } = account;
        openSession({ account_id, label, source, gateway_url, device_id, practice });
      }
      for (const session of sessions.values()) await session.start();
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
      await Promise.all([...sessions.values()].map((session) => session.stop()));
      announcer.stop();
    },
  };
}
