import { z } from 'zod';
import { AccountId, AgentId, ShopId } from '../domain/ids.ts';
import { procedure } from './procedure.ts';

/** Looking after the records and the connections: backups and restoring (ST4), self-checks, diagnosis, older records. */

const Nothing = z.object({}).strict();
/** As `backups.list` gives it out; paths never cross the door (SE2). */
const BackupName = z.string().min(1).max(256);

/** Why it was made. `restore`: what was there before a restore; `damaged`: what was put aside as damaged. */
export type BackupReason = 'daily' | 'manual' | 'migration' | 'restore' | 'damaged';

export interface BackupView {
  readonly name: string;
  readonly reason: BackupReason;
  /** Local wall clock. */
  readonly made_at: number;
  readonly bytes: number;
}

/** What lies in a file of records, in numbers. */
export interface Inventory {
  readonly schema: number;
  readonly conversations: number;
  readonly messages: number;
  /** Server time of the newest message, null without any. */
  readonly newest_at: number | null;
  /** Chosen or on their way; their bytes lie in this machine's attachment cache and in no backup. */
  readonly unsent_files: number;
  /** What no gateway gives back (SY7). */
  readonly local: Readonly<Record<LocalKind, number>>;
}

export const LOCAL_KINDS = [
  'drafts',
  'outgoing',
  'seals',
  'recalls',
  'incidents',
  'cases',
  'reviews',
  'replies',
  'articles',
  'holds',
  'searches',
  'audit',
] as const;
export type LocalKind = (typeof LOCAL_KINDS)[number];

export interface BackupInspection {
  readonly backup: BackupView;
  /** `former`: it was made before a change of keys; restoring gives it the present one. */
  readonly key: 'present' | 'former';
  /** It opened and passed its check. */
  readonly inventory: Inventory;
  /** What is there now; null where it can't be read. */
  readonly present: Inventory | null;
}

/** Bytes; null where it can't be said. */
export interface BackupRoom {
  readonly free: number | null;
  /** About what the next one takes. */
  readonly next: number | null;
}

export interface BackupsView {
  readonly backups: readonly BackupView[];
  readonly daily: boolean;
  readonly keep: number;
  /** The last daily attempt failed with this code. */
  readonly problem: string | null;
  readonly room: BackupRoom;
}

/** Set where the program started without its records. */
export interface RecoveryView {
  readonly code: string;
  readonly backups: readonly BackupView[];
  /** Accounts that are known and can be connected again without asking for their tokens. */
  readonly accounts: readonly string[];
  readonly practice: boolean;
  /** Set where the key is missing, and the recovery key brings it back. `file`: the profile has what it opens. */
  readonly key: { readonly file: boolean } | null;
}

export interface SelfCheck {
  readonly name: string;
  readonly ok: boolean;
  /** Numbers and codes, for support; no content. */
  readonly detail: string;
}

export const DIAGNOSIS_STEPS = [
  'network',
  'proxy',
  'name',
  'reach',
  'certificate',
  'gateway',
  'time',
  'token',
] as const;
export type DiagnosisStepName = (typeof DIAGNOSIS_STEPS)[number];

export interface DiagnosisStep {
  readonly step: DiagnosisStepName;
  /** `skipped`: something before it failed, or it does not apply here. */
  readonly state: 'ok' | 'failed' | 'warning' | 'skipped';
  /** An AppErrorCode where it failed. */
  readonly code: string | null;
  /** Addresses, milliseconds, days; no content. */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Diagnosis {
  readonly at: number;
  readonly took_ms: number;
  readonly steps: readonly DiagnosisStep[];
}

/** One line of the connection log: states, codes, round trips, counts; never content (SE4). */
export interface ConnectionLogEntry {
  readonly at: number;
  readonly account_id: string | null;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** Real accounts as the keychain remembers them, for filling a store anew (ST4). No tokens. */
export const RememberedAccounts = z.array(
  z.object({
    account_id: AccountId,
    label: z.string(),
    source: z.string(),
    gateway_url: z.string(),
    device_id: z.string(),
    practice: z.literal(false),
  }),
);

const Numbers = z.array(z.string().trim().min(1).max(128)).max(1_000);

export const UPKEEP_PROCEDURES = {
  'accounts.rename': procedure<Record<string, never>>()(
    z.object({ account_id: AccountId, label: z.string().trim().min(1).max(64) }),
  ),
  /** A new token in place of one that was refused or has expired; it connects with it at once. */
  'accounts.token': procedure<Record<string, never>>()(
    z.object({ account_id: AccountId, token: z.string().min(1).max(8_192) }),
  ),

  'backups.list': procedure<BackupsView>()(Nothing),
  /** The job's result has the backup's `name` and `bytes`. */
  'backups.make': procedure<{ job_id: string }>()(Nothing),
  /** Opens and checks it. STORE_DAMAGED, STORE_KEY_WRONG, STORE_FROM_NEWER_VERSION, NOT_FOUND. */
  'backups.inspect': procedure<BackupInspection>()(z.object({ name: BackupName })),
  /** What is there now is put aside first; the program then starts anew with the backup. UNSUPPORTED where a host can't. */
  'backups.restore': procedure<Record<string, never>>()(z.object({ name: BackupName })),

  /** Null: the records are open. */
  'recovery.state': procedure<RecoveryView | null>()(Nothing),
  /** Only without records: an empty store, with the known accounts (which fill it again) or without them. */
  'recovery.anew': procedure<Record<string, never>>()(z.object({ accounts: z.boolean() })),

  /** Only without its key: the recovery key as typed or as its file says it. RECOVERY_KEY_WRONG, FILE_NOT_FOUND. */
  'recovery.key': procedure<Record<string, never>>()(z.object({ key: z.string().min(1).max(4_096) }).strict()),

  /** The job's result is `{ok, checks}`; `repair` rebuilds what can be derived, then checks again. */
  'doctor.run': procedure<{ job_id: string }>()(z.object({ repair: z.boolean() })),

  /** Tests network, proxy, name, reach, certificate, gateway, time and token one after the other. */
  'diagnosis.run': procedure<Diagnosis>()(z.object({ account_id: AccountId })),
  'diagnosis.log': procedure<{ entries: readonly ConnectionLogEntry[] }>()(
    z.object({ account_id: AccountId.nullable(), limit: z.int().min(1).max(1_000) }),
  ),
  /** Plain text to pass on to support: versions, states, codes, the log; no names, content or tokens. */
  'diagnosis.report': procedure<{ text: string }>()(Nothing),

  /** Asks the gateway for records that are older than this device and stores them. The job's result: `{messages, pages}`. */
  'records.fetch': procedure<{ job_id: string }>()(
    z.object({
      account_id: AccountId,
      shop_id: ShopId.optional(),
      agent_ids: z.array(AgentId).max(1_000).optional(),
      order_nos: Numbers.optional(),
      violation_nos: Numbers.optional(),
      from: z.int().nonnegative(),
      to: z.int().nonnegative(),
    }),
  ),
};
