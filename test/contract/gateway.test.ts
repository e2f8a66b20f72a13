import { createHash, randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { afterEach, describe, expect, test } from 'vitest';
import { startPracticeGateway, type PracticeGateway, type PracticeOptions } from '#main/practice/index.ts';
import type { Message } from '#shared/protocol/entities.ts';
import { RawClient, type EventFrame } from '../support/raw-client.ts';
import { settle, until } from '../support/wait.ts';

/** The practice gateway held against the protocol page by a client that knows nothing but that page. */

const open: PracticeGateway[] = [];
const clients: RawClient[] = [];

async function gateway(options: PracticeOptions = {}): Promise<PracticeGateway> {
  const started = await startPracticeGateway({ port: 0, seed: 1, rate: 0, ...options });
  open.push(started);
  return started;
}

async function login(
  on: PracticeGateway,
  agentId = 'a-xiaomei',
  options: { device?: string; version?: string; resume?: number | null } = {},
): Promise<RawClient> {
  const client = await RawClient.login(on.url, on.tokens[agentId] as string, options);
  clients.push(client);
  return client;
}

async function connect(on: PracticeGateway): Promise<RawClient> {
  const client = await RawClient.open(on.url);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.cut();
  for (const started of open.splice(0)) await started.close();
});

let counter = 0;
const newId = (): string => `k-${++counter}-${randomBytes(6).toString('hex')}`;

/** A conversation that 客服小美 has just been given. */
function served(on: PracticeGateway, shopId = 's-qinghe', agentId = 'a-xiaomei'): string {
  return on.control.newEnquiry({ shop_id: shopId, text: '在吗', assign_to: agentId, name: '测试买家' }).conversation_id;
}

async function say(client: RawClient, conversationId: string, text = '您好'): Promise<Message> {
  const result = await client.get('message.send', {
    client_msg_id: newId(),
    conversation_id: conversationId,
    kind: 'text',
    text,
  });
  return result.message as Message;
}

function expectNumbersWithoutGaps(events: readonly EventFrame[], after: number): void {
  expect(events.map(({ event_seq }) => event_seq)).toEqual(events.map((_, index) => after + 1 + index));
}

describe('opening', () => {
  test('[WIRE] welcome carries agent, shops with whole policies, heartbeat and a first snapshot', async () => {
    const on = await gateway();
    const client = await login(on);
    const { welcome } = client;
    expect(welcome.agent).toEqual({ agent_id: 'a-xiaomei', name: '客服小美', role: 'supervisor', presence: 'online' });
    expect(welcome.heartbeat_ms).toBe(10_000);
    expect(welcome.shops.length).toBeGreaterThanOrEqual(2);
    expect(new Set(welcome.shops.map((shop: any) => shop.policy.recall.read_rule))).toEqual(
      new Set(['block', 'warn', 'ignore']),
    );
    expect(welcome.resume.status).toBe('snapshot');
    expect(welcome.resume.reason).toBe('first');
  });

  test('[WIRE] without the subprotocol there is no connection', async () => {
    const on = await gateway();
    const socket = new WebSocket(on.url);
    const outcome = await new Promise<string>((resolve) => {
      socket.on('open', () => resolve('open'));
      socket.on('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
      socket.on('error', () => resolve('error'));
    });
    expect(outcome).toBe('400');
  });

  test('[WIRE] silence instead of hello is 4000', async () => {
    const on = await gateway({ limits: { helloTimeoutMs: 60 } });
    const client = await connect(on);
    expect((await client.untilClosed()).code).toBe(4000);
  });

  test('[WIRE] the page gives hello five seconds', async () => {
    const { DEFAULT_LIMITS } = await import('#main/practice/connection.ts');
    expect(DEFAULT_LIMITS.helloTimeoutMs).toBe(5_000);
  });

  test.each([
    ['a request', { type: 'presence.set', request_id: 'q', presence: 'busy' }],
    ['a ping', { type: 'ping', sent_at: 1 }],
    ['a hello without device', { type: 'hello', protocol: 1, token: 't', app_version: '1.0.0', resume: null }],
  ])('[WIRE] %s before hello is 4000', async (_name, frame) => {
    const on = await gateway();
    const client = await connect(on);
    client.send(frame);
    expect((await client.untilClosed()).code).toBe(4000);
  });

  test('[WIRE] an unknown token is 4001, a revoked one too, an expired one 4002', async () => {
    const on = await gateway();
    const revoked = on.control.issueToken('a-xiaomei');
    on.control.revokeToken(revoked);
    const expired = on.control.issueToken('a-xiaomei');
    on.control.expireToken(expired);
    const codes: number[] = [];
    for (const token of ['nonsense', revoked, expired]) {
      const client = await RawClient.login(on.url, token);
      codes.push((await client.untilClosed()).code);
    }
    expect(codes).toEqual([4001, 4001, 4002]);
  });

  test('[WIRE] a client that is too old is 4004', async () => {
    const on = await gateway({ limits: { minAppVersion: '2.0.0' } });
    const client = await RawClient.login(on.url, on.token, { version: '1.9.9' });
    expect((await client.untilClosed()).code).toBe(4004);
    const newer = await login(on, 'a-xiaomei', { version: '2.0.0' });
    expect(newer.welcome).toBeDefined();
  });

  test('[IN7] a second device kicks the first, with a frame that names it and 4003', async () => {
    const on = await gateway();
    const first = await login(on, 'a-xiaomei', { device: 'd-old' });
    const second = await login(on, 'a-xiaomei', { device: 'd-new' });
    expect((await first.untilClosed()).code).toBe(4003);
    expect(first.frames.find(({ type }) => type === 'kicked')).toMatchObject({
      by_device: 'd-new',
      at: expect.any(Number),
    });
    expect(second.closed).toBeNull();
    expect((await second.ask('agents.list')).ok).toBe(true);
  });

  test('[SY4] the same device again replaces its dead socket and is not told to stay away', async () => {
    const on = await gateway();
    const first = await login(on, 'a-xiaomei', { device: 'd-1' });
    const second = await login(on, 'a-xiaomei', { device: 'd-1' });
    const { code } = await first.untilClosed();
    expect(code).not.toBe(4003);
    expect(first.frames.some(({ type }) => type === 'kicked')).toBe(false);
    expect(second.closed).toBeNull();
  });

  test('[WIRE] maintenance is 4005 with retry_after_ms, and SERVER_BUSY for requests', async () => {
    const on = await gateway();
    const client = await login(on);
    on.control.faults.maintenance = { retryAfterMs: 1234 };
    const reply = await client.ask('agents.list');
    expect(reply.error).toMatchObject({ code: 'SERVER_BUSY', retry_after_ms: 1234 });
    const other = await RawClient.login(on.url, on.tokens['a-xu'] as string);
    const close = await other.untilClosed();
    expect(close.code).toBe(4005);
    expect(JSON.parse(close.reason)).toEqual({ retry_after_ms: 1234 });
  });
});

describe('frames', () => {
  test.each([
    ['not JSON', (client: RawClient) => client.sendText('{"type":')],
    ['an array', (client: RawClient) => client.sendText('[]')],
    ['no type', (client: RawClient) => client.sendText('{}')],
    ['a second hello', (client: RawClient) => client.hello('again')],
    ['a request without id', (client: RawClient) => client.send({ type: 'agents.list' })],
    ['a binary frame', (client: RawClient) => client.sendBinary(Buffer.from('{"type":"ping","sent_at":1}'))],
    ['more than 1 MiB', (client: RawClient) => client.send({ type: 'ping', sent_at: 1, pad: 'x'.repeat(1_048_600) })],
    [
      'an ack of what was never sent',
      (client: RawClient) => client.send({ type: 'ack', event_seq: 9_999_999_999_999 }),
    ],
  ])('[WIRE] %s is 4000', async (_name, act) => {
    const on = await gateway();
    const client = await login(on);
    act(client);
    expect((await client.untilClosed()).code).toBe(4000);
  });

  test('[WIRE] a frame of just 1 MiB is taken', async () => {
    const on = await gateway();
    const client = await login(on);
    const frame = { type: 'ping', sent_at: 1, pad: '' };
    frame.pad = 'x'.repeat(1_048_576 - JSON.stringify(frame).length);
    client.send(frame);
    await until('pong', () => client.frames.some(({ type }) => type === 'pong'));
    expect(client.closed).toBeNull();
  });

  test('[WIRE] unknown fields are ignored, an unknown type too, an unknown request is BAD_REQUEST', async () => {
    const on = await gateway();
    const client = await login(on);
    client.send({ type: 'wave', at: 1 });
    expect(await client.get('presence.set', { presence: 'busy', future: { a: 1 } })).toEqual({ presence: 'busy' });
    expect(await client.refused('conversation.levitate', {})).toBe('BAD_REQUEST');
    expect(client.closed).toBeNull();
  });

  test('[SE4] a malformed request is BAD_REQUEST with the path and without its content', async () => {
    const on = await gateway();
    const client = await login(on);
    const reply = await client.ask('message.send', {
      client_msg_id: '秘密',
      conversation_id: 'c-1',
      kind: 'text',
      text: 7,
    });
    expect(reply.error?.code).toBe('BAD_REQUEST');
    expect(reply.error?.message).toContain('client_msg_id');
    expect(JSON.stringify(reply)).not.toContain('秘密');
  });

  test('[SY5] a pong echoes, tells the time and the newest number', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    await say(client, conversationId);
    client.send({ type: 'ping', sent_at: 12345.5 });
    await until('pong', () => client.frames.some(({ type }) => type === 'pong'));
    const pong = client.frames.find(({ type }) => type === 'pong');
    expect(pong).toMatchObject({ sent_at: 12345.5, last_event_seq: on.control.lastEventSeq('a-xiaomei') });
    expect(Math.abs((pong?.['server_time'] as number) - Date.now())).toBeLessThan(60_000);
  });

  test('[WIRE] too many requests are RATE_LIMITED with a time to wait', async () => {
    const on = await gateway({ limits: { requestsPer5s: 5 } });
    const client = await login(on);
    const replies = await Promise.all(Array.from({ length: 8 }, () => client.ask('agents.list')));
    const limited = replies.filter(({ ok }) => !ok);
    expect(limited.length).toBe(3);
    expect(limited[0]?.error).toMatchObject({ code: 'RATE_LIMITED', retry_after_ms: expect.any(Number) });
  });
});

describe('events', () => {
  test('[SY2] numbers have no gaps, whatever happens', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const message = await say(client, conversationId);
    on.control.consumerGets(message.msg_id);
    on.control.consumerReads(conversationId);
    on.control.consumerSays(conversationId, '好的');
    on.control.changePolicy('s-qinghe', { recall: { window_ms: 60_000 } });
    on.control.changeWords('s-qinghe', { add: [{ word: '样品', category: 'other', action: 'warn' }] });
    on.control.setPresence('a-ajie', 'busy');
    on.control.transfer(conversationId, 'a-ajie', '请跟进');
    on.control.endSession(conversationId);
    await client.caughtUp();
    expectNumbersWithoutGaps(client.events, client.welcomeSeq);
    expect(new Set(client.events.map(({ kind }) => kind))).toEqual(
      new Set([
        'conversation.upserted',
        'message.created',
        'message.status',
        'policy.updated',
        'words.updated',
        'agent.updated',
      ]),
    );
  });

  test('[SY2] resume continues at the next number, with what happened in between, in order', async () => {
    const on = await gateway();
    const first = await login(on);
    const conversationId = served(on);
    await say(first, conversationId, '一');
    const seen = await first.caughtUp();
    first.send({ type: 'ack', event_seq: seen });
    await until('ack', () => on.control.acked('a-xiaomei') === seen);
    first.cut();
    on.control.consumerSays(conversationId, '二');
    on.control.consumerSays(conversationId, '三');
    const second = await login(on, 'a-xiaomei', { resume: seen });
    expect(second.welcome.resume).toEqual({ status: 'resumed', from_seq: seen + 1 });
    await second.caughtUp();
    expectNumbersWithoutGaps(second.events, seen);
    expect(second.eventsOf('message.created').map(({ message }) => message?.text)).toEqual(['二', '三']);
  });

  test('[SY2] resuming from an older number delivers the same events again', async () => {
    const on = await gateway();
    const first = await login(on);
    const conversationId = served(on);
    await say(first, conversationId, '一');
    await first.caughtUp();
    const start = first.welcomeSeq;
    const original = first.events;
    first.cut();
    const second = await login(on, 'a-xiaomei', { resume: start });
    await second.caughtUp();
    expect(second.events).toEqual(original);
  });

  test('[SY7] a number from the future is a snapshot: unknown; one that is no longer kept: expired', async () => {
    const on = await gateway({ eventsPerAccount: 5 });
    const first = await login(on);
    const start = first.welcomeSeq;
    const conversationId = served(on);
    for (let i = 0; i < 10; i++) {
      on.control.consumerSays(conversationId, `${i}`);
      await first.caughtUp();
    }
    const last = await first.caughtUp();
    first.cut();
    const ahead = await login(on, 'a-xiaomei', { resume: last + 1 });
    expect(ahead.welcome.resume).toEqual({ status: 'snapshot', reason: 'unknown', event_seq: last });
    ahead.cut();
    const behind = await login(on, 'a-xiaomei', { resume: start });
    expect(behind.welcome.resume).toEqual({ status: 'snapshot', reason: 'expired', event_seq: last });
    on.control.consumerSays(conversationId, '之后');
    await behind.caughtUp();
    expectNumbersWithoutGaps(behind.events, last);
  });

  test('[SY7] the snapshot is paged, every conversation once, and events flow at the same time', async () => {
    const on = await gateway();
    const client = await login(on);
    const ids: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const page: any = await client.get('snapshot.get', { cursor, limit: 7 });
      expect(page.conversations.length).toBeLessThanOrEqual(7);
      for (const conversation of page.conversations) ids.push(conversation.conversation_id);
      cursor = page.cursor;
      pages++;
      if (pages === 2) served(on);
    } while (cursor !== null);
    expect(pages).toBeGreaterThan(3);
    expect(new Set(ids).size).toBe(ids.length);
    await client.event('conversation.upserted');
    expect(await client.refused('snapshot.get', { cursor: 'made up', limit: 7 })).toBe('BAD_REQUEST');
    expect(await client.refused('snapshot.get', { cursor: null, limit: 501 })).toBe('BAD_REQUEST');
  });

  test('[SY8] an event of an unknown kind keeps its number in order', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    on.control.emitEvent('a-xiaomei', 'hologram.shown', { colour: 'blue' });
    on.control.consumerSays(conversationId, '后面');
    await client.caughtUp();
    expectNumbersWithoutGaps(client.events, client.welcomeSeq);
    expect(client.eventsOf('hologram.shown')[0]).toMatchObject({ colour: 'blue' });
  });

  test('[WIRE] every number that an account misses belongs to that account alone', async () => {
    const on = await gateway();
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    served(on, 's-qinghe', 'a-xiaomei');
    served(on, 's-qinghe', 'a-ajie');
    await mei.caughtUp();
    await jie.caughtUp();
    expectNumbersWithoutGaps(mei.events, mei.welcomeSeq);
    expectNumbersWithoutGaps(jie.events, jie.welcomeSeq);
    expect(jie.events.length).toBeLessThan(mei.events.length);
  });
});

describe('message.send', () => {
  test('[SY3] the same client id never makes two messages, and is answered as a duplicate', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const fields = { client_msg_id: newId(), conversation_id: conversationId, kind: 'text', text: '您好' };
    const first = await client.get('message.send', fields);
    const again = await client.get('message.send', fields);
    expect(first.duplicate).toBe(false);
    expect(again.duplicate).toBe(true);
    expect(again.message.msg_id).toBe(first.message.msg_id);
    await client.caughtUp();
    expect(
      client.eventsOf('message.created').filter(({ message }) => message?.client_msg_id === fields.client_msg_id),
    ).toHaveLength(1);
    expect(first.message).toMatchObject({
      sender: { role: 'agent', id: 'a-xiaomei', device_id: 'd-1' },
      status: 'sent',
      conv_seq: 2,
      client_msg_id: fields.client_msg_id,
    });
  });

  test('[SY3] also on another connection and after the conversation has ended', async () => {
    const on = await gateway();
    const first = await login(on);
    const conversationId = served(on);
    const fields = { client_msg_id: newId(), conversation_id: conversationId, kind: 'text', text: '您好' };
    const sent = await first.get('message.send', fields);
    first.cut();
    on.control.endSession(conversationId);
    const second = await login(on);
    expect(await second.get('message.send', fields)).toMatchObject({
      duplicate: true,
      message: { msg_id: sent.message.msg_id },
    });
  });

  test.each([
    ['text', { text: '别的' }],
    ['kind', { kind: 'product_card' }],
  ])('[SY3] the same id with another %s is IDEMPOTENCY_CONFLICT', async (_name, change) => {
    const on = await gateway();
    const client = await login(on);
    const fields = { client_msg_id: newId(), conversation_id: served(on), kind: 'text', text: '您好' };
    await client.get('message.send', fields);
    expect(await client.refused('message.send', { ...fields, ...change })).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('[SY3] the same id of two accounts is two messages', async () => {
    const on = await gateway();
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    const id = newId();
    const one = await mei.get('message.send', {
      client_msg_id: id,
      conversation_id: served(on),
      kind: 'text',
      text: '甲',
    });
    const two = await jie.get('message.send', {
      client_msg_id: id,
      conversation_id: served(on, 's-qinghe', 'a-ajie'),
      kind: 'text',
      text: '乙',
    });
    expect(one.message.msg_id).not.toBe(two.message.msg_id);
  });

  test('[WIRE] every refusal of the page', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on, 's-huajian');
    const send = (fields: object): Promise<string> =>
      client.refused('message.send', {
        client_msg_id: newId(),
        conversation_id: conversationId,
        kind: 'text',
        text: '好',
        ...fields,
      });
    expect(await send({ text: '字'.repeat(2_049) })).toBe('TOO_LONG');
    expect(await send({ text: '字'.repeat(2_048) })).toBe('ok');
    expect(await send({ text: '可以帮您刷单' })).toBe('BLOCKED_WORD');
    expect(await send({ text: '刷\u200b单' })).toBe('BLOCKED_WORD');
    expect(await send({ text: '号码11010519491231002X' })).toBe('BLOCKED_WORD');
    expect(await send({ text: ' ' })).toBe('BAD_REQUEST');
    expect(await send({ kind: 'system' })).toBe('BAD_REQUEST');
    expect(await send({ kind: 'hologram' })).toBe('BAD_REQUEST');
    expect(await send({ client_msg_id: 'x'.repeat(33) })).toBe('BAD_REQUEST');
    expect(await send({ kind: 'image', attachment_id: 'att-nothing' })).toBe('BAD_REQUEST');
    expect(await send({ correction_of: 'm-nothing' })).toBe('BAD_REQUEST');
    expect(await send({ conversation_id: 'c-nothing' })).toBe('NO_PERMISSION');
    // This shop lets an agent say twenty things without an answer.
    for (let i = 0; i < 19; i++) expect(await send({})).toBe('ok');
    expect(await send({})).toBe('QUOTA');
    on.control.endSession(conversationId);
    expect(await send({})).toBe('SESSION_ENDED');
    const waiting = on.control.newEnquiry({ text: '等待中' });
    expect(await send({ conversation_id: waiting.conversation_id })).toBe('NO_PERMISSION');
  });

  test("[AD1] qa reads and does not speak; an agent does not speak in a colleague's conversation", async () => {
    const on = await gateway();
    const conversationId = served(on);
    const send = { client_msg_id: newId(), conversation_id: conversationId, kind: 'text', text: '好' };
    const qa = await login(on, 'a-zhou');
    expect(await qa.refused('message.send', send)).toBe('NO_PERMISSION');
    const jie = await login(on, 'a-ajie');
    expect(await jie.refused('message.send', send)).toBe('NO_PERMISSION');
  });

  test('[RM2] a correction names what it corrects', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const wrong = await say(client, conversationId, '运费到付');
    const right = await client.get('message.send', {
      client_msg_id: newId(),
      conversation_id: conversationId,
      kind: 'text',
      text: '【更正】包邮',
      correction_of: wrong.msg_id,
    });
    expect(right.message.correction_of).toBe(wrong.msg_id);
  });

  test('[IN9] order and violation numbers in a text are named with it', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const message = await say(
      client,
      conversationId,
      '您的订单260901-805320551362352（违规编号WG26090112345678）已发出',
    );
    expect(message.order_nos).toEqual(['260901-805320551362352']);
    expect(message.violation_nos).toEqual(['WG26090112345678']);
    const upserted = await client.event('conversation.upserted', ({ conversation }) =>
      Boolean(conversation?.conversation_id === conversationId && conversation.order_nos.length > 0),
    );
    expect(upserted.conversation?.violation_nos).toEqual(['WG26090112345678']);
  });
});

describe('message.recall', () => {
  test('[RC12] in time and unread: both sides, exactly one event, and the consumer sees it no more', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const message = await say(client, conversationId, '说错的价格');
    const fields = { recall_id: newId(), conversation_id: conversationId, msg_id: message.msg_id, reason: '价格说错' };
    const result = await client.get('message.recall', fields);
    expect(result).toMatchObject({ recall_id: fields.recall_id, effect: 'both', quota: { used: 1, limit: 20 } });
    expect(result.elapsed_ms).toBe(result.recalled_at - message.sent_at);
    expect(await client.get('message.recall', fields)).toMatchObject({
      effect: 'both',
      recalled_at: result.recalled_at,
    });
    expect(await client.refused('message.recall', { ...fields, recall_id: newId() })).toBe('ALREADY_RECALLED');
    await client.caughtUp();
    const recalls = client.eventsOf('message.recalled');
    expect(recalls).toHaveLength(1);
    expect(recalls[0]).toMatchObject({
      conversation_id: conversationId,
      msg_id: message.msg_id,
      recall_id: fields.recall_id,
      effect: 'both',
      reason: '价格说错',
      operator: { role: 'agent', id: 'a-xiaomei', name: '客服小美', device_id: 'd-1' },
    });
    const seen = on.control.consumerView(conversationId).messages.find(({ msg_id }) => msg_id === message.msg_id);
    expect(seen).toMatchObject({ visible: false, text: null, recall_notice: true, seen: false });
  });

  test('[RC5] read under "block" is ALREADY_READ with the time of reading', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on, 's-qinghe');
    const message = await say(client, conversationId);
    on.control.consumerReads(conversationId);
    const reply = await client.ask('message.recall', {
      recall_id: newId(),
      conversation_id: conversationId,
      msg_id: message.msg_id,
    });
    expect(reply.error).toMatchObject({
      code: 'ALREADY_READ',
      details: { window_ms: 120_000, read_at: expect.any(Number) },
    });
    expect(on.control.consumerView(conversationId).messages.at(-1)).toMatchObject({ visible: true, text: '您好' });
  });

  test('[RC12] read under "warn" is maybe_seen, read under "ignore" is both', async () => {
    const on = await gateway();
    const client = await login(on);
    const effects: string[] = [];
    for (const shop of ['s-senyu', 's-huajian']) {
      const conversationId = served(on, shop);
      const message = await say(client, conversationId);
      on.control.consumerReads(conversationId);
      const result = await client.get('message.recall', {
        recall_id: newId(),
        conversation_id: conversationId,
        msg_id: message.msg_id,
      });
      effects.push(result.effect);
    }
    expect(effects).toEqual(['maybe_seen', 'both']);
  });

  test('[RC12] delivered by push is local_only: the consumer still sees it', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on, 's-senyu');
    const message = await say(client, conversationId, '推送出去的');
    on.control.consumerGets(message.msg_id, 'push');
    const result = await client.get('message.recall', {
      recall_id: newId(),
      conversation_id: conversationId,
      msg_id: message.msg_id,
    });
    expect(result.effect).toBe('local_only');
    expect(on.control.consumerView(conversationId).messages.at(-1)).toMatchObject({
      visible: true,
      text: '推送出去的',
      seen: true,
    });
  });

  test('[RC5] an opened attachment is ATTACHMENT_OPENED', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on, 's-huajian');
    const attachmentId = await upload(client, Buffer.from('报价单'), '报价.txt', 'text/plain');
    const { message } = await client.get('message.send', {
      client_msg_id: newId(),
      conversation_id: conversationId,
      kind: 'file',
      attachment_id: attachmentId,
    });
    on.control.consumerOpens(message.msg_id);
    await client.event('attachment.opened', (event) => event['msg_id'] === message.msg_id);
    const reply = await client.ask('message.recall', {
      recall_id: newId(),
      conversation_id: conversationId,
      msg_id: message.msg_id,
    });
    expect(reply.error).toMatchObject({ code: 'ATTACHMENT_OPENED', details: { opened_at: expect.any(Number) } });
  });

  test('[RC1] window, switch, kinds, roles, group, consumer restriction and ended session each have their code', async () => {
    let now = Date.UTC(2026, 8, 1, 4);
    const on = await gateway({ now: () => now });
    const client = await login(on);
    const recall = async (conversationId: string, msgId: string): Promise<string> =>
      client.refused('message.recall', { recall_id: newId(), conversation_id: conversationId, msg_id: msgId });
    const fresh = async (shop = 's-qinghe'): Promise<[string, string]> => {
      const conversationId = served(on, shop);
      return [conversationId, (await say(client, conversationId)).msg_id];
    };

    const late = await fresh();
    now += 120_000;
    expect(await recall(...late)).toBe('WINDOW_EXPIRED');
    const justInTime = await fresh();
    now += 119_999;
    expect(await recall(...justInTime)).toBe('ok');

    const restricted = await fresh();
    on.control.setFlags(restricted[0], { consumer_restricts_recall: true });
    expect(await recall(...restricted)).toBe('CONSUMER_RESTRICTED');

    const ended = await fresh();
    on.control.endSession(ended[0]);
    expect(await recall(...ended)).toBe('SESSION_ENDED');
    const endedAllowed = await fresh('s-huajian');
    on.control.endSession(endedAllowed[0]);
    expect(await recall(...endedAllowed)).toBe('ok');

    const disabled = await fresh();
    on.control.changePolicy('s-qinghe', { recall: { enabled: false } });
    expect(await recall(...disabled)).toBe('FEATURE_DISABLED');
    on.control.changePolicy('s-qinghe', { recall: { enabled: true, kinds: ['image'] } });
    expect(await recall(...disabled)).toBe('KIND_UNSUPPORTED');
    on.control.changePolicy('s-qinghe', { recall: { kinds: ['text'], roles: ['admin'] } });
    expect(await recall(...disabled)).toBe('NO_PERMISSION');
    on.control.changePolicy('s-qinghe', { recall: { roles: ['supervisor'], min_app_version: '9.0.0' } });
    expect(await recall(...disabled)).toBe('CLIENT_TOO_OLD');

    const group = on.control.conversations().find(({ type, shop_id }) => type === 'group' && shop_id === 's-senyu');
    on.control.changePolicy('s-senyu', { recall: { group: { roles: ['admin'] } } });
    const inGroup = await say(client, group?.conversation_id as string);
    expect(await recall(group?.conversation_id as string, inGroup.msg_id)).toBe('GROUP_RULE');

    expect(await recall(disabled[0], 'm-nothing')).toBe('MSG_NOT_FOUND');
  });

  test('[RC6] only the sender, after a transfer as the policy says, and from another device by its rule', async () => {
    const on = await gateway();
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    const recall = (client: RawClient, conversationId: string, msgId: string): Promise<string> =>
      client.refused('message.recall', { recall_id: newId(), conversation_id: conversationId, msg_id: msgId });

    const mine = served(on);
    const consumers = on.control.messages(mine)[0]?.message.msg_id as string;
    expect(await recall(mei, mine, consumers)).toBe('NOT_SENDER');
    const theirs = served(on, 's-qinghe', 'a-ajie');
    const fromJie = await say(jie, theirs);
    expect(await recall(mei, theirs, fromJie.msg_id)).toBe('NOT_SENDER');

    // sender_only: the sender may still after the transfer, the new assignee may not.
    const message = await say(jie, theirs);
    on.control.transfer(theirs, 'a-xiaomei');
    expect(await recall(mei, theirs, message.msg_id)).toBe('NOT_SENDER');
    expect(await recall(jie, theirs, message.msg_id)).toBe('ok');

    on.control.changePolicy('s-qinghe', { recall: { other_device: 'block' } });
    const elsewhere = on.control.agentSays('a-xiaomei', mine, '手机上发的', { device_id: 'd-phone' });
    expect(await recall(mei, mine, elsewhere.msg_id)).toBe('OTHER_DEVICE');
    on.control.changePolicy('s-qinghe', { recall: { other_device: 'warn', after_transfer: 'nobody' } });
    expect(await recall(mei, mine, elsewhere.msg_id)).toBe('ok');
    const again = await say(mei, mine);
    on.control.transfer(mine, 'a-ajie');
    expect(await recall(mei, mine, again.msg_id)).toBe('TRANSFERRED');
  });

  test('[RC7] past the hard limit it is RATE_HARD with the time at which one is free again', async () => {
    let now = Date.UTC(2026, 8, 1, 4);
    const on = await gateway({ now: () => now });
    on.control.changePolicy('s-qinghe', { recall: { per_hour_soft: 1, per_hour_hard: 2 } });
    const client = await login(on);
    const conversationId = served(on);
    const recall = async (): Promise<any> => {
      const message = await say(client, conversationId);
      return client.ask('message.recall', {
        recall_id: newId(),
        conversation_id: conversationId,
        msg_id: message.msg_id,
      });
    };
    expect((await recall()).result.quota).toEqual({ used: 1, limit: 2 });
    const first = now;
    now += 1_000;
    expect((await recall()).result.quota).toEqual({ used: 2, limit: 2 });
    expect((await recall()).error).toMatchObject({ code: 'RATE_HARD', details: { retry_at: first + 3_600_000 } });
    now = first + 3_600_000;
    expect((await recall()).ok).toBe(true);
  });

  test('[RC15] recall.query knows what happened, and what never arrived', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const message = await say(client, conversationId);
    const done = { recall_id: newId(), conversation_id: conversationId, msg_id: message.msg_id };
    const { recalled_at } = await client.get('message.recall', done);
    expect(await client.get('recall.query', { recall_id: done.recall_id })).toEqual({
      known: true,
      ok: true,
      effect: 'both',
      recalled_at,
    });
    const refused = { ...done, recall_id: newId() };
    await client.refused('message.recall', refused);
    expect(await client.get('recall.query', { recall_id: refused.recall_id })).toEqual({
      known: true,
      ok: false,
      code: 'ALREADY_RECALLED',
    });
    expect(await client.get('recall.query', { recall_id: newId() })).toEqual({ known: false });
  });

  test('[RC15] the reply is lost after the success: the query after the next login says so, with one event', async () => {
    const on = await gateway();
    const first = await login(on);
    const conversationId = served(on);
    const message = await say(first, conversationId);
    const start = await first.caughtUp();
    on.control.faults.add({ fault: 'cut', on: 'reply', match: 'message.recall' });
    const recallId = newId();
    first.post('message.recall', { recall_id: recallId, conversation_id: conversationId, msg_id: message.msg_id });
    await first.untilClosed();
    const second = await login(on, 'a-xiaomei', { resume: start });
    expect(await second.get('recall.query', { recall_id: recallId })).toMatchObject({
      known: true,
      ok: true,
      effect: 'both',
    });
    await second.caughtUp();
    expect(second.eventsOf('message.recalled')).toHaveLength(1);
  });

  test('[RC19] pulled later, a recalled message keeps its number; content only for roles that open seals', async () => {
    const on = await gateway();
    const jie = await login(on, 'a-ajie');
    const conversationId = served(on, 's-qinghe', 'a-ajie');
    const message = await say(jie, conversationId, '不该看到');
    await jie.get('message.recall', { recall_id: newId(), conversation_id: conversationId, msg_id: message.msg_id });
    const range = { conversation_id: conversationId, from_seq: message.conv_seq, to_seq: message.conv_seq, limit: 10 };
    const asAgent = await jie.get('conversation.pull', range);
    expect(asAgent.messages[0]).toMatchObject({ conv_seq: message.conv_seq, text: null, recalled: { effect: 'both' } });
    const mei = await login(on);
    expect((await mei.get('conversation.pull', range)).messages[0].text).toBe('不该看到');
  });

  test("[RC20] a consumer's recall comes as one too", async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const message = on.control.consumerSays(conversationId, '打错了');
    on.control.consumerRecalls(message.msg_id);
    const event = await client.event('message.recalled', ({ msg_id }) => msg_id === message.msg_id);
    expect(event).toMatchObject({ effect: 'both', operator: { role: 'consumer', name: '测试买家' } });
  });
});

describe('conversations', () => {
  test("[SY6] pull gives a range in order; an empty page with more to come is legal; a stranger's is NOT_VISIBLE", async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    for (let i = 2; i <= 12; i++) on.control.consumerSays(conversationId, `第${i}句`);
    const page = await client.get('conversation.pull', {
      conversation_id: conversationId,
      from_seq: 3,
      to_seq: 100,
      limit: 4,
    });
    expect(page.messages.map((message: Message) => message.conv_seq)).toEqual([3, 4, 5, 6]);
    expect(page.has_more).toBe(true);
    const rest = await client.get('conversation.pull', {
      conversation_id: conversationId,
      from_seq: 7,
      to_seq: 12,
      limit: 1000,
    });
    expect(rest.messages.map((message: Message) => message.conv_seq)).toEqual([7, 8, 9, 10, 11, 12]);
    expect(rest.has_more).toBe(false);
    on.control.faults.add({ fault: 'empty_page', match: 'conversation.pull', times: 1 });
    const empty = await client.get('conversation.pull', {
      conversation_id: conversationId,
      from_seq: 1,
      to_seq: 12,
      limit: 1000,
    });
    expect(empty).toEqual({ messages: [], has_more: true });
    expect(
      await client.refused('conversation.pull', {
        conversation_id: conversationId,
        from_seq: 1,
        to_seq: 2,
        limit: 1001,
      }),
    ).toBe('BAD_REQUEST');
    expect(
      await client.refused('conversation.pull', { conversation_id: 'c-none', from_seq: 1, to_seq: 2, limit: 10 }),
    ).toBe('NOT_VISIBLE');
    const jie = await login(on, 'a-ajie');
    expect(
      await jie.refused('conversation.pull', { conversation_id: conversationId, from_seq: 1, to_seq: 2, limit: 10 }),
    ).toBe('NOT_VISIBLE');
  });

  test('[SE2] a page of the longest texts stays below the frame limit', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    for (let i = 0; i < 300; i++) on.control.consumerSays(conversationId, '"\\'.repeat(2_000));
    let next = 1;
    let more = true;
    while (more) {
      const page = await client.get('conversation.pull', {
        conversation_id: conversationId,
        from_seq: next,
        to_seq: 301,
        limit: 1000,
      });
      next = (page.messages.at(-1)?.conv_seq ?? next) + 1;
      more = page.has_more;
    }
    expect(next).toBe(302);
  });

  test('[IN2] of two who claim at once one wins, and the other learns who', async () => {
    const on = await gateway();
    const { conversation_id: conversationId } = on.control.newEnquiry({ text: '有人吗' });
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    const [one, two] = await Promise.all(
      [mei, jie].map((client) => client.ask('conversation.claim', { conversation_id: conversationId })),
    );
    const [winner, loser] = one?.ok === true ? [one, two] : [two, one];
    expect(winner?.ok).toBe(true);
    expect(winner?.result.conversation).toMatchObject({
      intake: 'active',
      assignments: [{ how: 'claimed', to: null }],
    });
    expect(loser?.error).toMatchObject({
      code: 'ALREADY_CLAIMED',
      details: { by: winner?.result.conversation.assignee.name },
    });
    const winning = one?.ok === true ? mei : jie;
    expect((await winning.ask('conversation.claim', { conversation_id: conversationId })).ok).toBe(true);
  });

  test('[IN6] transfer carries its note to both sides, and not to somebody off duty', async () => {
    const on = await gateway();
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    const conversationId = served(on, 's-senyu');
    expect(
      await mei.refused('conversation.transfer', { conversation_id: conversationId, to_agent_id: 'a-amy', note: '' }),
    ).toBe('AGENT_OFF_DUTY');
    const { conversation } = await mei.get('conversation.transfer', {
      conversation_id: conversationId,
      to_agent_id: 'a-ajie',
      note: '要换货',
    });
    expect(conversation.assignee.agent_id).toBe('a-ajie');
    expect(conversation.assignments.map((assignment: any) => assignment.how)).toEqual(['routed', 'transferred']);
    for (const client of [mei, jie])
      await client.event(
        'message.created',
        ({ message }) => message?.kind === 'system' && (message.text?.includes('要换货') ?? false),
      );
  });

  test("[IN4] an earlier agent doesn't get what was said after the transfer, the later one gets all", async () => {
    const on = await gateway();
    const jie = await login(on, 'a-ajie');
    const conversationId = served(on, 's-qinghe', 'a-ajie');
    await say(jie, conversationId, '前面');
    on.control.transfer(conversationId, 'a-xiaolin');
    on.control.consumerSays(conversationId, '后面');
    await jie.caughtUp();
    expect(jie.eventsOf('message.created').some(({ message }) => message?.text === '后面')).toBe(false);
    const upserted = jie
      .eventsOf('conversation.upserted')
      .findLast(({ conversation }) => conversation?.conversation_id === conversationId);
    expect(upserted?.conversation).toMatchObject({ last_seq: 2, assignee: { agent_id: 'a-xiaolin' } });
    const pulled = await jie.get('conversation.pull', {
      conversation_id: conversationId,
      from_seq: 1,
      to_seq: 99,
      limit: 99,
    });
    expect(pulled.messages.map((message: Message) => message.text)).toEqual(['在吗', '前面']);
    const lin = await login(on, 'a-xiaolin');
    const all = await lin.get('conversation.pull', {
      conversation_id: conversationId,
      from_seq: 1,
      to_seq: 99,
      limit: 99,
    });
    expect(all.messages).toHaveLength(4);
  });

  test("[IN5] ending stops sending; the consumer's next word opens it again, waiting", async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    const { conversation } = await client.get('conversation.end', { conversation_id: conversationId });
    expect(conversation.intake).toBe('ended');
    expect((await client.ask('conversation.end', { conversation_id: conversationId })).ok).toBe(true);
    on.control.consumerSays(conversationId, '还有个问题');
    const event = await client.event(
      'conversation.upserted',
      ({ conversation: c }) => c?.conversation_id === conversationId && c.intake === 'waiting',
    );
    expect(event.conversation).toMatchObject({ assignee: null, waiting_since: expect.any(Number) });
  });

  test('[IN5] a session ends by itself when its time has come', async () => {
    let now = Date.UTC(2026, 8, 1, 4);
    const on = await gateway({ now: () => now });
    const client = await login(on);
    const conversationId = served(on);
    await say(client, conversationId);
    expect(on.control.conversation(conversationId).ends_at).toBe(now + 48 * 3_600_000);
    now += 48 * 3_600_000;
    on.control.runDue();
    await client.event(
      'conversation.upserted',
      ({ conversation }) => conversation?.conversation_id === conversationId && conversation.intake === 'ended',
    );
  });

  test("[IN1] read moves the agent's mark forward only", async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    on.control.consumerSays(conversationId, '二');
    expect(await client.get('conversation.read', { conversation_id: conversationId, conv_seq: 2 })).toEqual({});
    expect(await client.get('conversation.read', { conversation_id: conversationId, conv_seq: 1 })).toEqual({});
    expect(on.control.conversation(conversationId).agent_read_seq).toBe(2);
  });

  test('[IN6] presence and the list of colleagues', async () => {
    const on = await gateway();
    const mei = await login(on);
    const jie = await login(on, 'a-ajie');
    expect(await mei.get('presence.set', { presence: 'off_duty' })).toEqual({ presence: 'off_duty' });
    await jie.event('agent.updated', (event) => event['agent_id'] === 'a-xiaomei' && event['presence'] === 'off_duty');
    const { agents } = await jie.get('agents.list', { shop_id: 's-senyu' });
    expect(agents.map((agent: any) => agent.agent_id)).toContain('a-amy');
    expect(agents.find((agent: any) => agent.agent_id === 'a-xiaomei').presence).toBe('off_duty');
    expect(await jie.refused('agents.list', { shop_id: 's-huajian' })).toBe('NO_PERMISSION');
  });
});

async function upload(
  client: RawClient,
  content: Buffer,
  name: string,
  mime: string,
  chunkBytes = 524_288,
): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const chunks = Math.max(1, Math.ceil(content.length / chunkBytes));
  let attachmentId = '';
  for (let i = 0; i < chunks; i++) {
    const data = content.subarray(i * chunkBytes, (i + 1) * chunkBytes).toString('base64');
    const result = await client.get('attachment.put', {
      sha256,
      bytes: content.length,
      mime,
      name,
      chunk_index: i,
      chunks,
      data,
    });
    attachmentId = result.attachment_id;
  }
  return attachmentId;
}

describe('attachments', () => {
  test('[IN8] comes back byte for byte, in pieces', async () => {
    const on = await gateway();
    const client = await login(on);
    const content = randomBytes(1_300_000);
    const id = await upload(client, content, '视频.mp4', 'video/mp4');
    const parts: Buffer[] = [];
    for (let offset = 0; offset < content.length; offset += 524_288) {
      const part = await client.get('attachment.get', { attachment_id: id, offset, length: 524_288 });
      expect(part).toMatchObject({ bytes: content.length, mime: 'video/mp4' });
      parts.push(Buffer.from(part.data, 'base64'));
    }
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  test('[IN8] an interrupted upload goes on where it stopped, also on the next connection', async () => {
    const on = await gateway();
    const first = await login(on);
    const content = randomBytes(30);
    const put = {
      sha256: createHash('sha256').update(content).digest('hex'),
      bytes: 30,
      mime: 'image/png',
      name: 'a.png',
      chunks: 3,
    };
    const chunk = (index: number): object => ({
      ...put,
      chunk_index: index,
      data: content.subarray(index * 10, index * 10 + 10).toString('base64'),
    });
    expect((await first.get('attachment.put', chunk(2))).received).toEqual([2]);
    first.cut();
    const second = await login(on);
    expect((await second.get('attachment.put', chunk(2))).received).toEqual([2]);
    expect((await second.get('attachment.put', chunk(0))).received).toEqual([0, 2]);
    const done = await second.get('attachment.put', chunk(1));
    expect(done.received).toEqual([0, 1, 2]);
    expect((await second.get('attachment.put', chunk(1))).attachment_id).toBe(done.attachment_id);
  });

  test('[WIRE] too large, a wrong hash, a piece outside, and what is gone', async () => {
    const on = await gateway();
    const client = await login(on);
    const put = {
      sha256: '0'.repeat(64),
      bytes: 2,
      mime: 'image/png',
      name: 'a.png',
      chunk_index: 0,
      chunks: 1,
      data: 'QUI=',
    };
    expect(await client.refused('attachment.put', put)).toBe('BAD_REQUEST');
    expect(await client.refused('attachment.put', { ...put, bytes: 2 ** 31 })).toBe('TOO_LARGE');
    expect(await client.refused('attachment.put', { ...put, chunk_index: 1 })).toBe('BAD_REQUEST');
    expect(await client.refused('attachment.get', { attachment_id: 'att-none', offset: 0, length: 10 })).toBe('GONE');
    expect(await client.refused('attachment.get', { attachment_id: 'att-none', offset: 0, length: 524_289 })).toBe(
      'BAD_REQUEST',
    );
  });

  test('[SR10] an attachment is given to those who see its message', async () => {
    const on = await gateway();
    const conversationId = served(on);
    const message = on.control.consumerSendsFile(conversationId, {
      name: '照片.png',
      mime: 'image/png',
      content: Buffer.from('x'),
      kind: 'image',
    });
    const get = { attachment_id: message.attachment?.attachment_id, offset: 0, length: 10 };
    const mei = await login(on);
    expect((await mei.get('attachment.get', get)).data).toBe(Buffer.from('x').toString('base64'));
    const jie = await login(on, 'a-ajie');
    expect(await jie.refused('attachment.get', get)).toBe('GONE');
  });
});

describe('words, groups, records, token', () => {
  test('[PV3] words come whole, then by difference', async () => {
    const on = await gateway();
    const client = await login(on);
    const whole = await client.get('words.sync', { shop_id: 's-qinghe', since_version: 0 });
    expect(whole.version).toBe(3);
    expect(whole.added).toContainEqual({ word: '刷单', category: 'fraud', action: 'block' });
    expect(whole.removed).toEqual([]);
    on.control.changeWords('s-qinghe', {
      add: [{ word: '清仓', category: 'other', action: 'warn' }],
      remove: ['刷单'],
    });
    await client.event('words.updated', (event) => event['version'] === 4 && event['shop_id'] === 's-qinghe');
    expect(await client.get('words.sync', { shop_id: 's-qinghe', since_version: 3 })).toEqual({
      version: 4,
      added: [{ word: '清仓', category: 'other', action: 'warn' }],
      removed: ['刷单'],
    });
    expect(await client.get('words.sync', { shop_id: 's-qinghe', since_version: 4 })).toEqual({
      version: 4,
      added: [],
      removed: [],
    });
    expect(await client.refused('words.sync', { shop_id: 's-other', since_version: 0 })).toBe('NO_PERMISSION');
  });

  test('[AD2] a group is deleted by those who may, with a notice; restored in time; purged afterwards', async () => {
    let now = Date.UTC(2026, 8, 1, 4);
    const on = await gateway({ now: () => now });
    const group = on.control.conversations().find(({ type }) => type === 'group');
    const conversationId = group?.conversation_id as string;
    const fields = {
      conversation_id: conversationId,
      notice: '本群将解散',
      replacement: '请加新群',
      backup_sha256: 'a'.repeat(64),
    };
    const mei = await login(on);
    expect(await mei.refused('group.delete', fields)).toBe('NO_PERMISSION');
    const admin = await login(on, 'a-xu');
    expect(await admin.refused('group.delete', { ...fields, notice: ' ' })).toBe('GROUP_RULE');
    expect(await admin.refused('group.delete', { ...fields, conversation_id: served(on) })).toBe('GROUP_RULE');
    expect(await admin.refused('group.restore', { conversation_id: conversationId })).toBe('NOT_RESTORABLE');
    expect(await admin.get('group.delete', fields)).toEqual({ restorable_until: now + 7 * 86_400_000 });
    expect(await mei.event('conversation.removed')).toMatchObject({ conversation_id: conversationId, by: '店长徐姐' });
    expect(
      await mei.refused('conversation.pull', { conversation_id: conversationId, from_seq: 1, to_seq: 2, limit: 2 }),
    ).toBe('NOT_VISIBLE');
    const { conversation } = await admin.get('group.restore', { conversation_id: conversationId });
    expect(conversation.title).toBe(group?.title);
    await admin.get('group.delete', fields);
    now += 7 * 86_400_000;
    expect(await admin.refused('group.restore', { conversation_id: conversationId })).toBe('NOT_RESTORABLE');
    on.control.runDue();
    await mei.event('conversation.purged', (event) => event['conversation_id'] === conversationId);
    await mei.caughtUp();
    expectNumbersWithoutGaps(mei.events, mei.welcomeSeq);
  });

  test('[SR3] records older than the device: by range, agent and number, in pages without holes', async () => {
    const on = await gateway();
    const client = await login(on);
    const all: Message[] = [];
    let cursor: string | null = null;
    let pages = 0;
    const range = { shop_id: 's-qinghe', from: 0, to: Date.now() + 1_000 };
    do {
      const page: any = await client.get('records.query', { ...range, cursor });
      all.push(...page.messages);
      cursor = page.cursor;
      pages++;
    } while (cursor !== null && pages < 50);
    const expected = on.control
      .conversations()
      .filter(({ shop_id }) => shop_id === 's-qinghe')
      .reduce((sum, { last_seq }) => sum + last_seq, 0);
    expect(all).toHaveLength(expected);
    expect(new Set(all.map(({ msg_id }) => msg_id)).size).toBe(expected);
    expect(all.every((message, index) => index === 0 || message.sent_at <= (all[index - 1] as Message).sent_at)).toBe(
      true,
    );

    const numbered = on.control
      .conversations()
      .find(({ shop_id, order_nos }) => shop_id === 's-qinghe' && order_nos.length > 0);
    const byOrder = await client.get('records.query', { ...range, order_nos: [numbered?.order_nos[0]], cursor: null });
    expect(byOrder.messages.length).toBeGreaterThan(0);
    expect(new Set(byOrder.messages.map((message: Message) => message.conversation_id))).toEqual(
      new Set([numbered?.conversation_id]),
    );
    const byAgent = await client.get('records.query', { ...range, agent_ids: ['a-xiaolin'], cursor: null });
    expect(
      byAgent.messages
        .filter((message: Message) => message.sender.role === 'agent')
        .every((message: Message) => message.sender.id === 'a-xiaolin'),
    ).toBe(true);
    expect(await client.refused('records.query', { ...range, shop_id: 's-other', cursor: null })).toBe('NO_PERMISSION');
    // The first page once more would be taken for the next one.
    expect(await client.refused('records.query', { ...range, cursor: 'nonsense' })).toBe('BAD_REQUEST');
  });

  test('[WIRE] a refreshed token logs in', async () => {
    const on = await gateway();
    const client = await login(on);
    const { token, expires_at } = await client.get('token.refresh');
    expect(expires_at).toBeGreaterThan(Date.now());
    const again = await RawClient.login(on.url, token);
    clients.push(again);
    expect(again.welcome.agent.agent_id).toBe('a-xiaomei');
  });
});

describe('what a client must bear', () => {
  test("[RC17] the recall's event before its reply", async () => {
    const on = await gateway({ faults: { rules: [{ fault: 'event_before_reply', match: 'message.recall' }] } });
    const client = await login(on);
    const conversationId = served(on);
    const message = await say(client, conversationId);
    const id = client.post('message.recall', {
      recall_id: newId(),
      conversation_id: conversationId,
      msg_id: message.msg_id,
    });
    await until('reply', () => client.reply(id) !== undefined);
    const order = client.frames
      .filter((frame) => frame === client.reply(id) || frame['kind'] === 'message.recalled')
      .map(({ type }) => type);
    expect(order).toEqual(['event', 'reply']);
    expect(on.control.faults.acted).toBe(1);
  });

  test('[WIRE] without that fault the reply comes first', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    await client.caughtUp();
    const before = client.frames.length;
    await say(client, conversationId);
    await client.caughtUp();
    expect(client.frames.slice(before)[0]?.type).toBe('reply');
  });

  test('[SY2] events twice, out of order, and late, are still the same set of numbers', async () => {
    const on = await gateway({
      faults: {
        seed: 5,
        rules: [
          { fault: 'duplicate', on: 'event', probability: 0.4 },
          { fault: 'reorder', probability: 0.4 },
          { fault: 'delay', on: 'event', ms: 1, probability: 0.2 },
        ],
      },
    });
    const client = await login(on);
    const conversationId = served(on);
    for (let i = 0; i < 40; i++) on.control.consumerSays(conversationId, `${i}`);
    const last = on.control.lastEventSeq('a-xiaomei');
    const numbers = (): number[] => [...new Set(client.events.map(({ event_seq }) => event_seq))].sort((a, b) => a - b);
    await until('all numbers', () => numbers().length === last - client.welcomeSeq);
    expect(numbers()).toEqual(numbers().map((_, index) => client.welcomeSeq + 1 + index));
    expect(client.events.length).toBeGreaterThan(numbers().length);
    expect(
      client.events.some(
        ({ event_seq }, index) => index > 0 && event_seq < (client.events[index - 1] as EventFrame).event_seq,
      ),
    ).toBe(true);
  });

  test('[SY5] connected but silent: nothing for a while, then the rest without a gap', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    await client.caughtUp();
    on.control.silence(600_000);
    const before = client.frames.length;
    on.control.consumerSays(conversationId, '听得到吗');
    client.send({ type: 'ping', sent_at: 1 });
    await settle(40);
    expect(client.frames.length).toBe(before);
    on.control.silence(0);
    await client.event('message.created', ({ message }) => message?.text === '听得到吗');
    expectNumbersWithoutGaps(client.events, client.welcomeSeq);
  });

  test.each(['cut', 'kick', 'refuse'] as const)('[SY4] fault on demand: %s ends the connection', async (name) => {
    const on = await gateway();
    const client = await login(on);
    on.control.fault(name);
    const { code } = await client.untilClosed();
    expect(code).toBe({ cut: 1006, kick: 4003, refuse: 4005 }[name]);
    on.control.fault('none');
    const again = await login(on);
    expect(again.welcome).toBeDefined();
  });

  test('[RC4] fault on demand: the clock is moved in all that the gateway says', async () => {
    const on = await gateway();
    on.control.fault('clock-skew', 3_600_000);
    const client = await login(on);
    expect(client.welcome.server_time - Date.now()).toBeGreaterThan(3_500_000);
    const message = await say(client, served(on));
    expect(message.sent_at - Date.now()).toBeGreaterThan(3_500_000);
  });

  test('[RC15] fault on demand: drop loses the reply of what was done', async () => {
    const on = await gateway();
    const client = await login(on);
    const conversationId = served(on);
    on.control.fault('drop');
    const id = client.post('message.send', {
      client_msg_id: newId(),
      conversation_id: conversationId,
      kind: 'text',
      text: '丢了回执',
    });
    await client.event('message.created', ({ message }) => message?.text === '丢了回执');
    await client.caughtUp();
    expect(client.reply(id)).toBeUndefined();
  });

  test("[WIRE] a client that doesn't take its events is 4008 and finds them all afterwards", async () => {
    const on = await gateway({ limits: { bufferBytes: 20_000 }, eventsPerAccount: 3_000 });
    const client = await login(on);
    const start = client.welcomeSeq;
    const conversationId = served(on);
    client.pause();
    // More than any socket buffer of this machine holds.
    for (let i = 0; i < 60; i++)
      on.control.sendRaw('a-xiaomei', JSON.stringify({ type: 'noise', pad: 'x'.repeat(200_000) }));
    on.control.consumerSays(conversationId, '慢');
    await until('given up', () => !on.control.isConnected('a-xiaomei'));
    client.cut();
    const again = await login(on, 'a-xiaomei', { resume: start });
    const late = await again.event('message.created', ({ message }) => message?.text === '慢');
    expect(late.event_seq).toBeGreaterThan(start);
  });
});
