import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runApp, temporaryDirectory, type RunningApp } from '#test/support/running-app.ts';
import {
  SERVER_NOW,
  startScriptedGateway,
  type ScriptedConnection,
  type ScriptedGateway,
} from '#test/support/scripted-gateway.ts';
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts';
import { AGENT, conversation, message } from '#test/support/store-wire.ts';
import { settle, until } from '#test/support/wait.ts';

/** Gateways that are not wrong, or only a little: what one of them says badly must not keep the rest away. */

let gateway: ScriptedGateway;
let clock: FakeClock;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;
let peer: ScriptedConnection;
let lastSeq: number;

beforeEach(async () => {
  gateway = await startScriptedGateway();
  clock = createFakeClock();
  directory = await temporaryDirectory();
  lastSeq = 0;
  app = await runApp({ directory: directory.path, url: gateway.url, token: 't', clock });
  peer = await gateway.connection();
});

afterEach(async () => {
  const closing = app.close();
  const ticking = setInterval(() => clock.advance(1_000), 5);
  await closing;
  clearInterval(ticking);
  await gateway.close();
  await directory.remove();
});

async function passing(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until(what, async () => {
    if (await condition()) return true;
    clock.advance(50);
    return false;
  });
}

async function greet(): Promise<void> {
  peer.answerPings({ serverNow: () => SERVER_NOW + clock.monotonicNow(), lastEventSeq: () => lastSeq });
  await peer.welcome({ agent: AGENT, resume: { status: 'snapshot', reason: 'first', event_seq: 0 } });
}

async function begin(lastSeqOfC1: number): Promise<void> {
  await greet();
  peer.reply(await peer.frame('snapshot.get'), {
    conversations: [conversation('c-1', { last_seq: lastSeqOfC1 })],
    cursor: null,
  });
  await until('live', async () => (await app.account()).state === 'live');
}

const emit = (frame: Readonly<Record<string, unknown>>): void =>
  peer.send({ type: 'event', event_seq: ++lastSeq, at: SERVER_NOW, ...frame });

const shownTexts = async (id: string): Promise<(string | null)[]> =>
  (await app.page(await app.key(id))).messages.map(({ text }) => text);

describe('a gateway that uses the room it has', () => {
  it('[SY8] one conversation that cannot be read keeps neither the others nor the account out', async () => {
    await greet();
    peer.reply(await peer.frame('snapshot.get'), {
      conversations: [conversation('c-1'), { ...conversation('c-2'), intake: 7 }, conversation('c-3')],
      cursor: null,
    });
    await until('live', async () => (await app.account()).state === 'live');
    await app.key('c-1');
    await app.key('c-3');
    expect(app.log.filter((line) => line.includes('connection.left-out'))).toEqual([
      expect.stringContaining('{"account":"acc-test","where":"snapshot.get","count":1}'),
    ]);
  });

  it('[SY6] what is missing in many conversations is asked for several at a time, and none is forgotten', async () => {
    await greet();
    const ids = Array.from({ length: 9 }, (_, i) => `c-${i}`);
    peer.reply(await peer.frame('snapshot.get'), {
      conversations: ids.map((id) => conversation(id, { last_seq: 1 })),
      cursor: null,
    });
    await until('four questions', () => peer.pending('conversation.pull').length === 4);
    await settle();
    expect(peer.pending('conversation.pull')).toHaveLength(4);
    for (let i = 0; i < ids.length; i++) {
      const pull = await peer.frame('conversation.pull');
      peer.reply(pull, { messages: [message(String(pull['conversation_id']), 1)], has_more: false });
    }
    for (const id of ids) await until(id, async () => (await shownTexts(id)).length === 1);
    await settle();
    expect(peer.pending('conversation.pull')).toEqual([]);
  });

  it('[SY6] messages that cannot be read are passed over, also where a page has nothing else', async () => {
    await begin(4);
    const unreadable = { ...message('c-1', 3), sent_at: 'soon' };
    const pull = await peer.frame('conversation.pull');
    peer.reply(pull, { messages: [message('c-1', 1), message('c-1', 2)], has_more: true });
    peer.reply(await peer.frame('conversation.pull'), { messages: [unreadable], has_more: true });
    const behind = await peer.frame('conversation.pull');
    expect(behind).toMatchObject({ from_seq: 4, to_seq: 4 });
    peer.reply(behind, { messages: [message('c-1', 4)], has_more: false });
    await until('the others', async () => (await shownTexts('c-1')).length === 3);
    await settle();
    expect(peer.pending('conversation.pull')).toEqual([]);
  });

  it('[SY2] an event of which only the number can be read is passed over, and what follows is stored', async () => {
    await begin(0);
    emit({ kind: '' });
    emit({ kind: 'x'.repeat(500) });
    emit({ kind: 'message.created', message: message('c-1', 1, 'consumer', { text: '后面' }) });
    await until('acknowledged', () => peer.pending('ack').some((ack) => ack['event_seq'] === 3));
    expect(await shownTexts('c-1')).toEqual(['后面']);
    expect(gateway.count).toBe(1);
  });

  it('[IN1] what was read is shown as read by the answer alone; no event has to say it again', async () => {
    await greet();
    const other = { assignee: { agent_id: 'a-8', name: '阿杰' } };
    peer.reply(await peer.frame('snapshot.get'), {
      conversations: [conversation('c-1', { last_seq: 2 }), conversation('c-2', { last_seq: 1, ...other })],
      cursor: null,
    });
    const said = [message('c-1', 1), message('c-1', 2), message('c-2', 1)];
    for (const _conversation of [1, 2]) {
      const pull = await peer.frame('conversation.pull');
      const messages = said.filter(({ conversation_id }) => conversation_id === pull['conversation_id']);
      peer.reply(pull, { messages, has_more: false });
    }
    const unread = async (id: string): Promise<number> =>
      (await app.call('conversations.get', { conversation_key: await app.key(id) })).unread;
    await until('three unread', async () => (await unread('c-1')) === 2 && (await unread('c-2')) === 1);
    for (const id of ['c-2', 'c-1']) {
      await app.call('conversations.read', { conversation_key: await app.key(id), conv_seq: 1 });
      peer.reply(await peer.frame('conversation.read'), {});
    }
    await until('one left', async () => (await unread('c-1')) === 1);
    // Somebody else's: looking into it reads nothing in their place.
    expect(await unread('c-2')).toBe(1);
  });

  it.each([
    ['does not move', () => 'here'],
    ['goes in circles', (cursor: unknown) => (cursor === 'here' ? 'there' : 'here')],
  ])('[SY7] a snapshot whose cursor %s is not asked for without end', async (_, next) => {
    await greet();
    let asked = 0;
    await passing('given up', async () => {
      for (const request of peer.pending('snapshot.get').slice(0, 1)) {
        asked++;
        peer.reply(await peer.frame(request.type), { conversations: [], cursor: next(request['cursor']) });
        await settle(2);
      }
      return gateway.count === 2;
    });
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(50);
  });

  it('[SY8] a welcome that cannot be read is said to be that, at once', async () => {
    await peer.welcome({ resume: { status: 'mood' } });
    await until('its own problem', async () => (await app.account()).problem?.code === 'PROTOCOL_ERROR');
    expect(await peer.closed).toMatchObject({ code: 4000 });
  });

  it('[RC4] a ping carries whole milliseconds, and only its own echo measures the clock', async () => {
    clock.advance(0.25);
    await peer.welcome({ heartbeat_ms: 1_000, resume: { status: 'resumed', from_seq: 1 } });
    const ping = await peer.frame('ping');
    expect(ping['sent_at']).toSatisfy(Number.isSafeInteger);
    const pong = { type: 'pong', sent_at: ping['sent_at'], server_time: SERVER_NOW + 7_000, last_event_seq: 0 };
    const offset = async (): Promise<number | undefined> => (await app.account()).clock?.offset_ms;
    peer.send({ ...pong, sent_at: (ping['sent_at'] as number) - 1, server_time: 5 });
    peer.send(pong);
    peer.send({ ...pong, server_time: 5 });
    await until('live', async () => (await app.account()).state === 'live');
    expect(await offset()).toBeGreaterThanOrEqual(0);
    expect(await offset()).toBeLessThanOrEqual(7_000);
  });

  it('[IN7] kicked by nobody knows which device is kicked all the same', async () => {
    await begin(0);
    peer.send({ type: 'kicked', by_device: null, at: SERVER_NOW });
    await until('kicked', async () => (await app.account()).state === 'kicked');
    expect((await app.account()).kicked_by).toBeNull();
  });
});
