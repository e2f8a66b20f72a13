/** Records as the page reads them from its chunks (docs/package-format.md). Members that were empty are absent. */
interface Base {
  readonly n: number;
  readonly prev: string;
  readonly hash: string;
  readonly conversation_id: string;
}

export interface MessageRecord extends Base {
  readonly type: 'message';
  readonly message_id: string;
  readonly shop?: string;
  readonly agent?: string;
  readonly consumer?: string;
  readonly sender: 'agent' | 'consumer' | 'system';
  readonly sender_name?: string;
  readonly kind: string;
  readonly text?: string;
  readonly sent_at: string;
  readonly order_nos?: readonly string[];
  readonly violation_nos?: readonly string[];
  readonly order?: {
    readonly order_no: string;
    readonly title: string;
    readonly amount: string;
    readonly status: string;
  };
  readonly attachment?: { readonly name: string; readonly bytes: number; readonly sha256?: string };
  readonly correction_of?: string;
  readonly corrected_by?: string;
  readonly recalled?: { readonly by?: string; readonly at?: string; readonly effect: string; readonly sealed: boolean };
}

export interface TransferRecord extends Base {
  readonly type: 'transfer';
  readonly from?: string;
  readonly to?: string;
  readonly at: string;
}

export interface ConversationRecord extends Base {
  readonly type: 'conversation';
  readonly order_nos?: readonly string[];
  readonly violation_nos?: readonly string[];
}

export interface OtherRecord extends Base {
  readonly type: 'recall' | 'correction';
  readonly message_id: string;
}

export type PackageRecord = MessageRecord | TransferRecord | ConversationRecord | OtherRecord;

export interface Transcript {
  /** Oldest first. */
  readonly items: readonly (MessageRecord | TransferRecord)[];
}

/** Of the records of one conversation. */
export function toTranscript(records: readonly PackageRecord[]): Transcript {
  const items = records.filter((record) => record.type === 'message' || record.type === 'transfer');
  const timeOf = (item: MessageRecord | TransferRecord): number =>
    Date.parse(item.type === 'message' ? item.sent_at : item.at);
  // The chain has the newest first: of the same moment, the higher number is the earlier message.
  return { items: items.toSorted((a, b) => timeOf(a) - timeOf(b) || b.n - a.n) };
}
