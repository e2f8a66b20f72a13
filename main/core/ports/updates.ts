import type { UpdatesOff, UpdatesView } from '#shared/contract/updates.ts';

/** Where newer versions of the program come from. Asks nobody by itself. */
export interface Updates {
  readonly off: UpdatesOff | null;
  readonly installs: boolean;
  /** Null: what runs is the newest. AppFailure UPDATE_UNREACHABLE, UPDATE_UNTRUSTED. */
  check(): Promise<UpdatesView['found']>;
  /** Of what `check` found, whole and checked. AppFailure UPDATE_UNREACHABLE, UPDATE_UNTRUSTED, DISK_FULL, CANCELLED. */
  download(signal: AbortSignal, progress: (bytes: number, total: number) => void): Promise<void>;
  /** Ends the program and installs it. */
  install(): Promise<void>;
}
