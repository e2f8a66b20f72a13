import type { PackagedFile } from '#shared/package/format.ts';

/** Writes the container of a review package in its one layout (shared/package/zip-layout.ts), in bounded memory. */
export interface ZipWriter {
  /** A whole file. `store`: as it is, without deflate. */
  add(name: string, content: Uint8Array, options?: { readonly store?: boolean }): Promise<PackagedFile>;
  /**
   * A file of any size as it is, read twice: its sums stand before it. Null, and nothing written, where it can't be read
   * or its SHA-256 is another one; AppFailure ATTACHMENT_DAMAGED where it is no more the same at the second reading.
   */
  addStored(name: string, sha256: string, read: () => AsyncIterable<Uint8Array>): Promise<PackagedFile | null>;
  /** One file in pieces; nothing else but `keep` can be called until it is closed. */
  open(name: string): ZipStream;
  /** A whole file that comes behind what is being written now: kept packed outside memory until `addKept`. */
  keep(name: string, content: Uint8Array): Promise<void>;
  /** Moves what was kept into the container, in order. Without kept files: nothing. */
  addKept(): Promise<readonly PackagedFile[]>;
  /** The directory. Nothing can be added afterwards. */
  finish(): Promise<void>;
  /** Waits until everything is in the files; what `create` needs to go on behind it (EX6). */
  state(): Promise<unknown>;
  /** Waits for what is under way; nothing is written afterwards. In any case the last call. */
  close(): Promise<void>;
}

export interface ZipStream {
  /** Packed by itself, so that writing can be taken up behind any piece; the same pieces give the same bytes. */
  write(piece: Uint8Array): Promise<void>;
  close(): Promise<PackagedFile>;
}

/** Where bytes go, and come from when work is taken up again. */
export interface ZipTarget {
  write(bytes: Uint8Array): Promise<void>;
  /** Of everything written so far. */
  settle(): Promise<unknown>;
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface ZipWriters {
  /** Failures of the targets pass through. `kept`: begins empty; left to the caller. */
  create(out: ZipTarget, kept: ZipTarget): ZipWriter;
  /** Goes on behind `state`: with what lies in the targets. `kept` is handed the content of each kept file, in order. */
  resume(
    out: ZipTarget,
    kept: ZipTarget,
    state: unknown,
    use: { kept(name: string, content: Uint8Array): Promise<void> },
  ): Promise<{ readonly zip: ZipWriter; readonly stream: ZipStream | null }>;
}
