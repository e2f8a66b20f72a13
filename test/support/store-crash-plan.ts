import type { ClientMessageId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';

/** What the gateway of the crash test says: event n is a function of n, so that any prefix can be computed anew. */

export const CRASH_KEY = new Uint8Array(32).fill(3);
const CONVERSATIONS = 7;
const START = Date.UTC(2026, 8, 1);

export const crashJobId = (cursor: number, pid: number): ClientMessageId => `j-${cursor}-${pid}` as ClientMessageId;

/** Every tenth event recalls the message of five events before; the others are messages, dealt to the conversations in turn. */
const isRecall = (n: number): boolean => n % 10 === 0;
/** How many of the events 1…n are messages. */
const messagesUpTo = (n: number): number => n - Math.floor(n / 10);

interface Planned {
  readonly conversation: string;
  readonly msg_id: string;
  readonly conv_seq: number;
}

export function planned(n: number): Planned {
  const index = messagesUpTo(n) - 1;
  return {
    conversation: `c${index % CONVERSATIONS}`,
    msg_id: `m${n}`,
    conv_seq: Math.floor(index / CONVERSATIONS) + 1,
  };
}

export function crashEvent(n: number): GatewayEvent {
  const at = START + n * 50;
  if (isRecall(n)) {
    const target = planned(n - 5);
    return {
      type: 'event',
      event_seq: n,
      at,
      kind: 'message.recalled',
      conversation_id: target.conversation,
      msg_id: target.msg_id,
      recall_id: `r${n}`,
      operator: { role: 'agent', id: 'a-1', name: '甲' },
      effect: 'both',
    } as unknown as GatewayEvent;
  }
  const { conversation, msg_id, conv_seq } = planned(n);
  const fromConsumer = n % 3 !== 0;
  return {
    type: 'event',
    event_seq: n,
    at,
    kind: 'message.created',
    message: {
      msg_id,
      conversation_id: conversation,
      conv_seq,
      client_msg_id: null,
      shop_id: 's-1',
      sender: fromConsumer
        ? { role: 'consumer', id: `u-${conversation}`, name: '买家' }
        : { role: 'agent', id: 'a-1', name: '甲' },
      kind: 'text',
      text: `第${n}个事件,您好,请问什么时候发货`,
      order_nos: [],
      violation_nos: [],
      correction_of: null,
      sent_at: at,
      status: 'sent',
    },
  } as unknown as GatewayEvent;
}

export const crashEvents = (from: number, count: number): GatewayEvent[] =>
  Array.from({ length: count }, (_, i) => crashEvent(from + i));

/** The messages that stand after events 1…n, by wire id, with whether they are recalled. */
export function expectedAfter(n: number): Map<string, { readonly planned: Planned; readonly recalled: boolean }> {
  const expected = new Map<string, { planned: Planned; recalled: boolean }>();
  for (let i = 1; i <= n; i++)
    if (!isRecall(i)) expected.set(`m${i}`, { planned: planned(i), recalled: i % 10 === 5 && i + 5 <= n });
  return expected;
}
