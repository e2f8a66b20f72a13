import type { KeyState } from '#shared/contract/security.ts';

/** What the host knows about the profile's keys (ST1). Absent where there is nothing to care for. */
export interface KeyCare {
  state(): Promise<Omit<KeyState, 'supported'>>;
  /** The profile's recovery key as people write it down; made at the first call. AppFailure KEYCHAIN_UNAVAILABLE. */
  recoveryKey(): Promise<{ readonly key: string; readonly made_at: number }>;
  /** The person has it. */
  confirmRecovery(): Promise<void>;
  /** From the next start on: another database key. AppFailure UNSUPPORTED where the key is a file's. */
  requestRotation(): Promise<void>;
  /** False where it has begun already. */
  cancelRotation(): Promise<boolean>;
}
