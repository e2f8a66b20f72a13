import { describe, expect, test } from 'vitest';
import { BASE_POLICY } from '../domain/recall/fixtures.ts';
import { Agent, Conversation, Message, Policy } from './entities.ts';
import { parseServerFrame } from './frames.ts';
import { REQUESTS } from './requests.ts';

/** What a gateway of a later version says: names that this one doesn't know, in places where it knows a closed list. */

const MESSAGE = {
  msg_id: 'm-1',
  conversation_id: 'c-1',
  conv_seq: 17,
  client_msg_id: null,
  shop_id: 's-1',
  sender: { role: 'consumer', id: 'u-1', name: '景逸' },
  kind: 'text',
  text: '在吗',
  order_nos: ['260901-805320551362352'],
  violation_nos: [],
  correction_of: null,
  sent_at: 1_790_000_000_000,
  status: 'sent',
};
const CONVERSATION = {
  conversation_id: 'c-1',
  shop_id: 's-1',
  type: 'single',
  title: '景逸',
  consumer: { consumer_id: 'u-1', name: '景逸' },
  intake: 'active',
  assignee: null,
  assignments: [],
  order_nos: [],
  violation_nos: [],
  last_seq: 17,
  last_message_at: null,
  agent_read_seq: 0,
  consumer_read_seq: 0,
  waiting_since: null,
  ends_at: null,
  deletes_at: null,
  consumer_restricts_recall: false,
  legal_hold: false,
};
const RECALLED = {
  recall_id: 'r-1',
  operator: { role: 'agent', id: 'a-7', name: '客服小美' },
  effect: 'both',
  at: 1_790_000_000_200,
};

const eventOf = (kind: string, fields: object) => {
  const text = JSON.stringify({ type: 'event', event_seq: 5, at: 1_790_000_000_000, kind, ...fields });
  const frame = parseServerFrame(text);
  if (frame.type !== 'event') throw new Error(frame.type);
  return { event: frame.event, text };
};

describe('a message', () => {
  test('[SY8] of an unknown kind keeps its place, sender, text and numbers, and what it was lies beside it', () => {
    const wire = { ...MESSAGE, kind: 'sticker', sticker: { pack: 'cats', n: 7 } };
    const message = Message.parse(wire);
    const { kind: _, ...rest } = MESSAGE;
    expect(message).toEqual({
      ...rest,
      kind: 'unknown',
      unknown: { kind: 'sticker', role: null, raw: JSON.stringify(wire) },
    });
  });

  test.each([
    ['a file without its hash', { kind: 'image', attachment: { attachment_id: 'f-1', name: 'a.png' } }, 'image'],
    ['a text that is an object', { text: { rich: [] } }, 'text'],
    ['no kind at all', { kind: undefined }, ''],
    ['numbers that are no list', { order_nos: 'many' }, 'text'],
  ])('[SY8] with %s has its place all the same', (_, change, kind) => {
    expect(Message.parse({ ...MESSAGE, ...change })).toMatchObject({
      kind: 'unknown',
      conv_seq: 17,
      sender: MESSAGE.sender,
      unknown: { kind },
    });
  });

  test('[SY8] by a sender of an unknown role is read whole, and the name is kept; an agent’s own role is an agent’s', () => {
    const by = (role: string) => Message.parse({ ...MESSAGE, sender: { ...MESSAGE.sender, role } });
    expect(by('bot')).toMatchObject({
      kind: 'text',
      sender: { role: 'consumer' },
      unknown: { kind: null, role: 'bot' },
    });
    expect(by('supervisor')).toEqual({ ...MESSAGE, sender: { ...MESSAGE.sender, role: 'agent' } });
  });

  test('[SY8] [RC5] with an unknown status is read whole, and claims nothing of the consumer’s side', () => {
    const message = Message.parse({ ...MESSAGE, status: 'glanced_at' });
    expect(message).toMatchObject({ kind: 'text', status: 'sent', unknown: { kind: null, role: null } });
  });

  test('[RC19] that was recalled in a way that can’t be read shows no content', () => {
    const message = Message.parse({ ...MESSAGE, recalled: { by: 'somebody' } });
    expect(message).toMatchObject({ kind: 'unknown', text: null });
    expect(message.recalled).toBeUndefined();
  });

  test.each(['msg_id', 'conversation_id', 'conv_seq', 'shop_id', 'sender', 'sent_at'])(
    '[SY8] without its %s has no place, and what doesn’t fit is named',
    (name) => {
      const { event } = eventOf('message.created', { message: { ...MESSAGE, kind: 'sticker', [name]: undefined } });
      expect(event).toMatchObject({ kind: 'malformed', problem: expect.stringContaining(`message.${name}`) as string });
    },
  );

  test('[SY8] is never sent in a kind that only records have', () => {
    const { fields } = REQUESTS['message.send'];
    expect(fields.safeParse({ client_msg_id: 'k', conversation_id: 'c-1', kind: 'unknown' }).success).toBe(false);
    const recall = { ...BASE_POLICY.recall, kinds: ['text', 'unknown'] };
    expect(Policy.safeParse({ ...BASE_POLICY, recall }).success).toBe(false);
  });
});

describe('names of a later version elsewhere', () => {
  test.each([
    [{ type: 'channel' }, { type: 'group' }],
    [{ intake: 'snoozed' }, { intake: 'waiting' }],
    [{ intake: 'snoozed', assignee: { agent_id: 'a-7', name: '客服小美' } }, { intake: 'active' }],
    [
      { assignments: [{ agent_id: 'a-7', name: '客服小美', from: 1, to: null, how: 'auctioned' }] },
      { assignments: [{ agent_id: 'a-7', name: '客服小美', from: 1, to: null, how: 'routed' }] },
    ],
  ])('[SY8] a conversation with %o is there, at its safest reading', (change, read) => {
    expect(Conversation.parse({ ...CONVERSATION, ...change })).toEqual({ ...CONVERSATION, ...change, ...read });
    expect(Conversation.safeParse({ ...CONVERSATION, ...change, last_seq: 'many' }).success).toBe(false);
  });

  test.each([
    [{ effect: 'blurred' }, { effect: 'maybe_seen' }],
    [{ operator: { ...RECALLED.operator, role: 'bot' } }, { operator: { role: 'system' } }],
    [{ operator: { ...RECALLED.operator, role: 'supervisor' } }, { operator: { role: 'agent' } }],
  ])('[RC12] a recall with %o counts, and claims no more than is known', (change, read) => {
    const recall = { ...RECALLED, ...change };
    expect(eventOf('message.recalled', { conversation_id: 'c-1', msg_id: 'm-1', ...recall }).event).toMatchObject(read);
    expect(Message.parse({ ...MESSAGE, text: null, recalled: recall })).toMatchObject({ kind: 'text', recalled: read });
  });

  test('[RC12] an answer with an unknown effect is an answer', () => {
    const known = { known: true, ok: true, effect: 'blurred', recalled_at: 1 };
    expect(REQUESTS['recall.query'].result.parse(known)).toMatchObject({ ok: true, effect: 'maybe_seen' });
  });

  test('[IN6] a colleague whose presence isn’t known is neither free nor away', () => {
    const agent = { agent_id: 'a-2', name: '客服小李', role: 'agent', presence: 'at_lunch' };
    expect(Agent.parse(agent)).toEqual({ ...agent, presence: 'busy' });
  });

  test('[PV3] a word whose action isn’t known asks first', () => {
    const reply = { version: 1, added: [{ word: '返现', category: '违规', action: 'report' }], removed: [] };
    expect(REQUESTS['words.sync'].result.parse(reply).added).toEqual([{ ...reply.added[0], action: 'confirm' }]);
  });

  test('[RC1] a policy with an unknown name is refused whole; a version of two numbers is one', () => {
    const recall = { ...BASE_POLICY.recall, read_rule: 'ask' };
    expect(Policy.safeParse({ ...BASE_POLICY, recall }).success).toBe(false);
    const needs = (min_app_version: string) =>
      Policy.safeParse({ ...BASE_POLICY, recall: { ...BASE_POLICY.recall, min_app_version } }).data?.recall
        .min_app_version;
    expect(needs('2.1')).toBe('2.1.0');
    expect(needs('2.1.0-rc.1')).toBe('2.1.0-rc.1');
    expect(needs('two')).toBeUndefined();
  });
});

describe('an event', () => {
  test('[SY8] whose only fault is a name that isn’t known is unknown, not malformed', () => {
    const status = { conversation_id: 'c-1', msg_id: 'm-1', status: 'forwarded' };
    const { event, text } = eventOf('message.status', status);
    expect(event).toEqual({
      type: 'event',
      event_seq: 5,
      at: 1_790_000_000_000,
      kind: 'unknown',
      unknown_kind: 'message.status',
      raw: text,
    });
    expect(eventOf('agent.updated', { agent_id: 'a', name: '小李', role: 'trainee', presence: 'x' }).event.kind).toBe(
      'unknown',
    );
  });

  test('[SY8] with a part missing or of another type is malformed, whatever else is new in it', () => {
    expect(eventOf('message.status', { conversation_id: 'c-1', status: 'forwarded' }).event.kind).toBe('malformed');
    expect(eventOf('message.status', { conversation_id: 'c-1', msg_id: 'm-1', status: 3 }).event.kind).toBe(
      'malformed',
    );
    expect(eventOf('message.status', { conversation_id: 'c-1', msg_id: 'm-1' }).event.kind).toBe('malformed');
  });
});
