import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageView, RecallView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { BASE_POLICY } from '#shared/domain/recall/fixtures.ts';
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts';
import { runApp, temporaryDirectory, TEST_ACCOUNT, type RunningApp } from '#test/support/running-app.ts';
import {
  startScriptedGateway,
  type Frame,
  type ScriptedConnection,
  type ScriptedGateway,
} from '#test/support/scripted-gateway.ts';
import { settle, until } from '#test/support/wait.ts';

/** The whole core and the real store against a gateway that says exactly what the test says, on the test's own time. */
const T0 = 1_790_000_000_000;

let gateway: ScriptedGateway;
let clock: FakeClock;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;
let peer: ScriptedConnection;
let lastSeq: number;
let skew: number;

const serverNow = (): number => T0 + clock.monotonicNow() + skew;

beforeEach(async () => {
  gateway = await startScriptedGateway();
  clock = createFakeClock();
  directory = await temporaryDirectory();
  lastSeq = 0;
  skew = 0;
  app = await runApp({ directory: directory.path, url: gateway.url, token: 't', clock });
});

afterEach(async () => {
  // Nothing that waits for the fake time may keep the end from coming.
  const closing = app.close();
  const ticking = setInterval(() => clock.advance(1_000), 5);
  await closing;
  clearInterval(ticking);
  await gateway.close();
  await directory.remove();
});

const SHOP = { shop_id: 's-1', name: '店', platform: 'practice', policy: BASE_POLICY };

function conversation(change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    conversation_id: 'c-1',
    shop_id: 's-1',
    type: 'single',
    title: '买家',
    consumer: { consumer_id: 'u-1', name: '买家' },
    intake: 'active',
    assignee: { agent_id: 'a-1', name: '小美' },
    assignments: [{ agent_id: 'a-1', name: '小美', from: T0, to: null, how: 'claimed' }],
    order_nos: [],
    violation_nos: [],
    last_seq: 1,
    last_message_at: T0,
    agent_read_seq: 0,
    consumer_read_seq: 0,
    waiting_since: null,
    ends_at: null,
    deletes_at: null,
    consumer_restricts_recall: false,
    legal_hold: false,
    ...change,
  };
}

function message(
  seq: number,
  text: string,
  change: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    msg_id: `m-${seq}`,
    conversation_id: 'c-1',
    conv_seq: seq,
    client_msg_id: null,
    shop_id: 's-1',
    sender: { role: 'agent', id: 'a-1', name: '小美' },
    kind: 'text',
    text,
    order_nos: [],
    violation_nos: [],
    correction_of: null,
    sent_at: serverNow(),
    status: 'sent',
    ...change,
  };
}

function emit(kind: string, fields: Readonly<Record<string, unknown>>, seq = ++lastSeq): void {
  peer.send({ type: 'event', event_seq: seq, at: serverNow(), kind, ...fields });
}

/** Advances the fake time in small steps while something real is awaited, so that timers that appear meanwhile run too. */
async function passing(what: string, condition: () => boolean | Promise<boolean>, stepMs = 50): Promise<void> {
  await until(what, async () => {
    if (await condition()) return true;
    clock.advance(stepMs);
    return false;
  });
}

async function connect(resume: Readonly<Record<string, unknown>> | null = null): Promise<void> {
  peer = await gateway.connection();
  peer.answerPings({ serverNow, lastEventSeq: () => lastSeq });
  await peer.welcome({
    server_time: serverNow(),
    shops: [SHOP],
    ...(resume === null ? {} : { resume }),
  });
}

/** First login: an empty snapshot with one conversation, whose first message comes by pulling. */
async function begin(first = '第一句'): Promise<{ key: ConversationKey; message: MessageView }> {
  await connect({ status: 'snapshot', reason: 'first', event_seq: lastSeq });
  peer.reply(await peer.frame('snapshot.get'), { conversations: [conversation()], cursor: null });
  const sent = message(1, first);
  peer.reply(await peer.frame('conversation.pull'), { messages: [sent], has_more: false });
  await until('live', async () => (await app.account()).state === 'live');
  const key = await app.key('c-1');
  await until('the message', async () => (await app.page(key)).messages.length === 1);
  return { key, message: (await app.page(key)).messages[0] as MessageView };
}

async function shown(of: MessageView): Promise<MessageView> {
  return (await app.page(of.conversation_key)).messages.find((candidate) => candidate.key === of.key) as MessageView;
}

async function recallIs(of: MessageView, state: RecallView['state']): Promise<RecallView> {
  await until(`recall to be ${state}`, async () => (await shown(of)).recall?.state === state);
  return (await shown(of)).recall as RecallView;
}

describe('the core against a scripted gateway', () => {
  it('[SY7] events that come while the snapshot is paged are kept and applied after it, and acknowledged only then', async () => {
    lastSeq = 500;
    await connect({ status: 'snapshot', reason: 'first', event_seq: 500 });
    const first = await peer.frame('snapshot.get');
    emit('message.created', { message: message(1, '快照时来的') });
    emit('conversation.upserted', { conversation: conversation({ title: '改名后' }) });
    peer.reply(first, { conversations: [conversation({ conversation_id: 'c-2' })], cursor: 'next' });
    const second = await peer.frame('snapshot.get');
    expect(second['cursor']).toBe('next');
    await settle();
    expect(peer.pending('ack')).toEqual([]);
    expect((await app.account()).state).toBe('catching-up');
    peer.reply(second, { conversations: [conversation()], cursor: null });
    expect(await peer.frame('ack')).toEqual({ type: 'ack', event_seq: 502 });
    const key = await app.key('c-1');
    expect((await app.call('conversations.get', { conversation_key: key })).title).toBe('改名后');
    expect((await app.page(key)).messages.map(({ text }) => text)).toEqual(['快照时来的']);
    expect((await app.account()).event_seq).toBe(502);
  });

  it('[SY7] a snapshot that was cut short begins anew, and nothing is resumed from half of it', async () => {
    await connect({ status: 'snapshot', reason: 'first', event_seq: 3 });
    peer.reply(await peer.frame('snapshot.get'), { conversations: [conversation()], cursor: 'next' });
    await peer.frame('snapshot.get');
    peer.cut();
    await passing('a new attempt', () => gateway.count === 2);
    peer = await gateway.connection();
    expect((await peer.frame('hello'))['resume']).toBeNull();
  });

  it('[SY2] a number that is missing: nothing after it is applied, the stream begins anew from the cursor', async () => {
    await begin();
    emit('message.created', { message: message(2, '二') });
    expect(await peer.frame('ack')).toEqual({ type: 'ack', event_seq: 1 });
    emit('message.created', { message: message(4, '四') }, 3);
    await passing('a new attempt', () => gateway.count === 2);
    peer = await gateway.connection();
    expect((await peer.frame('hello'))['resume']).toEqual({ event_seq: 1 });
  });

  it('[RC15] no answer in 10 s: unknown, shown as such, and asked by id on the same connection', async () => {
    const { message: mine } = await begin();
    const asked = await app.call('recall.request', { message_key: mine.key });
    await peer.frame('message.recall');
    clock.advance(9_999);
    await settle();
    expect((await shown(mine)).recall?.state).toBe('requested');
    clock.advance(1);
    expect(await recallIs(mine, 'unknown')).toMatchObject({ code: 'NETWORK_UNKNOWN', effect: null });
    expect((await shown(mine)).text).toBe('第一句');
    let query: Frame | null = null;
    void peer.frame('recall.query').then((frame) => (query = frame));
    await passing('the question', () => query !== null);
    expect(query).toMatchObject({ recall_id: asked.recall_id });
    peer.reply(query as unknown as Frame, { known: true, ok: true, effect: 'local_only', recalled_at: serverNow() });
    expect(await recallIs(mine, 'done')).toMatchObject({ effect: 'local_only' });
  });

  it('[RC15] after the window an unknown recall that never arrived is expired, not guessed and not sent again', async () => {
    const { message: mine } = await begin();
    // A short window: fake time then need not run far ahead of the sockets, whose attempts it would time out.
    const policy = { ...BASE_POLICY, version: 2, recall: { ...BASE_POLICY.recall, window_ms: 400 } };
    emit('policy.updated', { shop_id: 's-1', policy });
    await until('the policy', async () => (await app.account()).shops[0]?.policy?.version === 2);
    await app.call('recall.request', { message_key: mine.key });
    await peer.frame('message.recall');
    peer.cut();
    await recallIs(mine, 'unknown');
    let next: typeof peer | null = null;
    void gateway.connection().then((connection) => (next = connection));
    await passing('a new connection', () => next !== null);
    clock.advance(500);
    peer = next as unknown as typeof peer;
    peer.answerPings({ serverNow, lastEventSeq: () => lastSeq });
    await peer.welcome({ server_time: serverNow(), shops: [{ ...SHOP, policy }] });
    peer.reply(await peer.frame('recall.query'), { known: false });
    expect(await recallIs(mine, 'expired')).toMatchObject({ code: 'WINDOW_EXPIRED' });
    await settle();
    expect(peer.pending('message.recall')).toEqual([]);
    expect((await shown(mine)).text).toBe('第一句');
  });

  it('[RC12] an answer that leaves the effect out: the gateway’s record is asked, and nothing better is claimed than it says', async () => {
    const { message: mine } = await begin();
    const { recall_id } = await app.call('recall.request', { message_key: mine.key });
    await peer.frame('message.recall');
    clock.advance(10_000);
    await recallIs(mine, 'unknown');
    let query: Frame | null = null;
    void peer.frame('recall.query').then((frame) => (query = frame));
    await passing('the question', () => query !== null);
    const at = serverNow();
    peer.reply(query as unknown as Frame, { known: true, ok: true, recalled_at: at });
    const operator = { role: 'agent', id: 'a-1', name: '小美' };
    const told = message(1, '', { text: null, recalled: { recall_id, operator, effect: 'local_only', at } });
    peer.reply(await peer.frame('conversation.pull'), { messages: [told], has_more: false });
    expect(await recallIs(mine, 'done')).toMatchObject({ effect: 'local_only', code: null });
  });

  it('[RC12] where the record does not say either, it may have been seen', async () => {
    const { message: mine } = await begin();
    await app.call('recall.request', { message_key: mine.key });
    await peer.frame('message.recall');
    clock.advance(10_000);
    await recallIs(mine, 'unknown');
    let query: Frame | null = null;
    void peer.frame('recall.query').then((frame) => (query = frame));
    await passing('the question', () => query !== null);
    peer.reply(query as unknown as Frame, { known: true, ok: true });
    peer.reply(await peer.frame('conversation.pull'), { messages: [], has_more: false });
    expect(await recallIs(mine, 'done')).toMatchObject({ effect: 'maybe_seen' });
    expect((await shown(mine)).recalled).toMatchObject({ effect: 'maybe_seen' });
  });

  it('[RC1] a policy that is refused in `welcome` is shown at its shop, also after the program was closed', async () => {
    const bad = { ...BASE_POLICY, recall: { ...BASE_POLICY.recall, window_ms: -1 } };
    peer = await gateway.connection();
    peer.answerPings({ serverNow, lastEventSeq: () => lastSeq });
    await peer.welcome({ server_time: serverNow(), shops: [{ ...SHOP, policy: bad }] });
    const problems = async () => (await app.store.shops(TEST_ACCOUNT)).map((shop) => shop.policy_problem);
    await until('the shop', async () => (await problems()).length === 1);
    expect(await problems()).toEqual([expect.stringContaining('window_ms')]);
    expect((await app.account()).shops[0]?.policy_problem).toContain('window_ms');
  });

  it('[RC17] the event may come before the reply, twice, and a late failure changes nothing', async () => {
    const { message: mine } = await begin();
    const { recall_id } = await app.call('recall.request', { message_key: mine.key });
    const request = await peer.frame('message.recall');
    const recalled = {
      conversation_id: 'c-1',
      msg_id: 'm-1',
      recall_id,
      operator: { role: 'agent', id: 'a-1', name: '小美' },
      effect: 'both',
      at: serverNow(),
    };
    emit('message.recalled', recalled);
    await recallIs(mine, 'done');
    peer.refuse(request, 'SERVER_BUSY');
    emit('message.recalled', recalled);
    emit('message.created', { message: message(2, '后面的') });
    await until('the later one', async () => (await app.page(mine.conversation_key)).messages.length === 2);
    expect((await shown(mine)).recall).toMatchObject({ state: 'done', effect: 'both', code: null });
  });

  /** The event of a recall of `m-1`, as this account's own. */
  const recalledEvent = (recall_id: string, effect: string, change: Readonly<Record<string, unknown>> = {}) => ({
    conversation_id: 'c-1',
    msg_id: 'm-1',
    recall_id,
    operator: { role: 'agent', id: 'a-1', name: '小美' },
    effect,
    at: serverNow(),
    ...change,
  });
  const problems = (): readonly unknown[] =>
    app.topics.flatMap((topic) =>
      topic.topic === 'problem' && topic.payload.code === 'RECALL_CONTRADICTED' ? [topic.payload.details] : [],
    );
  const logged = (event: string): number => app.log.filter((line) => line.includes(event)).length;

  it('[RC12] a second result that says less than the first: the first stays, it is logged, the message and the person are told', async () => {
    const { message: mine } = await begin();
    const { recall_id } = await app.call('recall.request', { message_key: mine.key });
    peer.reply(await peer.frame('message.recall'), {
      recall_id,
      effect: 'both',
      recalled_at: serverNow(),
      elapsed_ms: 1,
      quota: { used: 1, limit: 20 },
    });
    await recallIs(mine, 'done');
    emit('message.recalled', recalledEvent(recall_id, 'both'));
    emit('message.recalled', recalledEvent(recall_id, 'local_only'));
    await until('the note', async () => (await shown(mine)).recalled?.disputed !== undefined);
    expect((await shown(mine)).recall).toMatchObject({ state: 'done', effect: 'both' });
    expect((await shown(mine)).recalled).toMatchObject({ effect: 'both', disputed: 'local_only' });
    await until('the word', () => problems().length > 0);
    expect(problems()).toEqual([{ account_id: TEST_ACCOUNT, msg_id: 'm-1', kept: 'both', came: 'local_only' }]);
    expect(logged('recall.contradicted')).toBe(1);
    expect(app.log.join()).not.toContain('第一句');
  });

  it('[RC12] the reply after the event that settled it: a lesser one is told, a failure or a better one only logged', async () => {
    const { message: mine } = await begin();
    const { recall_id } = await app.call('recall.request', { message_key: mine.key });
    const request = await peer.frame('message.recall');
    emit('message.recalled', recalledEvent(recall_id, 'maybe_seen'));
    await recallIs(mine, 'done');
    peer.reply(request, {
      recall_id,
      effect: 'local_only',
      recalled_at: serverNow(),
      elapsed_ms: 1,
      quota: { used: 1, limit: 20 },
    });
    await until('the word', () => problems().length > 0);
    expect((await shown(mine)).recalled).toMatchObject({ effect: 'maybe_seen', disputed: 'local_only' });
    emit('message.recalled', recalledEvent(recall_id, 'both'));
    emit('message.created', { message: message(2, '后面的') });
    await until('the later one', async () => (await app.page(mine.conversation_key)).messages.length === 2);
    expect((await shown(mine)).recalled).toMatchObject({ effect: 'maybe_seen', disputed: 'local_only' });
    expect(problems()).toHaveLength(1);
    expect(logged('recall.contradicted')).toBe(2);
  });

  it('[RC15] a result that carries another id says nothing of this recall: logged, and the gateway is asked', async () => {
    const { message: mine } = await begin();
    const { recall_id } = await app.call('recall.request', { message_key: mine.key });
    peer.reply(await peer.frame('message.recall'), {
      recall_id: 'r-nobody-asked-for',
      effect: 'both',
      recalled_at: serverNow(),
      elapsed_ms: 1,
      quota: { used: 1, limit: 20 },
    });
    await until('the line in the log', () => logged('recall.other-id') === 1);
    expect((await shown(mine)).recalled).toBeNull();
    let query: Frame | null = null;
    void peer.frame('recall.query').then((frame) => (query = frame));
    await passing('the question', () => query !== null);
    expect(query).toMatchObject({ recall_id });
    peer.reply(query as unknown as Frame, { known: true, ok: false, code: 'ALREADY_READ' });
    expect(await recallIs(mine, 'failed')).toMatchObject({ code: 'ALREADY_READ' });
  });

  it('[RC17] [SY8] a reply that nobody waits for and a recall of a message that never comes change nothing', async () => {
    const { message: mine } = await begin();
    peer.send({
      type: 'reply',
      request_id: 'q-unknown',
      ok: true,
      result: { recall_id: 'r-unknown', effect: 'both', recalled_at: serverNow(), elapsed_ms: 1 },
    });
    emit('message.recalled', recalledEvent('r-unknown', 'both', { msg_id: 'm-unknown' }));
    emit('message.created', { message: message(2, '后面的') });
    await until('the later one', async () => (await app.page(mine.conversation_key)).messages.length === 2);
    expect((await shown(mine)).recalled).toBeNull();
    expect((await app.account()).state).toBe('live');
    expect(problems()).toEqual([]);
  });

  it('[IN2] an answer that is older than the events before it undoes nothing: a claim that was lost is said to be lost', async () => {
    const { key } = await begin();
    const waiting = { intake: 'waiting', assignee: null, assignments: [], waiting_since: serverNow() };
    const held = (agent_id: string, name: string) => ({
      assignee: { agent_id, name },
      assignments: [{ agent_id, name, from: serverNow(), to: null, how: 'claimed' }],
    });
    emit('conversation.upserted', { conversation: conversation(waiting) });
    const view = () => app.call('conversations.get', { conversation_key: key });
    await until('it to wait', async () => (await view()).intake === 'waiting');
    const refused = app.refusal('conversations.claim', { conversation_key: key });
    const claim = await peer.frame('conversation.claim');
    emit('conversation.upserted', { conversation: conversation(held('a-1', '小美')) });
    emit('conversation.upserted', { conversation: conversation(held('a-2', '小李')) });
    peer.reply(claim, { conversation: conversation(held('a-1', '小美')) });
    expect(await refused).toEqual({ code: 'ALREADY_CLAIMED', details: { by: '小李' } });
    expect((await view()).assignee).toEqual({ agent_id: 'a-2', name: '小李' });
    // Without an event in between the answer is the newest word.
    const again = app.call('conversations.claim', { conversation_key: key });
    peer.reply(await peer.frame('conversation.claim'), { conversation: conversation(held('a-1', '小美')) });
    expect((await again).assignee).toEqual({ agent_id: 'a-1', name: '小美' });
  });

  it('[PV3] [IN6] a gateway that is busy is asked again for the word list and told again what was read', async () => {
    const { key } = await begin();
    const next = async (type: string): Promise<Frame> => {
      let frame: Frame | null = null;
      void peer.frame(type).then((came) => (frame = came));
      await passing(type, () => frame !== null);
      return frame as unknown as Frame;
    };
    peer.refuse(await next('words.sync'), 'SERVER_BUSY', { retry_after_ms: 500 });
    peer.refuse(await next('words.sync'), 'RATE_LIMITED');
    const added = [{ word: '返现', category: '违规', action: 'block' }];
    peer.reply(await next('words.sync'), { version: 1, added, removed: [] });
    const words = () => app.call('words.page', { account_id: TEST_ACCOUNT, shop_id: 's-1', after: null } as never);
    await until('the words', async () => (await words()).version === 1);
    await app.call('conversations.read', { conversation_key: key, conv_seq: 1 });
    peer.refuse(await next('conversation.read'), 'SERVER_BUSY');
    expect(await next('conversation.read')).toMatchObject({ conversation_id: 'c-1', conv_seq: 1 });
  });

  it('[SY8] names of a later version close no connection, however many come, and what they say is there', async () => {
    const { key } = await begin();
    const sender = { role: 'consumer', id: 'u-1', name: '买家' };
    for (let seq = 2; seq <= 21; seq++) {
      emit('message.created', { message: message(seq, '[贴纸]', { kind: 'sticker', sender }) });
      emit('message.status', { conversation_id: 'c-1', msg_id: 'm-1', status: 'forwarded' });
      emit('conversation.pinned', { conversation_id: 'c-1' });
    }
    await passing('all of them', async () => (await app.account()).event_seq === lastSeq);
    expect((await app.page(key)).messages.filter(({ kind }) => kind === 'unknown')).toHaveLength(20);
    expect(await app.call('conversations.get', { conversation_key: key })).toMatchObject({ reply_state: 'unreplied' });
    expect((await app.account()).state).toBe('live');
    expect(gateway.count).toBe(1);
    expect(problems()).toEqual([]);
    // Bodies without what they are about are something else.
    for (let i = 0; i < 10; i++) emit('message.status', { conversation_id: 'c-1', status: 'read' });
    await passing('a new attempt', () => gateway.count === 2);
  });

  it.each([
    ['unknown kinds', { kinds: ['text', 'hologram'] }],
    ['a negative window', { window_ms: -1 }],
    ['a missing part', { read_rule: undefined }],
    ['a group rule that is no object', { group: 'none' }],
    ['a soft limit that is no number', { per_hour_soft: 'five' }],
  ])('[RC1] a policy with %s is refused as a whole: the one before stays, the shop says so', async (_, change) => {
    const { message: mine } = await begin();
    const policy = { ...BASE_POLICY, version: 9, recall: { ...BASE_POLICY.recall, enabled: false, ...change } };
    emit('policy.updated', { shop_id: 's-1', policy });
    await until('the shop to say so', async () => (await app.account()).shops[0]?.policy_problem !== null);
    const [shop] = (await app.account()).shops;
    expect(shop?.policy).toEqual(BASE_POLICY);
    expect(shop?.policy_problem).toContain(Object.keys(change)[0]);
    // Nothing of the refused one counts: recall is still enabled.
    await app.call('recall.request', { message_key: mine.key });
    await peer.frame('message.recall');
    emit('policy.updated', { shop_id: 's-1', policy: { ...BASE_POLICY, version: 10 } });
    await until('the shop to be well', async () => (await app.account()).shops[0]?.policy_problem === null);
  });

  it('[RC17] a recall before its message: the content is never shown', async () => {
    const { key } = await begin();
    emit('message.recalled', {
      conversation_id: 'c-1',
      msg_id: 'm-2',
      recall_id: 'r-other',
      operator: { role: 'agent', id: 'a-1', name: '小美', device_id: 'd-phone' },
      effect: 'both',
      at: serverNow(),
    });
    emit('message.created', { message: message(2, '不该看到') });
    await until('the tombstone', async () => (await app.page(key)).messages.length === 2);
    const tombstone = (await app.page(key)).messages[1];
    expect(tombstone).toMatchObject({ text: null, recalled: { effect: 'both', operator: { device_id: 'd-phone' } } });
  });

  it('[RC17] ALREADY_RECALLED counts as done, with the effect that the gateway’s record tells', async () => {
    const { message: mine } = await begin();
    await app.call('recall.request', { message_key: mine.key });
    peer.refuse(await peer.frame('message.recall'), 'ALREADY_RECALLED');
    const operator = { role: 'agent', id: 'a-1', name: '小美', device_id: 'd-phone' };
    const recalled = { recall_id: 'r-phone', operator, effect: 'local_only', at: serverNow() };
    peer.reply(await peer.frame('conversation.pull'), {
      messages: [message(1, '第一句', { recalled })],
      has_more: false,
    });
    expect(await recallIs(mine, 'done')).toMatchObject({ effect: 'local_only', code: 'ALREADY_RECALLED' });
    expect((await shown(mine)).recalled).toMatchObject({ effect: 'local_only', operator: { device_id: 'd-phone' } });
  });

  it('[RC11] a refusal is shown with its code and details, and a new try has a new id', async () => {
    const { message: mine } = await begin();
    const first = await app.call('recall.request', { message_key: mine.key });
    peer.refuse(await peer.frame('message.recall'), 'RATE_HARD', { details: { retry_at: T0 + 5 } });
    expect(await recallIs(mine, 'failed')).toMatchObject({ code: 'RATE_HARD', details: { retry_at: T0 + 5 } });
    expect((await shown(mine)).text).toBe('第一句');
    clock.advance(1_000);
    const second = await app.call('recall.request', { message_key: mine.key });
    expect(second.recall_id).not.toBe(first.recall_id);
    peer.reply(await peer.frame('message.recall'), {
      recall_id: second.recall_id,
      effect: 'both',
      recalled_at: serverNow(),
      elapsed_ms: 5,
      quota: { used: 1, limit: 20 },
    });
    await recallIs(mine, 'done');
  });

  it('[RC4] [RC16] a queued recall expires by the gateway’s time, whatever is done to the desktop’s clock', async () => {
    const { message: mine } = await begin();
    peer.cut();
    await until('offline', async () => (await app.account()).state !== 'live');
    const asked = await app.call('recall.request', { message_key: mine.key });
    expect(asked).toMatchObject({ state: 'queued', expires_at: mine.sent_at + 120_000 });
    clock.setWall(0);
    clock.advance(100_000);
    await settle();
    expect((await shown(mine)).recall?.state).toBe('queued');
    clock.setWall(9e14);
    await settle();
    expect((await shown(mine)).recall?.state).toBe('queued');
    clock.advance(21_000);
    await recallIs(mine, 'expired');
  });

  it('[RC4] setting the desktop’s clock changes no verdict', async () => {
    const { message: mine } = await begin();
    const before = (await app.account()).clock?.server_now;
    clock.setWall(0);
    expect((await app.account()).clock?.server_now).toBe(before);
    clock.setWall(T0 + 86_400_000 * 365);
    expect((await app.call('recall.request', { message_key: mine.key })).state).toBe('requested');
    const later = message(2, '过了窗口');
    emit('message.created', { message: later });
    await until('the message', async () => (await app.page(mine.conversation_key)).messages.length === 2);
    const second = (await app.page(mine.conversation_key)).messages[1] as MessageView;
    clock.advance(121_000);
    clock.setWall(second.sent_at);
    expect((await app.refusal('recall.request', { message_key: second.key })).code).toBe('WINDOW_EXPIRED');
  });

  it('[SY3] no answer to a send: unknown, repeated under the same id, and one record', async () => {
    const { key } = await begin();
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '在的' });
    expect(await peer.frame('message.send')).toMatchObject({ client_msg_id, text: '在的', conversation_id: 'c-1' });
    clock.advance(10_000);
    await until('unknown', async () => (await app.page(key)).outgoing[0]?.state === 'unknown');
    let again: Frame | null = null;
    void peer.frame('message.send').then((frame) => (again = frame));
    await passing('the repetition', () => again !== null);
    expect(again).toMatchObject({ client_msg_id });
    peer.reply(again as unknown as Frame, { message: message(2, '在的', { client_msg_id }), duplicate: true });
    await until('the record', async () => (await app.page(key)).messages.length === 2);
    emit('message.created', { message: message(2, '在的', { client_msg_id }) });
    await peer.frame('ack');
    expect((await app.page(key)).messages.map(({ text }) => text)).toEqual(['第一句', '在的']);
    expect((await app.page(key)).outgoing).toEqual([]);
  });

  it('[SY3] order within a conversation holds while the first is unanswered; another conversation goes on', async () => {
    const { key } = await begin();
    emit('conversation.upserted', {
      conversation: conversation({ conversation_id: 'c-9', last_seq: 0, last_message_at: null }),
    });
    const other = await app.key('c-9');
    await app.call('messages.send', { conversation_key: key, text: '一' });
    await app.call('messages.send', { conversation_key: key, text: '二' });
    await app.call('messages.send', { conversation_key: other, text: '别处' });
    const first = await peer.frame('message.send');
    expect(first['text']).toBe('一');
    expect((await peer.frame('message.send'))['text']).toBe('别处');
    await settle();
    expect(peer.pending('message.send')).toEqual([]);
    peer.reply(first, { message: message(2, '一', { client_msg_id: first['client_msg_id'] }), duplicate: false });
    expect((await peer.frame('message.send'))['text']).toBe('二');
  });

  it('[SY3] an id that means another message at the gateway is never reused: the text goes under a new one', async () => {
    const { key } = await begin();
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '撞号' });
    peer.refuse(await peer.frame('message.send'), 'IDEMPOTENCY_CONFLICT');
    await until('failed', async () => (await app.page(key)).outgoing[0]?.state === 'failed');
    expect((await app.page(key)).outgoing[0]?.text).toBe('撞号');
    await app.call('drafts.set', { conversation_key: key, text: '正在写' });
    const fresh = await app.call('messages.retry', { client_msg_id });
    expect(fresh.client_msg_id).not.toBe(client_msg_id);
    expect(await peer.frame('message.send')).toMatchObject({ client_msg_id: fresh.client_msg_id, text: '撞号' });
    expect((await app.page(key)).outgoing).toHaveLength(1);
    expect((await app.call('conversations.get', { conversation_key: key })).draft).toBe('正在写');
  });

  it('[SY6] a hole between what came is pulled, and what the gateway has not is closed', async () => {
    const { key, message: one } = await begin();
    const at = (seq: number) => ({ sent_at: one.sent_at + seq * 1_000 });
    emit('message.created', { message: message(6, '第六', at(6)) });
    const pull = await peer.frame('conversation.pull');
    expect(pull).toMatchObject({ conversation_id: 'c-1', from_seq: 2, to_seq: 5 });
    expect((await app.page(key)).gaps).toEqual([{ from_seq: 2, to_seq: 5 }]);
    peer.reply(pull, { messages: [], has_more: true });
    let again: Frame | null = null;
    void peer.frame('conversation.pull').then((frame) => (again = frame));
    await passing('asked again', () => again !== null);
    peer.reply(again as unknown as Frame, {
      messages: [message(2, '第二', at(2)), message(3, '第三', at(3))],
      has_more: true,
    });
    const rest = await peer.frame('conversation.pull');
    expect(rest).toMatchObject({ from_seq: 4, to_seq: 5 });
    peer.reply(rest, { messages: [message(4, '第四', at(4))], has_more: false });
    await until('closed', async () => (await app.page(key)).gaps.length === 0);
    expect((await app.page(key)).messages.map(({ conv_seq }) => conv_seq)).toEqual([1, 2, 3, 4, 6]);
  });

  it('[IN1] what was read while offline is told after the next welcome', async () => {
    const { key } = await begin();
    peer.cut();
    await until('offline', async () => (await app.account()).state !== 'live');
    await app.call('conversations.read', { conversation_key: key, conv_seq: 1 });
    await passing('a new attempt', () => gateway.count === 2);
    await connect();
    expect(await peer.frame('conversation.read')).toMatchObject({ conversation_id: 'c-1', conv_seq: 1 });
  });
});
