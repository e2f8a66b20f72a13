import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { OutgoingView } from '#shared/contract/views.ts';
import type { AccountId, AttachmentId, ClientMessageId, ConversationKey } from '#shared/domain/ids.ts';
import { backoffDelay } from '#shared/lib/backoff.ts';
import type { RequestFields, RequestName, ReplyError } from '#shared/protocol/requests.ts';
import type { UploadJob, UploadOutcome } from '../attachments/uploads.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { PendingSend, Store, StoreChanges } from '../ports/store.ts';

/** Codes after which the same message can never succeed as it is; every other one is temporary (protocol.md). */
const FINAL_CODES: ReadonlySet<string> = new Set([
  'NO_PERMISSION',
  'BAD_REQUEST',
  'SESSION_ENDED',
  'QUOTA',
  'BLOCKED_WORD',
  'TOO_LONG',
  'IDEMPOTENCY_CONFLICT',
  'NOT_VISIBLE',
  'GONE',
  'TOO_LARGE',
]);
const RETRY = { baseMs: 1_000, maxMs: 30_000 };

export interface OutboxOptions {
  readonly account: AccountId;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly isOpen: () => boolean;
  /** Best knowledge of the gateway's time, milliseconds. */
  readonly serverNow: () => number;
  readonly request: <N extends RequestName>(name: N, fields: RequestFields<N>) => Promise<RequestOutcome<N>>;
  readonly onChanges: (changes: StoreChanges) => void;
  /** IN8: brings a message's file to the gateway. Absent: messages with files fail. */
  readonly uploads?: { upload(job: UploadJob): Promise<UploadOutcome>; cancel(id: ClientMessageId): void };
}

/**
 * Sends of one account (SY3, PV2, RC8). Each conversation is a lane: its head is the only one on its way, the next one
 * leaves after the head is settled, failed or cancelled. The same client id is repeated until it is answered.
 */
export interface Outbox {
  load(): Promise<void>;
  add(job: PendingSend): void;
  /** RC8: true only while no message has left, also while its file is being uploaded. Removes it from the lane; the caller then asks the store. */
  takeDelayed(id: ClientMessageId): boolean;
  retry(id: ClientMessageId): Promise<ClientMessageId>;
  discard(id: ClientMessageId): Promise<{ readonly text: string }>;
  /** After `welcome`: whatever was unknown or waiting leaves again. */
  connected(): void;
  /** An event brought the message before its reply did. */
  settled(ids: readonly ClientMessageId[]): void;
  has(id: ClientMessageId): boolean;
  stop(): void;
}

interface Entry {
  readonly job: PendingSend;
  state: OutgoingView['state'];
  /** It was handed to a socket at least once: until answered it may exist at the gateway. */
  left: boolean;
  attempt: number;
  /** Monotonic time before which it doesn't leave, or null. */
  notBefore: number | null;
  timer: TimerHandle | null;
  busy: boolean;
  /** The gateway's name for its file; null: not there yet. */
  attachmentId: string | null;
  uploading: Promise<UploadOutcome> | null;
  /** How often the gateway had lost what it had taken. */
  losses: number;
}

/** A gateway that loses an upload again and again will not keep the next one. */
const MOST_LOSSES = 2;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, logger } = options;
  const lanes = new Map<ConversationKey, Entry[]>();
  const failed = new Map<ClientMessageId, PendingSend>();
  let stopped = false;

  function find(id: ClientMessageId): Entry | undefined {
    for (const lane of lanes.values()) {
      const entry = lane.find((candidate) => candidate.job.client_msg_id === id);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  function remove(entry: Entry): void {
    if (entry.timer !== null) clock.clearTimeout(entry.timer);
    entry.timer = null;
    if (entry.uploading !== null) options.uploads?.cancel(entry.job.client_msg_id);
    const key = entry.job.conversation_key;
    const lane = lanes.get(key);
    const index = lane?.indexOf(entry) ?? -1;
    if (lane === undefined || index < 0) return;
    lane.splice(index, 1);
    if (lane.length === 0) lanes.delete(key);
    else pump(key);
  }

  function add(job: PendingSend): void {
    if (stopped || find(job.client_msg_id) !== undefined) return;
    if (job.state === 'failed') {
      failed.set(job.client_msg_id, job);
      return;
    }
    const entry: Entry = {
      job,
      state: job.state,
      left: job.state === 'sending' || job.state === 'unknown',
      attempt: 0,
      notBefore:
        job.state === 'delayed' && job.release_at !== null
          ? clock.monotonicNow() + Math.max(0, job.release_at - options.serverNow())
          : null,
      timer: null,
      busy: false,
      attachmentId: job.file?.attachment_id ?? null,
      uploading: null,
      losses: 0,
    };
    const lane = lanes.get(job.conversation_key);
    if (lane === undefined) lanes.set(job.conversation_key, [entry]);
    else lane.push(entry);
    // Ahead of its turn, so that files travel together; the messages keep their order. Not in the delay: nothing leaves then.
    if (entry.state !== 'delayed') void startUpload(entry);
    pump(job.conversation_key);
  }

  /** Lets the head of a lane go if it can, or sets the timer for when it can. */
  function pump(key: ConversationKey): void {
    const head = lanes.get(key)?.[0];
    if (head === undefined || head.busy || stopped) return;
    if (head.timer !== null) {
      clock.clearTimeout(head.timer);
      head.timer = null;
    }
    const wait = head.notBefore === null ? 0 : head.notBefore - clock.monotonicNow();
    if (wait > 0) {
      head.timer = clock.setTimeout(() => {
        head.timer = null;
        pump(key);
      }, wait);
      return;
    }
    if (head.state === 'delayed') {
      // From here on it can't be cancelled any more, whatever the store still says (RC8).
      head.state = 'queued';
      if (!options.isOpen() || head.job.file !== undefined) {
        void record(head, 'queued', null);
        if (head.job.file === undefined) return;
      }
    }
    // A file's upload waits for the connection by itself.
    if (!options.isOpen() && (head.job.file === undefined || head.attachmentId !== null)) return;
    head.busy = true;
    void send(head)
      .catch((thrown: unknown) => {
        const code = codeOf(thrown);
        logger.log('error', 'outbox.failed-to-send', { account: options.account, id: head.job.client_msg_id, code });
        again(head, 1_000);
      })
      .then(() => {
        head.busy = false;
        if (lanes.get(key)?.[0] === head) pump(key);
      });
  }

  async function record(entry: Entry, state: OutgoingView['state'], error: OutgoingView['error']): Promise<boolean> {
    entry.state = state;
    try {
      options.onChanges(await store.setSendState(entry.job.client_msg_id, state, error));
      return true;
    } catch (thrown) {
      const code = codeOf(thrown);
      logger.log('error', 'outbox.not-recorded', {
        account: options.account,
        id: entry.job.client_msg_id,
        state,
        code,
      });
      return false;
    }
  }

  function again(entry: Entry, minimumMs: number): void {
    const jitter = backoffDelay(entry.attempt++, options.ids.random(), RETRY);
    entry.notBefore = clock.monotonicNow() + Math.max(minimumMs, jitter);
  }

  function startUpload(entry: Entry): Promise<UploadOutcome> | null {
    const { file, client_msg_id, conversation_key } = entry.job;
    if (file === undefined || entry.attachmentId !== null) return null;
    entry.uploading ??= options.uploads?.upload({ client_msg_id, conversation_key, file }) ?? null;
    return entry.uploading;
  }

  /** IN8: true when the gateway has the file, and the store knows. */
  async function uploaded(entry: Entry): Promise<boolean> {
    const { job } = entry;
    if (job.file === undefined || entry.attachmentId !== null) return true;
    const outcome = await (startUpload(entry) ??
      Promise.resolve<UploadOutcome>({ kind: 'failed', error: { code: 'UNSUPPORTED', message: 'no uploads here' } }));
    entry.uploading = null;
    if (find(job.client_msg_id) === undefined || stopped || outcome.kind === 'cancelled') return false;
    if (outcome.kind === 'failed') {
      await fail(entry, outcome.error);
      return false;
    }
    // Stored before the message leaves: the same client id must never stand for two contents (IDEMPOTENCY_CONFLICT).
    options.onChanges(await store.setUploaded(job.client_msg_id, outcome.attachment_id));
    entry.attachmentId = outcome.attachment_id;
    return find(job.client_msg_id) !== undefined;
  }

  async function send(entry: Entry): Promise<void> {
    const { job } = entry;
    if (!(await uploaded(entry))) return;
    if (!options.isOpen()) return;
    // Recorded before it leaves: after a crash a row that says "delayed" must mean that nothing was sent.
    if (!(await record(entry, 'sending', null))) {
      entry.state = entry.left ? 'unknown' : 'queued';
      again(entry, 1_000);
      return;
    }
    if (find(job.client_msg_id) === undefined) return;
    const outcome = await options.request('message.send', {
      client_msg_id: job.client_msg_id,
      conversation_id: job.conversation_id,
      kind: job.kind,
      ...(entry.attachmentId === null
        ? { text: job.text }
        : {
            attachment_id: entry.attachmentId as AttachmentId,
            // A file's own words, where there are any.
            ...(job.text === '' ? {} : { text: job.text }),
          }),
      ...(job.correction_of === null ? {} : { correction_of: job.correction_of }),
      ...(job.override_reason === undefined || job.override_reason === null
        ? {}
        : { override_reason: job.override_reason }),
    });
    // An event may have settled it meanwhile, or the account was removed.
    if (find(job.client_msg_id) === undefined || stopped) return;
    switch (outcome.kind) {
      case 'ok':
        try {
          options.onChanges(await store.settleSend(job.client_msg_id, outcome.result.message));
        } catch (thrown) {
          const code = codeOf(thrown);
          logger.log('error', 'outbox.not-settled', { account: options.account, id: job.client_msg_id, code });
          // It is at the gateway for certain; asking again answers `duplicate` and settles it.
          entry.left = true;
          again(entry, 1_000);
          return;
        }
        remove(entry);
        return;
      case 'error':
        await refused(entry, outcome.error);
        return;
      case 'unknown':
        entry.left = true;
        await record(entry, 'unknown', { code: 'NETWORK_UNKNOWN', message: outcome.cause });
        // On a lost connection the next `welcome` repeats it at once; on a silent one it is repeated here.
        if (outcome.cause === 'connection-lost') entry.notBefore = null;
        else again(entry, 1_000);
        return;
      case 'not-sent':
        await record(entry, entry.left ? 'unknown' : 'queued', null);
        return;
    }
  }

  async function refused(entry: Entry, error: ReplyError): Promise<void> {
    const shown = { code: error.code, message: error.message };
    if (!FINAL_CODES.has(error.code)) {
      again(entry, error.retry_after_ms ?? 0);
      await record(entry, entry.left ? 'unknown' : 'queued', shown);
      return;
    }
    // Had an earlier attempt been carried out, the gateway would have said `duplicate`: this one failed for certain.
    const lost = error.code === 'BAD_REQUEST' || error.code === 'GONE';
    if (lost && entry.attachmentId !== null && entry.losses++ < MOST_LOSSES) {
      // It may have lost the file that it had taken: brought there once more before anybody is bothered.
      entry.attachmentId = null;
      entry.left = false;
      options.onChanges(await store.setUploaded(entry.job.client_msg_id, null));
      await record(entry, 'queued', null);
      return;
    }
    await fail(entry, shown);
  }

  async function fail(entry: Entry, shown: { readonly code: string; readonly message: string }): Promise<void> {
    const { job } = entry;
    await record(entry, 'failed', shown);
    const { file } = job;
    failed.set(job.client_msg_id, {
      ...job,
      state: 'failed',
      ...(file === undefined ? {} : { file: { ...file, attachment_id: entry.attachmentId as AttachmentId | null } }),
    });
    remove(entry);
  }

  async function failedJob(id: ClientMessageId): Promise<PendingSend> {
    const known = failed.get(id) ?? (await store.pendingSends(options.account)).find((job) => job.client_msg_id === id);
    if (known === undefined || find(id) !== undefined)
      throw new AppFailure('NOT_FOUND', 'no failed message of that id');
    return known;
  }

  return {
    async load() {
      for (const job of await store.pendingSends(options.account)) add(job);
    },
    add,
    takeDelayed(id) {
      const entry = find(id);
      if (entry === undefined) return false;
      const uploading = entry.job.file !== undefined && entry.state === 'queued' && !entry.left;
      if (entry.state !== 'delayed' && !uploading) return false;
      remove(entry);
      return true;
    },
    async retry(id) {
      const job = await failedJob(id);
      const page = await store.messages({ conversation_key: job.conversation_key, limit: 1 });
      const shown = page.outgoing.find((outgoing) => outgoing.client_msg_id === id);
      failed.delete(id);
      if (shown?.error?.code === 'IDEMPOTENCY_CONFLICT') {
        // That id names another message at the gateway: this text needs one of its own. First stored, then the old one
        // dropped, so that a crash in between leaves the text twice rather than not at all.
        const fresh: PendingSend = {
          ...job,
          client_msg_id: options.ids.next() as ClientMessageId,
          state: 'queued',
          release_at: null,
        };
        options.onChanges(await store.enqueueSend({ ...fresh, keep_draft: true }));
        options.onChanges((await store.discardSend(id)).changes);
        add(fresh);
        return fresh.client_msg_id;
      }
      options.onChanges(await store.setSendState(id, 'queued', null));
      add({ ...job, state: 'queued', release_at: null });
      return id;
    },
    async discard(id) {
      await failedJob(id);
      const dropped = await store.discardSend(id);
      failed.delete(id);
      options.onChanges(dropped.changes);
      return { text: dropped.text };
    },
    connected() {
      for (const [key, lane] of lanes) {
        for (const entry of lane) {
          if (entry.state === 'delayed') continue;
          entry.notBefore = null;
          entry.attempt = 0;
        }
        pump(key);
      }
    },
    settled(ids) {
      for (const id of ids) {
        const entry = find(id);
        if (entry !== undefined) remove(entry);
        failed.delete(id);
      }
    },
    has: (id) => find(id) !== undefined || failed.has(id),
    stop() {
      stopped = true;
      for (const lane of lanes.values())
        for (const entry of lane) if (entry.timer !== null) clock.clearTimeout(entry.timer);
      lanes.clear();
    },
  };
}
