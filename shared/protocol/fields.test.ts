import { describe, expect, test } from 'vitest';
import { toBase64 } from '../lib/base64.ts';
import { Attachment, Conversation, Message, type Conversation as ConversationWire } from './entities.ts';
import { ConversationRemoved, MessageRecalled } from './events.ts';
import { leftOut } from './fields.ts';
import { parseClientFrame, parseServerFrame } from './frames.ts';
import { ATTACHMENT_CHUNK_BYTES } from './limits.ts';
import { ReplyError, REQUESTS, type RequestName } from './requests.ts';

/** What another implementer of the page may write, and means the same (docs/protocol.md, at the end). */

const MESSAGE = {
  msg_id: 'm-1',
  conversation_id: 'c-1',
  conv_seq: 1,
  client_msg_id: null,
  shop_id: 's-1',
  sender: { role: 'consumer', id: 'u-1', name: '买家' },
  kind: 'text',
  text: '在吗',
  order_nos: [],
  violation_nos: [],
  correction_of: null,
  sent_at: 1,
  status: 'sent',
};
const CONVERSATION = {
  conversation_id: 'c-1',
  shop_id: 's-1',
  type: 'single',
  title: '买家',
  consumer: null,
  intake: 'active',
  assignee: null,
  assignments: [{ agent_id: 'a-1', name: '小美', from: 1, to: null, how: 'claimed' }],
  order_nos: [],
  violation_nos: [],
  last_seq: 1,
  last_message_at: null,
  agent_read_seq: 0,
  consumer_read_seq: 0,
  waiting_since: null,
  ends_at: null,
  deletes_at: null,
  consumer_restricts_recall: false,
  legal_hold: false,
};
const ATTACHMENT = { attachment_id: 'a', name: '图', mime: 'image/png', bytes: 3, sha256: 'ab'.repeat(32) };
const EVENT = { type: 'event', event_seq: 7, at: 1 };

const withoutNulls = (value: object): unknown =>
  JSON.parse(JSON.stringify(value, (_key, field: unknown) => (field === null ? undefined : field)));

/** As it reads once a field that is undefined counts as absent, which is how everything behind the door takes it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('what is not there', () => {
  test('[WIRE] a field of `x?` that is null counts as left out', () => {
    const sender = { ...MESSAGE.sender, device_id: null };
    expect(plain(Message.parse({ ...MESSAGE, sender, attachment: null, order: null, recalled: null }))).toEqual(
      MESSAGE,
    );
    expect(plain(Conversation.parse({ ...CONVERSATION, members: null }))).toEqual(CONVERSATION);
    expect(plain(Attachment.parse({ ...ATTACHMENT, width: null, height: null }))).toEqual(ATTACHMENT);
    expect(plain(ReplyError.parse({ code: 'QUOTA', message: '', retry_after_ms: null, details: null }))).toEqual({
      code: 'QUOTA',
      message: '',
    });
    const recalled = { recall_id: 'r', operator: { ...sender }, effect: 'both', reason: null };
    expect(
      MessageRecalled.safeParse({ ...EVENT, kind: 'message.recalled', conversation_id: 'c', msg_id: 'm', ...recalled }),
    ).toMatchObject({ success: true });
  });

  test('[WIRE] a field of `x|null` that is left out is null', () => {
    expect(Message.parse(withoutNulls(MESSAGE))).toEqual(MESSAGE);
    expect(Conversation.parse(withoutNulls(CONVERSATION))).toEqual(CONVERSATION);
    expect(REQUESTS['snapshot.get'].result.parse({ conversations: [] })).toEqual({ conversations: [], cursor: null });
  });

  test.each([
    [
      'message.send',
      { client_msg_id: 'a', conversation_id: 'c', kind: 'text', text: '好', attachment_id: null, correction_of: null },
    ],
    ['message.recall', { recall_id: 'r', conversation_id: 'c', msg_id: 'm', reason: null }],
    ['agents.list', { shop_id: null }],
    ['records.query', { shop_id: 's', agent_ids: null, order_nos: null, violation_nos: null, from: 0, to: 1 }],
    ['snapshot.get', { limit: 5 }],
  ] as [RequestName, object][])('[WIRE] a client may write %s so, too', (name, fields) => {
    const parsed = parseClientFrame(JSON.stringify({ type: name, request_id: 'q', ...fields }));
    expect(parsed).toMatchObject({ type: 'request', name });
  });

  test('[WIRE] a reply without a result has an empty one; hello without resume is the first', () => {
    expect(parseServerFrame('{"type":"reply","request_id":"q","ok":true}')).toMatchObject({ type: 'reply' });
    const hello = { type: 'hello', protocol: 1, token: 't', device_id: 'd', app_version: '1.0.0' };
    expect(parseClientFrame(JSON.stringify(hello))).toEqual({ type: 'hello', frame: { ...hello, resume: null } });
  });
});

describe('what the page does not say exactly', () => {
  test('[WIRE] a hash may be written in capitals, and is one hash', () => {
    expect(Attachment.parse({ ...ATTACHMENT, sha256: ATTACHMENT.sha256.toUpperCase() })).toEqual(ATTACHMENT);
    expect(Attachment.safeParse({ ...ATTACHMENT, sha256: 'xy'.repeat(32) }).success).toBe(false);
  });

  test('[SY8] a size of 0 and an avatar that is a picture in itself lose no message and no conversation', () => {
    expect(plain(Attachment.parse({ ...ATTACHMENT, width: 0, height: 0 }))).toEqual(ATTACHMENT);
    const consumer = { consumer_id: 'u-1', name: '买家' };
    const avatar = `data:image/png;base64,${'A'.repeat(4_000)}`;
    expect(plain(Conversation.parse({ ...CONVERSATION, consumer: { ...consumer, avatar } }))).toEqual({
      ...CONVERSATION,
      consumer,
    });
  });

  test('[WIRE] members have roles of any name, and who removed a group may be an object with a name', () => {
    const roles = ['agent', 'consumer', 'system', 'supervisor', 'owner'];
    const members = roles.map((role, index) => ({ id: String(index), role, name: '' }));
    const read: ConversationWire = Conversation.parse({ ...CONVERSATION, members });
    expect(read.members?.map(({ role }) => role)).toEqual(['agent', 'consumer', 'system', 'agent', 'consumer']);
    const removed = { ...EVENT, kind: 'conversation.removed', conversation_id: 'c', restorable_until: 2 };
    for (const by of ['管理员', { role: 'agent', id: 'a', name: '管理员' }])
      expect(ConversationRemoved.parse({ ...removed, by }).by).toBe('管理员');
  });

  test('[SY3] nobody waits longer than ten minutes because a gateway said so', () => {
    expect(ReplyError.parse({ code: 'SERVER_BUSY', message: '', retry_after_ms: 31_536_000_000 }).retry_after_ms).toBe(
      600_000,
    );
  });

  test.each([0, 1, 2])('[IN8] a chunk may have 512 KiB, and not %i bytes more than that', (more) => {
    const put = {
      type: 'attachment.put',
      request_id: 'q',
      sha256: ATTACHMENT.sha256,
      bytes: ATTACHMENT_CHUNK_BYTES + more,
      mime: '',
      name: '',
      chunk_index: 0,
      chunks: 1,
      data: toBase64(new Uint8Array(ATTACHMENT_CHUNK_BYTES + more)),
    };
    expect(parseClientFrame(JSON.stringify(put)).type).toBe(more === 0 ? 'request' : 'bad_request');
  });
});

describe('lists', () => {
  test('[SY8] an element that cannot be read is left out and counted, the others stay in order', () => {
    const page = {
      messages: [MESSAGE, { ...MESSAGE, sent_at: 'soon' }, 7, { ...MESSAGE, conv_seq: 2 }],
      has_more: true,
    };
    const read = REQUESTS['conversation.pull'].result.parse(page);
    expect(read.messages.map(({ conv_seq }) => conv_seq)).toEqual([1, 2]);
    expect(leftOut(page, read)).toBe(2);
    expect(leftOut({ ...page, messages: [MESSAGE] }, { ...read, messages: [MESSAGE] })).toBe(0);
    expect(REQUESTS['conversation.pull'].result.safeParse({ messages: 'none', has_more: false }).success).toBe(false);
  });

  test.each([
    ['kind', { ...EVENT, kind: '' }],
    ['kind', { ...EVENT, kind: 'x'.repeat(500) }],
    ['kind', { type: 'event', event_seq: 7, at: 1 }],
    ['time', { type: 'event', event_seq: 7, kind: 'future.kind' }],
  ])('[SY2] an event without a readable %s keeps its number: the stream must not stand still at it', (_what, frame) => {
    expect(parseServerFrame(JSON.stringify(frame))).toMatchObject({
      type: 'event',
      event: { event_seq: 7, kind: 'unknown' },
    });
  });
});
