import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import { ATTACHMENT_PROCEDURES, type AttachmentState, type OutgoingFile } from '#shared/contract/attachments.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { ConversationView, MessageView } from '#shared/contract/views.ts';
import { declaredType, plainName } from '#shared/domain/attachments/names.ts';
import { MAX_PICTURE_BYTES, PICTURE_HEAD_BYTES, pictureOf, type Picture } from '#shared/domain/attachments/picture.ts';
import type { AccountId, ClientMessageId, ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import type { Permission } from '#shared/domain/permissions.ts';
import { fromBase64 } from '#shared/lib/base64.ts';
import type { Attachment, Policy } from '#shared/protocol/entities.ts';
import type { AccountSession, SessionPorts } from '../accounts/account-session.ts';
import type { DownloadJob, StagedFile } from '../ports/attachment-store.ts';
import type { AttachmentCache, AttachmentSink } from '../ports/attachments.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { PendingSend, Store, StoreChanges } from '../ports/store.ts';
import { readSettings } from '../settings/settings.ts';
import { PIECE_BYTES } from './downloads.ts';
import { createSealedFiles, type SealedFiles } from './sealed-files.ts';
import { createTransfers } from './transfers.ts';

/** One file of ours, where the shop's policy says nothing (the gateway may still say TOO_LARGE). Bytes. */
const LARGEST_FILE = 100 * 1024 * 1024;
/** Pictures up to this load by themselves when they come into view; larger ones, and files, when somebody asks. */
const AUTOMATIC_BYTES = 8 * 1024 * 1024;
const DEFAULT_CACHE_MB = 1_024;
/** Files that are being handed over by windows at once; a window that forgets one must not keep it for ever. */
const MOST_INCOMING = 32;
/** After a change that may have deleted mentions of files; changes come in crowds. */
const SWEEP_SOON_MS = 1_000;

export type AttachmentHandlers = Pick<Handlers, keyof typeof ATTACHMENT_PROCEDURES>;

export interface AttachmentsOptions {
  readonly store: Store;
  readonly cache: AttachmentCache;
  readonly files: Files;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly permit: (account: AccountId, permission: Permission) => Promise<unknown>;
  readonly served: (
    key: ConversationKey,
  ) => Promise<{ readonly conversation: ConversationView; readonly session: AccountSession }>;
  readonly policyOf: (account: AccountId, shop: string) => Promise<Policy>;
  /** Whether a message is in the part of its conversation that is shown here (IN4). */
  readonly sees: (message: MessageView) => Promise<boolean>;
  readonly sessionOf: (account: AccountId) => AccountSession;
  readonly onChanges: (changes: StoreChanges) => void;
  readonly publish: Parameters<typeof createTransfers>[0]['publish'];
}

/** A checked picture's bytes for the page; `mime` is what was found in them, never what was said about them (SE2). */
export interface ShownPicture {
  readonly mime: Picture['mime'];
  readonly bytes: Uint8Array;
}

/** Pictures and files (IN8, SE2): staged, sent, loaded, shown, saved, erased. */
export interface Attachments {
  readonly handlers: AttachmentHandlers;
  /** For each account's session. */
  readonly session: NonNullable<SessionPorts['attachments']>;
  /** What seals give out (RC19); whoever calls has audited it. */
  readonly sealed: SealedFiles;
  /** The cache's limit may have changed. */
  makeRoom(): Promise<void>;
  /** What a page shows below `attachments/`: null for everything that isn't a checked picture which may be seen now. */
  picture(ref: string): Promise<ShownPicture | null>;
  start(): Promise<void>;
  /** Erases bytes whose last mention was deleted (AD2); harmless at any time. */
  sweepErased(): Promise<void>;
  /** Something may have been deleted: the same, soon. */
  poke(): void;
  stop(): Promise<void>;
}

interface Incoming {
  readonly conversation: ConversationKey;
  readonly name: string;
  readonly bytes: number;
  readonly sink: AttachmentSink;
  /** Writes of one file follow each other. */
  busy: Promise<unknown>;
}

export function createAttachments(options: AttachmentsOptions): Attachments {
  const { store, cache, clock, ids } = options;
  const transfers = createTransfers(options);
  const incoming = new Map<string, Incoming>();
  /** What was found in contents that were looked at; contents never change under their hash. */
  const looked = new Map<string, Picture | null>();
  let sweeping: Promise<void> = Promise.resolve();
  let sweepSoon: TimerHandle | null = null;

  async function lookAt(sha256: string): Promise<Picture | null> {
    const known = looked.get(sha256);
    if (known !== undefined) return known;
    const size = await cache.size(sha256);
    if (size === null) return null;
    const head = size > MAX_PICTURE_BYTES ? null : await cache.read(sha256, 0, PICTURE_HEAD_BYTES);
    const picture = head === null ? null : pictureOf(head);
    if (looked.size > 2_000) looked.clear();
    looked.set(sha256, picture);
    return picture;
  }

  async function makeRoom(): Promise<void> {
    const limit = ((await readSettings(store)).attachment_cache_mb ?? DEFAULT_CACHE_MB) * 1024 * 1024;
    if (cache.usage().bytes <= limit) return;
    await cache.evict(limit, new Set(await store.keptAttachments()));
  }

  function sweepErased(): Promise<void> {
    sweeping = sweeping
      .then(async () => {
        const { erase, keep } = await store.attachmentErasures();
        if (erase.length === 0 && keep.length === 0) return;
        await cache.erase(erase);
        for (const hash of erase) looked.delete(hash);
        // Only now: a crash before it repeats the erasing.
        await store.attachmentsErased([...erase, ...keep]);
      })
      .catch((thrown: unknown) => {
        const code = codeOf(thrown);
        options.logger.log('error', 'attachments.erase', { code });
      });
    return sweeping;
  }

  async function onEnd(job: DownloadJob, done: boolean): Promise<void> {
    await store.dropDownload(job.message_key);
    if (!done) await cache.dropUnfinished(job.attachment.sha256);
    else await makeRoom();
  }

  // ── choosing and sending ──────────────────────────────────────────────────────────────────────────────────────

  async function mayWrite(
    key: ConversationKey,
  ): Promise<{ readonly session: AccountSession; readonly policy: Policy }> {
    const { conversation, session } = await options.served(key);
    await options.permit(session.record.account_id, 'message.send');
    if (conversation.removed !== null) throw new AppFailure('GONE', 'the conversation was removed');
    if (conversation.intake === 'ended') throw new AppFailure('SESSION_ENDED', 'the session has ended');
    return { session, policy: await options.policyOf(session.record.account_id, conversation.shop.shop_id) };
  }

  function limitOf(policy: Policy): number {
    return Math.min(LARGEST_FILE, policy.send.attachments?.max_bytes ?? LARGEST_FILE);
  }

  function checkKind(policy: Policy, kind: OutgoingFile['kind']): void {
    const kinds = policy.send.attachments?.kinds;
    if (kinds !== undefined && !kinds.includes(kind))
      throw new AppFailure('ATTACHMENT_KIND', 'the shop does not allow it', { kind, allowed: kinds });
  }

  async function begin(input: ProcedureParsed<'attachments.begin'>): Promise<{ upload_id: string }> {
    const { policy } = await mayWrite(input.conversation_key);
    if (input.bytes === 0) throw new AppFailure('FILE_EMPTY', 'nothing in it');
    const limit_bytes = limitOf(policy);
    if (input.bytes > limit_bytes) throw new AppFailure('TOO_LARGE', 'larger than allowed', { limit_bytes });
    const [oldest] = incoming.keys();
    if (incoming.size >= MOST_INCOMING && oldest !== undefined) await giveUp(oldest);
    const upload_id = ids.next();
    incoming.set(upload_id, {
      conversation: input.conversation_key,
      name: plainName(input.name),
      bytes: input.bytes,
      sink: await cache.create(),
      busy: Promise.resolve(),
    });
    return { upload_id };
  }

  function incomingOf(id: string): Incoming {
    const found = incoming.get(id);
    if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such file is being handed over');
    return found;
  }

  async function giveUp(id: string): Promise<void> {
    const found = incoming.get(id);
    incoming.delete(id);
    await found?.sink.close();
  }

  async function write(input: ProcedureParsed<'attachments.write'>): Promise<{ written: number }> {
    const entry = incomingOf(input.upload_id);
    const data = fromBase64(input.data);
    const turn = entry.busy.then(async () => {
      if (data === null || input.offset !== entry.sink.written || input.offset + data.length > entry.bytes)
        throw new AppFailure('BAD_INPUT', 'not the next piece', { written: entry.sink.written });
      await entry.sink.write(data);
      return { written: entry.sink.written };
    });
    entry.busy = turn.catch(() => undefined);
    return turn;
  }

  async function finish(input: ProcedureParsed<'attachments.finish'>) {
    const entry = incomingOf(input.upload_id);
    incoming.delete(input.upload_id);
    await entry.busy;
    try {
      if (entry.sink.written !== entry.bytes)
        throw new AppFailure('BAD_INPUT', 'not all of it came', { written: entry.sink.written });
      const { sha256, bytes } = await entry.sink.commit();
      const { policy } = await mayWrite(entry.conversation);
      const picture = await lookAt(sha256);
      const kind = picture === null ? 'file' : 'image';
      checkKind(policy, kind);
      const staged: StagedFile = {
        staged_id: ids.next(),
        conversation_key: entry.conversation,
        file: {
          sha256,
          name: entry.name,
          mime: picture?.mime ?? declaredType(entry.name),
          bytes,
          kind,
          ...(picture === null ? {} : { width: picture.width, height: picture.height }),
          chunk_bytes: PIECE_BYTES,
          attachment_id: null,
        },
      };
      // Chosen is part of the draft: stored before it is shown, and from then on never evicted.
      options.onChanges(await store.putStaged(staged));
      await makeRoom();
      return stagedView(staged);
    } finally {
      await entry.sink.close();
    }
  }

  async function send(input: ProcedureParsed<'attachments.send'>) {
    const { session, policy } = await mayWrite(input.conversation_key);
    const account = session.record.account_id;
    const staged = await store.staged(input.conversation_key);
    const delay = (await readSettings(store)).send_delay_ms ?? policy.send.delay_ms;
    const { now } = session.serverNow();
    const { conversation } = await options.served(input.conversation_key);
    const jobs = [];
    for (const staged_id of new Set(input.staged_ids)) {
      const file = staged.find((one) => one.staged_id === staged_id)?.file;
      if (file === undefined) throw new AppFailure('NOT_FOUND', 'no such staged file');
      checkKind(policy, file.kind);
      if (file.bytes > limitOf(policy))
        throw new AppFailure('TOO_LARGE', 'larger than allowed', { limit_bytes: limitOf(policy) });
      if ((await cache.size(file.sha256)) === null) throw new AppFailure('ATTACHMENT_MISSING', 'not in the cache');
      const job: PendingSend = {
        client_msg_id: ids.next() as ClientMessageId,
        account_id: account,
        conversation_key: input.conversation_key,
        conversation_id: conversation.conversation_id,
        kind: file.kind,
        text: '',
        correction_of: null,
        created_at: now,
        release_at: delay > 0 ? now + delay : null,
        // The text that is being written stays where it is.
        keep_draft: true,
        state: delay > 0 ? 'delayed' : 'queued',
      };
      jobs.push({ staged_id, job });
    }
    const { files, changes } = await store.enqueueFiles(jobs);
    options.onChanges(changes);
    for (const [index, { job }] of jobs.entries()) {
      const file = files[index];
      if (file !== undefined) session.outbox.add({ ...job, file });
    }
    return { client_msg_ids: jobs.map(({ job }) => job.client_msg_id) };
  }

  // ── loading and showing ───────────────────────────────────────────────────────────────────────────────────────

  interface Seen {
    readonly message: MessageView;
    readonly attachment: Attachment;
    readonly account: AccountId | null;
  }

  /** A message whose file may be seen: there, in the part that is shown here (IN4), with a file, and not recalled (RC19). */
  async function seen(key: MessageKey): Promise<Seen> {
    const found = await store.message(key);
    const attachment = found?.message.attachment ?? null;
    if (found === null || attachment === null || found.message.recalled !== null)
      throw new AppFailure('NOT_FOUND', 'no file to be seen there');
    if (!(await options.sees(found.message))) throw new AppFailure('NOT_FOUND', 'no such message');
    if (found.account_id !== null) await options.permit(found.account_id, 'attachment.open');
    return { message: found.message, attachment, account: found.account_id };
  }

  async function stateOf(seenFile: Seen): Promise<AttachmentState> {
    const { message, attachment } = seenFile;
    const ref = `m-${message.key}`;
    const common = { ref, bytes: attachment.bytes };
    if ((await cache.size(attachment.sha256)) !== null) {
      const picture = await lookAt(attachment.sha256);
      const size = picture === null ? null : { width: picture.width, height: picture.height };
      return { ...common, state: 'here', picture: size, done_bytes: attachment.bytes, code: null };
    }
    const transfer = transfers.get(ref);
    if (transfer === undefined) return { ...common, state: 'absent', picture: null, done_bytes: 0, code: null };
    const { done_bytes, code } = transfer;
    return { ...common, state: transfer.state === 'failed' ? 'failed' : 'loading', picture: null, done_bytes, code };
  }

  /** `end`: null when it is here, or the code of what prevented it. */
  async function startLoading({
    message,
    attachment,
    account,
  }: Seen): Promise<{ readonly end: Promise<string | null> }> {
    if (account === null) throw new AppFailure('UNSUPPORTED', 'an imported record has no file to load');
    const { downloads } = options.sessionOf(account);
    if (downloads === null) throw new AppFailure('UNSUPPORTED', 'no attachments here');
    const job: DownloadJob = {
      message_key: message.key,
      conversation_key: message.conversation_key,
      account_id: account,
      attachment,
      asked_at: clock.wallNow(),
    };
    // Stored first: it goes on after a restart, whoever looks at what meanwhile.
    await store.putDownload(job);
    return { end: downloads.load(job) };
  }

  async function openOne(input: ProcedureParsed<'attachments.open'>): Promise<AttachmentState> {
    const found = await seen(input.message_key);
    const state = await stateOf(found);
    if (state.state === 'here' || state.state === 'loading') return state;
    if (found.account === null) return { ...state, code: 'UNSUPPORTED' };
    const { attachment, message } = found;
    if (input.automatic && (state.state === 'failed' || message.kind !== 'image' || attachment.bytes > AUTOMATIC_BYTES))
      return state;
    if (attachment.bytes === 0) return { ...state, state: 'failed', code: 'FILE_EMPTY' };
    await startLoading(found);
    return stateOf(found);
  }

  async function save(input: ProcedureParsed<'attachments.save'>): Promise<{ bytes: number }> {
    const found = await seen(input.message_key);
    const { sha256 } = found.attachment;
    if ((await cache.size(sha256)) === null) {
      if (found.account === null || !options.sessionOf(found.account).connection.isOpen)
        throw new AppFailure('OFFLINE', 'not here and not to be had now');
      const problem = await (await startLoading(found)).end;
      if (problem !== null)
        throw new AppFailure(
          problem === 'GONE' || problem === 'ATTACHMENT_DAMAGED' ? problem : 'NETWORK_UNKNOWN',
          problem,
        );
      // Recalled while it came: its content isn't given out any more.
      await seen(input.message_key);
    }
    return writeOut(sha256, input.target);
  }

  async function writeOut(sha256: string, target: string): Promise<{ bytes: number }> {
    const sink = await options.files.create(target);
    try {
      for await (const piece of cache.stream(sha256)) await sink.write(piece);
      const { bytes } = await sink.commit();
      return { bytes };
    } catch (thrown) {
      await sink.abort();
      throw thrown;
    }
  }

  const sealed = createSealedFiles({
    clock,
    ids,
    isHere: async (sha256) => (await cache.size(sha256)) !== null,
    isPicture: async (sha256) => (await lookAt(sha256)) !== null,
    writeOut,
  });

  /** Hash of what stands under a reference of the page, or null. */
  async function hashOf(ref: string): Promise<string | null> {
    const [, kind = '', id = ''] = /^([mosq])-([0-9A-Za-z_-]{1,64})$/.exec(ref) ?? [];
    switch (kind) {
      case 'm':
        return /^\d{1,16}$/.test(id) ? (await seen(Number(id) as MessageKey)).attachment.sha256 : null;
      case 'o':
        return (await store.outgoingFile(id as ClientMessageId))?.sha256 ?? null;
      case 's':
        return (await store.stagedFile(id))?.file.sha256 ?? null;
      case 'q':
        return sealed.hashOf(ref);
      default:
        return null;
    }
  }

  async function picture(ref: string): Promise<ShownPicture | null> {
    try {
      const sha256 = await hashOf(ref);
      const found = sha256 === null ? null : await lookAt(sha256);
      const bytes = sha256 === null || found === null ? null : await cache.read(sha256);
      return found === null || bytes === null ? null : { mime: found.mime, bytes };
    } catch (thrown) {
      if (thrown instanceof AppFailure) return null;
      throw thrown;
    }
  }

  const cacheView = async () => ({
    ...cache.usage(),
    limit_bytes: ((await readSettings(store)).attachment_cache_mb ?? DEFAULT_CACHE_MB) * 1024 * 1024,
  });

  return {
    handlers: {
      'attachments.begin': begin,
      'attachments.write': write,
      'attachments.finish': finish,
      async 'attachments.abort'({ upload_id }) {
        await giveUp(upload_id);
        return {};
      },
      'attachments.staged': async ({ conversation_key }) => ({
        staged: (await store.staged(conversation_key)).map(stagedView),
      }),
      async 'attachments.unstage'({ staged_id }) {
        options.onChanges(await store.dropStaged(staged_id));
        await sweepErased();
        return {};
      },
      'attachments.send': send,
      'attachments.open': openOne,
      async 'attachments.stop'({ message_key }) {
        const { account } = await seen(message_key);
        if (account !== null) options.sessionOf(account).downloads?.stopOne(message_key);
        return {};
      },
      'attachments.save': save,
      'attachments.transfers': async () => ({ transfers: transfers.list() }),
      'attachments.cache': cacheView,
      async 'attachments.clear'() {
        await cache.evict(0, new Set(await store.keptAttachments()));
        return cacheView();
      },
    },
    session: { cache, transfers, onEnd },
    sealed,
    makeRoom,
    picture,
    async start() {
      await cache.sweep();
      await sweepErased();
      await makeRoom();
    },
    sweepErased,
    poke() {
      sweepSoon ??= clock.setTimeout(() => {
        sweepSoon = null;
        void sweepErased();
      }, SWEEP_SOON_MS);
    },
    async stop() {
      if (sweepSoon !== null) clock.clearTimeout(sweepSoon);
      transfers.stop();
      for (const id of [...incoming.keys()]) await giveUp(id);
      await sweeping;
    },
  };
}

function stagedView({ staged_id, conversation_key, file }: StagedFile) {
  const { name, bytes, kind, width = null, height = null } = file;
  return {
    staged_id,
    conversation_key,
    name,
    bytes,
    kind,
    width,
    height,
    ref: kind === 'image' ? `s-${staged_id}` : null,
  };
}

/** Where a host has no place for files (some tests): nothing is sent, loaded or shown. */
export function withoutAttachments(): AttachmentHandlers {
  const refuse = (): Promise<never> => Promise.reject(new AppFailure('UNSUPPORTED', 'no attachments here'));
  const names = Object.keys(ATTACHMENT_PROCEDURES) as (keyof AttachmentHandlers)[];
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as AttachmentHandlers;
}
