/**
 * Contents of pictures and files on this machine (IN8): encrypted, named by the SHA-256 of their plain bytes (lower-case
 * hex), bounded. It is a cache beside the records: what isn't in it may come again from the gateway, except what was never
 * uploaded, which is named to `evict` as needed.
 */
export interface AttachmentCache extends AttachmentReader {
  /** Bytes of a new file, whose hash is known when it is whole. AppFailure DISK_FULL, FILE_UNWRITABLE. */
  create(): Promise<AttachmentSink>;
  /** A download: goes on behind what an earlier one wrote (`written` bytes), also after a crash. */
  resume(sha256: string): Promise<AttachmentSink>;
  /** Drops what an unfinished download has written. */
  dropUnfinished(sha256: string): Promise<void>;
  /**
   * Erases for good (AD2: purge of a group, retention): contents and unfinished downloads of these hashes, whether needed
   * or not. Unknown ones are skipped. Answers with how many were there.
   */
  erase(hashes: readonly string[]): Promise<{ readonly erased: number }>;
  /**
   * Makes room: the least recently used go until at most `limitBytes` are left, never one that is `kept` (not uploaded yet,
   * on legal hold). What is kept may therefore exceed the limit.
   */
  evict(limitBytes: number, kept: ReadonlySet<string>): Promise<{ readonly evicted: number; readonly bytes: number }>;
  usage(): { readonly files: number; readonly bytes: number };
  /** What a crash left half written under no name. Call once, before anything else. */
  sweep(): Promise<void>;
}

/**
 * For whoever reads contents by hash (review packages, EX3): "the bytes of this attachment, if they are here". The hash is
 * `attachment.sha256` of a message or a search row. Whether the person may see the message is the caller's to decide: a
 * recalled message's content stays sealed (RC19).
 */
export interface AttachmentReader {
  /** Plain bytes, or null where the content isn't here (any more). */
  size(sha256: string): Promise<number | null>;
  /** [start, end) of the plain bytes; null where the content isn't here or was found damaged (it is then removed). */
  read(sha256: string, start?: number, end?: number): Promise<Uint8Array | null>;
  /**
   * All of it in pieces of bounded size, verified as it comes; ends early with AppFailure ATTACHMENT_DAMAGED where a piece
   * was changed on disk, and ATTACHMENT_MISSING where it isn't here.
   */
  stream(sha256: string): AsyncIterable<Uint8Array>;
}

export interface AttachmentSink {
  /** Plain bytes that are in it. */
  readonly written: number;
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Ends it: from now on it is found under its hash. With `expected`, AppFailure ATTACHMENT_DAMAGED where the bytes have
   * another hash; nothing is left of them then.
   */
  commit(expected?: string): Promise<{ readonly sha256: string; readonly bytes: number }>;
  /** Closes it. A download's bytes stay for the next `resume`; a new file's go. */
  close(): Promise<void>;
}
