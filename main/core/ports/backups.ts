import type { BackupInspection, BackupReason, BackupRoom, BackupView } from '#shared/contract/upkeep.ts';

/** Copies of the records in the profile's own folder (ST4). Encrypted with the profile's key. */
export interface Backups {
  /** Newest first. */
  list(): Promise<readonly BackupView[]>;
  /**
   * A consistent copy, opened and checked before it gets its name. AppFailure DISK_FULL, also where the copy would leave
   * no room to go on with (then nothing was written), DATA_FOLDER_UNWRITABLE, STORE_DAMAGED.
   */
  make(reason: Extract<BackupReason, 'daily' | 'manual'>): Promise<BackupView>;
  room(): Promise<BackupRoom>;
  /** Opens and checks one, with a former key where it has that. AppFailure NOT_FOUND, STORE_DAMAGED, STORE_KEY_WRONG, STORE_FROM_NEWER_VERSION. */
  inspect(name: string): Promise<BackupInspection>;
  /** Removes daily ones that `surplusBackups` names. Answers with how many went. */
  rotate(keep: number): Promise<number>;
  /**
   * Makes it ready, and lets the host start anew with it right after the answer. Whenever the program is killed in
   * between, the next start has either the present records or the restored ones, whole.
   */
  restore(name: string): Promise<void>;
}
