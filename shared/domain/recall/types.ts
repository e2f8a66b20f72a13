import type {
  Assignment,
  Intake,
  MessageKind,
  MessageStatus,
  Policy,
  RecallEffect,
  Role,
  SenderRole,
} from '../../protocol/entities.ts';

/** Shapes of the recall decision (RC1–RC8). The decision itself is `assess.ts`. */

/** RC3, first list: what the pure function can say. In precedence order: the first that holds is the headline. */
export const RECALL_REASONS = [
  'ALREADY_RECALLED',
  'IN_FLIGHT',
  'FEATURE_DISABLED',
  'CLIENT_TOO_OLD',
  'KIND_UNSUPPORTED',
  'NO_PERMISSION',
  'NOT_SENDER',
  'TRANSFERRED',
  'GROUP_RULE',
  'CONSUMER_RESTRICTED',
  'SESSION_ENDED',
  'WINDOW_EXPIRED',
  'ATTACHMENT_OPENED',
  'ALREADY_READ',
  'RATE_HARD',
  'OTHER_DEVICE',
  'STALE_STATE',
  'OFFLINE',
  'PUSH_DELIVERED',
  'CLOCK_UNCERTAIN',
  'RATE_SOFT',
] as const;
export type RecallReasonCode = (typeof RECALL_REASONS)[number];

/** RC3, second list: only the gateway (or the lack of an answer) can say these. */
export const GATEWAY_RECALL_CODES = ['MSG_NOT_FOUND', 'SERVER_BUSY', 'AUTH_EXPIRED', 'NETWORK_UNKNOWN'] as const;
export type GatewayRecallCode = (typeof GATEWAY_RECALL_CODES)[number];

export type RecallVerdictKind = 'cancel' | 'allowed' | 'risky' | 'blocked';

export interface RecallReason {
  readonly code: RecallReasonCode;
  /** `blocked`: recall can't be asked for; `risky`: it can, and this is what may go wrong. */
  readonly level: 'risky' | 'blocked';
  /** Numbers that the sentence needs: `used`, `limit`, `retry_at`, `read_at`, `window_ms` … (milliseconds, server time). */
  readonly details?: Readonly<Record<string, number | string>>;
}

export interface RecallVerdict {
  readonly verdict: RecallVerdictKind;
  /** Every reason that holds, in the order of RECALL_REASONS. Empty for `allowed` and `cancel`. */
  readonly reasons: readonly RecallReason[];
  /** Server time at which this answer will next change by itself (window end, limit freed …), or null. */
  readonly changes_at: number | null;
  /** Server time at which the window ends, or null where no window applies. */
  readonly window_ends_at: number | null;
}

/** What is known of the message. Times are server time in milliseconds. */
export interface RecallFacts {
  /** `delayed`: still in the delay buffer (RC8); `sending`: on its way, no id yet; `sent`: the gateway has it. */
  readonly stage: 'delayed' | 'sending' | 'sent' | 'failed';
  readonly kind: MessageKind;
  readonly sender_role: SenderRole;
  readonly sender_id: string;
  readonly sender_device_id: string | null;
  readonly sent_at: number;
  readonly status: MessageStatus;
  readonly read_at: number | null;
  readonly opened_at: number | null;
  readonly push_delivered: boolean;
  readonly recalled: boolean;
  readonly in_flight: boolean;
}

export interface RecallConversationFacts {
  readonly type: 'single' | 'group';
  readonly intake: Intake;
  readonly assignee_id: string | null;
  readonly assignments: readonly Assignment[];
  readonly consumer_restricts_recall: boolean;
}

export interface RecallContext {
  readonly policy: Policy;
  readonly conversation: RecallConversationFacts;
  readonly agent: { readonly id: string; readonly role: Role; readonly device_id: string };
  readonly app_version: string;
  /** Estimated server time now, milliseconds. */
  readonly now: number;
  /** Half-width of what `now` is known to; 0 on the gateway itself. */
  readonly uncertainty_ms: number;
  readonly connection: 'online' | 'offline' | 'stale';
  /** Server times of this agent's recalls within the last hour, any order. */
  readonly recalls_last_hour: readonly number[];
}

const EFFECT_ORDER: Readonly<Record<RecallEffect, number>> = { local_only: 0, maybe_seen: 1, both: 2 };

/** Whether `effect` leaves the consumer more than `than` does (RC12). */
export function isLesserEffect(effect: RecallEffect, than: RecallEffect): boolean {
  return EFFECT_ORDER[effect] < EFFECT_ORDER[than];
}

/** How a recall asked for stands (RC11, RC15, RC16). Final: done, failed, expired. */
export type RecallState = 'queued' | 'requested' | 'unknown' | 'done' | 'failed' | 'expired';

export interface RecallOutcome {
  readonly state: RecallState;
  readonly effect: RecallEffect | null;
  readonly code: string | null;
}
