import type { AppErrorCode } from '#shared/contract/errors.ts';
import type { AccountView, ShopView } from '#shared/contract/views.ts';
import type { ConversationId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { ClockEstimate } from '#shared/domain/time.ts';
import { HOUR } from '#shared/lib/durations.ts';
import { Policy } from '#shared/protocol/entities.ts';
import type { Welcome } from '#shared/protocol/frames.ts';
import { describeIssues } from '#shared/protocol/frames.ts';
import { createConnection, type Connection } from '../connection/connection.ts';
import { fillGaps, loadSnapshot, type CatchUpOptions } from '../ingest/catch-up.ts';
import { createIngest } from '../ingest/ingest.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { AccountRecord, IngestResult, Store, StoreChanges } from '../ports/store.ts';
import type { Transport } from '../ports/transport.ts';
import { createRecalls, type Recalls } from '../recall/recalls.ts';

export interface SessionPorts {
  readonly store: Store;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly appVersion: string;
}

export interface SessionEvents {
  readonly onChanges: (changes: StoreChanges) => void;
  /** Connection, clock, cursor, agent or shops changed. */
  readonly onAccount: () => void;
  readonly onProblem: (code: AppErrorCode, details: Readonly<Record<string, unknown>>) => void;
  readonly onNotice: (
    kind: 'enquiry' | 'reply' | 'summary',
    conversation: ConversationKey | null,
    title: string,
    count: number,
  ) => void;
}

/** One account: its connection, and what comes and goes over it. */
export interface AccountSession {
  readonly record: AccountRecord;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly recalls: Recalls;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The gateway's time as well as it is known; ±Infinity of uncertainty before the first `welcome` (RC4). */
  serverNow(): { readonly now: number; readonly uncertaintyMs: number };
  /** How far what we know can be trusted (RC3: OFFLINE, STALE_STATE). */
  freshness(): 'online' | 'offline' | 'stale';
  view(): Promise<AccountView>;
  /** Tells the gateway what was read here; what can't be told now is told after the next `welcome`. */
  markRead(conversation: ConversationId, convSeq: number): Promise<void>;
  /** Address for the next attempt; the gateway of the practice shop has a new port at each start. */
  setAddress(url: string): void;
}

export function createAccountSession(
  record: AccountRecord,
  ports: SessionPorts,
  token: { readonly read: () => Promise<string | null>; readonly keep: (token: string) => Promise<void> },
  events: SessionEvents,
): AccountSession {
  const { store, clock, logger } = ports;
  const account = record.account_id;
  let url = record.gateway_url;
  /** Each `welcome` begins a new one; work of an older one ends by itself. */
  let epoch = 0;
  let snapshotting = false;
  let cursor = 0;
  let hasCursor = false;
  let syncedAt: number | null = null;
  let background: Promise<void> = Promise.resolve();
  let filling = false;
  let fillAgain = false;
  let stopped = false;
  /** Notices while catching up become one summary (IN3). */
  let missed = 0;
  const policyProblems = new Map<string, string>();
  const unreported = new Map<ConversationId, number>();

  const serverNow = (): { now: number; uncertaintyMs: number } => {
    const estimate: ClockEstimate | null = connection.clockEstimate();
    return estimate === null
      ? { now: clock.wallNow(), uncertaintyMs: Number.POSITIVE_INFINITY }
      : { now: Math.round(clock.monotonicNow() + estimate.offsetMs), uncertaintyMs: estimate.uncertaintyMs };
  };

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
      hasCursor = stored?.has_cursor ?? false;
      cursor = stored?.event_seq ?? 0;
      syncedAt = stored?.synced_at ?? null;
      return hasCursor ? cursor : null;
    },
    onWelcome: (welcome) => {
      const mine = ++epoch;
      // Events that come right behind the welcome wait until the shops and policies it carries are stored.
      ingest.hold();
      snapshotting = welcome.resume.status === 'snapshot';
      background = afterWelcome(welcome, () => mine !== epoch || stopped).catch((thrown: unknown) => {
        const code = errorCode(thrown);
        logger.log('error', 'session.welcome', { account, code });
        events.onProblem(code, { account_id: account });
        if (mine === epoch) connection.resync('welcome could not be stored');
      });
    },
    onEvent: (event) => ingest.push(event),
    onChange: () => {
      if (connection.phase.name === 'live' && missed > 0) {
        events.onNotice('summary', null, record.label, missed);
        missed = 0;
      }
      // SY9: a pong that announces nothing newer says that everything up to now is here.
      if (connection.phase.name === 'live' && cursor >= connection.announcedSeq) syncedAt = serverNow().now;
      events.onAccount();
    },
    onLost() {
      epoch++;
      snapshotting = false;
      // What was not stored yet comes again after resume; nothing of it was acknowledged (SY2).
      ingest.discard();
      ingest.release();
    },
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
  const outbox = createOutbox(shared);
  const recalls = createRecalls(shared);
  const catchUp: CatchUpOptions = {
    account,
    store,
    clock,
    logger,
    request: shared.request,
    onChanges: events.onChanges,
  };

  async function afterWelcome(welcome: Welcome, cancelled: () => boolean): Promise<void> {
    policyProblems.clear();
    const shops = welcome.shops.map((shop) => {
      const policy = Policy.safeParse(shop.policy);
      // RC1: refused as a whole, the one before stays, and the shop says so.
      if (!policy.success) policyProblems.set(shop.shop_id, describeIssues(policy.error));
      return {
        shop_id: shop.shop_id,
        name: shop.name,
        platform: shop.platform,
        ...(policy.success ? { policy: policy.data } : { policy: null, policy_problem: describeIssues(policy.error) }),
      };
    });
    for (const [shop, problem] of policyProblems)
      events.onProblem('POLICY_REFUSED', { account_id: account, shop_id: shop, problem });
    await store.putWelcome(account, { agent: welcome.agent, shops });
    if (cancelled()) return;
    events.onAccount();
    if (welcome.resume.status === 'snapshot') {
      const complete = await loadSnapshot(catchUp, cancelled);
      if (cancelled()) return;
      if (!complete) {
        connection.resync('snapshot could not be read');
        return;
      }
      // "unknown": our number means nothing to this gateway, so its lower one is the truth.
      await store.setCursor(account, welcome.resume.event_seq, serverNow().now, {
        reset: welcome.resume.reason === 'unknown',
      });
      hasCursor = true;
      cursor = welcome.resume.event_seq;
      syncedAt = serverNow().now;
      if (cancelled()) return;
    }
    snapshotting = false;
    connection.progress({ eventSeq: cursor, snapshotting: false });
    ingest.release();
    outbox.connected();
    recalls.connected();
    events.onAccount();
    for (const [conversation, seq] of unreported) void markRead(conversation, seq);
    void fill();
  }

  async function markRead(conversation: ConversationId, seq: number): Promise<void> {
    unreported.set(conversation, Math.max(seq, unreported.get(conversation) ?? 0));
    const outcome = await connection.request('conversation.read', { conversation_id: conversation, conv_seq: seq });
    // An error is an answer: the gateway doesn't want it. Only what it never heard is told again.
    const heard = outcome.kind === 'ok' || outcome.kind === 'error';
    if (heard && (unreported.get(conversation) ?? 0) <= seq) unreported.delete(conversation);
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
      logger.log('error', 'session.gaps', { account, code: errorCode(thrown) });
    } finally {
      filling = false;
    }
  }

  function onStored(result: IngestResult): void {
    cursor = result.event_seq;
    syncedAt = serverNow().now;
    connection.ack(result.event_seq);
    outbox.settled(result.settled_sends);
    recalls.settled(result.settled_recalls);
    events.onChanges(result.changes);
    for (const refused of result.refused_policies) {
      policyProblems.set(refused.shop_id, refused.problem);
      events.onProblem('POLICY_REFUSED', { account_id: account, ...refused });
    }
    if (connection.phase.name === 'live')
      for (const notice of result.notices) events.onNotice(notice.kind, notice.conversation_key, notice.title, 1);
    else missed += result.notices.length;
    events.onAccount();
    connection.progress({ eventSeq: result.event_seq, snapshotting });
    // A conversation that grew may have numbers missing before what came (SY6).
    if (result.changes.messages.length > 0 || result.changes.conversations.length > 0 || result.changes.many)
      void fill();
  }

  return {
    get record() {
      return { ...record, gateway_url: url };
    },
    connection,
    outbox,
    recalls,
    async start() {
      await outbox.load();
      await recalls.load();
      connection.start();
    },
    async stop() {
      stopped = true;
      epoch++;
      connection.stop();
      ingest.stop();
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
    markRead,
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
        label: record.label,
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
          policy_problem: shop.policy_problem ?? policyProblems.get(shop.shop_id) ?? null,
          waiting: waiting[shop.shop_id] ?? 0,
        })),
        recalls_last_hour: recallTimes,
      };
    },
  };
}

function errorCode(thrown: unknown): AppErrorCode {
  const error = typeof thrown === 'object' && thrown !== null && 'error' in thrown ? thrown.error : null;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? (code as AppErrorCode) : 'INTERNAL';
}
