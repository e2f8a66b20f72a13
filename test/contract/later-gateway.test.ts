import { describe, expect, test } from 'vitest';
import type { Store } from '#main/core/ports/store.ts';
import { readAgain } from '#main/core/ingest/read-again.ts';
import { Message } from '#shared/protocol/entities.ts';
import {
  ACCOUNT,
  T0,
  conversation,
  created,
  events,
  keyOf,
  message,
  openWithAccount,
  recalled,
  upserted,
} from '#test/support/store-fixtures.ts';

/** SY8, to the end: what this version can't read is in the chat, counts, leaves with its conversation, and is read again later. */

const ALL = { kind: 'all' } as const;
const STICKER = { kind: 'sticker', text: '[开心] 订单 240101-556677889900', sticker: { pack: 'cats' } };
const logger = { log: () => undefined };

/** On the wire, as a later gateway says it: `message` of the fixtures is what this version made of it. */
const wire = (seq: number, change: object): object => ({ ...message('c1', seq), ...change });

async function chat(store: Store) {
  return (await store.messages({ conversation_key: await keyOf(store, 'c1'), limit: 50 })).messages;
}

async function rereads(store: Store, appVersion: string): Promise<number> {
  let parts = 0;
  await readAgain({
    store: { ...store, keptRaw: (after) => (parts++, store.keptRaw(after)) } as Store,
    logger,
    appVersion,
    onChanges: () => undefined,
    stopped: () => false,
  });
  return parts;
}

/** As an earlier version had it, to whom texts were of an unknown kind. */
const notYetRead = (seq: number, raw: object) => ({
  ...message('c1', seq),
  kind: 'unknown' as const,
  text: null,
  order_nos: [],
  unknown: { kind: 'text', role: null, raw: JSON.stringify(raw) },
});

describe('what a later gateway says', () => {
  test('[SY8] [IN1] a consumer’s message of an unknown kind is there, waits for an answer, notifies, and leaves no gap', async () => {
    const store = await openWithAccount();
    const result = await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1', { last_seq: 1 })),
        created(message('c1', 1, 'agent')),
        created(wire(2, STICKER) as never),
        created(message('c1', 3, 'system')),
      ),
    );
    expect(result.notices).toMatchObject([{ kind: 'reply', count: 1 }]);
    expect(await store.gaps(ACCOUNT, 10)).toEqual([]);
    expect((await chat(store))[1]).toMatchObject({
      kind: 'unknown',
      unknown: { kind: 'sticker', role: null },
      sender: { role: 'consumer', name: '买家c1' },
      text: STICKER.text,
      sent_at: T0 + 2_000,
    });
    const view = await store.conversationByWireId(ACCOUNT, 'c1' as never);
    expect(view).toMatchObject({ reply_state: 'unreplied', unread: 1 });
    // Searches by text, kind and the number in its text find it.
    expect(await store.count({ text: '开心' }, ALL, null)).toEqual({ count: 1, exact: true });
    expect(await store.count({ kinds: ['unknown'] }, ALL, null)).toEqual({ count: 1, exact: true });
    expect(await store.count({ kinds: ['text'] }, ALL, null)).toEqual({ count: 2, exact: true });
    expect((await store.searchNumbers({ orders: ['240101-556677889900'] }, ALL))[0]).toMatchObject({ hit: true });
  });

  test('[SY6] [SY8] pulled, it fills its number as well', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1', { last_seq: 2 })), created(message('c1', 1))));
    await store.putMessages(ACCOUNT, [Message.parse(wire(2, STICKER))]);
    expect(await store.gaps(ACCOUNT, 10)).toEqual([]);
    expect((await chat(store)).map(({ kind }) => kind)).toEqual(['text', 'unknown']);
  });

  test.each([
    ['is the consumer’s', { id: 'u-c1' }, 'consumer'],
    ['is an agent’s', { id: 'a-7' }, 'agent'],
    ['is a third one’s', { id: 'bot-9' }, 'system'],
  ])('[SY8] of a sender whose role isn’t known the conversation says that it %s', async (_, sender, role) => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1')),
        created(wire(1, { sender: { ...sender, role: 'avatar', name: '某' } }) as never),
      ),
    );
    expect((await chat(store))[0]).toMatchObject({ kind: 'text', sender: { role }, unknown: { role: 'avatar' } });
  });

  test('[RC19] [SY8] recalled, it leaves chat and search, its text lies sealed', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(1, upserted(conversation('c1')), created(wire(1, STICKER) as never), recalled('c1', 'c1-m1')),
    );
    const [view] = await chat(store);
    expect(view).toMatchObject({ kind: 'unknown', text: null, recalled: { sealed: true } });
    expect(await store.count({ text: '开心' }, ALL, null)).toEqual({ count: 0, exact: true });
    expect(await store.openSeal(view!.key)).toMatchObject({ text: STICKER.text });
  });
});

describe('read again by a version that knows more', () => {
  test('[SY8] a placeholder becomes what it always was, in its row: text, numbers, index, and what hangs on it', async () => {
    const store = await openWithAccount();
    const whole = wire(1, { text: '订单 240101-556677889900 的发票', order_nos: ['240101-556677889900'] });
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    await store.putMessages(ACCOUNT, [notYetRead(1, whole)]);
    const [before] = await chat(store);
    expect(before).toMatchObject({ kind: 'unknown', text: null });
    expect(await rereads(store, '2.0.0')).toBeGreaterThan(0);
    const [after, ...more] = await chat(store);
    expect(more).toEqual([]);
    expect(after).toMatchObject({ key: before!.key, kind: 'text', text: '订单 240101-556677889900 的发票' });
    expect(after).not.toHaveProperty('unknown');
    expect(await store.count({ text: '发票', kinds: ['text'] }, ALL, null)).toEqual({ count: 1, exact: true });
    expect((await store.searchNumbers({ orders: ['240101-556677889900'] }, ALL))[0]).toMatchObject({ hit: true });
    expect(await store.conversationByWireId(ACCOUNT, 'c1' as never)).toMatchObject({ unread: 1, last_seq: 1 });
  });

  test('[SY8] [SR6] a role that is known by then counts in reply state and overview', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), created(message('c1', 1))));
    const whole = wire(2, { sender: { role: 'agent', id: 'a-8', name: '自动应答' } });
    const read = { ...message('c1', 2), unknown: { kind: null, role: 'robot', raw: JSON.stringify(whole) } };
    await store.putMessages(ACCOUNT, [read]);
    const state = async () => (await store.conversationByWireId(ACCOUNT, 'c1' as never))?.reply_state;
    expect(await state()).toBe('unreplied');
    await rereads(store, '2.0.0');
    expect(await state()).toBe('replied');
    expect((await chat(store))[1]).toMatchObject({ sender: { role: 'agent' } });
    expect((await store.searchAgents({}, ALL))[0]).toMatchObject({ messages: 2 });
  });

  test('[RC19] [SY8] one that was recalled meanwhile stays sealed; the seal has what was unreadable', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    await store.putMessages(ACCOUNT, [{ ...notYetRead(1, wire(1, { text: '全文' })), text: '预览' }]);
    await store.ingest(ACCOUNT, events(2, recalled('c1', 'c1-m1')));
    await rereads(store, '2.0.0');
    const [view] = await chat(store);
    expect(view).toMatchObject({ kind: 'text', text: null, recalled: { sealed: true } });
    expect(await store.openSeal(view!.key)).toMatchObject({ text: '全文' });
    expect(await store.count({ text: '全文' }, ALL, null)).toEqual({ count: 0, exact: true });
  });

  test('[SY8] events that were kept apply late where that changes nothing newer; what is overtaken does not come back', async () => {
    const store = await openWithAccount();
    const kept = (seq: number, body: object) => {
      const raw = JSON.stringify({ type: 'event', event_seq: seq, at: T0 + seq, ...body });
      return {
        type: 'event',
        kind: 'malformed',
        malformed_kind: 'x',
        event_seq: seq,
        at: T0,
        problem: '',
        raw,
      } as const;
    };
    await store.ingest(ACCOUNT, [
      kept(1, upserted(conversation('c1', { title: '旧名' }))),
      ...events(2, upserted(conversation('c1', { title: '新名' })), created(message('c1', 1, 'agent'))),
      kept(4, created(message('c1', 2))),
      kept(5, { kind: 'message.status', conversation_id: 'c1', msg_id: 'c1-m1', status: 'read' }),
      kept(6, upserted(conversation('c2'))),
      kept(7, { kind: 'hologram' }),
    ]);
    expect((await chat(store)).length).toBe(1);
    await rereads(store, '2.0.0');
    expect((await chat(store)).map(({ msg_id, status }) => [msg_id, status])).toEqual([
      ['c1-m1', 'read'],
      ['c1-m2', 'sent'],
    ]);
    expect(await store.conversationByWireId(ACCOUNT, 'c1' as never)).toMatchObject({ title: '新名' });
    expect(await store.conversationByWireId(ACCOUNT, 'c2' as never)).not.toBeNull();
  });

  test('[SY8] each version reads once; what it can’t read either waits for the next', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), created(wire(1, STICKER) as never)));
    expect(await rereads(store, '1.0.0')).toBeGreaterThan(0);
    expect(await rereads(store, '1.0.0')).toBe(0);
    expect((await chat(store))[0]).toMatchObject({ kind: 'unknown' });
    expect(await rereads(store, '2.0.0')).toBeGreaterThan(0);
  });

  test('[AD2] [SY8] of a purged conversation nothing is kept, and nothing comes back', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    await store.putMessages(ACCOUNT, [notYetRead(1, wire(1, { text: '全文' }))]);
    await store.ingest(ACCOUNT, events(2, { kind: 'conversation.purged', conversation_id: 'c1' }));
    await rereads(store, '2.0.0');
    expect(await store.count({}, ALL, null)).toEqual({ count: 0, exact: true });
  });
});

describe('an answer that was recalled', () => {
  const state = async (store: Store) => (await store.conversationByWireId(ACCOUNT, 'c1' as never))?.reply_state;

  test('[IN1] [RC12] gone on both sides it answers nothing; what the consumer may have seen is still an answer', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1')),
        created(message('c1', 1, 'agent')),
        created(message('c1', 2)),
        created(message('c1', 3, 'agent')),
        created(message('c1', 4, 'agent')),
      ),
    );
    expect(await state(store)).toBe('replied');
    await store.ingest(ACCOUNT, events(6, recalled('c1', 'c1-m4')));
    expect(await state(store)).toBe('replied');
    await store.ingest(ACCOUNT, events(7, recalled('c1', 'c1-m3', { effect: 'maybe_seen' })));
    expect(await state(store)).toBe('replied');
    await store.ingest(ACCOUNT, events(8, created(message('c1', 5)), created(message('c1', 6, 'agent'))));
    expect(await state(store)).toBe('replied');
    await store.ingest(ACCOUNT, events(10, recalled('c1', 'c1-m6')));
    expect(await state(store)).toBe('unreplied');
  });

  test('[IN1] [RC17] also where its recall came first, or both come by pulling', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1')),
        created(message('c1', 1)),
        recalled('c1', 'c1-m2'),
        created(message('c1', 2, 'agent')),
      ),
    );
    expect(await state(store)).toBe('unreplied');
    const gone = { recall_id: 'r', operator: { role: 'agent', id: 'a-7', name: '客服小美' }, effect: 'both', at: T0 };
    await store.putMessages(ACCOUNT, [message('c1', 3, 'agent', { text: null, recalled: gone })]);
    expect(await state(store)).toBe('unreplied');
  });
});
