import type { ImportRecord, Store } from '#main/core/ports/store.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import { Conversation, Message, type Policy } from '#shared/protocol/entities.ts';
import { parseEvent } from '#shared/protocol/frames.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';

/** Small wire objects with everything that a test doesn't care about filled in; also for processes outside the test runner. */

export const KEY = new Uint8Array(32).fill(7);
export const ACCOUNT = 'acc-1' as AccountId;
export const AGENT = { agent_id: 'a-7', name: '客服小美', role: 'agent', presence: 'online' } as const;
/** 2026-09-01T00:00:00Z. */
export const T0 = Date.UTC(2026, 8, 1);

export async function addAccount(
  store: Store,
  account: AccountId = ACCOUNT,
  agent: { agent_id: string; name: string } = AGENT,
): Promise<void> {
  await store.putAccount({
    account_id: account,
    label: '旗舰店',
    source: 'practice',
    gateway_url: 'ws://127.0.0.1',
    device_id: 'd-1',
    practice: true,
  });
  await store.putWelcome(account, {
    agent: { ...AGENT, ...agent } as never,
    shops: [{ shop_id: 's-1' as never, name: '练习店铺', platform: 'practice', policy: null }],
  });
  await store.setCursor(account, 0, T0);
}

export function conversation(id: string, over: object = {}): Conversation {
  return Conversation.parse({
    conversation_id: id,
    shop_id: 's-1',
    type: 'single',
    title: `买家${id}`,
    consumer: { consumer_id: `u-${id}`, name: `买家${id}` },
    intake: 'active',
    assignee: { agent_id: AGENT.agent_id, name: AGENT.name },
    assignments: [{ agent_id: AGENT.agent_id, name: AGENT.name, from: T0, to: null, how: 'claimed' }],
    order_nos: [],
    violation_nos: [],
    last_seq: 0,
    last_message_at: null,
    agent_read_seq: 0,
    consumer_read_seq: 0,
    waiting_since: null,
    ends_at: null,
    deletes_at: null,
    consumer_restricts_recall: false,
    legal_hold: false,
    ...over,
  });
}

/** `from` 'agent' is AGENT. Sent `seq` seconds after T0 unless said. */
export function message(
  id: string,
  seq: number,
  from: 'agent' | 'consumer' | 'system' = 'consumer',
  over: object = {},
): Message {
  return Message.parse({
    msg_id: `${id}-m${seq}`,
    conversation_id: id,
    conv_seq: seq,
    client_msg_id: null,
    shop_id: 's-1',
    sender:
      from === 'agent'
        ? { role: 'agent', id: AGENT.agent_id, name: AGENT.name, device_id: 'd-1' }
        : from === 'consumer'
          ? { role: 'consumer', id: `u-${id}`, name: `买家${id}` }
          : { role: 'system', id: '', name: '' },
    kind: 'text',
    text: `第${seq}条 ${id}`,
    order_nos: [],
    violation_nos: [],
    correction_of: null,
    sent_at: T0 + seq * 1_000,
    status: 'sent',
    ...over,
  });
}

export function recalled(id: string, msgId: string, over: object = {}): object {
  return {
    kind: 'message.recalled',
    conversation_id: id,
    msg_id: msgId,
    recall_id: `r-${msgId}`,
    operator: { role: 'agent', id: AGENT.agent_id, name: AGENT.name, device_id: 'd-1' },
    effect: 'both',
    ...over,
  };
}

/** Through the real parser, as it comes from the wire. */
export function event(eventSeq: number, body: object, at: number = T0 + eventSeq): GatewayEvent {
  const value = { type: 'event', event_seq: eventSeq, at, ...body };
  const parsed = parseEvent(value as Record<string, unknown>, JSON.stringify(value));
  if (parsed.type === 'bad') throw new Error(parsed.problem.detail);
  return parsed;
}

/** Numbers the bodies from `first` on. */
export const events = (first: number, ...bodies: readonly object[]): GatewayEvent[] =>
  bodies.map((body, i) => event(first + i, body));
export const created = (value: Message): object => ({ kind: 'message.created', message: value });
export const upserted = (value: Conversation): object => ({ kind: 'conversation.upserted', conversation: value });

export async function keyOf(store: Store, id: string, account: AccountId = ACCOUNT): Promise<ConversationKey> {
  const found = await store.conversationByWireId(account, id as never);
  if (found === null) throw new Error(`no conversation ${id}`);
  return found.key;
}

export const POLICY: Policy = {
  version: 3,
  recall: {
    enabled: true,
    window_ms: 120_000,
    kinds: ['text'],
    read_rule: 'block',
    roles: ['agent', 'supervisor', 'admin'],
    own_only: true,
    after_transfer: 'sender_only',
    other_device: 'warn',
    ended_session: 'block',
    group: { window_ms: 120_000, roles: ['supervisor', 'admin'], read_rule: 'ignore' },
    per_hour_soft: 5,
    per_hour_hard: 20,
    min_app_version: '1.0.0',
  },
  retention: { waiting_ms: 172_800_000, accepted_ms: 5_184_000_000 },
  session_end: { after_ms: 172_800_000, since: 'agent_last' },
  send: { max_text: 2_048, delay_ms: 3_000, confirm: ['money'], block: ['id_number'], words_version: 12 },
  compensation: { approval_above: '20.00' },
  group_delete: { roles: ['admin'], restore_ms: 604_800_000, notice_required: true },
};

export function importRecord(over: Partial<ImportRecord> = {}): ImportRecord {
  return {
    shop: '旧店铺',
    conversation_id: '',
    message_id: '',
    occurrence: 0,
    agent: '客服老王',
    consumer: '张三',
    sender: 'consumer',
    sent_at: T0,
    kind: 'text',
    text: '在吗',
    order_nos: [],
    violation_nos: [],
    recalled: false,
    ...over,
  };
}
