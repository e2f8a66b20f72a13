import type { OutgoingFile } from '#shared/contract/attachments.ts';
import { codeOf } from '#shared/contract/errors.ts';
import type { ClientMessageId, ConversationKey } from '#shared/domain/ids.ts';
import { toBase64 } from '#shared/lib/base64.ts';
import type { RequestFields, RequestName } from '#shared/protocol/requests.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { AttachmentReader } from '../ports/attachments.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Transfers } from './transfers.ts';
import { createAsking, createTurns, type Wanted } from './turns.ts';

export interface UploadJob {
  readonly client_msg_id: ClientMessageId;
  readonly conversation_key: ConversationKey;
  readonly file: OutgoingFile;
}

export type UploadOutcome =
  | { readonly kind: 'done'; readonly attachment_id: string }
  | { readonly kind: 'failed'; readonly error: { readonly code: string; readonly message: string } }
  | { readonly kind: 'cancelled' };

/** Uploads of one account (IN8): a few at once, in chunks, each chunk repeated until the gateway says that it has it. */
export interface Uploads {
  /** Answers when the gateway has all of it, or when that will not be. Never rejects. */
  upload(job: UploadJob): Promise<UploadOutcome>;
  /** RC8: nothing of it is asked for any more; `upload` answers `cancelled`. */
  cancel(id: ClientMessageId): void;
  connected(): void;
  stop(): void;
}

/** Files on their way at once: more would only make each slower, and messages wait behind them on the same socket. */
const AT_ONCE = 2;
/** The gateway named no new chunk so many times in a row: it keeps nothing. */
const MOST_IDLE = 3;

export function createUploads(options: {
  readonly cache: AttachmentReader;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly transfers: Transfers;
  readonly isOpen: () => boolean;
  readonly request: <N extends RequestName>(name: N, fields: RequestFields<N>) => Promise<RequestOutcome<N>>;
}): Uploads {
  const { cache, transfers } = options;
  const asking = createAsking(options);
  const turn = createTurns(AT_ONCE);
  const wanted = new Map<ClientMessageId, Wanted>();

  async function run({ client_msg_id, conversation_key, file }: UploadJob, mine: Wanted): Promise<UploadOutcome> {
    const { sha256, bytes, mime, name, chunk_bytes } = file;
    const chunks = Math.max(1, Math.ceil(bytes / chunk_bytes));
    const missing = new Set(Array.from({ length: chunks }, (_, index) => index));
    const show = (state: 'waiting' | 'running' | 'done' | 'failed', code: string | null): void =>
      transfers.set({
        ref: `o-${client_msg_id}`,
        direction: 'up',
        conversation_key,
        state,
        // The last chunk may be shorter; it is missing as long as anything is.
        done_bytes: Math.min(bytes, (chunks - missing.size) * chunk_bytes),
        bytes,
        code,
      });
    const failed = (code: string, message: string): UploadOutcome => {
      show('failed', code);
      return { kind: 'failed', error: { code, message } };
    };
    show('running', null);
    let idle = 0;
    // What an earlier attempt brought there is learned from the first answer: nothing has to be remembered here.
    for (;;) {
      const [chunk_index] = missing;
      if (chunk_index === undefined) return failed('PROTOCOL_ERROR', 'complete before anything was sent');
      const start = chunk_index * chunk_bytes;
      const plain = await cache.read(sha256, start, Math.min(bytes, start + chunk_bytes));
      if (plain === null || plain.length !== Math.min(chunk_bytes, bytes - start))
        return failed('ATTACHMENT_MISSING', 'the content is not in the cache');
      const data = toBase64(plain);
      const answer = await asking.ask(
        mine,
        () => options.request('attachment.put', { sha256, bytes, mime, name, chunk_index, chunks, data }),
        (code) => show('waiting', code),
      );
      if (answer === null) return { kind: 'cancelled' };
      if (answer.kind === 'failed') return failed(answer.error.code, answer.error.message);
      const before = missing.size;
      missing.clear();
      const there = new Set(answer.result.received);
      for (let index = 0; index < chunks; index++) if (!there.has(index)) missing.add(index);
      if (missing.size === 0) {
        show('done', null);
        return { kind: 'done', attachment_id: answer.result.attachment_id };
      }
      idle = missing.size < before ? 0 : idle + 1;
      if (idle > MOST_IDLE) return failed('PROTOCOL_ERROR', 'the gateway keeps no chunks');
      show('running', null);
    }
  }

  return {
    async upload(job) {
      const mine: Wanted = { cancelled: false };
      wanted.set(job.client_msg_id, mine);
      const { ref, ...rest } = {
        ref: `o-${job.client_msg_id}`,
        direction: 'up' as const,
        conversation_key: job.conversation_key,
        done_bytes: 0,
        bytes: job.file.bytes,
        code: null,
      };
      transfers.set({ ref, ...rest, state: 'waiting' });
      try {
        const outcome = await turn(async () =>
          mine.cancelled ? ({ kind: 'cancelled' } as const) : await run(job, mine),
        );
        if (outcome.kind === 'cancelled') transfers.set({ ref, ...rest, state: 'gone' });
        return outcome;
      } catch (thrown) {
        const code = codeOf(thrown);
        transfers.set({ ref, ...rest, state: 'failed', code });
        return { kind: 'failed', error: { code, message: 'the content could not be read' } };
      } finally {
        if (wanted.get(job.client_msg_id) === mine) wanted.delete(job.client_msg_id);
      }
    },
    cancel(id) {
      const mine = wanted.get(id);
      if (mine === undefined) return;
      mine.cancelled = true;
      // Said at once: the chunk that is on its way may wait for its answer for a while.
      const view = transfers.get(`o-${id}`);
      if (view !== undefined) transfers.set({ ...view, state: 'gone' });
      asking.wake();
    },
    connected: asking.wake,
    stop() {
      for (const mine of wanted.values()) mine.cancelled = true;
      asking.stop();
    },
  };
}
