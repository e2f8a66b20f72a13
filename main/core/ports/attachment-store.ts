import type { OutgoingFile } from '#shared/contract/attachments.ts';
import type { AccountId, ClientMessageId, ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import type { Attachment } from '#shared/protocol/entities.ts';
import type { SendJob, StoreChanges } from './store.ts';

/** A chosen file of a conversation's draft (PV6). */
export interface StagedFile {
  readonly staged_id: string;
  readonly conversation_key: ConversationKey;
  readonly file: OutgoingFile;
}

/** A download that was asked for; it goes on until it is done or given up. */
export interface DownloadJob {
  readonly message_key: MessageKey;
  readonly conversation_key: ConversationKey;
  readonly account_id: AccountId;
  readonly attachment: Attachment;
  readonly asked_at: number;
}

/** The store's part for pictures and files (IN8). The bytes are in the cache (attachments.ts). */
export interface AttachmentStoreWriter {
  putStaged(staged: StagedFile): Promise<StoreChanges>;
  /** False where there was none. */
  dropStaged(stagedId: string): Promise<StoreChanges>;
  /**
   * The staged files become outgoing messages in that order, all of them or none, in one transaction (SY3). AppFailure
   * NOT_FOUND where one of them isn't staged (any more).
   */
  enqueueFiles(
    jobs: readonly { readonly staged_id: string; readonly job: Omit<SendJob, 'file'> }[],
  ): Promise<{ readonly files: readonly OutgoingFile[]; readonly changes: StoreChanges }>;
  /** The gateway has it all (its id), or has lost it (null). */
  setUploaded(id: ClientMessageId, attachmentId: string | null): Promise<StoreChanges>;
  putDownload(job: DownloadJob): Promise<void>;
  dropDownload(message: MessageKey): Promise<void>;
  /** They are seen to: their bytes are erased, or something still mentions them. */
  attachmentsErased(hashes: readonly string[]): Promise<void>;
}

export interface AttachmentStoreReader {
  staged(conversation: ConversationKey): Promise<readonly StagedFile[]>;
  stagedFile(stagedId: string): Promise<StagedFile | null>;
  outgoingFile(id: ClientMessageId): Promise<OutgoingFile | null>;
  downloads(account: AccountId): Promise<readonly DownloadJob[]>;
  /** Hashes that must not be evicted: of outgoing and staged files, and of messages on legal hold. */
  keptAttachments(): Promise<readonly string[]>;
  /** Hashes that the messages and seals of a conversation mention (AD2), in no order. */
  attachmentHashes(conversation: ConversationKey): Promise<readonly string[]>;
  /** Hashes of which a mention was deleted: `erase` where nothing mentions them any more, `keep` where something does. */
  attachmentErasures(): Promise<{ readonly erase: readonly string[]; readonly keep: readonly string[] }>;
}
