import { z } from 'zod';
import type { AppInfo } from './views.ts';
import { procedure } from './procedure.ts';

/** Key care and the app lock (ST1, SE4). */

const Nothing = z.object({}).strict();
const FileHandle = z.string().min(1).max(128);
/** A PIN or passphrase as typed. */
const Typed = z.string().min(1).max(256);
export const LOCK_SECRET_LEAST = 6;
const NewSecret = z.string().min(LOCK_SECRET_LEAST).max(256);
/** What opens the door again; asked where a lock is set, before keys are shown or changed. */
const Proof = { secret: Typed.optional() };

export interface LockView {
  readonly configured: boolean;
  readonly locked: boolean;
  /** Minutes without a key or pointer after which it locks; null: only by hand and at the start. */
  readonly idle_minutes: number | null;
  /** Milliseconds until the next try is allowed; 0: now. */
  readonly wait_ms: number;
}

export interface KeyState {
  readonly supported: boolean;
  readonly storage: AppInfo['key_storage'];
  /** Null: none was made yet. */
  readonly recovery: { readonly made_at: number; readonly confirmed_at: number | null } | null;
  readonly rotation: 'none' | 'requested';
  readonly can_rotate: boolean;
  readonly rotated_at: number | null;
}

export const SECURITY_PROCEDURES = {
  'lock.state': procedure<LockView>()(Nothing),
  /** The lock's own secret, or the recovery key where that was forgotten. */
  'lock.unlock': procedure<LockView>()(z.object({ secret: Typed }).strict()),
  'lock.now': procedure<LockView>()(Nothing),
  /** The person is there. */
  'lock.active': procedure<LockView>()(Nothing),
  'lock.set': procedure<LockView>()(
    z
      .object({ secret: NewSecret, current: Typed.optional(), idle_minutes: z.int().min(1).max(480).nullable() })
      .strict(),
  ),
  'lock.remove': procedure<LockView>()(z.object({ current: Typed }).strict()),

  'keys.state': procedure<KeyState>()(Nothing),
  'keys.recovery': procedure<{ readonly key: string; readonly made_at: number }>()(z.object(Proof).strict()),
  'keys.save_recovery': procedure<{ readonly bytes: number }>()(z.object({ target: FileHandle, ...Proof }).strict()),
  'keys.confirm_recovery': procedure<KeyState>()(z.object({ last_group: z.string().min(1).max(16) }).strict()),
  'keys.rotate': procedure<KeyState>()(z.object(Proof).strict()),
  'keys.cancel_rotation': procedure<KeyState>()(Nothing),
};
