import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWsTransport } from '#main/adapters/websocket/ws-transport.ts';
import { createConnection, type Connection, type ConnectionOptions } from '#main/core/connection/connection.ts';
import type { RequestOutcome } from '#main/core/connection/requests.ts';
import { ConversationId, RecallId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts';
import {
  SERVER_NOW,
  startScriptedGateway,
  type ScriptedConnection,
  type ScriptedGateway,
} from '#test/support/scripted-gateway.ts';
import { settle, until } from '#test/support/wait.ts';

/** The driver over real sockets; only time and randomness are the test's. */
let gateway: ScriptedGateway;
let clock: FakeClock;
let connection: Connection;
let events: GatewayEvent[];
let cannotResume: string[];
let log: string[];
let lost: number;
let cursor: number | null;
let token: string;
let random: number;
let kept: string[];

beforeEach(async () => {
  gateway = await startScriptedGateway();
  clock = createFakeClock();
  events = [];
  cannotResume = [];
  log = [];
  lost = 0;
  cursor = 100;
  token = 'token-1';
  random = 0.5;
  kept = [];
  connection = open();
});

afterEach(async () => {
  connection.stop();
  await settle();
  if (clock.waiting > 0) throw new Error(`${clock.waiting} timers left behind`);
  await gateway.close();
});

function open(change: Partial<ConnectionOptions> = {}): Connection {
  return createConnection({
    transport: createWsTransport(),
    clock,
    ids: { next: () => 'id', random: () => random },
    logger: { log: (_level, event, fields) => log.push(`${event} ${JSON.stringify(fields)}`) },
    label: 'acc',
    deviceId: 'd-1',
    appVersion: '1.0.0',
    login: async () => ({ url: gateway.url, token }),
    keepToken: async (fresh) => {
      kept.push(fresh);
      token = fresh;
    },
    resumeFrom: async () => cursor,
    onWelcome: () => {},
    onCannotResume: (cause, { here, there }) => cannotResume.push(`${cause} ${here} ${there}`),
    onEvent: (event) => events.push(event),
    onChange: () => {},
    onLost: () => lost++,
    ...change,
  });
}

const phaseIs = (name: string): Promise<void> => until(`phase ${name}`, () => connection.phase.name === name);

async function live(welcome: Readonly<Record<string, unknown>> = {}): Promise<ScriptedConnection> {
  connection.start();
  const peer = await gateway.connection();
  await peer.welcome(welcome);
  peer.answerPings({ serverNow: () => SERVER_NOW + clock.monotonicNow(), lastEventSeq: () => cursor ?? 0 });
  await phaseIs('live');
  return peer;
}

/** Waits out the back-off and takes the next connection. */
async function reconnected(waitMs = 60_000): Promise<ScriptedConnection> {
  await phaseIs('backing-off');
  clock.advance(waitMs);
  return gateway.connection();
}

const event = (seq: number, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'event',
  event_seq: seq,
  at: SERVER_NOW,
  kind: 'conversation.purged',
  conversation_id: 'c-1',
  ...more,
});

describe('a connection over real sockets', () => {
  it('[SY1] says hello with the cursor, and is live when everything announced is stored', async () => {
    connection.start();
    const peer = await gateway.connection();
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => 102 });
    const hello = await peer.welcome();
    expect(hello).toEqual({
      type: 'hello',
      protocol: 1,
      token: 'token-1',
      device_id: 'd-1',
      app_version: '1.0.0',
      resume: { event_seq: 100 },
    });
    peer.send(event(101));
    peer.send(event(102));
    await until('events', () => events.length === 2);
    await until('a pong', () => connection.announcedSeq === 102);
    expect(connection.phase.name).toBe('catching-up');
    connection.progress({ eventSeq: 101, snapshotting: false });
    expect(connection.phase.name).toBe('catching-up');
    connection.progress({ eventSeq: 102, snapshotting: false });
    expect(connection.phase.name).toBe('live');
    connection.ack(102);
    expect(await peer.frame('ack')).toEqual({ type: 'ack', event_seq: 102 });
  });

  it('[SY1] the first time there is nothing to resume from, and it is not live before the snapshot is stored', async () => {
    cursor = null;
    connection.start();
    const peer = await gateway.connection();
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => 7 });
    const hello = await peer.welcome({ resume: { status: 'snapshot', reason: 'first', event_seq: 7 } });
    expect(hello['resume']).toBeNull();
    await until('a pong', () => connection.announcedSeq === 7);
    expect(connection.phase.name).toBe('catching-up');
    connection.progress({ eventSeq: 7, snapshotting: false });
    expect(connection.phase.name).toBe('live');
  });

  it('[SY4] backs off with full jitter, growing, and reads token and cursor anew each time', async () => {
    connection.start();
    const waits: (number | null)[] = [];
    for (let i = 0; i < 9; i++) {
      const peer = await gateway.connection();
      await peer.frame('hello');
      peer.cut();
      await phaseIs('backing-off');
      waits.push(connection.retryAt === null ? null : connection.retryAt - clock.monotonicNow());
      clock.advance(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    token = 'token-2';
    cursor = 250;
    const peer = await gateway.connection();
    peer.cut();
    const next = await reconnected();
    expect(await next.frame('hello')).toMatchObject({ token: 'token-2', resume: { event_seq: 250 } });
  });

  it('[SY4] a normal close reconnects too; a wake or a person doesn’t wait', async () => {
    const peer = await live();
    peer.close(1000, 'goodbye');
    await phaseIs('backing-off');
    expect(lost).toBe(1);
    connection.retry('network');
    const second = await gateway.connection();
    await second.welcome();
    await phaseIs('catching-up');
    // And while connected: the socket may be dead without knowing.
    connection.retry('person');
    expect(await (await gateway.connection()).frame('hello')).toMatchObject({ resume: { event_seq: 100 } });
    expect((await second.closed).code).toBe(1006);
  });

  it('[SY4] 4005 waits at least as long as its reason says', async () => {
    const peer = await live();
    peer.close(4005, JSON.stringify({ retry_after_ms: 40_000 }));
    await phaseIs('backing-off');
    expect(connection.phase).toMatchObject({ problem: { code: 'SERVER_BUSY' } });
    expect((connection.retryAt ?? 0) - clock.monotonicNow()).toBe(40_000);
  });

  it('[SY1] 4001 and 4004 are final until a person asks', async () => {
    for (const [code, problem] of [
      [4001, 'AUTH_FAILED'],
      [4004, 'CLIENT_TOO_OLD'],
    ] as const) {
      connection.start();
      connection.retry('person');
      const peer = await gateway.connection();
      peer.close(code);
      await phaseIs('refused');
      expect(connection.phase).toMatchObject({ problem: { code: problem } });
      const before = gateway.count;
      clock.advance(3_600_000);
      await settle();
      expect(gateway.count).toBe(before);
    }
  });

  it('[IN7] kicked: stops, says where, and never reconnects by itself', async () => {
    const peer = await live();
    peer.send({ type: 'kicked', by_device: 'd-other', at: SERVER_NOW });
    peer.close(4003);
    await phaseIs('kicked');
    expect(connection.phase).toEqual({ name: 'kicked', byDevice: 'd-other' });
    connection.retry('network');
    clock.advance(3_600_000);
    await settle();
    expect(gateway.count).toBe(1);
    connection.retry('person');
    await gateway.connection();
  });

  it('[SY5] a connection that is up but silent is noticed by its pong and resumed', async () => {
    const peer = await live();
    cursor = 100;
    let announced = 100;
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => announced });
    announced = 103;
    clock.advance(10_000);
    await until('the announcement', () => connection.announcedSeq === 103);
    expect(connection.phase.name).toBe('live');
    clock.advance(10_000);
    const next = await reconnected();
    expect(await next.frame('hello')).toMatchObject({ resume: { event_seq: 100 } });
  });

  it('[SY7] a gateway whose newest event is older than ours has gone back: said, given up, never taken for caught up', async () => {
    connection.start();
    const peer = await gateway.connection();
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => 60 });
    await peer.welcome();
    await phaseIs('backing-off');
    expect(cannotResume).toEqual(['went-back 100 60']);
  });

  it('[SY7] a gateway that resumes behind the place where we are leaves events out: given up before the first of them', async () => {
    connection.start();
    const peer = await gateway.connection();
    await peer.welcome({ resume: { status: 'resumed', from_seq: 105 } });
    await phaseIs('backing-off');
    expect(cannotResume).toEqual(['left-out 100 104']);
    expect(events).toEqual([]);
  });

  it('[SY5] a long catch-up takes more than one heartbeat: behind is no silence while events keep coming', async () => {
    const peer = await live();
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => 500 });
    for (let next = 101; next < 106; next++) {
      peer.send(event(next));
      await until('the event', () => events.at(-1)?.event_seq === next);
      clock.advance(10_000);
      await until('the announcement', () => connection.announcedSeq === 500);
      await settle();
    }
    expect([connection.phase.name, gateway.count]).toEqual(['live', 1]);
  });

  it('[SY4] a line that breaks before each pong, with events in between, keeps being tried soon', async () => {
    connection.start();
    for (let round = 0; round < 6; round++) {
      const peer = await gateway.connection();
      await peer.welcome();
      cursor = (cursor ?? 0) + 1;
      peer.send(event(cursor));
      await until('the event', () => events.at(-1)?.event_seq === cursor);
      connection.progress({ eventSeq: cursor, snapshotting: false });
      peer.cut();
      await phaseIs('backing-off');
      expect(connection.phase).toMatchObject({ attempt: 1 });
      clock.advance(500);
    }
  });

  it('[SY4] a gateway that answers, while what it says can’t be stored here, is tried less and less often', async () => {
    connection.start();
    for (let round = 1; round < 5; round++) {
      const peer = await gateway.connection();
      peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => 100 });
      await peer.welcome();
      await until('a pong', () => connection.announcedSeq === 100);
      connection.resync('could not be stored');
      expect(connection.phase).toMatchObject({ name: 'backing-off', attempt: round });
      while (connection.phase.name === 'backing-off') clock.advance(100);
    }
  });

  it('[SY5] an announcement that is followed by its events is no silence', async () => {
    const peer = await live();
    let announced = 101;
    peer.answerPings({ serverNow: () => SERVER_NOW, lastEventSeq: () => announced });
    for (let i = 0; i < 5; i++) {
      clock.advance(10_000);
      await until('the announcement', () => connection.announcedSeq === announced);
      peer.send(event(announced));
      await until('the event', () => events.at(-1)?.event_seq === announced);
      announced++;
    }
    expect(connection.phase.name).toBe('live');
  });

  it('[SY5] three heartbeats without a pong: the connection is dead', async () => {
    connection.start();
    const peer = await gateway.connection();
    await peer.welcome();
    await phaseIs('catching-up');
    clock.advance(20_000);
    expect(connection.phase.name).toBe('catching-up');
    clock.advance(10_000);
    expect(connection.phase).toMatchObject({ name: 'backing-off', problem: { code: 'NETWORK_UNKNOWN' } });
    expect((await peer.closed).code).toBe(1006);
  });

  it('[SY1] a gateway that opens and says nothing is given up on', async () => {
    connection.start();
    const peer = await gateway.connection();
    await peer.frame('hello');
    clock.advance(20_000);
    expect(connection.phase).toMatchObject({ name: 'backing-off', problem: { code: 'GATEWAY_UNREACHABLE' } });
  });

  it('[SY8] bad frames never crash, are counted without their text, and end the connection when they persist', async () => {
    const peer = await live();
    const bad = [
      'not json',
      '[1]',
      '{"no":"type"}',
      '{"type":"event","kind":"message.created"}',
      '{"type":"pong","sent_at":"geheim"}',
    ];
    for (const text of bad) peer.sendRaw(text);
    peer.send({ type: 'novelty', secret: 'geheim' });
    peer.send(event(101, { kind: 'novelty.happened', secret: 'geheim' }));
    await until('the unknown event', () => events.length === 1);
    expect(events[0]).toMatchObject({ kind: 'unknown', unknown_kind: 'novelty.happened', event_seq: 101 });
    expect(connection.phase.name).toBe('live');
    for (const text of bad) peer.sendRaw(text);
    const { code, reason } = await peer.closed;
    expect(code).toBe(4000);
    expect(reason).toContain('could not be read');
    await phaseIs('backing-off');
    expect(log.filter((line) => line.startsWith('connection.bad-frame'))).toHaveLength(10);
    expect(log.join()).not.toContain('geheim');
  });

  it('[RC1] refused policies are no bad frames: they never end the connection', async () => {
    const peer = await live();
    for (let seq = 101; seq <= 130; seq++)
      peer.send(event(seq, { kind: 'policy.updated', shop_id: 's-1', policy: { version: seq } }));
    await until('all of them', () => events.length === 30);
    await settle();
    expect(connection.phase.name).toBe('live');
    expect(log.filter((line) => line.startsWith('connection.bad-frame'))).toEqual([]);
  });

  it('[SY8] a bad frame now and then is forgiven', async () => {
    const peer = await live();
    for (let i = 0; i < 30; i++) {
      peer.sendRaw('nonsense');
      await until('counted', () => log.filter((line) => line.startsWith('connection.bad-frame')).length === i + 1);
      clock.advance(9_000);
      await settle(2);
    }
    expect(connection.phase.name).toBe('live');
  });

  it('[SY3] a request is answered, refused, or unknown after 10 s; a late reply changes nothing', async () => {
    const peer = await live();
    const first = connection.request('recall.query', { recall_id: RecallId.parse('r-1') });
    peer.reply(await peer.frame('recall.query'), { known: true, ok: true, effect: 'both', recalled_at: SERVER_NOW });
    expect(await first).toEqual({
      kind: 'ok',
      result: { known: true, ok: true, effect: 'both', recalled_at: SERVER_NOW },
    });

    const second = connection.request('conversation.claim', { conversation_id: ConversationId.parse('c-1') });
    peer.refuse(await peer.frame('conversation.claim'), 'ALREADY_CLAIMED', { details: { by: '小红' } });
    expect(await second).toEqual({
      kind: 'error',
      error: { code: 'ALREADY_CLAIMED', message: 'ALREADY_CLAIMED', details: { by: '小红' } },
    });

    const third = connection.request('recall.query', { recall_id: RecallId.parse('r-2') });
    const late = await peer.frame('recall.query');
    clock.advance(9_999);
    let outcome: RequestOutcome<'recall.query'> | null = null;
    void third.then((value) => (outcome = value));
    await settle();
    expect(outcome).toBeNull();
    clock.advance(1);
    expect(await third).toEqual({ kind: 'unknown', cause: 'timeout' });
    peer.reply(late, { known: false });
    await settle();
    expect(connection.phase.name).toBe('live');

    const fourth = connection.request('recall.query', { recall_id: RecallId.parse('r-3') });
    peer.reply(await peer.frame('recall.query'), { known: 'perhaps' });
    expect(await fourth).toEqual({ kind: 'unknown', cause: 'bad-reply' });
  });

  it('[SY3] a request that the connection takes with it is unknown; one never sent is known not to be', async () => {
    const peer = await live();
    const request = connection.request('recall.query', { recall_id: RecallId.parse('r-1') });
    await peer.frame('recall.query');
    peer.cut();
    expect(await request).toEqual({ kind: 'unknown', cause: 'connection-lost' });
    await phaseIs('backing-off');
    expect(await connection.request('recall.query', { recall_id: RecallId.parse('r-1') })).toEqual({
      kind: 'not-sent',
    });
    // A reply on the next connection to a request of the one before finds nobody.
    const next = await reconnected();
    await next.welcome();
    await phaseIs('catching-up');
    next.send({ type: 'reply', request_id: '0-1', ok: true, result: { known: false } });
    await settle();
    expect(connection.isOpen).toBe(true);
  });

  it('[SY4] an expired token is refreshed once for all who need it, kept, and the request asked again', async () => {
    const peer = await live();
    const both = [1, 2].map((n) => connection.request('recall.query', { recall_id: RecallId.parse(`r-${n}`) }));
    for (let i = 0; i < 2; i++) peer.refuse(await peer.frame('recall.query'), 'AUTH_EXPIRED');
    peer.reply(await peer.frame('token.refresh'), { token: 'token-9', expires_at: SERVER_NOW });
    for (let i = 0; i < 2; i++) peer.reply(await peer.frame('recall.query'), { known: false });
    expect(await Promise.all(both)).toEqual([
      { kind: 'ok', result: { known: false } },
      { kind: 'ok', result: { known: false } },
    ]);
    expect(kept).toEqual(['token-9']);
    expect(peer.pending('token.refresh')).toEqual([]);
  });

  it('[SY4] no token, no attempt at the network', async () => {
    connection = open({ login: async () => null });
    connection.start();
    await phaseIs('backing-off');
    expect(connection.phase).toMatchObject({ problem: { code: 'AUTH_FAILED' } });
    expect(gateway.count).toBe(0);
  });

  it('[RC4] the gateway’s time comes from round trips; setting the desktop’s clock changes nothing', async () => {
    await live({ heartbeat_ms: 1_000 });
    const before = connection.clockEstimate();
    expect(before).not.toBeNull();
    const serverNow = (): number => clock.monotonicNow() + (connection.clockEstimate()?.offsetMs ?? Number.NaN);
    const now = serverNow();
    clock.setWall(0);
    expect(serverNow()).toBe(now);
    clock.setWall(9e15);
    clock.advance(1_000);
    expect(serverNow()).toBe(now + 1_000);
  });
});
