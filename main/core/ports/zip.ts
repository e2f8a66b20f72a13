import type { PackagedFile } from '#shared/package/format.ts';

/** Writes the container of a review package in its one layout (shared/package/zip-layout.ts), in bounded memory. */
export interface ZipWriter {
  /** A whole file. `store`: as it is, without deflate. */
  add(name: string, content: Uint8Array, options?: { readonly store?: boolean }): Promise<PackagedFile>;
  /** One file in pieces; nothing else can be added until it is closed. */
  open(name: string): { write(piece: Uint8Array): Promise<void>; close(): Promise<PackagedFile> };
  /** A whole file that comes behind what is being written now: kept packed outside memory until `addKept`. */
  keep(name: string, content: Uint8Array): Promise<void>;
  addKept(): Promise<readonly PackagedFile[]>;
  /** The directory. Nothing can be added afterwards. */
  finish(): Promise<void>;
  /** Lets go of what was kept. To be called in any case, also after `finish`. */
  close(): Promise<void>;
}

export interface ZipWriters {
  /** AppFailure DISK_FULL, FILE_UNWRITABLE from the place of what is kept; failures of `write` pass through. */
  create(write: (bytes: Uint8Array) => Promise<void>): Promise<ZipWriter>;
}
