import { type AppErrorCode, codeOf } from '#shared/contract/errors.ts';
import type { Topics } from '#shared/contract/topics.ts';
import type { AccountView, ShopView } from '#shared/contract/views.ts';
import type { ConversationId, ShopId } from '#shared/domain/ids.ts';
import { isLesserEffect } from '#shared/domain/recall/types.ts';
import type { ClockEstimate } from '#shared/domain/time.ts';
import { HOUR } from '#shared/lib/durations.ts';
import { Policy } from '#shared/protocol/entities.ts';
import type { Welcome } from '#shared/protocol/frames.ts';
import { describeIssues } from '#shared/protocol/frames.ts';
import { createDownloads, type Downloads } from '../attachments/downloads.ts';
import type { Transfers } from '../attachments/transfers.ts';
import { createUploads } from '../attachments/uploads.ts';
import { createConnection, type Connection } from '../connection/connection.ts';
import { askPatiently } from '../connection/patience.ts';
import { createTokenCare } from '../connection/token-care.ts';
import { fillGaps, loadSnapshot, pullRange, type CatchUpOptions } from '../ingest/catch-up.ts';
import { createIngest } from '../ingest/ingest.ts';
import { noteRecheck, recheck } from '../ingest/recheck.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import type { DownloadJob } from '../ports/attachment-store.ts';
import type { AttachmentCache } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { AccountRecord, IngestResult, Store, StoreChanges } from '../ports/store.ts';
import type { Transport } from '../ports/transport.ts';
import { createRecalls, type Recalls } from '../recall/recalls.ts';
import type { tokenIn } from './account-list.ts';
import { createConversationChanges, type ConversationChanges } from './conversation-changes.ts';
import { createReadMarks } from './read-marks.ts';

/** Conversations that something came into at the same time; nobody reads more notifications than that (IN3). */
const NOTICES_AT_ONCE = 20;

export interface SessionPorts {
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly appVersion: string;
  /** Absent: messages with files are neither sent nor loaded. */
  readonly attachments?: {
    readonly cache: AttachmentCache;
    readonly transfers: Transfers;
    readonly onEnd: (job: DownloadJob, done: boolean) => Promise<void>;
  };
}

export interface SessionEvents {
  /** `catchingUp`: they come in masses and are of the past. */
  readonly onChanges: (changes: StoreChanges, catchingUp?: boolean) => void;
  /** Connection, clock, cursor, agent or shops changed. */
  readonly onAccount: () => void;
  /** The shop's sensitive words may have changed (PV3): after each `welcome`, and when the gateway says so. */
  readonly onWords: (shopId: string) => void;
  readonly onProblem: (code: AppErrorCode, details: Readonly<Record<string, unknown>>) => void;
  readonly onNotice: (notice: Omit<Topics['notice'], 'account_id' | 'sound'>) => void;
}

/** One account: its connection, and what comes and goes over it. */
export interface AccountSession {
  readonly record: AccountRecord;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly recalls: Recalls;
  readonly downloads: Downloads | null;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The gateway's time as well as it is known; ±Infinity of uncertainty before the first `welcome` (RC4). */
  serverNow(): { readonly now: number; readonly uncertaintyMs: number };
  /** How far what we know can be trusted (RC3: OFFLINE, STALE_STATE). */
  freshness(): 'online' | 'offline' | 'stale';
  view(): Promise<AccountView>;
  /** Asks a gateway that is busy again, for what nobody waits for. */
  readonly patiently: Connection['request'];
  /** Asks for a change of a conversation; what became of it is in the store when this resolves. */
  readonly change: ConversationChanges['ask'];
  /** Tells the gateway what was read here; what can't be told now is told after the next `welcome`. */
  markRead(conversation: ConversationId, convSeq: number): Promise<void>;
  /** Stores what the gateway has between these numbers, both included. False where it could not be asked to the end. */
  pull(conversation: ConversationId, fromSeq: number, toSeq: number): Promise<boolean>;
  setLabel(label: string): void;
  /** Address for the next attempt; the gateway of the practice shop has a new port at each start. */
  setAddress(url: string): void;
}

export function createAccountSession(
  record: AccountRecord,
  ports: SessionPorts,
  token: ReturnType<typeof tokenIn>,
  events: SessionEvents,
): AccountSession {
  const { store, clock, logger } = ports;
  const account = record.account_id;
  let url = record.gateway_url;
  let { label } = record;
  /** Each `welcome` begins a new one; work of an older one ends by itself. */
  let epoch = 0;
  let snapshotting = false;
  /** The next connection begins with a snapshot whatever was stored: the gateway isn't where we left it. */
  let anew = false;
  let reuseSeen = false;
  let welcomeProblem: AppErrorCode | null = null;
  let cursor = 0;
  let hasCursor = false;
  let syncedAt: number | null = null;
  let background: Promise<void> = Promise.resolve();
  let filling = false;
  let fillAgain = false;
  let stopped = false;
  /** AD4: one entry a session, not one a reconnection. */
  let signedIn = false;
  /** Notices while catching up become one summary (IN3). */
  let missed = 0;

  const serverNow = (): { now: number; uncertaintyMs: number } => {
    const estimate: ClockEstimate | null = connection.clockEstimate();
    return estimate === null
      ? { now: clock.wallNow(), uncertaintyMs: Number.POSITIVE_INFINITY }
      : { now: Math.round(clock.monotonicNow() + estimate.offsetMs), uncertaintyMs: estimate.uncertaintyMs };
  };

  const summarise = (count: number): void =>
    events.onNotice({ kind: 'summary', conversation_key: null, shop_id: null, title: label, count });

  /** Never merged in silence: what was seen here may be missing there, sent messages among it. */
  function wentBack(here: number, there: number): void {
    logger.log('warn', 'session.gateway-went-back', { account, here, there });
    events.onProblem('GATEWAY_WENT_BACK', { account_id: account, here, there });
  }

  const ingest = createIngest({
    account,
    store,
    clock,
    logger,
    onStored,
    onGap: (at) => connection.resync(`event before ${at} missing`),
    onPause: () => connection.pause(),
    onResume: () => connection.resume(),
    onProblem: (code) => events.onProblem(code, { account_id: account }),
  });

  const connection = createConnection({
    transport: ports.transport,
    clock,
    ids: ports.ids,
    logger,
    label: account,
    deviceId: record.device_id,
    appVersion: ports.appVersion,
    async login() {
      const secret = await token.read();
      return secret === null ? null : { url, token: secret };
    },
    keepToken: token.keep,
    async resumeFrom() {
      await ingest.idle();
      // Writes of the connection before (a snapshot's last page, a pull) end first, so that the cursor read is the last word.
      await background;
      const stored = (await store.accounts()).find((candidate) => candidate.account_id === account);
      // What can't be resumed begins with a snapshot, over whatever number was reached (SY7).
      hasCursor = (stored?.has_cursor ?? false) && !anew;
      cursor = stored?.event_seq ?? 0;
      syncedAt = stored?.synced_at ?? null;
      return hasCursor ? cursor : null;
    },
    onWelcome: (welcome) => {
      const mine = ++epoch;
      // Events that come right behind the welcome wait until the shops and policies it carries are stored.
      snapshotting = welcome.resume.status === 'snapshot';
      ingest.hold(snapshotting);
      // "unknown": our number means nothing to this gateway, so its lower one is the truth.
      if (welcome.resume.status === 'snapshot' && welcome.resume.reason === 'unknown' && hasCursor) {
        anew = true;
        wentBack(cursor, welcome.resume.event_seq);
      }
      background = afterWelcome(welcome, () => mine !== epoch || stopped).catch((thrown: unknown) => {
        const code = codeOf(thrown);
        logger.log('error', 'session.welcome', { account, code });
        // Once, not with every attempt.
        if (welcomeProblem !== code) events.onProblem(code, { account_id: account });
        welcomeProblem = code;
        if (mine === epoch) connection.resync('welcome could not be stored');
      });
    },
    onCannotResume(cause, { here, there }) {
      anew = true;
      if (cause === 'went-back') wentBack(here, there);
    },
    onEvent: (event, chars) => {
      conversationChanges.heard(event);
      ingest.push(event, chars);
      // Nothing to lose: what isn't asked for now is asked for after the next `welcome`.
      if (event.kind === 'words.updated' && 'shop_id' in event && typeof event.shop_id === 'string')
        events.onWords(event.shop_id);
    },
    onChange: () => {
      const { phase } = connection;
      if (signedIn && (phase.name === 'kicked' || phase.name === 'refused')) {
        signedIn = false;
        const why =
          phase.name === 'kicked' ? { why: 'kicked', by_device: phase.byDevice } : { why: phase.problem.code };
        void store
          .appendAudit({
            at: clock.wallNow(),
            actor: account,
            action: 'session.ended',
            details: { account_id: account, ...why },
          })
          .catch(() => logger.log('error', 'session.audit', { account }));
      }
      if (connection.phase.name === 'live' && missed > 0) {
        summarise(missed);
        missed = 0;
      }
      // SY9: a pong that announces nothing newer says that everything up to now is here.
      if (connection.phase.name === 'live' && cursor >= connection.announcedSeq) syncedAt = serverNow().now;
      events.onAccount();
    },
    onLost() {
      tokenCare.lost();
      conversationChanges.lost();
      epoch++;
      snapshotting = false;
      // What was not stored yet comes again after resume; nothing of it was acknowledged (SY2).
      ingest.discard();
      ingest.release();
    },
  });

  const tokenCare = createTokenCare({
    clock,
    serverNow: () => serverNow().now,
    expiresAt: token.expiresAt,
    refresh: () => connection.refreshToken(),
  });

  const shared = {
    account,
    store,
    clock,
    ids: ports.ids,
    logger,
    isOpen: () => connection.isOpen,
    serverNow: () => serverNow().now,
    request: connection.request.bind(connection),
    onChanges: (changes: StoreChanges) => {
      events.onChanges(changes);
      events.onAccount();
    },
  };
  const { attachments } = ports;
  const uploads = attachments === undefined ? null : createUploads({ ...shared, ...attachments });
  const downloads = attachments === undefined ? null : createDownloads({ ...shared, ...attachments });
  const outbox = createOutbox({ ...shared, ...(uploads === null ? {} : { uploads }) });
  const disputed = (msg_id: string, kept: string | null, came: string): void =>
    events.onProblem('RECALL_CONTRADICTED', { account_id: account, msg_id, kept, came });
  const recalls = createRecalls({
    ...shared,
    onDisputed: (recall, came) => disputed(recall.msg_id, recall.effect, came),
  });
  const patiently: Connection['request'] = (name, fields) => {
    const mine = epoch;
    return askPatiently(
      clock,
      () => connection.request(name, fields),
      () => mine !== epoch || stopped,
    );
  };
  const readMarks = createReadMarks({ ...shared, request: patiently });
  const conversationChanges = createConversationChanges(shared);
  const catchUp: CatchUpOptions = {
    account,
    store,
    clock,
    logger,
    request: shared.request,
    onChanges: events.onChanges,
  };

  async function afterWelcome(welcome: Welcome, cancelled: () => boolean): Promise<void> {
    const refusedPolicies = new Map<string, string>();
    const shops = welcome.shops.map((shop) => {
      const policy = Policy.safeParse(shop.policy);
      // RC1: refused as a whole, the one before stays, and the shop says so.
      if (!policy.success) refusedPolicies.set(shop.shop_id, describeIssues(policy.error));
      return {
        shop_id: shop.shop_id,
        name: shop.name,
        platform: shop.platform,
        ...(policy.success ? { policy: policy.data } : { policy: null, policy_problem: describeIssues(policy.error) }),
      };
    });
    for (const [shop, problem] of refusedPolicies)
      events.onProblem('POLICY_REFUSED', { account_id: account, shop_id: shop, problem });
    await store.putWelcome(account, { agent: welcome.agent, shops }, clock.wallNow());
    if (!signedIn) {
      signedIn = true;
      await store.appendAudit({
        at: clock.wallNow(),
        actor: welcome.agent.agent_id,
        action: 'session.signed_in',
        details: { account_id: account, role: welcome.agent.role, device_id: record.device_id },
      });
    }
    if (cancelled()) return;
    events.onAccount();
    if (welcome.resume.status === 'snapshot') {
      if (welcome.resume.reason !== 'first' || anew)
        await noteRecheck(
          catchUp,
          syncedAt ?? 0,
          shops.flatMap(({ policy }) => (policy === null ? [] : [policy])),
        );
      const complete = await loadSnapshot(catchUp, cancelled, { wentBack: anew });
      if (cancelled()) return;
      if (!complete) {
        connection.resync('snapshot could not be read');
        return;
      }
      await store.setCursor(account, welcome.resume.event_seq, serverNow().now, {
        reset: anew || welcome.resume.reason === 'unknown',
      });
      anew = false;
      hasCursor = true;
      cursor = welcome.resume.event_seq;
      syncedAt = serverNow().now;
      if (cancelled()) return;
    }
    snapshotting = false;
    // The practice shop's token doesn't end.
    if (!record.practice) tokenCare.connected();
    welcomeProblem = null;
    connection.progress({ eventSeq: cursor, snapshotting: false });
    ingest.release();
    outbox.connected();
    recalls.connected();
    uploads?.connected();
    downloads?.connected();
    events.onAccount();
    for (const { shop_id } of shops) events.onWords(shop_id);
    readMarks.connected(welcome.agent.agent_id);
    void fill();
    void recheck(catchUp, cancelled).catch((thrown: unknown) =>
      logger.log('error', 'session.recheck', { account, code: codeOf(thrown) }),
    );
  }

  function pull(conversation_id: ConversationId, from_seq: number, to_seq: number): Promise<boolean> {
    const mine = epoch;
    return pullRange(
      catchUp,
      { conversation_id, from_seq, to_seq },
      () => mine !== epoch || stopped || !connection.isOpen,
    );
  }

  /** One filler at a time; what is found missing meanwhile is looked at when it is done. */
  async function fill(): Promise<void> {
    if (filling) {
      fillAgain = true;
      return;
    }
    filling = true;
    try {
      do {
        fillAgain = false;
        const mine = epoch;
        if (connection.isOpen) await fillGaps(catchUp, () => mine !== epoch || stopped || !connection.isOpen);
      } while (fillAgain && !stopped);
    } catch (thrown) {
      logger.log('error', 'session.gaps', { account, code: codeOf(thrown) });
    } finally {
      filling = false;
    }
  }

  function onStored(result: IngestResult): void {
    cursor = result.event_seq;
    syncedAt = serverNow().now;
    connection.ack(result.event_seq);
    conversationChanges.stored(result.event_seq);
    outbox.settled(result.settled_sends);
    if ((result.reused_numbers ?? 0) > 0 && !reuseSeen) {
      // Once: a gateway that does so all the time would otherwise never come to rest.
      reuseSeen = true;
      anew = true;
      wentBack(result.event_seq, result.event_seq);
      connection.resync('numbers of conversations were used again');
      return;
    }
    recalls.settled(result.settled_recalls);
    events.onChanges(result.changes, connection.phase.name === 'catching-up');
    for (const { msg_id, recall_id, kept, came } of result.contradicted_recalls) {
      logger.log('warn', 'recall.contradicted', { account, recall: recall_id, kept, came });
      if (isLesserEffect(came, kept)) disputed(msg_id, kept, came);
    }
    for (const refused of result.refused_policies) {
      events.onProblem('POLICY_REFUSED', { account_id: account, ...refused });
    }
    const news = result.notices.reduce((sum, { count }) => sum + count, 0);
    if (connection.phase.name !== 'live') missed += news;
    else if (result.notices.length > NOTICES_AT_ONCE) summarise(news);
    else for (const notice of result.notices) events.onNotice(notice);
    events.onAccount();
    connection.progress({ eventSeq: result.event_seq, snapshotting });
    // A conversation that grew may have numbers missing before what came (SY6).
    if (result.changes.messages.length > 0 || result.changes.conversations.length > 0 || result.changes.many)
      void fill();
  }

  return {
    get record() {
      return { ...record, label, gateway_url: url };
    },
    connection,
    outbox,
    recalls,
    downloads,
    async start() {
      await outbox.load();
      await recalls.load();
      for (const job of await store.downloads(account)) void downloads?.load(job);
      connection.start();
    },
    async stop() {
      stopped = true;
      epoch++;
      tokenCare.lost();
      conversationChanges.lost();
      connection.stop();
      ingest.stop();
      uploads?.stop();
      downloads?.stop();
      outbox.stop();
      recalls.stop();
      await ingest.idle();
      await background;
    },
    serverNow,
    freshness() {
      if (!connection.isOpen) return 'offline';
      return connection.phase.name === 'live' ? 'online' : 'stale';
    },
    change: conversationChanges.ask,
    patiently,
    markRead: readMarks.mark,
    pull,
    setLabel(value) {
      label = value;
    },
    setAddress(value) {
      url = value;
    },
    async view() {
      const [stored, shops, waiting, recallTimes] = await Promise.all([
        store.accounts().then((accounts) => accounts.find((candidate) => candidate.account_id === account)),
        store.shops(account),
        store.waitingByShop(account),
        store.recallTimes(account, serverNow().now - HOUR),
      ]);
      const { phase } = connection;
      const problem = 'problem' in phase ? phase.problem : null;
      const estimate = connection.clockEstimate();
      const retryAt = connection.retryAt;
      const { now, uncertaintyMs } = serverNow();
      const wall = clock.wallNow();
      return {
        account_id: account,
        label,
        practice: record.practice,
        gateway_url: url,
        agent: stored?.agent ?? null,
        device_id: record.device_id,
        state: phase.name,
        problem:
          problem === null
            ? null
            : { ...problem, retry_at: retryAt === null ? null : wall + Math.max(0, retryAt - clock.monotonicNow()) },
        kicked_by: phase.name === 'kicked' ? phase.byDevice : null,
        event_seq: hasCursor ? cursor : (stored?.event_seq ?? 0),
        synced_at: syncedAt ?? stored?.synced_at ?? null,
        clock:
          estimate === null
            ? null
            : { offset_ms: Math.round(now - wall), uncertainty_ms: Math.ceil(uncertaintyMs), server_now: now },
        shops: shops.map((shop): ShopView => ({
          shop_id: shop.shop_id as ShopId,
          name: shop.name,
          platform: shop.platform,
          policy: shop.policy,
          policy_problem: shop.policy_problem,
          waiting: waiting[shop.shop_id] ?? 0,
        })),
        recalls_last_hour: recallTimes,
      };
    },
  };
}
