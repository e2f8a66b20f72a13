import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import type { MessageView, RecallView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import { recallConversationFactsOf, recallFactsOf } from '#shared/domain/recall/facts.ts';
import { runApp, temporaryDirectory, type RunningApp, type RunOptions } from '#test/support/running-app.ts';
import { settle, until } from '#test/support/wait.ts';

/** The thread: practice gateway → sockets → core → real store → door. Nobody in the shop does anything by themselves. */
const ME = 'a-xiaomei';
const SHOP = 's-qinghe';

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

async function open(change: Partial<RunOptions> = {}): Promise<void> {
  app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token, ...change });
}

async function reopen(change: Partial<RunOptions> = {}): Promise<void> {
  await app.close();
  await open(change);
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  await open();
});

afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

/** A conversation of mine, with its key here and its id there. */
async function mine(): Promise<{ readonly id: string; readonly key: ConversationKey }> {
  await app.live();
  const { conversation_id } = gateway.control.newEnquiry({
    shop_id: SHOP,
    text: '在吗',
    name: '买家甲',
    assign_to: ME,
  });
  return { id: conversation_id, key: await app.key(conversation_id) };
}

async function messages(key: ConversationKey): Promise<readonly MessageView[]> {
  return (await app.page(key)).messages;
}

async function said(key: ConversationKey, text: string): Promise<MessageView> {
  await app.call('messages.send', { conversation_key: key, text });
  return arrived(key, text);
}

async function arrived(key: ConversationKey, text: string): Promise<MessageView> {
  let found: MessageView | undefined;
  await until(`“${text}” to be a record`, async () => {
    found = (await messages(key)).find((message) => message.text === text);
    return found !== undefined;
  });
  return found as MessageView;
}

async function recallIs(message: MessageView, state: RecallView['state']): Promise<MessageView> {
  let found: MessageView | undefined;
  await until(`recall to be ${state}`, async () => {
    found = (await messages(message.conversation_key)).find((candidate) => candidate.key === message.key);
    return found?.recall?.state === state;
  });
  return found as MessageView;
}

const onPhone = (conversationId: string, msgId: string) =>
  gateway.control.consumerView(conversationId).messages.find((message) => message.msg_id === msgId);

describe('practice gateway, real store, whole core', () => {
  it('[SY7] first start: the whole snapshot and its records are here, without gaps', async () => {
    await app.live();
    const visible = (
      await Promise.all(
        (['waiting', 'active', 'ended'] as const).map((intake) =>
          app.call('conversations.list', { account_id: null, intake, limit: 1_000, cursor: null }),
        ),
      )
    ).flatMap((list) => list.conversations);
    // Ended ones that were archived long ago aren't part of a snapshot; everything open is.
    const there = gateway.control.conversations();
    const openOnes = (list: readonly { conversation_id: string; intake: string }[]) =>
      list.filter(({ intake }) => intake !== 'ended').map(({ conversation_id }) => conversation_id);
    expect(visible.length).toBeGreaterThan(5);
    expect(openOnes(visible).sort()).toEqual(openOnes(there).sort());
    const known = new Set<string>(there.map(({ conversation_id }) => conversation_id));
    expect(visible.filter(({ conversation_id }) => !known.has(conversation_id))).toEqual([]);
    await until(
      'every gap to be filled',
      async () => (await app.store.gaps((await app.account()).account_id, 10)).length === 0,
    );
    for (const view of visible.slice(0, 10)) {
      const said = gateway.control.messages(view.conversation_id).map(({ message }) => message.msg_id);
      expect((await app.page(view.key)).messages.map((message) => message.msg_id)).toEqual(said.slice(-200));
    }
    const account = await app.account();
    expect(account).toMatchObject({
      agent: { agent_id: ME },
      event_seq: gateway.control.lastEventSeq(ME),
      problem: null,
    });
    expect(account.shops.map((shop) => shop.shop_id)).toContain(SHOP);
    expect(account.clock?.uncertainty_ms).toBeLessThan(5_000);
  });

  it('[SY2] what is committed is acknowledged, and views are told once for many changes', async () => {
    const { id, key } = await mine();
    app.topics.length = 0;
    for (let i = 0; i < 100; i++) gateway.control.consumerSays(id, `第${i}句`);
    await arrived(key, '第99句');
    await until('acknowledged', () => gateway.control.acked(ME) === gateway.control.lastEventSeq(ME));
    // What other conversations still had to tell from before this test is none of its business.
    const told = (): number =>
      app.topics.filter(
        ({ topic, payload }) => topic === 'messages' && (payload.keys.length === 0 || payload.keys.includes(key)),
      ).length;
    await until('told', () => told() > 0);
    expect(told()).toBeLessThan(50);
  });

  it('[SY9] the account says up to which event and when', async () => {
    const { id, key } = await mine();
    gateway.control.consumerSays(id, '到了吗');
    await arrived(key, '到了吗');
    await until('the number', async () => (await app.account()).event_seq === gateway.control.lastEventSeq(ME));
    expect((await app.account()).synced_at).not.toBeNull();
  });

  it('[IN2] the gateway decides who gets an enquiry; the loser hears who won', async () => {
    await app.live();
    const first = gateway.control.newEnquiry({ shop_id: SHOP, text: '你好', name: '买家乙' });
    const claimed = await app.call('conversations.claim', { conversation_key: await app.key(first.conversation_id) });
    expect(claimed).toMatchObject({ intake: 'active', assignee: { agent_id: ME } });
    const second = gateway.control.newEnquiry({ shop_id: SHOP, text: '你好', name: '买家丙' });
    const key = await app.key(second.conversation_id);
    gateway.control.assign(second.conversation_id, 'a-ajie', 'claimed');
    expect(await app.refusal('conversations.claim', { conversation_key: key })).toMatchObject({
      code: 'ALREADY_CLAIMED',
    });
  });

  it('[SY3] sends arrive once and in order, also when replies are lost and the connection is cut', async () => {
    const { id, key } = await mine();
    const texts = Array.from({ length: 12 }, (_, i) => `第 ${i + 1} 条`);
    gateway.control.faults.add({ fault: 'cut', on: 'reply', match: 'message.send', when: 'before', skip: 3, times: 1 });
    gateway.control.faults.add({ fault: 'cut', on: 'request', match: 'message.send', skip: 7, times: 1 });
    gateway.control.faults.add({
      fault: 'error',
      match: 'message.send',
      code: 'SERVER_BUSY',
      retry_after_ms: 20,
      skip: 9,
      times: 2,
    });
    gateway.control.faults.add({ fault: 'event_before_reply', probability: 0.5 });
    for (const text of texts) await app.call('messages.send', { conversation_key: key, text });
    await arrived(key, texts.at(-1) as string);
    await until('an empty outbox', async () => (await app.page(key)).outgoing.length === 0);
    const own = (list: readonly { text: string | null }[]) =>
      list.map(({ text }) => text).filter((text) => text?.startsWith('第 '));
    expect(own(gateway.control.messages(id).map(({ message }) => message))).toEqual(texts);
    expect(own(await messages(key))).toEqual(texts);
  });

  it('[SY3] what the gateway refuses for good fails with its text kept, and doesn’t hold up the next', async () => {
    const { key } = await mine();
    // Its own list is newer than the one that was checked here.
    gateway.control.faults.add({ fault: 'error', match: 'message.send', code: 'BLOCKED_WORD', times: 1 });
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '我们试试吗' });
    await said(key, '下一条');
    const failed = (await app.page(key)).outgoing;
    expect(failed).toMatchObject([
      { client_msg_id, state: 'failed', text: '我们试试吗', error: { code: 'BLOCKED_WORD' } },
    ]);
    expect(await app.call('messages.discard', { client_msg_id })).toEqual({ text: '我们试试吗' });
    expect((await app.page(key)).outgoing).toEqual([]);
  });

  it('[SY3] a failed one can be tried again under the same id', async () => {
    const { id, key } = await mine();
    gateway.control.faults.add({ fault: 'error', match: 'message.send', code: 'QUOTA', times: 1 });
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '再来' });
    await until('failure', async () => (await app.page(key)).outgoing[0]?.state === 'failed');
    expect(await app.call('messages.retry', { client_msg_id })).toEqual({ client_msg_id });
    await arrived(key, '再来');
    expect(gateway.control.messages(id).filter(({ message }) => message.text === '再来')).toHaveLength(1);
  });

  it('[SY3] asked for while offline, also across a restart, sends leave when the gateway is back', async () => {
    const { id, key } = await mine();
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    await app.call('messages.send', { conversation_key: key, text: '断网时写的' });
    await reopen();
    expect((await app.page(key)).outgoing).toMatchObject([{ state: 'queued', text: '断网时写的' }]);
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await arrived(key, '断网时写的');
    expect(gateway.control.messages(id).filter(({ message }) => message.text === '断网时写的')).toHaveLength(1);
  });

  it('[RC8] in the delay buffer it is cancelled: certain, nothing was sent, the text is back', async () => {
    const { id, key } = await mine();
    await app.call('settings.set', { send_delay_ms: 30_000 });
    const { client_msg_id } = await app.call('messages.send', { conversation_key: key, text: '等等再说' });
    expect((await app.page(key)).outgoing).toMatchObject([{ state: 'delayed' }]);
    expect(await app.call('messages.cancel', { client_msg_id })).toEqual({ text: '等等再说' });
    expect(await app.refusal('messages.cancel', { client_msg_id })).toMatchObject({ code: 'NOT_FOUND' });
    expect((await app.page(key)).outgoing).toEqual([]);
    expect(gateway.control.messages(id).some(({ message }) => message.text === '等等再说')).toBe(false);
    expect((await app.call('conversations.get', { conversation_key: key })).draft).toBe('等等再说');
  });

  it('[PV2] the delay passes and it is sent; a restart within it makes a draft of it', async () => {
    const { id, key } = await mine();
    await app.call('settings.set', { send_delay_ms: 150 });
    await said(key, '延迟后发出');
    await app.call('settings.set', { send_delay_ms: 30_000 });
    await app.call('messages.send', { conversation_key: key, text: '没来得及' });
    await reopen({ sendDelayMs: 30_000 });
    expect((await app.page(key)).outgoing).toEqual([]);
    expect((await app.call('conversations.get', { conversation_key: key })).draft).toBe('没来得及');
    expect(gateway.control.messages(id).some(({ message }) => message.text === '没来得及')).toBe(false);
  });

  it('[RC12] within the window: gone on both sides, tombstone here, content sealed and out of the search', async () => {
    const { id, key } = await mine();
    const message = await said(key, '这句发错了');
    const asked = await app.call('recall.request', { message_key: message.key, reason: '发错了' });
    expect(asked.state).toBe('requested');
    const after = await recallIs(message, 'done');
    expect(after).toMatchObject({
      text: null,
      recalled: { effect: 'both', operator: { role: 'agent', id: ME }, reason: '发错了', sealed: true },
      recall: { recall_id: asked.recall_id, effect: 'both', code: null },
    });
    expect(onPhone(id, message.msg_id)).toMatchObject({ visible: false, text: null });
    expect(await app.store.openSeal(message.key)).toEqual({ text: '这句发错了', attachment: null, read_at: null });
    await until('the index', async () => (await app.store.indexStatus()).pending === 0);
    const found = await app.call('search.page', { slot: 's', query: { text: '这句发错了' }, limit: 10, cursor: null });
    expect(found.rows).toEqual([]);
  });

  it('[RC15] the reply is lost: unknown, asked by id after reconnect, and true', async () => {
    const { id, key } = await mine();
    const message = await said(key, '丢了答复');
    gateway.control.faults.add({ fault: 'drop', on: 'event', match: 'message.recalled', times: 1 });
    gateway.control.faults.add({ fault: 'cut', on: 'reply', match: 'message.recall', when: 'before', times: 1 });
    await app.call('recall.request', { message_key: message.key });
    const after = await recallIs(message, 'done');
    expect(after.recall).toMatchObject({ effect: 'both' });
    expect(onPhone(id, message.msg_id)).toMatchObject({ visible: false });
    expect(
      gateway.control.messages(id).find((entry) => entry.message.msg_id === message.msg_id)?.recalled,
    ).not.toBeNull();
  });

  it('[RC15] cut before it reached the gateway: asked, unknown there, and recalled under the same id', async () => {
    const { id, key } = await mine();
    const message = await said(key, '没送到');
    gateway.control.faults.add({ fault: 'cut', on: 'request', match: 'message.recall', times: 1 });
    const { recall_id } = await app.call('recall.request', { message_key: message.key });
    const after = await recallIs(message, 'done');
    expect(after.recall?.recall_id).toBe(recall_id);
    expect(onPhone(id, message.msg_id)).toMatchObject({ visible: false });
  });

  it('[RC15] the program ends while the answer is out: unknown, and resolved after the next start', async () => {
    const { key } = await mine();
    const message = await said(key, '关机前');
    gateway.control.faults.add({ fault: 'silence', on: 'request', match: 'message.recall', ms: 600_000, times: 1 });
    const { recall_id } = await app.call('recall.request', { message_key: message.key });
    await until('on its way', async () => (await app.store.recall(recall_id))?.state === 'requested');
    await settle(100);
    gateway.control.fault('refuse', 3_600);
    await reopen();
    expect((await app.store.recall(recall_id))?.state).toBe('unknown');
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await recallIs(message, 'done');
  });

  it('[RC16] asked for while offline: waits, and is done when the gateway is back in time', async () => {
    const { key } = await mine();
    const message = await said(key, '离线撤回');
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    const asked = await app.call('recall.request', { message_key: message.key });
    expect(asked).toMatchObject({ state: 'queued', expires_at: message.sent_at + 120_000 });
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await recallIs(message, 'done');
  });

  it('[RC16] asked for while offline: expires at the window’s end, never sent', async () => {
    const { id, key } = await mine();
    gateway.control.changePolicy(SHOP, { recall: { window_ms: 2_500 } });
    await until(
      'the policy',
      async () => (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.recall.window_ms === 2_500,
    );
    const message = await said(key, '来不及了');
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    expect(await app.call('recall.request', { message_key: message.key })).toMatchObject({ state: 'queued' });
    const after = await recallIs(message, 'expired');
    expect(after).toMatchObject({ text: '来不及了', recalled: null, recall: { code: 'WINDOW_EXPIRED' } });
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await app.live();
    expect(onPhone(id, message.msg_id)).toMatchObject({ visible: true });
  });

  it('[RC11] one in flight per message: a second request joins the first', async () => {
    const { key } = await mine();
    const message = await said(key, '点了两次');
    gateway.control.faults.add({ fault: 'delay', on: 'request', match: 'message.recall', ms: 300, times: 1 });
    const both = await Promise.all([1, 2].map(() => app.call('recall.request', { message_key: message.key })));
    const third = await app.call('recall.request', { message_key: message.key });
    expect(new Set([...both, third].map((recall) => recall.recall_id)).size).toBe(1);
    await recallIs(message, 'done');
    expect((await app.call('recall.request', { message_key: message.key })).state).toBe('done');
  });

  it('[RC5] [RC2] what the consumer has read is blocked, with the same reasons the window computes', async () => {
    const { id, key } = await mine();
    const message = await said(key, '已读的话');
    gateway.control.consumerReads(id);
    await until(
      'read',
      async () => (await messages(key)).find((entry) => entry.key === message.key)?.status === 'read',
    );
    const refused = await app.refusal('recall.request', { message_key: message.key });
    expect(refused.code).toBe('ALREADY_READ');
    const account = await app.account();
    const shown = (await messages(key)).find((entry) => entry.key === message.key) as MessageView;
    const conversation = await app.call('conversations.get', { conversation_key: key });
    const verdict = assessRecall(recallFactsOf(shown), {
      policy: account.shops.find((shop) => shop.shop_id === SHOP)?.policy as never,
      conversation: recallConversationFactsOf(conversation),
      agent: { id: ME, role: account.agent?.role ?? 'agent', device_id: account.device_id },
      app_version: '1.0.0',
      now: account.clock?.server_now ?? 0,
      uncertainty_ms: account.clock?.uncertainty_ms ?? 0,
      connection: 'online',
      recalls_last_hour: account.recalls_last_hour,
    });
    expect((refused.details as { reasons: { code: string }[] }).reasons.map((reason) => reason.code)).toEqual(
      verdict.reasons.map((reason) => reason.code),
    );
  });

  it('[RC1] a policy update applies at once; a broken one is refused whole and the old one stays', async () => {
    const { key } = await mine();
    const message = await said(key, '规则变了');
    gateway.control.changePolicy(SHOP, { recall: { enabled: false } });
    await until(
      'the policy',
      async () => (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.recall.enabled === false,
    );
    expect((await app.refusal('recall.request', { message_key: message.key })).code).toBe('FEATURE_DISABLED');
    gateway.control.changePolicy(SHOP, { recall: { enabled: true } });
    await until(
      'the policy',
      async () => (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.recall.enabled === true,
    );
    gateway.control.emitEvent(ME, 'policy.updated', {
      shop_id: SHOP,
      policy: { version: 99, recall: { window_ms: -5 } },
    });
    await until(
      'said',
      async () => (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy_problem !== null,
    );
    const { policy } = (await app.account()).shops.find((shop) => shop.shop_id === SHOP) ?? {};
    expect(policy?.recall.window_ms).toBe(120_000);
    await until('told', () =>
      app.topics.some((topic) => topic.topic === 'problem' && topic.payload.code === 'POLICY_REFUSED'),
    );
    expect((await app.account()).event_seq).toBe(gateway.control.lastEventSeq(ME));
  });

  it('[RC7] at the hard limit it is blocked until a shown time', async () => {
    const { key } = await mine();
    gateway.control.changePolicy(SHOP, { recall: { per_hour_soft: 1, per_hour_hard: 2 } });
    await until(
      'the policy',
      async () => (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.recall.per_hour_hard === 2,
    );
    for (const text of ['一', '二']) {
      const message = await said(key, text);
      await app.call('recall.request', { message_key: message.key });
      await recallIs(message, 'done');
    }
    await until('counted', async () => (await app.account()).recalls_last_hour.length === 2);
    const message = await said(key, '三');
    const refused = await app.refusal('recall.request', { message_key: message.key });
    expect(refused).toMatchObject({ code: 'RATE_HARD', details: { used: 2, limit: 2 } });
    const [oldest] = [...(await app.account()).recalls_last_hour].sort((a, b) => a - b);
    expect((refused.details as { retry_at: number }).retry_at).toBe((oldest ?? 0) + 3_600_000);
  });

  it('[RC6] another’s message stays his, and one from my other device says so', async () => {
    const { id, key } = await mine();
    gateway.control.agentSays('a-ajie', id, '阿杰说的');
    const theirs = await arrived(key, '阿杰说的');
    expect((await app.refusal('recall.request', { message_key: theirs.key })).code).toBe('NOT_SENDER');
    gateway.control.agentSays(ME, id, '手机上说的', { device_id: 'd-phone' });
    const own = await arrived(key, '手机上说的');
    expect(own.sender.device_id).toBe('d-phone');
    await app.call('recall.request', { message_key: own.key });
    await recallIs(own, 'done');
  });

  it('[RC10] a risky one may still be asked for, and tells its true effect', async () => {
    const { id, key } = await mine();
    gateway.control.changePolicy(SHOP, { recall: { read_rule: 'warn' } });
    await until(
      'the policy',
      async () =>
        (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.recall.read_rule === 'warn',
    );
    const message = await said(key, '可能看到了');
    gateway.control.consumerReads(id);
    await until(
      'read',
      async () => (await messages(key)).find((entry) => entry.key === message.key)?.status === 'read',
    );
    await app.call('recall.request', { message_key: message.key });
    const after = await recallIs(message, 'done');
    expect(after.recall?.effect).toBe('maybe_seen');
    expect(after.recalled?.effect).toBe('maybe_seen');
  });

  it('[RC13] a consumer’s recall leaves a tombstone and its content sealed', async () => {
    const { id, key } = await mine();
    const sent = gateway.control.consumerSays(id, '说漏嘴了');
    const message = await arrived(key, '说漏嘴了');
    gateway.control.consumerRecalls(sent.msg_id);
    await until(
      'the tombstone',
      async () => (await messages(key)).find((entry) => entry.key === message.key)?.recalled !== null,
    );
    expect((await messages(key)).find((entry) => entry.key === message.key)).toMatchObject({
      text: null,
      recalled: { operator: { role: 'consumer' }, sealed: true },
    });
  });

  it('[RC14] own text can be edited again for a while, beside the draft that is there', async () => {
    const { key } = await mine();
    const message = await said(key, '改一改再发');
    const { recall_id } = await app.call('recall.request', { message_key: message.key });
    const after = await recallIs(message, 'done');
    expect(after.recall?.reedit_until).toBeGreaterThan(message.sent_at);
    await app.call('drafts.set', { conversation_key: key, text: '已有草稿' });
    expect(await app.call('recall.reedit', { recall_id })).toEqual({ text: '改一改再发' });
    expect((await app.call('conversations.get', { conversation_key: key })).draft).toBe('已有草稿');
  });

  it('[RC17] ALREADY_RECALLED without any trace of it counts as done, and claims no more than it knows', async () => {
    const { key } = await mine();
    const message = await said(key, '已经撤了');
    gateway.control.faults.add({ fault: 'error', match: 'message.recall', code: 'ALREADY_RECALLED', times: 1 });
    await app.call('recall.request', { message_key: message.key });
    expect((await recallIs(message, 'done')).recall).toMatchObject({ code: 'ALREADY_RECALLED', effect: 'maybe_seen' });
  });

  it('[RC4] a gateway whose clock is hours away from the desktop’s changes no verdict', async () => {
    gateway.control.fault('clock-skew', 3 * 3_600_000);
    await reopen();
    const { key } = await mine();
    const message = await said(key, '时钟差三小时');
    expect(message.sent_at).toBeGreaterThan(Date.now() + 2 * 3_600_000);
    const account = await app.account();
    expect(Math.abs((account.clock?.offset_ms ?? 0) - 3 * 3_600_000)).toBeLessThan(5_000);
    await app.call('recall.request', { message_key: message.key });
    await recallIs(message, 'done');
  });

  it('[SY6] a gap is filled by pulling, also through empty pages with more to come', async () => {
    gateway.control.faults.add({ fault: 'empty_page', probability: 0.6 });
    const { id, key } = await mine();
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    for (let i = 0; i < 40; i++) gateway.control.consumerSays(id, `断线时第${i}句`);
    gateway.control.forgetEvents(ME);
    gateway.control.faults.maintenance = null;
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await arrived(key, '断线时第39句');
    await until('no gap left', async () => (await app.page(key)).gaps.length === 0);
    expect((await messages(key)).map((message) => message.conv_seq)).toEqual(
      gateway.control.messages(id).map(({ message }) => message.conv_seq),
    );
  });

  it('[SY7] a resume that is refused keeps drafts, seals and what was to be sent', async () => {
    const { id, key } = await mine();
    const message = await said(key, '要撤回的');
    await app.call('recall.request', { message_key: message.key });
    await recallIs(message, 'done');
    await app.call('drafts.set', { conversation_key: key, text: '草稿' });
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    await app.call('messages.send', { conversation_key: key, text: '还没发' });
    await app.call('drafts.set', { conversation_key: key, text: '草稿' });
    gateway.control.forgetEvents(ME);
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await arrived(key, '还没发');
    expect((await app.call('conversations.get', { conversation_key: key })).draft).toBe('草稿');
    expect(await app.store.openSeal(message.key)).toEqual({ text: '要撤回的', attachment: null, read_at: null });
    expect(gateway.control.messages(id).filter((entry) => entry.message.text === '还没发')).toHaveLength(1);
  });

  it('[SY2] [SY4] cuts, duplicates and changed order all through a stream: nothing lost, nothing twice', async () => {
    const { id, key } = await mine();
    gateway.control.faults.add({ fault: 'duplicate', on: 'event', probability: 0.2 });
    gateway.control.faults.add({ fault: 'reorder', probability: 0.02 });
    gateway.control.faults.add({ fault: 'drop', on: 'event', probability: 0.01 });
    gateway.control.faults.add({ fault: 'cut', on: 'event', when: 'after', probability: 0.01 });
    for (let i = 0; i < 150; i++) {
      gateway.control.consumerSays(id, `流 ${i}`);
      if (i % 10 === 0) await settle(5);
    }
    await until('caught up', async () => {
      const account = await app.account();
      if (account.state === 'backing-off') await app.call('accounts.reconnect', { account_id: account.account_id });
      return account.event_seq === gateway.control.lastEventSeq(ME);
    });
    const texts = (await messages(key)).map((message) => message.text);
    expect(texts).toEqual(
      gateway.control
        .messages(id)
        .map(({ message }) => message.text)
        .slice(-200),
    );
    expect(gateway.control.faults.acted).toBeGreaterThan(10);
  });

  it('[SY8] events of unknown kinds and broken frames pass without harm', async () => {
    const { id, key } = await mine();
    gateway.control.emitEvent(ME, 'weather.changed', { sky: 'blue' });
    gateway.control.emitEvent(ME, 'message.created', { message: { text: '坏的' } });
    gateway.control.sendRaw(ME, '{"type":"novelty"}');
    gateway.control.sendRaw(ME, 'not json');
    gateway.control.consumerSays(id, '好的');
    await arrived(key, '好的');
    await until('acknowledged', () => gateway.control.acked(ME) === gateway.control.lastEventSeq(ME));
    expect((await app.account()).state).toBe('live');
    expect(app.log.join()).not.toContain('坏的');
  });

  it('[IN7] kicked: stops, says where; a person may come back', async () => {
    await app.live();
    gateway.control.kick(ME, 'd-laptop');
    await until('kicked', async () => (await app.account()).state === 'kicked');
    expect((await app.account()).kicked_by).toBe('d-laptop');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await app.live();
  });

  it('[SY4] a revoked token is final; a new one for the same account connects again', async () => {
    await app.live();
    const secret = gateway.control.issueToken(ME);
    gateway.control.revokeToken(gateway.token);
    gateway.control.cut(ME);
    await until('refused', async () => (await app.account()).state === 'refused');
    expect((await app.account()).problem?.code).toBe('AUTH_FAILED');
    await app.call('accounts.add', { label: '测试', url: gateway.url, token: secret });
    await app.live();
    expect(await app.call('accounts.list', {})).toHaveLength(1);
  });

  it('[IN3] a new enquiry and a reply are announced; what came while away is one summary', async () => {
    await app.live();
    const { conversation_id: id } = gateway.control.newEnquiry({ shop_id: SHOP, text: '在吗', name: '买家戊' });
    const key = await app.key(id);
    const announced = (kind: string) =>
      app.notices.some((notice) => notice.kind === kind && notice.conversation_key === key);
    await until('the enquiry', () => announced('enquiry'));
    await app.call('conversations.claim', { conversation_key: key });
    gateway.control.consumerSays(id, '还在吗');
    await until('the reply', () => announced('reply'));
    app.notices.length = 0;
    gateway.control.fault('refuse', 3_600);
    await until('backing off', async () => (await app.account()).state === 'backing-off');
    for (let i = 0; i < 5; i++) gateway.control.consumerSays(id, `离开时 ${i}`);
    gateway.control.fault('none');
    await app.call('accounts.reconnect', { account_id: (await app.account()).account_id });
    await app.live();
    await until('the summary', () => app.notices.length > 0);
    await settle();
    expect(app.notices).toMatchObject([{ kind: 'summary' }]);
  });

  it('[SR8] a newer search of the same slot cancels the older; other slots and kinds go on', async () => {
    await app.live();
    const query = { text: '的' };
    const older = app.refusal('search.page', { slot: 'a', query, limit: 50, cursor: null });
    const count = app.call('search.count', { slot: 'a', query, cap: null });
    const other = app.call('search.page', { slot: 'b', query, limit: 50, cursor: null });
    const newer = app.call('search.page', { slot: 'a', query, limit: 50, cursor: null });
    expect((await older).code).toBe('CANCELLED');
    expect((await newer).rows).toEqual((await other).rows);
    expect((await count).exact).toBe(true);
  });

  it('[AD1] an account whose role may not speak to consumers is refused here already', async () => {
    await app.close();
    await directory.remove();
    directory = await temporaryDirectory();
    await open({ token: gateway.tokens['a-zhou'] as string });
    await app.live();
    const { conversation_id } = gateway.control.newEnquiry({ shop_id: SHOP, text: '你好', name: '买家丁' });
    const key = await app.key(conversation_id);
    expect((await app.refusal('conversations.claim', { conversation_key: key })).code).toBe('NO_PERMISSION');
    expect((await app.refusal('messages.send', { conversation_key: key, text: '你好' })).code).toBe('NO_PERMISSION');
  });

  it('[SE5] an address that isn’t safe is refused before anything is stored', async () => {
    expect((await app.refusal('accounts.add', { label: 'x', url: 'ws://shop.example.com/', token: 't' })).code).toBe(
      'INSECURE_ADDRESS',
    );
    expect((await app.refusal('accounts.add', { label: 'x', url: 'https://shop.example.com/', token: 't' })).code).toBe(
      'BAD_INPUT',
    );
    expect(await app.call('accounts.list', {})).toHaveLength(1);
  });
});
