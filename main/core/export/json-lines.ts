import type { ConversationView, SearchRow } from '#shared/contract/views.ts';

type IsoOf = (at: number) => string;

/** Texts that are remembered at once; an export of millions must not hold all its names. */
const REMEMBERED = 4_096;

/**
 * JSONL (EX2): one event a line. `message` carries the row of the search; before the newest message of a conversation
 * stand its `transfer`s up to then (IN4), behind a message what it is or what became of it: `recall`, `correction`. A
 * correction and its original name each other in their messages, since only one of them may be part of the export (RM2).
 * Recalled content stays sealed (SR10, RC19).
 */
export function createMessageLine(): (row: SearchRow, sentAt: string) => string {
  const texts = new Map<string, string>();
  // Ids and names of conversations come again in every line.
  const known = (text: string): string => {
    let json = texts.get(text);
    if (json === undefined) {
      if (texts.size >= REMEMBERED) texts.clear();
      texts.set(text, (json = JSON.stringify(text)));
    }
    return json;
  };
  const list = (numbers: readonly string[]): string => (numbers.length === 0 ? '[]' : JSON.stringify(numbers));
  return (row, sentAt) => {
    const of = row.more?.correction_of;
    const by = row.more?.corrected_by;
    return (
      '{"type":"message","message_id":' +
      JSON.stringify(row.message_id) +
      ',"conversation_id":' +
      known(row.conversation_id) +
      ',"shop":' +
      known(row.shop) +
      ',"agent":' +
      known(row.agent) +
      ',"consumer":' +
      known(row.consumer) +
      ',"order_nos":' +
      list(row.order_nos) +
      ',"violation_nos":' +
      list(row.violation_nos) +
      `,"sent_at":"${sentAt}","sender":"${row.sender}","sender_name":` +
      known(row.sender_name) +
      `,"kind":"${row.kind}","text":` +
      JSON.stringify(row.text) +
      (row.recalled ? ',"recalled":true' : ',"recalled":false') +
      (of === undefined ? '' : `,"correction_of":${JSON.stringify(of)}`) +
      (by === undefined ? '' : `,"corrected_by":${JSON.stringify(by)}`) +
      '}\n'
    );
  };
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
