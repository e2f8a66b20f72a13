import { describe, expect, test } from 'vitest';
import type { AccountId } from '#shared/domain/ids.ts';
import {
  ACCOUNT,
  AGENT,
  T0,
  addAccount,
  conversation,
  created,
  events,
  importRecord,
  keyOf,
  message,
  open,
  openWithAccount,
  recalled,
  temporaryFolder,
  upserted,
} from '#test/support/store-fixtures.ts';
import type { Store } from '#main/core/ports/store.ts';

const ALL = { kind: 'all' } as const;

async function only(store: Store, id = 'c1') {
  const { messages } = await store.messages({ conversation_key: await keyOf(store, id), limit: 50 });
  return messages[0]!;
}

const job = (id: string, messageKey: number, over: object = {}) =>
  ({
    recall_id: id,
    account_id: ACCOUNT,
    message_key: messageKey,
    reason: '发错了',
    requested_at: T0 + 5_000,
    expires_at: T0 + 120_000,
    state: 'requested',
    ...over,
  }) as never;

describe('sealing', () => {
  test('[RC19] recalled content leaves the chat, the list and the search, and stays sealed with who, when, why and effect', async () => {
    const store = await openWithAccount();
    const text = '价格保证最低 订单 240101-556677889900';
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1')),
        created(message('c1', 1, 'agent', { text, order_nos: ['240101-556677889900'] })),
      ),
    );
    expect((await store.searchNumbers({ orders: ['240101-556677889900'] }, ALL))[0]).toMatchObject({ hit: true });
    await store.ingest(ACCOUNT, events(3, recalled('c1', 'c1-m1', { reason: '价格错了', effect: 'maybe_seen' })));
    const view = await only(store);
    expect(view).toMatchObject({
      text: null,
      order_nos: [],
      recalled: {
        recall_id: 'r-c1-m1',
        effect: 'maybe_seen',
        at: T0 + 3,
        reason: '价格错了',
        sealed: true,
        operator: { role: 'agent', id: AGENT.agent_id },
      },
    });
    expect(await store.conversation(view.conversation_key)).toMatchObject({ preview: { text: null, recalled: true } });
    expect(await store.count({ text: '价格' }, ALL, null)).toEqual({ count: 0, exact: true });
    expect((await store.searchNumbers({ orders: ['240101-556677889900'] }, ALL))[0]).toMatchObject({ hit: false });
    expect(await store.openSeal(view.key)).toEqual({ text, attachment: null, read_at: null });
    expect(await store.count({ states: ['recalled'] }, ALL, null)).toEqual({ count: 1, exact: true });
  });

  test('[RC20] a consumer’s recall is sealed the same way', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(
        1,
        created(message('c1', 1)),
        recalled('c1', 'c1-m1', { operator: { role: 'consumer', id: 'u-c1', name: '买家c1' } }),
      ),
    );
    const view = await only(store);
    expect(view).toMatchObject({ text: null, recalled: { operator: { role: 'consumer' }, sealed: true } });
    expect(await store.openSeal(view.key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
    // It is no recall of an agent's.
    expect(await store.recallTimes(ACCOUNT, 0)).toEqual([]);
  });

  test('[RC17] a recall that comes before its message: the content is never shown', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, recalled('c1', 'c1-m1')));
    await store.ingest(ACCOUNT, events(2, created(message('c1', 1, 'agent'))));
    const view = await only(store);
    expect(view).toMatchObject({ text: null, recalled: { recall_id: 'r-c1-m1', at: T0 + 1, sealed: true } });
    expect(await store.count({ text: '第1条' }, ALL, null)).toEqual({ count: 0, exact: true });
    expect(await store.openSeal(view.key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
  });

  test('[RC17] a second recall event changes nothing', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent')), recalled('c1', 'c1-m1')));
    const before = await only(store);
    const same = await store.ingest(ACCOUNT, events(3, recalled('c1', 'c1-m1')));
    expect(await only(store)).toEqual(before);
    expect(same.contradicted_recalls).toEqual([]);
    expect(await store.openSeal(before.key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
  });

  test('[RC12] one that says less than the first is noted at the message, one that says more is not; the first stays', async () => {
    const store = await openWithAccount();
    const first = { effect: 'maybe_seen', recall_id: 'r1' };
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent')), recalled('c1', 'c1-m1', first)));
    const before = await only(store);
    const more = await store.ingest(ACCOUNT, events(3, recalled('c1', 'c1-m1', { ...first, effect: 'both' })));
    expect(more.contradicted_recalls).toEqual([{ msg_id: 'c1-m1', recall_id: 'r1', kept: 'maybe_seen', came: 'both' }]);
    expect(await only(store)).toEqual(before);
    await store.ingest(ACCOUNT, events(4, recalled('c1', 'c1-m1', { effect: 'local_only', recall_id: 'r-again' })));
    expect(await only(store)).toEqual({ ...before, recalled: { ...before.recalled, disputed: 'local_only' } });
    expect(await store.openSeal(before.key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
  });

  test('[RC19] a message that arrives recalled keeps no visible content; without content nothing is sealed', async () => {
    const store = await openWithAccount();
    const tombstone = {
      recall_id: 'r1',
      operator: { role: 'agent', id: AGENT.agent_id, name: AGENT.name },
      effect: 'both',
      at: T0 + 9,
    };
    await store.putMessages(ACCOUNT, [
      message('c1', 1, 'agent', { recalled: tombstone }),
      message('c1', 2, 'agent', { text: null, recalled: tombstone }),
    ]);
    const { messages } = await store.messages({ conversation_key: await keyOf(store, 'c1'), limit: 9 });
    expect(messages.map((m) => [m.text, m.recalled?.sealed])).toEqual([
      [null, true],
      [null, false],
    ]);
    expect(await Promise.all(messages.map((m) => store.openSeal(m.key)))).toEqual([
      { text: '第1条 c1', attachment: null, read_at: null },
      null,
    ]);
  });

  test('[RC19] pulled again after its recall, a message stays recalled; a pull that brings the recall seals it', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(1, created(message('c1', 1, 'agent')), recalled('c1', 'c1-m1'), created(message('c2', 1, 'agent'))),
    );
    await store.putMessages(ACCOUNT, [message('c1', 1, 'agent')]);
    expect(await only(store)).toMatchObject({ text: null });
    const tombstone = {
      recall_id: 'r2',
      operator: { role: 'agent', id: AGENT.agent_id, name: AGENT.name },
      effect: 'both',
      at: T0 + 9,
    };
    await store.putMessages(ACCOUNT, [message('c2', 1, 'agent', { text: null, recalled: tombstone })]);
    const second = await only(store, 'c2');
    expect(second).toMatchObject({ text: null, recalled: { recall_id: 'r2', sealed: true } });
    expect(await store.openSeal(second.key)).toEqual({ text: '第1条 c2', attachment: null, read_at: null });
  });

  test('[RC19] an imported row that is marked recalled is sealed', async () => {
    const store = await open();
    await store.importRecords([
      importRecord({ text: '撤回的话', recalled: true, sender: 'agent' }),
      importRecord({ text: '留下的话', sent_at: T0 + 1 }),
    ]);
    expect(await store.count({ text: '话' }, ALL, null)).toEqual({ count: 1, exact: true });
    const { rows } = await store.search({}, ALL, { limit: 9, cursor: null });
    expect(rows.map((r) => [r.text, r.recalled])).toEqual([
      ['留下的话', false],
      ['', true],
    ]);
    expect(await store.openSeal(rows[1]!.message_key)).toEqual({
      text: '撤回的话',
      attachment: null,
      read_at: null,
    });
  });
});

describe('own recalls', () => {
  test('[RC11] request and job are one; a second request for the message joins the first, the same id is the same request', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    const { key } = await only(store);
    const first = await store.createRecall(job('r1', key));
    expect(first).toMatchObject({
      joined: false,
      recall: { recall_id: 'r1', state: 'requested', msg_id: 'c1-m1', reedit_until: null },
    });
    expect((await store.createRecall(job('r1', key))).joined).toBe(true);
    expect(await store.createRecall(job('r2', key))).toMatchObject({ joined: true, recall: { recall_id: 'r1' } });
    expect(await store.pendingRecalls(ACCOUNT)).toMatchObject([
      { recall: { recall_id: 'r1' }, conversation_id: 'c1', reason: '发错了' },
    ]);
    expect((await only(store)).recall).toMatchObject({ recall_id: 'r1', state: 'requested' });
  });

  test('[RC14] the reply alone hides the content at once, and own text may be edited again for five minutes', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    const { key } = await only(store);
    await store.createRecall(job('r1', key));
    const done = await store.resolveRecall('r1' as never, { state: 'done', effect: 'both', at: T0 + 6_000 });
    expect(done).toMatchObject({
      contradicted: false,
      recall: { state: 'done', effect: 'both', resolved_at: T0 + 6_000, reedit_until: T0 + 306_000 },
    });
    expect(await only(store)).toMatchObject({
      text: null,
      recalled: { recall_id: 'r1', effect: 'both', at: T0 + 6_000 },
    });
    expect(await store.openSeal(key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
    // Its event, a little later by the gateway's clock, is the same recall: counted once (RC7).
    await store.ingest(ACCOUNT, events(2, recalled('c1', 'c1-m1', { recall_id: 'r1' })));
    expect(await store.recallTimes(ACCOUNT, 0)).toHaveLength(1);
  });

  test('[RC12] done without a word about its effect is never claimed to be gone on both sides', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    const { key } = await only(store);
    await store.createRecall(job('r1', key));
    const done = await store.resolveRecall('r1' as never, { state: 'done', at: T0 + 6_000 });
    expect(done).toMatchObject({ recall: { state: 'done', effect: 'maybe_seen' } });
    expect((await only(store)).recalled).toMatchObject({ effect: 'maybe_seen' });
    await store.importRecords([importRecord({ text: '撤回的话', recalled: true })]);
    const { rows } = await store.search({ states: ['recalled'] }, ALL, { limit: 9, cursor: null });
    const imported = await Promise.all(rows.map((row) => store.message(row.message_key)));
    expect(imported.map((found) => found?.message.recalled?.effect)).toEqual(['maybe_seen', 'maybe_seen']);
  });

  test('[RC15] an unknown one is settled by its event; a final state is never changed again, a contradiction is reported', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    const { key } = await only(store);
    await store.createRecall(job('r1', key));
    await store.resolveRecall('r1' as never, { state: 'unknown', code: 'NETWORK_UNKNOWN', at: T0 });
    expect(await store.pendingRecalls(ACCOUNT)).toHaveLength(1);
    const result = await store.ingest(
      ACCOUNT,
      events(2, recalled('c1', 'c1-m1', { recall_id: 'r1', effect: 'maybe_seen' })),
    );
    expect(result.settled_recalls).toEqual(['r1']);
    expect(await store.recall('r1' as never)).toMatchObject({ state: 'done', effect: 'maybe_seen', code: null });
    for (const [outcome, contradicted] of [
      [{ state: 'failed', code: 'WINDOW_EXPIRED', at: T0 }, true],
      [{ state: 'done', effect: 'both', at: T0 }, true],
      [{ state: 'done', effect: 'maybe_seen', at: T0 }, false],
      [{ state: 'unknown', at: T0 }, false],
    ] as const) {
      const again = await store.resolveRecall('r1' as never, outcome);
      expect(again).toMatchObject({ contradicted, recall: { state: 'done', effect: 'maybe_seen' } });
    }
    expect(await store.resolveRecall('nobody' as never, { state: 'done', at: T0 })).toBeNull();
  });

  test('[RC15] a failure is kept with its code and details, and the message may be asked for again', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    const { key } = await only(store);
    await store.createRecall(job('r1', key));
    await store.resolveRecall('r1' as never, {
      state: 'failed',
      code: 'SERVER_BUSY',
      details: { retry_at: T0 + 1 },
      at: T0,
    });
    expect((await only(store)).recall).toMatchObject({
      state: 'failed',
      code: 'SERVER_BUSY',
      details: { retry_at: T0 + 1 },
    });
    expect(await store.createRecall(job('r2', key, { requested_at: T0 + 9_000 }))).toMatchObject({ joined: false });
    expect((await only(store)).recall).toMatchObject({ recall_id: 'r2', state: 'requested' });
  });

  test('[RC17] recalled from another device: the own request counts as done; asking again says so', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent')), created(message('c2', 1, 'agent'))));
    const { key } = await only(store);
    await store.createRecall(job('r1', key));
    const result = await store.ingest(
      ACCOUNT,
      events(
        3,
        recalled('c1', 'c1-m1', { recall_id: 'elsewhere' }),
        recalled('c2', 'c2-m1', { recall_id: 'elsewhere-2' }),
      ),
    );
    expect(result.settled_recalls).toEqual(['r1']);
    expect(await store.recall('r1' as never)).toMatchObject({
      state: 'done',
      code: 'ALREADY_RECALLED',
      effect: 'both',
    });
    const other = await only(store, 'c2');
    expect(await store.createRecall(job('r3', other.key))).toMatchObject({
      joined: false,
      recall: { state: 'done', code: 'ALREADY_RECALLED', effect: 'both' },
    });
    expect(await store.pendingRecalls(ACCOUNT)).toEqual([]);
  });

  test('[RC11] a request survives the end of the program', async () => {
    const directory = temporaryFolder();
    const store = await openWithAccount({ directory });
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1, 'agent'))));
    await store.createRecall(job('r1', (await only(store)).key, { state: 'queued' }));
    await store.close();
    const again = await open({ directory });
    expect(await again.pendingRecalls(ACCOUNT)).toMatchObject([
      { recall: { recall_id: 'r1', state: 'queued', expires_at: T0 + 120_000 } },
    ]);
  });

  test('[RC7] recalls of the agent count from whichever device, once each, those of others do not', async () => {
    const store = await openWithAccount();
    await addAccount(store, 'acc-2' as AccountId, { agent_id: 'a-8', name: '小丽' });
    await store.ingest(
      ACCOUNT,
      events(
        1,
        recalled('c1', 'x1', { operator: { role: 'agent', id: AGENT.agent_id, name: '', device_id: 'phone' } }),
        recalled('c1', 'x2'),
        recalled('c1', 'x2'),
        recalled('c1', 'x3', { operator: { role: 'agent', id: 'a-8', name: '' } }),
      ),
    );
    expect(await store.recallTimes(ACCOUNT, 0)).toEqual([T0 + 1, T0 + 2]);
    expect(await store.recallTimes(ACCOUNT, T0 + 2)).toEqual([T0 + 2]);
    expect(await store.recallTimes('acc-2' as AccountId, 0)).toEqual([T0 + 4]);
  });
});
