import { describe, expect, test } from 'vitest';
import { GATEWAY_RECALL_CODES, RECALL_REASONS } from '../domain/recall/types.ts';
import { Policy } from './entities.ts';
import { KnownEvent } from './events.ts';
import { parseClientFrame, parseServerFrame } from './frames.ts';
import { CloseCode, MAX_FRAME_BYTES } from './limits.ts';
import { GATEWAY_ERROR_CODES, REQUESTS, isRequestName, type RequestName } from './requests.ts';

/** The examples of the protocol page, and everything that is nearly like them. */

const POLICY = {
  version: 3,
  recall: {
    enabled: true,
    window_ms: 120_000,
    kinds: ['text'],
    read_rule: 'block',
    roles: ['agent', 'supervisor', 'admin'],
    own_only: true,
    after_transfer: 'sender_only',
    other_device: 'allow',
    ended_session: 'block',
    group: { window_ms: 120_000, roles: ['supervisor', 'admin'], read_rule: 'ignore' },
    per_hour_soft: 5,
    per_hour_hard: 20,
    min_app_version: '1.0.0',
  },
  retention: { waiting_ms: 172_800_000, accepted_ms: 5_184_000_000 },
  session_end: { after_ms: 172_800_000, since: 'agent_last' },
  send: { max_text: 2048, delay_ms: 3000, confirm: ['money', 'promise'], block: ['id_number'], words_version: 12 },
  compensation: { approval_above: '20.00' },
  group_delete: { roles: ['admin'], restore_ms: 604_800_000, notice_required: true },
};

const RECALLED = {
  conversation_id: 'c-1',
  msg_id: 'm-1',
  recall_id: 'r-1',
  operator: { role: 'agent', id: 'a-7', name: '客服小美', device_id: 'd-1' },
  effect: 'both',
  at: 1_790_000_000_200,
  reason: '价格说错',
};

const MESSAGE = {
  msg_id: 'm-1',
  conversation_id: 'c-1',
  conv_seq: 17,
  client_msg_id: 'k_-9',
  shop_id: 's-1',
  sender: { role: 'agent', id: 'a-7', name: '客服小美', device_id: 'd-1' },
  kind: 'text',
  text: '您好',
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
  assignee: { agent_id: 'a-7', name: '客服小美' },
  assignments: [{ agent_id: 'a-7', name: '客服小美', from: 1_790_000_000_000, to: null, how: 'claimed' }],
  order_nos: [],
  violation_nos: [],
  last_seq: 17,
  last_message_at: 1_790_000_000_000,
  agent_read_seq: 15,
  consumer_read_seq: 12,
  waiting_since: null,
  ends_at: null,
  deletes_at: null,
  consumer_restricts_recall: false,
  legal_hold: false,
};

const envelope = (kind: string): object => ({ type: 'event', event_seq: 8842, at: 1_790_000_000_123, kind });

const EVENTS: Record<KnownEvent['kind'], object> = {
  'message.created': { message: MESSAGE },
  'message.status': { conversation_id: 'c-1', msg_id: 'm-1', status: 'read' },
  'attachment.opened': { conversation_id: 'c-1', msg_id: 'm-1' },
  'message.recalled': RECALLED,
  'conversation.upserted': { conversation: CONVERSATION },
  'conversation.removed': { conversation_id: 'c-1', by: '店长徐姐', restorable_until: 1_790_000_100_000 },
  'conversation.purged': { conversation_id: 'c-1' },
  'policy.updated': { shop_id: 's-1', policy: POLICY },
  'words.updated': { shop_id: 's-1', version: 13 },
  'agent.updated': { agent_id: 'a-7', name: '客服小美', role: 'agent', presence: 'busy' },
};

const HELLO = {
  type: 'hello',
  protocol: 1,
  token: 't',
  device_id: 'd-1',
  app_version: '1.0.0',
  resume: { event_seq: 8841 },
};

const WELCOME = {
  type: 'welcome',
  session_id: 's',
  server_time: 1_790_000_000_000,
  heartbeat_ms: 10_000,
  agent: { agent_id: 'a-7', name: '客服小美', role: 'agent', presence: 'online' },
  shops: [{ shop_id: 's-1', name: '清禾', platform: 'pdd', policy: POLICY }],
  resume: { status: 'resumed', from_seq: 8842 },
};

const SHA = 'a'.repeat(64);
const REQUEST_EXAMPLES: Record<RequestName, { fields: object; result: object }> = {
  'message.send': {
    fields: { client_msg_id: 'k-1', conversation_id: 'c-1', kind: 'text', text: '您好', correction_of: 'm-0' },
    result: { message: MESSAGE, duplicate: false },
  },
  'message.recall': {
    fields: { recall_id: 'r-1', conversation_id: 'c-1', msg_id: 'm-1', reason: '价格' },
    result: { recall_id: 'r-1', effect: 'maybe_seen', recalled_at: 1, elapsed_ms: 5, quota: { used: 1, limit: 20 } },
  },
  'recall.query': { fields: { recall_id: 'r-1' }, result: { known: true, ok: false, code: 'WINDOW_EXPIRED' } },
  'conversation.pull': {
    fields: { conversation_id: 'c-1', from_seq: 1, to_seq: 20, limit: 1000 },
    result: { messages: [], has_more: true },
  },
  'snapshot.get': { fields: { cursor: null, limit: 500 }, result: { conversations: [CONVERSATION], cursor: 'next' } },
  'conversation.claim': { fields: { conversation_id: 'c-1' }, result: { conversation: CONVERSATION } },
  'conversation.transfer': {
    fields: { conversation_id: 'c-1', to_agent_id: 'a-8', note: '' },
    result: { conversation: CONVERSATION },
  },
  'conversation.end': { fields: { conversation_id: 'c-1' }, result: { conversation: CONVERSATION } },
  'conversation.read': { fields: { conversation_id: 'c-1', conv_seq: 17 }, result: {} },
  'presence.set': { fields: { presence: 'off_duty' }, result: { presence: 'off_duty' } },
  'agents.list': { fields: {}, result: { agents: [WELCOME.agent] } },
  'attachment.put': {
    fields: { sha256: SHA, bytes: 3, mime: 'image/png', name: '图.png', chunk_index: 0, chunks: 1, data: 'AAAA' },
    result: { attachment_id: 'att-1', received: [0] },
  },
  'attachment.get': {
    fields: { attachment_id: 'att-1', offset: 0, length: 524_288 },
    result: { data: 'AAAA', bytes: 3, mime: 'image/png', sha256: SHA },
  },
  'words.sync': {
    fields: { shop_id: 's-1', since_version: 0 },
    result: { version: 12, added: [{ word: '刷单', category: 'fraud', action: 'block' }], removed: ['旧词'] },
  },
  'group.delete': {
    fields: { conversation_id: 'c-1', notice: '解散', replacement: '新群', backup_sha256: SHA },
    result: { restorable_until: 1_790_000_000_000 },
  },
  'group.restore': { fields: { conversation_id: 'c-1' }, result: { conversation: CONVERSATION } },
  'records.query': {
    fields: { shop_id: 's-1', agent_ids: ['a-7'], order_nos: ['260901-805320551362352'], from: 0, to: 1, cursor: null },
    result: { messages: [MESSAGE], cursor: null },
  },
  'token.refresh': { fields: {}, result: { token: 't2', expires_at: 1_790_000_000_000 } },
};

const text = (value: object): string => JSON.stringify(value);

describe('events', () => {
  test.each(Object.keys(EVENTS) as KnownEvent['kind'][])(
    '[WIRE] %s as on the page, with fields of tomorrow ignored',
    (kind) => {
      const frame = { ...EVENTS[kind], ...envelope(kind), future: { nested: [1] } };
      const parsed = parseServerFrame(text(frame));
      expect(parsed).toMatchObject({ type: 'event', event: { ...EVENTS[kind], ...envelope(kind) } });
      expect(parsed.type === 'event' && 'future' in parsed.event).toBe(false);
    },
  );

  test('[WIRE] every kind of the page is an example here, and no other', () => {
    expect(new Set(KnownEvent.options.map((option) => option.shape.kind.value))).toEqual(new Set(Object.keys(EVENTS)));
  });

  test('[SY8] an unknown kind is kept raw with its number', () => {
    const raw = text({ ...envelope('hologram.shown'), colour: '蓝' });
    expect(parseServerFrame(raw)).toEqual({
      type: 'event',
      event: {
        type: 'event',
        kind: 'unknown',
        unknown_kind: 'hologram.shown',
        event_seq: 8842,
        at: 1_790_000_000_123,
        raw,
      },
    });
  });

  test.each([
    ['message.created', { message: { ...MESSAGE, conv_seq: 0 } }, 'message.conv_seq'],
    ['message.created', { message: { ...MESSAGE, sent_at: 1.5 } }, 'message.sent_at'],
    ['message.created', { message: { ...MESSAGE, msg_id: 17 } }, 'message.msg_id'],
    ['message.status', { conversation_id: 'c-1', msg_id: 'm-1', status: ['密文'] }, 'status'],
    ['message.recalled', { ...RECALLED, effect: { is: 'perhaps' } }, 'effect'],
    ['policy.updated', { shop_id: 's-1', policy: { ...POLICY, version: -1 } }, 'policy.version'],
    [
      'policy.updated',
      { shop_id: 's-1', policy: { ...POLICY, recall: { ...POLICY.recall, read_rule: '也许' } } },
      'policy.recall.read_rule',
    ],
  ])('[SY8] a malformed %s keeps its number and names the place, not the content', (kind, body, path) => {
    const parsed = parseServerFrame(text({ ...body, ...envelope(kind) }));
    expect(parsed).toMatchObject({
      type: 'event',
      event: { kind: 'malformed', malformed_kind: kind, event_seq: 8842 },
    });
    if (parsed.type !== 'event' || parsed.event.kind !== 'malformed') throw new Error('not malformed');
    expect(parsed.event.problem).toContain(path);
    for (const content of ['您好', '密文', '也许', 'perhaps']) expect(parsed.event.problem).not.toContain(content);
  });

  test.each([
    ['no number', { type: 'event', at: 1, kind: 'message.status' }],
    ['number zero', { type: 'event', at: 1, kind: 'message.status', event_seq: 0 }],
    ['a number as text', { type: 'event', at: 1, kind: 'future.kind', event_seq: '8' }],
  ])('[SY8] an event with %s is a bad frame: there is nothing to count it by', (_name, frame) => {
    expect(parseServerFrame(text(frame))).toMatchObject({ type: 'bad', problem: { code: 'BAD_SHAPE' } });
  });

  test('[RC17] a recalled message may leave the repeated ids out', () => {
    const { conversation_id: _c, msg_id: _m, ...recalled } = RECALLED;
    const parsed = parseServerFrame(
      text({ ...envelope('message.created'), message: { ...MESSAGE, text: null, recalled } }),
    );
    expect(parsed).toMatchObject({
      type: 'event',
      event: { kind: 'message.created', message: { text: null, recalled } },
    });
  });
});

describe('other frames of the gateway', () => {
  test.each([
    ['resumed', { status: 'resumed', from_seq: 8842 }],
    ['snapshot', { status: 'snapshot', reason: 'expired', event_seq: 9000 }],
  ])('[WIRE] welcome, %s', (_name, resume) => {
    expect(parseServerFrame(text({ ...WELCOME, resume, motd: 'x' }))).toEqual({
      type: 'welcome',
      frame: { ...WELCOME, resume },
      left_out: 0,
    });
  });

  test('[SY8] a shop of the welcome that cannot be read does not take the others with it', () => {
    const shops = [...WELCOME.shops, { shop_id: 's-2', name: 7, platform: 'pdd' }];
    expect(parseServerFrame(text({ ...WELCOME, shops }))).toEqual({ type: 'welcome', frame: WELCOME, left_out: 1 });
  });

  test('[RC1] one refused policy does not refuse the welcome', () => {
    const shops = [{ ...WELCOME.shops[0], policy: { version: 'x' } }];
    const parsed = parseServerFrame(text({ ...WELCOME, shops }));
    expect(parsed.type).toBe('welcome');
    expect(Policy.safeParse({ version: 'x' }).success).toBe(false);
  });

  test.each([
    ['a role of tomorrow', { ...WELCOME, agent: { ...WELCOME.agent, role: 'emperor' } }],
    ['no resume', { ...WELCOME, resume: null }],
    ['a way to resume of tomorrow', { ...WELCOME, resume: { status: 'rewound', from_seq: 1 } }],
  ])('[WIRE] welcome with %s is refused', (_name, frame) => {
    expect(parseServerFrame(text(frame)).type).toBe('bad');
  });

  test('[WIRE] replies, pong and kicked', () => {
    const done = { type: 'reply', request_id: 'q', ok: true, result: { a: 1 } };
    const error = { code: 'SERVER_BUSY', message: 'later', retry_after_ms: 5, details: { by: 'x' } };
    const failed = { type: 'reply', request_id: 'q', ok: false, error };
    const pong = { type: 'pong', sent_at: 1.5, server_time: 2, last_event_seq: 3 };
    const kicked = { type: 'kicked', by_device: 'd-2', at: 4 };
    for (const frame of [done, failed, pong, kicked])
      expect(parseServerFrame(text(frame))).toEqual({ type: frame.type, frame });
    expect(parseServerFrame(text({ ...done, ok: 'yes' })).type).toBe('bad');
    expect(parseServerFrame(text({ ...failed, error: {} })).type).toBe('bad');
    expect(parseServerFrame(text({ ...pong, last_event_seq: -1 })).type).toBe('bad');
  });

  test('[WIRE] an unknown type is ignored and kept raw', () => {
    const raw = text({ type: 'wave', hello: '你' });
    expect(parseServerFrame(raw)).toEqual({ type: 'unknown', unknown_type: 'wave', raw });
  });
});

describe('text that is no frame', () => {
  test.each([
    ['', 'NOT_JSON'],
    ['{"type":"pong"', 'NOT_JSON'],
    ['[1]', 'NOT_OBJECT'],
    ['null', 'NOT_OBJECT'],
    ['"text"', 'NOT_OBJECT'],
    ['{}', 'BAD_SHAPE'],
    ['{"type":7}', 'BAD_SHAPE'],
  ])('[SY8] %j', (frame, code) => {
    expect(parseServerFrame(frame)).toMatchObject({ type: 'bad', problem: { code } });
    expect(parseClientFrame(frame)).toMatchObject({ type: 'bad', problem: { code } });
  });

  test('[SY8] the limit counts bytes, not characters', () => {
    const wrap = (pad: string): string => `{"type":"wave","pad":"${pad}"}`;
    const room = MAX_FRAME_BYTES - wrap('').length;
    expect(parseServerFrame(wrap('x'.repeat(room))).type).toBe('unknown');
    expect(parseServerFrame(wrap('x'.repeat(room + 1)))).toMatchObject({ type: 'bad', problem: { code: 'TOO_LARGE' } });
    // A Chinese character is three bytes.
    expect(parseServerFrame(wrap('字'.repeat(Math.floor(room / 3)))).type).toBe('unknown');
    expect(parseServerFrame(wrap('字'.repeat(Math.floor(room / 3) + 1)))).toMatchObject({
      type: 'bad',
      problem: { code: 'TOO_LARGE' },
    });
  });

  test('[SE4] no problem repeats what was received', () => {
    for (const frame of ['秘密{', '["秘密"]', '{"type":"welcome","session_id":"秘密"}', '{"秘密":1}'])
      expect(JSON.stringify(parseServerFrame(frame))).not.toContain('秘密');
  });

  test('[SE6] deeply nested JSON does not throw', () => {
    expect(['bad', 'unknown']).toContain(
      parseServerFrame(`{"type":"wave","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`).type,
    );
  });

  test('[SE2] __proto__ and constructor are just fields', () => {
    const parsed = parseServerFrame(
      '{"type":"pong","sent_at":1,"server_time":2,"last_event_seq":3,"__proto__":{"polluted":1}}',
    );
    expect(parsed.type).toBe('pong');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(isRequestName('constructor')).toBe(false);
    expect(isRequestName('__proto__')).toBe(false);
  });
});

describe('frames of the client', () => {
  test('[WIRE] hello, first and with resume; ack; ping', () => {
    for (const resume of [null, { event_seq: 8841 }])
      expect(parseClientFrame(text({ ...HELLO, resume, extra: 1 }))).toEqual({
        type: 'hello',
        frame: { ...HELLO, resume },
      });
    expect(parseClientFrame(text({ type: 'ack', event_seq: 8842 }))).toEqual({
      type: 'ack',
      frame: { type: 'ack', event_seq: 8842 },
    });
    expect(parseClientFrame(text({ type: 'ping', sent_at: 1.25 }))).toEqual({
      type: 'ping',
      frame: { type: 'ping', sent_at: 1.25 },
    });
  });

  test.each([
    ['no token', { token: undefined }],
    ['an empty token', { token: '' }],
    ['a negative cursor', { resume: { event_seq: -1 } }],
    ['protocol as text', { protocol: '1' }],
  ])('[WIRE] hello with %s is refused', (_name, change) => {
    expect(parseClientFrame(text({ ...HELLO, ...change }))).toMatchObject({
      type: 'bad',
      problem: { code: 'BAD_SHAPE' },
    });
  });

  test.each(Object.keys(REQUEST_EXAMPLES) as RequestName[])('[WIRE] request %s and its result', (name) => {
    const { fields, result } = REQUEST_EXAMPLES[name];
    expect(parseClientFrame(text({ type: name, request_id: 'q-1', ...fields, future: 1 }))).toEqual({
      type: 'request',
      name,
      request_id: 'q-1',
      fields,
    });
    expect(REQUESTS[name].result.parse({ ...result, future: 1 })).toEqual(result);
  });

  test('[WIRE] every request of the page is an example here, and no other', () => {
    expect(new Set(Object.keys(REQUESTS))).toEqual(new Set(Object.keys(REQUEST_EXAMPLES)));
  });

  test.each([
    ['message.send', { client_msg_id: '' }, 'client_msg_id'],
    ['message.send', { client_msg_id: 'x'.repeat(33) }, 'client_msg_id'],
    ['message.send', { client_msg_id: 'a b' }, 'client_msg_id'],
    ['message.send', { kind: 'hologram' }, 'kind'],
    ['conversation.pull', { limit: 1001 }, 'limit'],
    ['conversation.pull', { limit: 0 }, 'limit'],
    ['conversation.pull', { from_seq: 0 }, 'from_seq'],
    ['snapshot.get', { limit: 501 }, 'limit'],
    ['snapshot.get', { cursor: 7 }, 'cursor'],
    ['attachment.put', { sha256: 'ABC' }, 'sha256'],
    ['attachment.put', { data: '***' }, 'data'],
    ['attachment.put', { data: 'A'.repeat(699_056) }, 'data'],
    ['attachment.get', { length: 524_289 }, 'length'],
    ['presence.set', { presence: 'lunch' }, 'presence'],
    ['records.query', { from: -1 }, 'from'],
  ] as const)('[WIRE] %s with %j is BAD_REQUEST at its field, with its id', (name, change, path) => {
    const parsed = parseClientFrame(
      text({ type: name, request_id: 'q-1', ...REQUEST_EXAMPLES[name].fields, ...change }),
    );
    expect(parsed).toMatchObject({ type: 'bad_request', request_id: 'q-1', name });
    expect(parsed.type === 'bad_request' && parsed.problem).toContain(path);
  });

  test('[WIRE] a request without id is a bad frame, an unknown one with id is answered, one without is ignored', () => {
    expect(parseClientFrame(text({ type: 'agents.list' })).type).toBe('bad');
    expect(parseClientFrame(text({ type: 'agents.list', request_id: '' })).type).toBe('bad');
    expect(parseClientFrame(text({ type: 'agents.levitate', request_id: 'q' }))).toMatchObject({
      type: 'bad_request',
      request_id: 'q',
    });
    expect(parseClientFrame(text({ type: 'wave' }))).toEqual({ type: 'unknown', unknown_type: 'wave' });
  });
});

describe('constants', () => {
  test('[WIRE] close codes of the page', () => {
    expect(CloseCode).toEqual({
      PROTOCOL_ERROR: 4000,
      AUTH_FAILED: 4001,
      AUTH_EXPIRED: 4002,
      KICKED: 4003,
      CLIENT_TOO_OLD: 4004,
      GOING_AWAY: 4005,
      TOO_SLOW: 4008,
    });
  });

  test("[RC3] the gateway's recall codes and error codes have one meaning each", () => {
    expect(new Set(RECALL_REASONS).size).toBe(RECALL_REASONS.length);
    expect(new Set(GATEWAY_ERROR_CODES).size).toBe(GATEWAY_ERROR_CODES.length);
    expect(GATEWAY_RECALL_CODES.filter((code) => (RECALL_REASONS as readonly string[]).includes(code))).toEqual([]);
  });

  test.each([
    ['a part missing', { ...POLICY, recall: undefined }],
    ['a negative window', { ...POLICY, recall: { ...POLICY.recall, window_ms: -1 } }],
    ['an unknown kind', { ...POLICY, recall: { ...POLICY.recall, kinds: ['hologram'] } }],
    ['a delay beyond 30 s', { ...POLICY, send: { ...POLICY.send, delay_ms: 30_001 } }],
    ['an amount that is none', { ...POLICY, compensation: { approval_above: '20.000' } }],
  ])('[RC1] a policy with %s is refused whole', (_name, policy) => {
    expect(Policy.safeParse(policy).success).toBe(false);
    expect(Policy.safeParse(POLICY).success).toBe(true);
  });
});
