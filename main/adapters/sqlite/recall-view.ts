import type { ConversationKey, MessageId, MessageKey, RecallId } from '#shared/domain/ids.ts';
import type { RecallState } from '#shared/domain/recall/types.ts';
import type { RecallView } from '#shared/contract/views.ts';
import type { RecallEffect } from '#shared/protocol/entities.ts';
import { KIND_CODES, SENDER_CODES } from './codes.ts';

/** RC14: own text can go back into the composer for five minutes after its recall. */
const REEDIT_MS = 5 * 60_000;

/** A row of `recalls` with what tells whether its text may be edited again. */
export interface RecallRow {
  readonly recall_id: string;
  readonly conversation: number;
  readonly message: number;
  readonly msg_id: string;
  readonly state: string;
  readonly effect: string | null;
  readonly code: string | null;
  readonly details: string | null;
  readonly reason: string | null;
  readonly requested_at: number;
  readonly expires_at: number;
  readonly resolved_at: number | null;
  readonly has_text: number;
}

/** Selects RecallRow from `recalls r`. */
export const RECALL_COLUMNS = `r.recall_id, r.conversation, r.message, r.msg_id, r.state, r.effect, r.code, r.details, r.reason,
  r.requested_at, r.expires_at, r.resolved_at,
  EXISTS (SELECT 1 FROM seals s JOIN messages m ON m.id = s.message WHERE s.message = r.message AND s.text IS NOT NULL
    AND m.kind = ${KIND_CODES.text} AND m.sender_role = ${SENDER_CODES.agent}) AS has_text`;

export function toRecallView(row: RecallRow): RecallView {
  return {
    recall_id: row.recall_id as RecallId,
    conversation_key: row.conversation as ConversationKey,
    message_key: row.message as MessageKey,
    msg_id: row.msg_id as MessageId,
    state: row.state as RecallState,
    effect: row.effect as RecallEffect | null,
    code: row.code,
    details: row.details === null ? null : (JSON.parse(row.details) as Record<string, unknown>),
    requested_at: row.requested_at,
    expires_at: row.expires_at,
    resolved_at: row.resolved_at,
    reedit_until:
      row.state === 'done' && row.resolved_at !== null && row.has_text === 1 ? row.resolved_at + REEDIT_MS : null,
  };
}

export const FINAL_RECALL_STATES: ReadonlySet<string> = new Set<RecallState>(['done', 'failed', 'expired']);
