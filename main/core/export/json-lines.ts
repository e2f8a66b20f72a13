import type { MessageView, SearchRow } from '#shared/contract/views.ts';

/**
 * JSONL (EX2): one event a line. `message` carries the row of the search; what happened to it afterwards follows as
 * events of its own (`recall`, `correction`), each naming its message. Recalled content stays sealed (SR10, RC19).
 */
export function messageLine(row: SearchRow, sentAt: string): string {
  return `${JSON.stringify({
    type: 'message',
    message_id: row.message_id,
    conversation_id: row.conversation_id,
    shop: row.shop,
    agent: row.agent,
    consumer: row.consumer,
    order_nos: row.order_nos,
    violation_nos: row.violation_nos,
    sent_at: sentAt,
    sender: row.sender,
    sender_name: row.sender_name,
    kind: row.kind,
    text: row.text,
    recalled: row.recalled,
  })}\n`;
}

export function recallLine(row: SearchRow, message: MessageView, isoOf: (at: number) => string): string {
  const { recalled } = message;
  if (recalled === null) return '';
  return `${JSON.stringify({
    type: 'recall',
    message_id: row.message_id,
    conversation_id: row.conversation_id,
    recall_id: recalled.recall_id,
    at: isoOf(recalled.at),
    operator: recalled.operator,
    effect: recalled.effect,
    reason: recalled.reason,
  })}\n`;
}

export function correctionLine(row: SearchRow, correctedBy: string): string {
  return `${JSON.stringify({
    type: 'correction',
    message_id: correctedBy,
    conversation_id: row.conversation_id,
    correction_of: row.message_id,
  })}\n`;
}
