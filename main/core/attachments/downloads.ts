import { AppFailure, codeOf } from '#shared/contract/errors.ts';
import type { MessageKey } from '#shared/domain/ids.ts';
import { fromBase64 } from '#shared/lib/base64.ts';
import type { RequestFields, RequestName } from '#shared/protocol/requests.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { DownloadJob } from '../ports/attachment-store.ts';
import type { AttachmentCache } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Logger } from '../ports/logger.ts';
import type { Transfers } from './transfers.ts';
import { createAsking, createTurns, type Wanted } from './turns.ts';

/** Downloads of one account (IN8): a few at once, in pieces, going on where an earlier one ended, checked against the hash. */
export interface Downloads {
  /** Answers when it is here (null) or when that will not be (a code). The same message again joins. Never rejects. */
  load(job: DownloadJob): Promise<string | null>;
  stopOne(message: MessageKey): void;
  connected(): void;
  stop(): void;
}

const AT_ONCE = 3;
/** Bytes asked for at once: a whole number of the cache's segments, and a quarter of what a frame can carry. */
export const PIECE_BYTES = 256 * 1024;
/** Wrong content is loaded anew this often before it is called damaged: a line may have cut it, a store will not heal. */
const MOST_ATTEMPTS = 2;

export function createDownloads(options: {
  readonly cache: AttachmentCache;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  readonly transfers: Transfers;
  readonly isOpen: () => boolean;
  readonly request: <N extends RequestName>(name: N, fields: RequestFields<N>) => Promise<RequestOutcome<N>>;
  /** The job is over, whichever way; `done`: it is here. */
  readonly onEnd: (job: DownloadJob, done: boolean) => Promise<void>;
}): Downloads {
  const { cache, transfers } = options;
  const asking = createAsking(options);
  const turn = createTurns(AT_ONCE);
  const running = new Map<MessageKey, { readonly wanted: Wanted; readonly end: Promise<string | null> }>();
  /** Several messages may carry the same content: one loads, the others find it then. */
  const byHash = new Map<string, Promise<unknown>>();
  let stopped = false;

  /** Null: it is here. */
  async function run(job: DownloadJob, wanted: Wanted): Promise<string | null> {
    const { attachment, message_key, conversation_key } = job;
    const { sha256, bytes, attachment_id } = attachment;
    let done = 0;
    const show = (state: 'waiting' | 'running', code: string | null): void =>
      transfers.set({
        ref: `m-${message_key}`,
        direction: 'down',
        conversation_key,
        state,
        done_bytes: done,
        bytes,
        code,
      });
    if ((await cache.size(sha256)) !== null) return null;
    for (let attempt = 1; ; attempt++) {
      const sink = await cache.resume(sha256);
      done = sink.written;
      try {
        if (done > bytes) throw new AppFailure('ATTACHMENT_DAMAGED', 'more than there is');
        show('running', null);
        while (done < bytes) {
          const length = Math.min(PIECE_BYTES, bytes - done);
          const offset = done;
          const answer = await asking.ask(
            wanted,
            () => options.request('attachment.get', { attachment_id, offset, length }),
            (code) => show('waiting', code),
          );
          if (answer === null) return 'CANCELLED';
          if (answer.kind === 'failed') return answer.error.code;
          const piece = fromBase64(answer.result.data);
          const { bytes: size, sha256: hash } = answer.result;
          if (piece === null || piece.length === 0 || piece.length > length || size !== bytes || hash !== sha256)
            throw new AppFailure('ATTACHMENT_DAMAGED', 'not what the message says');
          await sink.write(piece);
          done += piece.length;
          show('running', null);
        }
        await sink.commit(sha256);
        return null;
      } catch (thrown) {
        if (!(thrown instanceof AppFailure) || thrown.error.code !== 'ATTACHMENT_DAMAGED') throw thrown;
        await sink.close();
        await cache.dropUnfinished(sha256);
        if (attempt >= MOST_ATTEMPTS) return 'ATTACHMENT_DAMAGED';
        done = 0;
      } finally {
        await sink.close();
      }
    }
  }

  async function inOrder(job: DownloadJob, wanted: Wanted): Promise<string | null> {
    const { sha256 } = job.attachment;
    while (byHash.has(sha256)) await byHash.get(sha256);
    if (wanted.cancelled || stopped) return 'CANCELLED';
    const work = turn(() => (wanted.cancelled ? Promise.resolve('CANCELLED') : run(job, wanted)));
    byHash.set(
      sha256,
      work.catch(() => undefined),
    );
    try {
      return await work;
    } catch (thrown) {
      return codeOf(thrown);
    } finally {
      byHash.delete(sha256);
    }
  }

  async function start(job: DownloadJob, wanted: Wanted): Promise<string | null> {
    const { message_key, conversation_key, attachment } = job;
    const view = { ref: `m-${message_key}`, direction: 'down', conversation_key, bytes: attachment.bytes } as const;
    transfers.set({ ...view, state: 'waiting', done_bytes: 0, code: null });
    const problem = await inOrder(job, wanted);
    running.delete(message_key);
    // The program ends: the job stays stored and goes on with the next start.
    if (stopped && problem !== null) return problem;
    try {
      await options.onEnd(job, problem === null);
    } catch (thrown) {
      const code = codeOf(thrown);
      options.logger.log('error', 'attachments.download-end', { code });
    }
    transfers.set(
      problem === null
        ? { ...view, state: 'done', done_bytes: attachment.bytes, code: null }
        : { ...view, state: problem === 'CANCELLED' ? 'gone' : 'failed', done_bytes: 0, code: problem },
    );
    return problem;
  }

  return {
    load(job) {
      const present = running.get(job.message_key);
      if (present !== undefined) return present.end;
      if (stopped) return Promise.resolve('CANCELLED');
      const wanted: Wanted = { cancelled: false };
      const end = start(job, wanted);
      running.set(job.message_key, { wanted, end });
      return end;
    },
    stopOne(message) {
      const present = running.get(message);
      if (present === undefined) return;
      present.wanted.cancelled = true;
      asking.wake();
    },
    connected: asking.wake,
    stop() {
      stopped = true;
      asking.stop();
    },
  };
}
