import type { ConversationView, SearchRow } from '#shared/contract/views.ts';

type IsoOf = (at: number) => string;

/**
 * JSONL (EX2): one event a line. `message` carries the row of the search; before the newest message of a conversation
 * stand its `transfer`s up to then (IN4), behind a message what it is or what became of it: `recall`, `correction`. A
 * correction and its original name each other in their messages, since only one of them may be part of the export (RM2).
 * Recalled content stays sealed (SR10, RC19).
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
    correction_of: row.more?.correction_of,
    corrected_by: row.more?.corrected_by,
  })}\n`;
}

/** "" for a message that was not recalled. */
export function recallLine(row: SearchRow, isoOf: IsoOf): string {
  const recalled = row.more?.recalled;
  if (!row.recalled || recalled === undefined) return '';
  return `${JSON.stringify({
    type: 'recall',
    message_id: row.message_id,
    conversation_id: row.conversation_id,
    recall_id: recalled.recall_id,
    // 0: nobody said when.
    at: recalled.at === 0 ? null : isoOf(recalled.at),
    operator: recalled.operator,
    effect: recalled.effect,
    reason: recalled.reason,
  })}\n`;
}

/** "" for a message that is no correction. */
export function correctionLine(row: SearchRow): string {
  const of = row.more?.correction_of;
  if (of === undefined) return '';
  return `${JSON.stringify({
    type: 'correction',
    message_id: row.message_id,
    conversation_id: row.conversation_id,
    correction_of: of,
  })}\n`;
}

/** Transfers up to the conversation's newest exported message `row`: what came later is not part of the export (IN4). */
export function transferLines(row: SearchRow, found: Pick<ConversationView, 'assignments'>, isoOf: IsoOf): string {
  let lines = '';
  for (const [at, assignment] of found.assignments.entries()) {
    if (assignment.how !== 'transferred' || assignment.from > row.sent_at) continue;
    const before = found.assignments[at - 1];
    lines += `${JSON.stringify({
      type: 'transfer',
      conversation_id: row.conversation_id,
      at: isoOf(assignment.from),
      from: before === undefined ? null : { id: before.agent_id, name: before.name },
      to: { id: assignment.agent_id, name: assignment.name },
    })}\n`;
  }
  return lines;
}
