import type { PackageReport } from '#shared/contract/packages.ts';
import type { Store } from './store.ts';

/** Opens review packages as stores of their own (EX7). */
export interface PackageOpener {
  /**
   * Verifies the file, reads its records into a new encrypted store that nobody else can open and that goes with `close`.
   * AppFailure PACKAGE_UNREADABLE where it is no package or nothing of it can be read, FILE_NOT_FOUND, FILE_UNREADABLE,
   * DISK_FULL, CANCELLED.
   */
  open(file: string, options: PackageOpening): Promise<OpenedPackage>;
}

export interface PackageOpening {
  readonly signal: AbortSignal;
  /** 0 to 1. */
  progress?(share: number): void;
}

export interface OpenedPackage {
  readonly report: PackageReport;
  /** SHA-256 of the last record, as the manifest says; names the package in review files. */
  readonly head: string | null;
  /** Wire ids of messages that are not as they were exported. */
  readonly damaged: ReadonlySet<string>;
  /** For reading only. */
  readonly store: Store;
  /** Bytes of a file of the package, checked against its hash; null where it isn't in it or is not what it was. */
  attachment(sha256: string): Promise<Uint8Array | null>;
  close(): Promise<void>;
}
