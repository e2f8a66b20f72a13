import { codeOf, isAppErrorCode } from '#shared/contract/errors.ts';
import type { RecallView } from '#shared/contract/views.ts';
import type { AccountId, ConversationId, RecallId } from '#shared/domain/ids.ts';
import { isLesserEffect } from '#shared/domain/recall/types.ts';
import { backoffDelay } from '#shared/lib/backoff.ts';
import type { RecallEffect } from '#shared/protocol/entities.ts';
import type { ReplyError, RequestFields, RequestName } from '#shared/protocol/requests.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { PendingRecall, RecallJob, RecallResolution, Store, StoreChanges } from '../ports/store.ts';

const RETRY = { baseMs: 1_000, maxMs: 30_000 };

export interface RecallsOptions {
  readonly account: AccountId;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly isOpen: () => boolean;
  readonly serverNow: () => number;
  readonly request: <N extends RequestName>(name: N, fields: RequestFields<N>) => Promise<RequestOutcome<N>>;
  readonly onChanges: (changes: StoreChanges) => void;
  /** A result that came later says that the consumer has more of it than the first one did. The first stays. */
  readonly onDisputed: (recall: RecallView, came: RecallEffect) => void;
}

/** Recalls asked for from here by one account, from request to a certain end (RC11, RC15–RC17). */
export interface Recalls {
  load(): Promise<void>;
  /** Stores request and job in one transaction and, when connected, asks. A second request joins the first (RC11). */
  ask(job: Omit<RecallJob, 'state' | 'account_id'>, conversation: ConversationId): Promise<RecallView>;
  connected(): void;
  /** An event brought the truth. */
  settled(ids: readonly RecallId[]): void;
  stop(): void;
}

interface Entry {
  readonly id: RecallId;
  readonly conversation: ConversationId;
  readonly reason: string | null;
  view: RecallView;
  state: 'queued' | 'requested' | 'unknown';
  attempt: number;
  /** Monotonic time before which it isn't asked again, or null. */
  notBefore: number | null;
  timer: TimerHandle | null;
  busy: boolean;
}

export function createRecalls(options: RecallsOptions): Recalls {
  const { store, clock, logger } = options;
  const entries = new Map<RecallId, Entry>();
  let stopped = false;

  function track(pending: PendingRecall): Entry {
    const { recall } = pending;
    const entry: Entry = {
      id: recall.recall_id,
      conversation: pending.conversation_id,
      reason: pending.reason,
      view: recall,
      state: recall.state === 'queued' || recall.state === 'requested' ? recall.state : 'unknown',
      attempt: 0,
      notBefore: null,
      timer: null,
      busy: false,
    };
    entries.set(entry.id, entry);
    return entry;
  }

  function drop(entry: Entry): void {
    if (entry.timer !== null) clock.clearTimeout(entry.timer);
    entry.timer = null;
    entries.delete(entry.id);
  }

  /** Stores a step. False when it could not be stored; a final one ends the entry. */
  async function move(entry: Entry, outcome: RecallResolution): Promise<boolean> {
    try {
      const resolved = await store.resolveRecall(entry.id, outcome);
      if (resolved === null) {
        drop(entry);
        return true;
      }
      entry.view = resolved.recall;
      options.onChanges(resolved.changes);
      if (resolved.contradicted) contradicted(entry, resolved.recall, outcome);
      const { state } = resolved.recall;
      if (state === 'queued' || state === 'requested' || state === 'unknown') entry.state = state;
      else drop(entry);
      return true;
    } catch (thrown) {
      const code = codeOf(thrown);
      logger.log('error', 'recall.not-recorded', { account: options.account, recall: entry.id, code });
      return false;
    }
  }

  function contradicted(entry: Entry, kept: RecallView, came: RecallResolution): void {
    logger.log('warn', 'recall.contradicted', {
      account: options.account,
      recall: entry.id,
      kept: kept.effect ?? kept.state,
      came: came.effect ?? came.state,
    });
    if (kept.effect !== null && came.effect !== undefined && isLesserEffect(came.effect, kept.effect))
      options.onDisputed(kept, came.effect);
  }

  /** The answer to a request whose recall an event has settled meanwhile: nothing changes, but a contradiction is noted. */
  async function tooLate(entry: Entry, outcome: RequestOutcome<'message.recall'>): Promise<void> {
    if (stopped) return;
    if (outcome.kind === 'ok' && outcome.result.recall_id === entry.id)
      await move(entry, { state: 'done', effect: outcome.result.effect, at: outcome.result.recalled_at });
    else if (outcome.kind === 'error' && outcome.error.code !== 'ALREADY_RECALLED')
      await move(entry, { state: 'failed', code: outcome.error.code, at: options.serverNow() });
  }

  function again(entry: Entry, minimumMs: number): void {
    entry.notBefore =
      clock.monotonicNow() + Math.max(minimumMs, backoffDelay(entry.attempt++, options.ids.random(), RETRY));
  }

  /** Does the next thing there is to do for a recall, or sets the timer for it. */
  function drive(entry: Entry): void {
    if (stopped || entry.busy || entries.get(entry.id) !== entry) return;
    if (entry.timer !== null) {
      clock.clearTimeout(entry.timer);
      entry.timer = null;
    }
    const untilExpiry = entry.view.expires_at - options.serverNow();
    const untilAgain = entry.notBefore === null ? 0 : entry.notBefore - clock.monotonicNow();
    // RC16: at the window's end a waiting one expires, unsent.
    const expired = entry.state === 'queued' && untilExpiry <= 0;
    const ready = options.isOpen() && untilAgain <= 0;
    if (!expired && !ready) {
      const waits = [
        ...(entry.state === 'queued' ? [untilExpiry] : []),
        ...(options.isOpen() && untilAgain > 0 ? [untilAgain] : []),
      ];
      if (waits.length > 0)
        entry.timer = clock.setTimeout(
          () => {
            entry.timer = null;
            drive(entry);
          },
          Math.max(1, Math.min(...waits)),
        );
      return;
    }
    entry.busy = true;
    const work = expired
      ? move(entry, { state: 'expired', code: 'WINDOW_EXPIRED', at: options.serverNow() })
      : entry.state === 'unknown'
        ? query(entry)
        : request(entry);
    void work
      .catch((thrown: unknown) => {
        const code = codeOf(thrown);
        logger.log('error', 'recall.failed-to-ask', { account: options.account, recall: entry.id, code });
        return false;
      })
      .then((done) => {
        entry.busy = false;
        if (!done) again(entry, 1_000);
        drive(entry);
      });
  }

  async function request(entry: Entry): Promise<boolean> {
    // Recorded before it leaves: after a crash "queued" must mean that it was never sent.
    if (entry.view.state !== 'requested' && !(await move(entry, { state: 'requested', at: options.serverNow() })))
      return false;
    if (entries.get(entry.id) !== entry) return true;
    const outcome = await options.request('message.recall', {
      recall_id: entry.id,
      conversation_id: entry.conversation,
      msg_id: entry.view.msg_id,
      ...(entry.reason === null ? {} : { reason: entry.reason }),
    });
    if (entries.get(entry.id) !== entry || stopped) {
      await tooLate(entry, outcome);
      return true;
    }
    switch (outcome.kind) {
      case 'ok':
        if (outcome.result.recall_id !== entry.id) {
          // A result of another recall says nothing of this one: it is asked about (RC15).
          logger.log('warn', 'recall.other-id', { account: options.account, recall: entry.id });
          return move(entry, { state: 'unknown', code: 'NETWORK_UNKNOWN', at: options.serverNow() });
        }
        return move(entry, { state: 'done', effect: outcome.result.effect, at: outcome.result.recalled_at });
      case 'error':
        return fail(entry, outcome.error);
      case 'unknown': {
        if (outcome.cause !== 'connection-lost') again(entry, 1_000);
        return move(entry, { state: 'unknown', code: 'NETWORK_UNKNOWN', at: options.serverNow() });
      }
      case 'not-sent':
        return move(entry, { state: 'queued', at: options.serverNow() });
    }
  }

  /**
   * RC12, RC17: what was to happen has happened, by another device or an earlier request. With what effect only the
   * gateway knows, so it is asked for the message; without its word nothing better than "may have been seen" is claimed.
   */
  async function askEffect(entry: Entry, known: { readonly code?: string; readonly at?: number }): Promise<boolean> {
    const code = known.code === undefined ? {} : { code: known.code };
    const seq = (await store.message(entry.view.message_key))?.message.conv_seq;
    if (seq !== undefined) {
      const outcome = await options.request('conversation.pull', {
        conversation_id: entry.conversation,
        from_seq: seq,
        to_seq: seq,
        limit: 1,
      });
      if (entries.get(entry.id) !== entry || stopped) return true;
      const messages = outcome.kind === 'ok' ? outcome.result.messages : [];
      const truth = messages.find((message) => message.msg_id === entry.view.msg_id && message.recalled !== undefined);
      if (truth?.recalled !== undefined) {
        options.onChanges(await store.putMessages(options.account, [truth]));
        return move(entry, { state: 'done', effect: truth.recalled.effect, ...code, at: truth.recalled.at });
      }
    }
    return move(entry, { state: 'done', effect: 'maybe_seen', ...code, at: known.at ?? options.serverNow() });
  }

  async function fail(entry: Entry, error: ReplyError): Promise<boolean> {
    if (error.code === 'ALREADY_RECALLED') return askEffect(entry, { code: 'ALREADY_RECALLED' });
    if (!isAppErrorCode(error.code))
      logger.log('warn', 'recall.unknown-code', { account: options.account, recall: entry.id });
    return move(entry, {
      state: 'failed',
      code: error.code,
      details: {
        ...error.details,
        ...(error.retry_after_ms === undefined ? {} : { retry_after_ms: error.retry_after_ms }),
      },
      at: options.serverNow(),
    });
  }

  /** RC15: never guessed, asked. */
  async function query(entry: Entry): Promise<boolean> {
    const outcome = await options.request('recall.query', { recall_id: entry.id });
    if (entries.get(entry.id) !== entry || stopped) return true;
    if (outcome.kind === 'not-sent') return true;
    if (outcome.kind === 'unknown') {
      if (outcome.cause !== 'connection-lost') again(entry, 1_000);
      return true;
    }
    if (outcome.kind === 'error') {
      again(entry, outcome.error.retry_after_ms ?? 1_000);
      return true;
    }
    const answer = outcome.result;
    const now = options.serverNow();
    if (!answer.known) {
      // The gateway never saw it. Inside the window it is asked again under the same id; past it, nothing was done.
      if (now >= entry.view.expires_at) return move(entry, { state: 'expired', code: 'WINDOW_EXPIRED', at: now });
      return move(entry, { state: 'queued', at: now });
    }
    if (answer.ok) {
      if (answer.effect === undefined)
        return askEffect(entry, answer.recalled_at === undefined ? {} : { at: answer.recalled_at });
      return move(entry, { state: 'done', effect: answer.effect, at: answer.recalled_at ?? now });
    }
    return fail(entry, { code: answer.code ?? 'NETWORK_UNKNOWN', message: '' });
  }

  return {
    async load() {
      for (const pending of await store.pendingRecalls(options.account)) {
        const entry = track(pending);
        // It was on its way when the program ended: nobody knows (RC15, across a crash).
        if (entry.state === 'requested')
          await move(entry, { state: 'unknown', code: 'NETWORK_UNKNOWN', at: options.serverNow() });
        drive(entry);
      }
    },
    async ask(job, conversation) {
      const online = options.isOpen();
      const created = await store.createRecall({
        ...job,
        account_id: options.account,
        state: online ? 'requested' : 'queued',
      });
      options.onChanges(created.changes);
      if (!created.joined && !entries.has(created.recall.recall_id))
        drive(track({ recall: created.recall, conversation_id: conversation, reason: job.reason }));
      return created.recall;
    },
    connected() {
      for (const entry of entries.values()) {
        entry.notBefore = null;
        entry.attempt = 0;
        drive(entry);
      }
    },
    settled(ids) {
      for (const id of ids) {
        const entry = entries.get(id);
        if (entry !== undefined) drop(entry);
      }
    },
    stop() {
      stopped = true;
      for (const entry of entries.values()) if (entry.timer !== null) clock.clearTimeout(entry.timer);
      entries.clear();
    },
  };
}
