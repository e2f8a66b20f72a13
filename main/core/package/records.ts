import type { ConversationView, SearchRow } from '#shared/contract/views.ts';
import type { RecordType } from '#shared/package/format.ts';
import type { Masking } from './masking.ts';

/**
 * A record before it is chained: no `n`, `prev`, `hash`. Members that are undefined are absent; they are made in the order
 * in which they stand in the line (chainRecord).
 */
export type PlainRecord = Readonly<Record<string, unknown>> & { readonly type: RecordType };

type IsoOf = (at: number) => string;
/** What of a conversation goes into a package. */
type Linked = Pick<ConversationView, 'assignments' | 'order_nos' | 'violation_nos'>;

const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
const named = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text === '' ? undefined : text.toWellFormed();

/** What the conversation as a whole is linked to (SR2), before its first record. */
export function conversationRecord(row: SearchRow, found: Linked | null, masking: Masking): PlainRecord {
  return {
    consumer: named(masking.consumer(row)),
    conversation_id: masking.conversationId(row),
    order_nos: some(found?.order_nos ?? []),
    shop: named(row.shop),
    type: 'conversation',
    violation_nos: some(found?.violation_nos ?? []),
  };
}

/** Transfers up to the conversation's newest exported message: what came later is not part of the export (IN4). */
export function transferRecords(row: SearchRow, found: Linked, masking: Masking, isoOf: IsoOf): PlainRecord[] {
  return found.assignments.flatMap((assignment, at) =>
    assignment.how !== 'transferred' || assignment.from > row.sent_at
      ? []
      : [
          {
            at: isoOf(assignment.from),
            conversation_id: masking.conversationId(row),
            from: named(found.assignments[at - 1]?.name),
            how: assignment.how,
            to: named(assignment.name),
            type: 'transfer' as const,
          },
        ],
  );
}

/** The message, and what happened to it as records of their own. Recalled content stays sealed (RC19). */
export function rowRecords(row: SearchRow, masking: Masking, isoOf: IsoOf): PlainRecord[] {
  const { more } = row;
  const conversation_id = masking.conversationId(row);
  const message_id = masking.messageId(row.message_id);
  const recall = more?.recalled;
  const by =
    recall === undefined
      ? undefined
      : named(recall.operator.role === 'consumer' ? masking.consumer(row) : recall.operator.name || recall.operator.id);
  const at = recall === undefined || recall.at === 0 ? undefined : isoOf(recall.at);
  const attachment = more?.attachment;
  const consumer = named(masking.consumer(row));
  const records: PlainRecord[] = [
    {
      agent: named(row.agent),
      attachment:
        attachment === undefined
          ? undefined
          : {
              name: masking.text(attachment.name, row).toWellFormed(),
              mime: attachment.mime.toWellFormed(),
              bytes: attachment.bytes,
              sha256: attachment.sha256,
            },
      consumer,
      conversation_id,
      corrected_by: more?.corrected_by === undefined ? undefined : masking.messageId(more.corrected_by),
      correction_of: more?.correction_of === undefined ? undefined : masking.messageId(more.correction_of),
      kind: row.kind,
      message_id,
      order: masking.order(row),
      order_nos: some(row.order_nos),
      recalled: row.recalled
        ? { by, at, effect: recall?.effect ?? 'maybe_seen', sealed: recall?.sealed ?? false }
        : undefined,
      sender: row.sender,
      sender_name: row.sender !== 'consumer' ? named(row.sender_name) : named(senderName(row, masking)),
      sent_at: isoOf(row.sent_at),
      shop: named(row.shop),
      text: named(masking.text(row.text, row)),
      type: 'message',
      violation_nos: some(row.violation_nos),
    },
  ];
  if (row.recalled)
    records.push({
      at,
      by,
      conversation_id,
      effect: recall?.effect ?? 'maybe_seen',
      message_id,
      reason: named(masking.text(recall?.reason ?? '', row)),
      type: 'recall',
    });
  if (more?.correction_of !== undefined)
    records.push({
      conversation_id,
      message_id,
      of: masking.messageId(more.correction_of),
      type: 'correction',
    });
  return records;
}

/** In a group several consumers speak; only one of them is the conversation's. */
function senderName(row: SearchRow, masking: Masking): string {
  return row.sender_name === row.consumer
    ? masking.consumer(row)
    : masking.consumer({ ...row, consumer: row.sender_name });
}
