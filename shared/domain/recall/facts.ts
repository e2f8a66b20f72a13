import type { ConversationView, MessageView } from '../../contract/views.ts';
import type { RecallConversationFacts, RecallFacts } from './types.ts';

/** What assessRecall needs of a stored message. A recall that waits for its result counts as in flight (RC11). */
export function recallFactsOf(message: MessageView): RecallFacts {
  const pending = message.recall?.state;
  return {
    stage: 'sent',
    kind: message.kind,
    sender_role: message.sender.role,
    sender_id: message.sender.id,
    sender_device_id: message.sender.device_id,
    sent_at: message.sent_at,
    status: message.status,
    read_at: message.read_at,
    opened_at: message.opened_at,
    push_delivered: message.push_delivered,
    recalled: message.recalled !== null || pending === 'done',
    in_flight: pending === 'queued' || pending === 'requested' || pending === 'unknown',
  };
}

export function recallConversationFactsOf(conversation: ConversationView): RecallConversationFacts {
  return {
    type: conversation.type,
    intake: conversation.intake,
    assignee_id: conversation.assignee?.agent_id ?? null,
    assignments: conversation.assignments,
    consumer_restricts_recall: conversation.consumer_restricts_recall,
  };
}
