import { z } from 'zod';
import { AttachmentId, ConversationKey, MessageKey, type ClientMessageId } from '../domain/ids.ts';
import { ATTACHMENT_CHUNK_BYTES } from '../protocol/limits.ts';
import { procedure } from './procedure.ts';

/** Pictures and files (IN8): chosen, sent, loaded, looked at, saved. */

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A reference that the page may show: the path of a checked picture below `attachments/`. */
export type PictureRef = string;

/** A file of ours on its way: what the staged row and the outbox row keep, and are parsed by when read again. */
export const OutgoingFile = z.object({
  sha256: Sha256,
  name: z.string().min(1).max(1_024),
  mime: z.string().max(255),
  bytes: z.int().positive(),
  /** `image`: its bytes are a checked picture (SE2). */
  kind: z.enum(['image', 'file']),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  /** Bytes of one chunk: an upload that goes on is cut as it was begun. */
  chunk_bytes: z.int().positive().max(ATTACHMENT_CHUNK_BYTES),
  /** The gateway's name for it, once it is there as a whole. */
  attachment_id: AttachmentId.nullable(),
});
export type OutgoingFile = z.infer<typeof OutgoingFile>;

/** A file that was chosen for a conversation and not sent yet: part of its draft (PV6). */
export interface StagedAttachment {
  readonly staged_id: string;
  readonly conversation_key: ConversationKey;
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'image' | 'file';
  readonly width: number | null;
  readonly height: number | null;
  /** For pictures. */
  readonly ref: PictureRef | null;
}

/** How a file on its way stands. `up`: of an outgoing message; `down`: of a message that is here. */
export interface TransferView {
  /** `o-…` (client message id) or `m-…` (message key): the reference under which its picture is shown, too. */
  readonly ref: PictureRef;
  readonly direction: 'up' | 'down';
  readonly conversation_key: ConversationKey;
  /** `waiting`: for its turn, for the connection, or for the next try; `gone`: cancelled, or its message isn't there any more. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'gone';
  readonly done_bytes: number;
  readonly bytes: number;
  /** Code of a failure, or of what it waits for. */
  readonly code: string | null;
}

/** What there is of a message's file here. */
export interface AttachmentState {
  readonly ref: PictureRef;
  /** `absent`: not here and not asked for (`code` says why where an automatic load was not begun). */
  readonly state: 'here' | 'loading' | 'failed' | 'absent';
  /** Only for checked pictures that are here. */
  readonly picture: { readonly width: number; readonly height: number } | null;
  readonly done_bytes: number;
  readonly bytes: number;
  readonly code: string | null;
}

export interface AttachmentCacheView {
  readonly files: number;
  readonly bytes: number;
  readonly limit_bytes: number;
}

const StagedId = z.string().min(1).max(64);
const UploadId = z.string().min(1).max(64);
const Nothing = z.object({}).strict();

/**
 * Files enter through the door in pieces, as any other call: no path crosses it (SE2), and what is written on disk is
 * encrypted from its first byte. FILE_EMPTY, TOO_LARGE (`limit_bytes`), ATTACHMENT_KIND by the shop's policy.
 */
export const ATTACHMENT_PROCEDURES = {
  'attachments.begin': procedure<{ upload_id: string }>()(
    z.object({ conversation_key: ConversationKey, name: z.string().max(16_384), bytes: z.int().nonnegative() }),
  ),
  /** In order; `offset` is what was written so far. */
  'attachments.write': procedure<{ written: number }>()(
    z.object({
      upload_id: UploadId,
      offset: z.int().nonnegative(),
      data: z.base64().max(Math.ceil(ATTACHMENT_CHUNK_BYTES / 3) * 4),
    }),
  ),
  'attachments.finish': procedure<StagedAttachment>()(z.object({ upload_id: UploadId })),
  'attachments.abort': procedure<Record<string, never>>()(z.object({ upload_id: UploadId })),
  'attachments.staged': procedure<{ staged: readonly StagedAttachment[] }>()(
    z.object({ conversation_key: ConversationKey }),
  ),
  'attachments.unstage': procedure<Record<string, never>>()(z.object({ staged_id: StagedId })),
  /** Each becomes a message of its own, in the given order. Same delay, checks and recall as text (PV2, RC8). */
  'attachments.send': procedure<{ client_msg_ids: readonly ClientMessageId[] }>()(
    z.object({ conversation_key: ConversationKey, staged_ids: z.array(StagedId).min(1).max(50) }),
  ),

  /** Begins loading what isn't here. `automatic`: the window's own wish, for pictures of a usual size only. */
  'attachments.open': procedure<AttachmentState>()(z.object({ message_key: MessageKey, automatic: z.boolean() })),
  'attachments.stop': procedure<Record<string, never>>()(z.object({ message_key: MessageKey })),
  /** Writes it to the place that the person chose. GONE, OFFLINE where it isn't here and can't be had now. */
  'attachments.save': procedure<{ bytes: number }>()(
    z.object({ message_key: MessageKey, target: z.string().min(1).max(128) }),
  ),
  'attachments.transfers': procedure<{ transfers: readonly TransferView[] }>()(Nothing),
  'attachments.cache': procedure<AttachmentCacheView>()(Nothing),
  /** Empties the cache, but for what isn't uploaded yet, is sealed, or is held or kept as evidence. */
  'attachments.clear': procedure<AttachmentCacheView>()(Nothing),
} as const;
