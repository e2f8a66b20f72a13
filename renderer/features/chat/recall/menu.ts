import type { RecallReason, RecallVerdict } from '#shared/domain/recall/types.ts';

/** The 撤回 line of the message menu (RC9). */
export interface RecallMenuModel {
  readonly action: 'cancel' | 'recall';
  readonly disabled: boolean;
  /** What is left, milliseconds; null where no countdown belongs beside the label. */
  readonly remainingMs: number | null;
  /** Under the label: the reason of a blocked one, or what may go wrong with a risky one. */
  readonly reason: RecallReason | null;
}

export function recallMenu(verdict: RecallVerdict, serverNow: number): RecallMenuModel {
  if (verdict.verdict === 'cancel') return { action: 'cancel', disabled: false, remainingMs: null, reason: null };
  const blocked = verdict.reasons.find((reason) => reason.level === 'blocked') ?? null;
  const remaining = verdict.window_ends_at === null ? null : verdict.window_ends_at - serverNow;
  return {
    action: 'recall',
    disabled: blocked !== null,
    remainingMs: blocked === null && remaining !== null && remaining > 0 ? remaining : null,
    reason: blocked ?? verdict.reasons[0] ?? null,
  };
}

/** What the thin ring around a message's time shows: the share of the window that is left, or nothing (ui.md). */
export function ringShare(verdict: RecallVerdict, serverNow: number, sentAt: number): number | null {
  if (verdict.verdict === 'blocked' || verdict.verdict === 'cancel' || verdict.window_ends_at === null) return null;
  const whole = verdict.window_ends_at - sentAt;
  const left = verdict.window_ends_at - serverNow;
  return whole > 0 && left > 0 ? Math.min(1, left / whole) : null;
}
