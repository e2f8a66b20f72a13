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
  /** What names the same file after a restart of the program, when handles are gone (EX6). AppFailure FILE_NOT_FOUND. */
  place(handle: string): Promise<string>;
  /**
   * A file that grows under a temporary name beside `place` and survives the program's end, so that work on it can be
   * taken up again (EX6). `name`: tells it from others for the same place. `from`: what has to stand there already;
   * anything behind it is cut off. Null where that is not there any more or is not what was written.
   * AppFailure DISK_FULL, FILE_UNWRITABLE.
   */
  part(place: string, name: string, from: PartState | null): Promise<FilePart | null>;
}

export interface PartState {
  readonly bytes: number;
  /** Of these bytes, lower-case hex. */
  readonly sha256: string;
}

export interface FilePart {
  /** Name of the place. */
  readonly name: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Bytes so far. */
  written(): number;
  /** All that was written so far is in the file. Not forced to the disk: its hash tells after a power cut. */
  settle(): Promise<PartState>;
  /** Of what has settled. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
  /** Flush, close, rename to the place. */
  commit(): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: string }>;
  /** Closes and removes it. */
  abort(): Promise<void>;
  /** Closes and leaves it for later. */
  leave(): Promise<void>;
}

export interface FileSink {
  /** Name as the person chose it. */
  readonly name: string;
  write(chunk: Uint8Array): Promise<void>;
  /** Flush, close, rename. Answers with bytes and the SHA-256 of all written (lower-case hex). */
  commit(): Promise<{ readonly path: string; readonly bytes: number; readonly sha256: string }>;
  abort(): Promise<void>;
}
