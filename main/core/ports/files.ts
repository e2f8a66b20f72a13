/** Files that the person chose, by opaque handle or path; the core never joins paths itself. */
export interface Files {
  /** Resolves a handle from the door into something openable. AppFailure FILE_NOT_FOUND. */
  describe(handle: string): Promise<{ readonly name: string; readonly bytes: number }>;
  /** Streams bytes. AppFailure FILE_NOT_FOUND, FILE_UNREADABLE. */
  read(handle: string, options?: { readonly start?: number; readonly end?: number }): AsyncIterable<Uint8Array>;
  /**
   * A file that appears under its name only when whole: written to a temporary name in the same folder, flushed, renamed,
   * the rename retried while another program holds it. AppFailure DISK_FULL, FILE_UNWRITABLE; nothing is left after abort.
   */
  create(handle: string): Promise<FileSink>;
}

export interface FileSink {
  /** Name as the person chose it. */
  readonly name: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Flush, close, rename. Answers with bytes and the SHA-256 of all written (lower-case hex). */
  commit(): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: string }>;
  abort(): Promise<void>;
}
