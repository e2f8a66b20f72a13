import type { Conversation, Policy, Sender } from '#shared/protocol/entities.ts';
import type { ConversationRecord } from './records.ts';

/** Sets when a conversation ends and when it is deleted, as its last messages and the policy leave it (IN5); `now` in ms. */
export function setClocks({ data, messages }: ConversationRecord, policy: Policy, now: number): void {
  const last = messages.findLast(({ message }) => message.sender.role !== 'system')?.message;
  const unanswered = policy.session_end.since === 'agent_last' ? 'agent' : 'consumer';
  const since = Math.max(last?.sent_at ?? 0, data.assignments.at(-1)?.from ?? 0);
  data.ends_at =
    data.intake === 'active' && last?.sender.role === unanswered ? since + policy.session_end.after_ms : null;
  data.deletes_at = data.legal_hold
    ? null
    : data.intake === 'waiting'
      ? (data.waiting_since ?? now) + policy.retention.waiting_ms
      : (data.last_message_at ?? now) + policy.retention.accepted_ms;
}

/** How long the consumer has waited counts from their first word that nobody has answered (IN1). */
export function setWaiting(data: Conversation, role: Sender['role'], at: number): void {
  if (role === 'consumer') data.waiting_since ??= at;
  else if (role === 'agent') data.waiting_since = null;
}
