import type { ConversationView, SearchRow } from '#shared/contract/views.ts';
import type { RecordType } from '#shared/package/format.ts';
import type { Masking } from './masking.ts';

/** A record before it is chained: no `n`, `prev`, `hash`. Members that are undefined are absent. */
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
    type: 'conversation',
    conversation_id: masking.conversationId(row),
    shop: named(row.shop),
    consumer: named(masking.consumer(row)),
    order_nos: some(found?.order_nos ?? []),
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
            type: 'transfer' as const,
            conversation_id: masking.conversationId(row),
            from: named(found.assignments[at - 1]?.name),
            to: named(assignment.name),
            at: isoOf(assignment.from),
            how: assignment.how,
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
  const records: PlainRecord[] = [
    {
      type: 'message',
      message_id,
      conversation_id,
      shop: named(row.shop),
      agent: named(row.agent),
      consumer: named(masking.consumer(row)),
      sender: row.sender,
      sender_name: named(row.sender === 'consumer' ? senderName(row, masking) : row.sender_name),
      kind: row.kind,
      text: named(masking.text(row.text, row)),
      sent_at: isoOf(row.sent_at),
      order_nos: some(row.order_nos),
      violation_nos: some(row.violation_nos),
      order: masking.order(row),
      attachment:
        attachment === undefined
          ? undefined
          : {
              name: masking.text(attachment.name, row).toWellFormed(),
              mime: attachment.mime.toWellFormed(),
              bytes: attachment.bytes,
              sha256: attachment.sha256,
            },
      correction_of: more?.correction_of === undefined ? undefined : masking.messageId(more.correction_of),
      corrected_by: more?.corrected_by === undefined ? undefined : masking.messageId(more.corrected_by),
      recalled: row.recalled
        ? { by, at, effect: recall?.effect ?? 'maybe_seen', sealed: recall?.sealed ?? false }
        : undefined,
    },
  ];
  if (row.recalled)
    records.push({
      type: 'recall',
      message_id,
      conversation_id,
      by,
      at,
      effect: recall?.effect ?? 'maybe_seen',
      reason: named(masking.text(recall?.reason ?? '', row)),
    });
  if (more?.correction_of !== undefined)
    records.push({
      type: 'correction',
      message_id,
      conversation_id,
      of: masking.messageId(more.correction_of),
    });
  return records;
}

/** In a group several consumers speak; only one of them is the conversation's. */
function senderName(row: SearchRow, masking: Masking): string {
  return row.sender_name === row.consumer
    ? masking.consumer(row)
    : masking.consumer({ ...row, consumer: row.sender_name });
}
