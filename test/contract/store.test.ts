import { describe, expect, test } from 'vitest';
import type { MessageView } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import {
  ACCOUNT,
  AGENT,
  KEY,
  POLICY,
  T0,
  addAccount,
  codeOf,
  conversation,
  created,
  event,
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

const page = { limit: 50 };
const texts = (list: readonly { readonly text: string | null }[]): (string | null)[] => list.map((m) => m.text);

describe('ingest', () => {
  test('[SY2] events are applied in order, once, and the cursor moves with them', async () => {
    const store = await openWithAccount();
    const first = await store.ingest(
      ACCOUNT,
      events(1, upserted(conversation('c1')), created(message('c1', 1)), created(message('c1', 2, 'agent'))),
    );
    expect(first).toMatchObject({ event_seq: 3, applied: 3, skipped: 0, gap_at: null });
    const key = await keyOf(store, 'c1');
    expect(first.changes).toEqual({ conversations: [key], messages: [key], many: false });
    // The same again, with one more behind it.
    const second = await store.ingest(ACCOUNT, [
      event(2, created(message('c1', 1))),
      event(3, created(message('c1', 2, 'agent'))),
      event(4, created(message('c1', 3))),
    ]);
    expect(second).toMatchObject({ event_seq: 4, applied: 1, skipped: 2, gap_at: null });
    const { messages } = await store.messages({ conversation_key: key, ...page });
    expect(messages.map((m) => m.msg_id)).toEqual(['c1-m1', 'c1-m2', 'c1-m3']);
    expect(await store.accounts()).toMatchObject([{ event_seq: 4, has_cursor: true, synced_at: T0 + 4 }]);
  });

  test('[SY2] a missing event number ends the batch there; what stands before it is kept', async () => {
    const store = await openWithAccount();
    const result = await store.ingest(ACCOUNT, [
      event(1, created(message('c1', 1))),
      event(3, created(message('c1', 3))),
    ]);
    expect(result).toMatchObject({ event_seq: 1, applied: 1, gap_at: 3 });
    expect((await store.accounts())[0]?.event_seq).toBe(1);
    expect((await store.messages({ conversation_key: await keyOf(store, 'c1'), ...page })).messages).toHaveLength(1);
  });

  test('[SY2] the same message by event, reply and pull is one message', async () => {
    const store = await openWithAccount();
    await store.putMessages(ACCOUNT, [message('c1', 1), message('c1', 1)]);
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1))));
    await store.putMessages(ACCOUNT, [message('c1', 1)]);
    const found = await store.conversationByWireId(ACCOUNT, 'c1' as never);
    expect(found?.unread).toBe(1);
    expect((await store.messages({ conversation_key: found!.key, ...page })).messages).toHaveLength(1);
  });

  test('[SY8] unknown and malformed events are kept raw and do not stop those behind them', async () => {
    const store = await openWithAccount();
    const result = await store.ingest(ACCOUNT, [
      event(1, { kind: 'sticker.waved', sticker: 1 }),
      event(2, { kind: 'message.created', message: { nonsense: true } }),
      event(3, created(message('c1', 1))),
    ]);
    expect(result).toMatchObject({ event_seq: 3, applied: 3, gap_at: null });
  });

  test('[SY8] two messages under one sequence number are both kept', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(
        1,
        created(message('c1', 1)),
        created(message('c1', 1, 'agent', { msg_id: 'other' })),
        created(message('c1', 2)),
      ),
    );
    const { messages } = await store.messages({ conversation_key: await keyOf(store, 'c1'), ...page });
    expect(messages.map((m) => m.msg_id).sort()).toEqual(['c1-m1', 'c1-m2', 'other']);
  });

  test('[SY6] a jump in the sequence is a gap until it is filled or closed', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1)), created(message('c1', 9))));
    const key = await keyOf(store, 'c1');
    const gaps = () => store.gaps(ACCOUNT, 10).then((list) => list.map((gap) => [gap.from_seq, gap.to_seq]));
    expect(await gaps()).toEqual([[2, 8]]);
    expect((await store.messages({ conversation_key: key, ...page })).gaps).toEqual([{ from_seq: 2, to_seq: 8 }]);
    await store.putMessages(ACCOUNT, [message('c1', 5), message('c1', 4)]);
    expect(await gaps()).toEqual([
      [6, 8],
      [2, 3],
    ]);
    await store.closeGap(ACCOUNT, 'c1' as never, 2, 3);
    await store.putMessages(ACCOUNT, [message('c1', 6), message('c1', 7), message('c1', 8)]);
    expect(await gaps()).toEqual([]);
    // Spoken of again, a closed range is not pulled again.
    await store.putSnapshotPage(ACCOUNT, [conversation('c1', { last_seq: 9 })]);
    expect(await gaps()).toEqual([]);
  });

  test('[SY6] after a large snapshot the gaps of the newest conversations are answered first, whatever list they are in', async () => {
    const store = await openWithAccount();
    const intakes = ['waiting', 'active', 'ended'] as const;
    const rows = Array.from({ length: 2_400 }, (_, i) =>
      conversation(`c${i}`, { intake: intakes[i % 3], last_seq: 2, last_message_at: T0 + i * 1_000 }),
    );
    await store.putSnapshotPage(ACCOUNT, rows);
    const newest = async () => (await store.gaps(ACCOUNT, 5)).map((gap) => gap.conversation_id);
    expect(await newest()).toEqual(['c2399', 'c2398', 'c2397', 'c2396', 'c2395']);
    await store.putMessages(
      ACCOUNT,
      rows
        .slice(5)
        .flatMap(({ conversation_id }) =>
          [1, 2].map((seq) => message(conversation_id, seq, 'consumer', { sent_at: T0 })),
        ),
    );
    expect((await newest()).sort()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
  });

  test('[SY7] a snapshot page names what is missing and leaves drafts, outbox and seals alone', async () => {
    const store = await openWithAccount();
    await store.ingest(
      ACCOUNT,
      events(1, upserted(conversation('c1')), created(message('c1', 1, 'agent')), recalled('c1', 'c1-m1')),
    );
    const key = await keyOf(store, 'c1');
    await store.enqueueSend({
      client_msg_id: 'x1' as never,
      account_id: ACCOUNT,
      conversation_key: key,
      kind: 'text',
      text: '在路上',
      correction_of: null,
      created_at: T0,
      release_at: null,
    });
    await store.setDraft(key, '草稿');
    await store.putSnapshotPage(ACCOUNT, [
      conversation('c1', { last_seq: 4 }),
      conversation('c2', { last_seq: 2, intake: 'waiting', waiting_since: T0 }),
    ]);
    await store.setCursor(ACCOUNT, 900, T0 + 5);
    expect((await store.gaps(ACCOUNT, 10)).map((g) => [g.conversation_id, g.from_seq, g.to_seq]).sort()).toEqual([
      ['c1', 2, 4],
      ['c2', 1, 2],
    ]);
    expect(await store.conversation(key)).toMatchObject({ draft: '草稿' });
    expect(await store.pendingSends(ACCOUNT)).toHaveLength(1);
    const { messages } = await store.messages({ conversation_key: key, ...page });
    expect(await store.openSeal(messages[0]!.key)).toEqual({ text: '第1条 c1', attachment: null, read_at: null });
    expect((await store.accounts())[0]?.event_seq).toBe(900);
  });

  test('[SY7] a gateway whose numbering began anew sets the cursor back; otherwise it only moves forward', async () => {
    const store = await openWithAccount();
    await store.setCursor(ACCOUNT, 900, T0);
    await store.setCursor(ACCOUNT, 5, T0);
    expect((await store.accounts())[0]?.event_seq).toBe(900);
    await store.setCursor(ACCOUNT, 5, T0, { reset: true });
    expect(await store.ingest(ACCOUNT, [event(6, created(message('c1', 1)))])).toMatchObject({
      event_seq: 6,
      applied: 1,
    });
  });

  test('[SY8] an event that this version cannot apply is kept raw; those around it are applied', async () => {
    const store = await openWithAccount();
    // Something no schema let through before: a bug of ours, or of a later version, must not block the account for ever.
    const poison = {
      ...event(2, created(message('c1', 2))),
      message: { ...message('c1', 2), sender: { role: 'nobody', id: 'x', name: 'x' } },
    } as never;
    const result = await store.ingest(ACCOUNT, [
      event(1, created(message('c1', 1))),
      poison,
      event(3, created(message('c1', 3))),
    ]);
    expect(result).toMatchObject({ event_seq: 3, applied: 3 });
    const found = await store.messages({ conversation_key: await keyOf(store, 'c1'), limit: 9 });
    expect(found.messages.map((m) => m.conv_seq)).toEqual([1, 3]);
    expect(found.gaps).toEqual([{ from_seq: 2, to_seq: 2 }]);
    expect(result.changes.messages).toEqual([await keyOf(store, 'c1')]);
    expect((await store.check()).filter((c) => !c.ok)).toEqual([]);
  });

  test('[SR6] a message belongs to the agent it was assigned to when it was sent, also when the assignment is told later', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 1)), created(message('c1', 20, 'consumer'))));
    const visibility = { kind: 'all' } as const;
    const agents = async () => (await store.searchAgents({}, visibility)).map((row) => [row.account, row.messages]);
    expect(await agents()).toEqual([]);
    const assignments = [
      { agent_id: 'a-1', name: '甲', from: T0, to: T0 + 10_000, how: 'routed' },
      { agent_id: 'a-2', name: '乙', from: T0 + 10_000, to: null, how: 'transferred' },
    ];
    await store.ingest(
      ACCOUNT,
      events(3, upserted(conversation('c1', { assignments, last_seq: 20 })), created(message('c1', 21, 'agent'))),
    );
    expect((await agents()).filter(([, n]) => n !== 0).sort()).toEqual([
      ['a-1', 1],
      ['a-2', 2],
    ]);
  });

  test('[ST2] keys follow the time of sending, also for history that arrives late and for many in one millisecond', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, created(message('c1', 50))));
    const late = Array.from({ length: 40 }, (_, i) =>
      message('c1', 40 - i, 'consumer', { sent_at: T0 + Math.floor((40 - i) / 20) }),
    );
    await store.putMessages(ACCOUNT, late);
    const { messages } = await store.messages({ conversation_key: await keyOf(store, 'c1'), ...page });
    expect(messages.map((m) => m.conv_seq)).toEqual([...Array.from({ length: 40 }, (_, i) => i + 1), 50]);
    expect(messages.map((m) => m.key)).toEqual(messages.map((m) => m.key).toSorted((a, b) => a - b));
  });
});

describe('conversations', () => {
  test('[IN1] reply state and unread follow what was read and answered', async () => {
    const store = await openWithAccount();
    const state = async () => {
      const view = await store.conversationByWireId(ACCOUNT, 'c1' as never);
      return [view?.reply_state, view?.unread];
    };
    await store.ingest(
      ACCOUNT,
      events(1, upserted(conversation('c1')), created(message('c1', 1)), created(message('c1', 2))),
    );
    expect(await state()).toEqual(['unreplied', 2]);
    await store.ingest(ACCOUNT, events(4, upserted(conversation('c1', { agent_read_seq: 2, last_seq: 2 }))));
    expect(await state()).toEqual(['read_unreplied', 0]);
    await store.ingest(ACCOUNT, events(5, created(message('c1', 3, 'agent'))));
    expect(await state()).toEqual(['replied', 0]);
  });

  test('[IN1] lists page by key without skipping or repeating, newest first, and say the total', async () => {
    const store = await openWithAccount();
    await store.putSnapshotPage(
      ACCOUNT,
      Array.from({ length: 95 }, (_, i) =>
        conversation(`c${i}`, { intake: 'waiting', last_message_at: T0 + Math.floor(i / 3), waiting_since: T0 }),
      ),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof store.conversations>> = await store.conversations({
        account_id: ACCOUNT,
        intake: 'waiting',
        limit: 10,
        cursor,
      });
      expect(answer.total).toBe(95);
      seen.push(...answer.conversations.map((c) => c.conversation_id));
      cursor = answer.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 95 }, (_, i) => `c${94 - i}`));
    expect(await store.conversationCounts(ACCOUNT)).toEqual({ waiting: 95, active: 0, ended: 0 });
    expect(await store.waitingByShop(ACCOUNT)).toEqual({ 's-1': 95 });
  });

  test('[IN3] a new enquiry and a reply are announced once', async () => {
    const store = await openWithAccount();
    const waiting = conversation('c1', { intake: 'waiting', assignee: null, assignments: [], waiting_since: T0 });
    const enquiry = await store.ingest(
      ACCOUNT,
      events(1, upserted(waiting), created(message('c1', 1)), created(message('c1', 2))),
    );
    expect(enquiry.notices.map((n) => n.kind)).toEqual(['enquiry']);
    const reply = await store.ingest(
      ACCOUNT,
      events(
        4,
        upserted(conversation('c1', { last_seq: 2 })),
        created(message('c1', 3)),
        created(message('c1', 4, 'agent')),
      ),
    );
    expect(reply.notices.map((n) => n.kind)).toEqual(['reply']);
  });

  test('[IN7] two logins of one gateway share conversations; each list shows its own', async () => {
    const store = await openWithAccount();
    const other = 'acc-2' as AccountId;
    await addAccount(store, other, { agent_id: 'a-8', name: '客服小丽' });
    const theirs = { assignee: { agent_id: 'a-8', name: '客服小丽' } };
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), upserted(conversation('c2', theirs))));
    await store.ingest(other, events(1, upserted(conversation('c2', theirs)), upserted(conversation('c1'))));
    const list = async (account: AccountId | null) =>
      (await store.conversations({ account_id: account, intake: 'active', limit: 10, cursor: null })).conversations
        .map((c) => [c.conversation_id, c.account_id])
        .sort();
    expect(await list(ACCOUNT)).toEqual([['c1', ACCOUNT]]);
    expect(await list(other)).toEqual([['c2', other]]);
    expect(await list(null)).toEqual([
      ['c1', ACCOUNT],
      ['c2', other],
    ]);
  });

  test('[IN7] [IN3] a login that is hours behind undoes nothing that another one has heard, and announces nobody again', async () => {
    const store = await openWithAccount();
    const behind = 'acc-2' as AccountId;
    await addAccount(store, behind, { agent_id: 'a-8', name: '客服小丽' });
    const waiting = conversation('c1', { intake: 'waiting', assignee: null, waiting_since: T0 });
    const at = (seq: number, of: object) => event(seq, of, T0 + seq * 3_600_000);
    const state = async () => (await store.conversationByWireId(ACCOUNT, 'c1' as never))?.intake;
    await store.ingest(ACCOUNT, [at(1, upserted(waiting)), at(2, upserted(conversation('c1')))]);
    const late = await store.ingest(behind, [at(1, upserted(waiting))]);
    expect([late.notices, await state()]).toEqual([[], 'active']);
    // Level again, its word counts; and an account's own events always do, whatever the gateway's clock says.
    await store.ingest(behind, [
      at(2, upserted(conversation('c1'))),
      at(3, upserted(conversation('c1', { intake: 'ended' }))),
    ]);
    expect(await state()).toBe('ended');
    await store.ingest(behind, [event(4, upserted(waiting), T0)]);
    expect(await state()).toBe('waiting');
  });

  test('[AD2] removed leaves the lists and can come back; purged never does, and leaves only counts', async () => {
    const directory = temporaryFolder();
    const store = await openWithAccount({ directory });
    await store.ingest(
      ACCOUNT,
      events(
        1,
        upserted(conversation('c1', { order_nos: ['240101-998877'] })),
        created(message('c1', 1)),
        created(message('c1', 2, 'agent')),
        recalled('c1', 'c1-m2'),
      ),
    );
    const key = await keyOf(store, 'c1');
    const { messages } = await store.messages({ conversation_key: key, ...page });
    await store.ingest(
      ACCOUNT,
      events(5, { kind: 'conversation.removed', conversation_id: 'c1', by: '主管', restorable_until: T0 + 1 }),
    );
    expect(await store.conversationCounts(ACCOUNT)).toMatchObject({ active: 0 });
    expect(await store.conversation(key)).toMatchObject({ removed: { by: '主管', restorable_until: T0 + 1 } });
    await store.ingest(ACCOUNT, events(6, upserted(conversation('c1', { last_seq: 2 }))));
    expect(await store.conversationCounts(ACCOUNT)).toMatchObject({ active: 1 });
    await store.ingest(
      ACCOUNT,
      events(
        7,
        { kind: 'conversation.purged', conversation_id: 'c1' },
        created(message('c1', 1)),
        upserted(conversation('c1')),
      ),
    );
    expect(await store.conversation(key)).toBeNull();
    expect(await store.openSeal(messages[1]!.key)).toBeNull();
    expect(await store.message(messages[0]!.key)).toBeNull();
    expect((await store.searchNumbers({ orders: ['240101-998877'] }, { kind: 'all' }))[0]).toMatchObject({
      hit: false,
    });
    expect((await store.check()).filter((c) => !c.ok)).toEqual([]);
  });
});

describe('messages', () => {
  test('[SR6] pages go both ways, around a message, and inside a range', async () => {
    const store = await openWithAccount();
    await store.putMessages(
      ACCOUNT,
      Array.from({ length: 30 }, (_, i) => message('c1', i + 1)),
    );
    const key = await keyOf(store, 'c1');
    const seqs = async (query: object) => {
      const found = await store.messages({ conversation_key: key, limit: 10, ...query });
      return [found.messages.map((m) => m.conv_seq), found.has_older, found.has_newer] as const;
    };
    const newest = await store.messages({ conversation_key: key, limit: 10 });
    expect(newest.messages.map((m) => m.conv_seq)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect([newest.has_older, newest.has_newer]).toEqual([true, false]);
    const first = newest.messages[0]!.key;
    expect(await seqs({ before: first, limit: 3 })).toEqual([[18, 19, 20], true, true]);
    expect(await seqs({ after: first, limit: 3 })).toEqual([[22, 23, 24], true, true]);
    expect(await seqs({ around: first, limit: 4 })).toEqual([[19, 20, 21, 22], true, true]);
    expect(await seqs({ from: T0 + 5_000, to: T0 + 8_000 })).toEqual([[5, 6, 7], false, false]);
    expect(await seqs({ after: newest.messages.at(-1)!.key })).toEqual([[], true, false]);
  });

  test('[SY6] messages of one millisecond stand in the order of their numbers, across pages too, however they arrived', async () => {
    const store = await openWithAccount();
    const count = 40;
    // The worst arrival: backwards, one at a time, so that keys say the opposite of the numbers.
    for (let seq = count; seq >= 1; seq--)
      await store.putMessages(ACCOUNT, [message('c1', seq, 'consumer', { sent_at: T0 })]);
    const key = await keyOf(store, 'c1');
    const all = Array.from({ length: count }, (_, i) => i + 1);
    const back: number[] = [];
    let before: MessageView['key'] | undefined;
    for (let more = true; more;) {
      const found = await store.messages({
        conversation_key: key,
        limit: 7,
        ...(before === undefined ? {} : { before }),
      });
      back.unshift(...found.messages.map((m) => m.conv_seq));
      before = found.messages[0]?.key;
      more = found.has_older;
    }
    expect(back).toEqual(all);
    const forth: number[] = [];
    let after = (await store.messages({ conversation_key: key, limit: count })).messages[0]!.key;
    for (let more = true; more;) {
      const found = await store.messages({ conversation_key: key, limit: 7, after });
      forth.push(...found.messages.map((m) => m.conv_seq));
      after = found.messages.at(-1)!.key;
      more = found.has_newer;
    }
    expect(forth).toEqual(all.slice(1));
    const ranged = await store.messages({ conversation_key: key, limit: 7, from: T0, to: T0 + 1 });
    expect(ranged.messages.map((m) => m.conv_seq)).toEqual(all.slice(-7));
  });

  test('[SY8] of two messages under one number the second stands behind the first, on whichever page that is', async () => {
    const store = await openWithAccount();
    await store.putMessages(
      ACCOUNT,
      Array.from({ length: 9 }, (_, i) => message('c1', i + 1)),
    );
    await store.putMessages(ACCOUNT, [
      message('c1', 4, 'agent', { msg_id: 'other', sent_at: T0 + 4_500 }),
      message('c1', 9, 'agent', { msg_id: 'last', sent_at: T0 + 9_500 }),
    ]);
    const key = await keyOf(store, 'c1');
    const ids: string[] = [];
    let before: MessageView['key'] | undefined;
    for (let more = true; more;) {
      const found = await store.messages({
        conversation_key: key,
        limit: 3,
        ...(before === undefined ? {} : { before }),
      });
      ids.unshift(...found.messages.map((m) => m.msg_id));
      before = found.messages[0]?.key;
      more = found.has_older;
    }
    expect(ids.map((id) => id.replace('c1-m', ''))).toEqual([
      '1',
      '2',
      '3',
      '4',
      'other',
      '5',
      '6',
      '7',
      '8',
      '9',
      'last',
    ]);
  });

  test('[RC5] status moves forward only; what comes before its message waits for it', async () => {
    const store = await openWithAccount();
    const status = (name: string, over: object = {}) => ({
      kind: 'message.status',
      conversation_id: 'c1',
      msg_id: 'c1-m1',
      status: name,
      ...over,
    });
    await store.ingest(
      ACCOUNT,
      events(
        1,
        status('read'),
        { kind: 'attachment.opened', conversation_id: 'c1', msg_id: 'c1-m1' },
        created(message('c1', 1, 'agent')),
      ),
    );
    const key = await keyOf(store, 'c1');
    const view = async () => (await store.messages({ conversation_key: key, ...page })).messages[0];
    expect(await view()).toMatchObject({ status: 'read', read_at: T0 + 1, opened_at: T0 + 2, push_delivered: false });
    await store.ingest(ACCOUNT, events(4, status('delivered', { code: 'PUSH_DELIVERED' }), status('read')));
    expect(await view()).toMatchObject({ status: 'read', read_at: T0 + 1, push_delivered: true });
    expect(await store.conversation(key)).toMatchObject({ consumer_read_seq: 1 });
  });

  test('[RM2] a correction and its original know each other, in whichever order they come', async () => {
    const store = await openWithAccount();
    const correction = message('c1', 3, 'agent', { correction_of: 'c1-m1' });
    const early = message('c2', 3, 'agent', { correction_of: 'c2-m1' });
    await store.ingest(
      ACCOUNT,
      events(
        1,
        created(message('c1', 1, 'agent')),
        created(correction),
        created(early),
        created(message('c2', 1, 'agent')),
      ),
    );
    for (const id of ['c1', 'c2']) {
      const { messages } = await store.messages({ conversation_key: await keyOf(store, id), ...page });
      expect(messages.map((m) => [m.correction_of, m.corrected_by])).toEqual([
        [null, `${id}-m3`],
        [`${id}-m1`, null],
      ]);
    }
  });
});

describe('outgoing', () => {
  const job = (id: string, key: number, release: number | null = null) =>
    ({
      client_msg_id: id,
      account_id: ACCOUNT,
      conversation_key: key,
      kind: 'text',
      text: `文字${id}`,
      correction_of: null,
      created_at: T0,
      release_at: release,
    }) as never;

  test('[SY3] a message and its job are one; event or reply, whichever is first, settles it once', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    const key = await keyOf(store, 'c1');
    await store.setDraft(key, '文字x1');
    await store.enqueueSend(job('x1', key));
    await store.enqueueSend(job('x1', key));
    await store.enqueueSend(job('x2', key));
    expect((await store.pendingSends(ACCOUNT)).map((s) => s.client_msg_id)).toEqual(['x1', 'x2']);
    expect(await store.conversation(key)).toMatchObject({ draft: null });
    const sent = message('c1', 1, 'agent', { client_msg_id: 'x1', text: '文字x1' });
    const result = await store.ingest(ACCOUNT, events(2, created(sent)));
    expect(result.settled_sends).toEqual(['x1']);
    await store.settleSend('x1' as never, sent);
    await store.settleSend('x2' as never, message('c1', 2, 'agent', { client_msg_id: 'x2' }));
    await store.ingest(ACCOUNT, events(3, created(message('c1', 2, 'agent', { client_msg_id: 'x2' }))));
    const found = await store.messages({ conversation_key: key, ...page });
    expect(found.messages.map((m) => m.client_msg_id)).toEqual(['x1', 'x2']);
    expect(found.outgoing).toEqual([]);
  });

  test('[SY3] states and errors of a job are shown, and a settled one is left alone', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    const key = await keyOf(store, 'c1');
    await store.enqueueSend(job('x1', key));
    await store.setSendState('x1' as never, 'unknown', null);
    expect(await codeOf(store.discardSend('x1' as never))).toBe('NOT_ALLOWED');
    await store.setSendState('x1' as never, 'failed', { code: 'QUOTA', message: 'too many' });
    expect((await store.messages({ conversation_key: key, ...page })).outgoing).toMatchObject([
      { state: 'failed', error: { code: 'QUOTA' } },
    ]);
    expect(await store.discardSend('x1' as never)).toMatchObject({ text: '文字x1' });
    await store.setSendState('x1' as never, 'sending', null);
    expect(await store.pendingSends(ACCOUNT)).toEqual([]);
  });

  test('[PV2] cancelling in the delay returns the text as a draft, never over one that is there', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    const key = await keyOf(store, 'c1');
    await store.enqueueSend(job('x1', key, T0 + 3_000));
    expect(await store.cancelDelayed('x1' as never)).toMatchObject({ text: '文字x1' });
    expect(await store.conversation(key)).toMatchObject({ draft: '文字x1' });
    await store.enqueueSend(job('x2', key, T0 + 3_000));
    await store.setDraft(key, '正在写');
    await store.cancelDelayed('x2' as never);
    expect(await store.conversation(key)).toMatchObject({ draft: '正在写' });
    await store.enqueueSend(job('x3', key, T0 + 3_000));
    await store.setSendState('x3' as never, 'sending', null);
    expect(await codeOf(store.cancelDelayed('x3' as never))).toBe('NOT_FOUND');
  });

  test('[PV2] what a crash left in the delay comes back as a draft, in order, with what was being written', async () => {
    const directory = temporaryFolder();
    const store = await openWithAccount({ directory });
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    const key = await keyOf(store, 'c1');
    await store.enqueueSend(job('x1', key, T0 + 3_000));
    await store.enqueueSend(job('x2', key, T0 + 3_000));
    await store.enqueueSend(job('x3', key));
    await store.setDraft(key, '正在写');
    await store.close();
    const again = await open({ directory });
    expect(await again.returnDelayedToDrafts()).toBe(2);
    expect(await again.conversation(key)).toMatchObject({ draft: '文字x1\n文字x2\n正在写' });
    expect((await again.pendingSends(ACCOUNT)).map((s) => s.client_msg_id)).toEqual(['x3']);
  });

  test('[PV6] a draft belongs to its conversation', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), upserted(conversation('c2'))));
    const [one, two] = [await keyOf(store, 'c1'), await keyOf(store, 'c2')];
    const changes = await store.setDraft(one, '给一号');
    expect(changes.conversations).toEqual([one]);
    expect([(await store.conversation(one))?.draft, (await store.conversation(two))?.draft]).toEqual(['给一号', null]);
    await store.setDraft(one, '');
    expect((await store.conversation(one))?.draft).toBeNull();
  });

  test('[IN7] a removed account takes its outbox along and leaves the records', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1')), created(message('c1', 1))));
    const key = await keyOf(store, 'c1');
    await store.enqueueSend(job('x1', key));
    await store.removeAccount(ACCOUNT);
    expect(await store.accounts()).toEqual([]);
    const found = await store.messages({ conversation_key: key, ...page });
    expect([texts(found.messages), found.outgoing]).toEqual([['第1条 c1'], []]);
    expect((await store.conversation(key))?.account_id).toBeNull();
  });
});

describe('shops and policy', () => {
  test('[RC1] an update applies; a malformed one is refused as a whole and the previous one stays, with the reason', async () => {
    const store = await openWithAccount();
    const good = await store.ingest(ACCOUNT, events(1, { kind: 'policy.updated', shop_id: 's-1', policy: POLICY }));
    expect(good).toMatchObject({ shops_changed: true, refused_policies: [] });
    const bad = { ...POLICY, version: 4, recall: { ...POLICY.recall, window_ms: -1 } };
    const refused = await store.ingest(ACCOUNT, events(2, { kind: 'policy.updated', shop_id: 's-1', policy: bad }));
    expect(refused.refused_policies).toMatchObject([{ shop_id: 's-1' }]);
    expect(await store.shops(ACCOUNT)).toMatchObject([
      { policy: { version: 3 }, policy_problem: expect.stringContaining('window_ms') as string },
    ]);
    // An older one that is repeated late changes nothing; a newer one clears the problem.
    await store.ingest(
      ACCOUNT,
      events(3, { kind: 'policy.updated', shop_id: 's-1', policy: { ...POLICY, version: 5 } }),
    );
    await store.ingest(
      ACCOUNT,
      events(4, { kind: 'policy.updated', shop_id: 's-1', policy: { ...POLICY, version: 4 } }),
    );
    expect(await store.shops(ACCOUNT)).toMatchObject([{ policy: { version: 5 }, policy_problem: null }]);
  });

  test('[RC1] a welcome without an acceptable policy keeps the stored one', async () => {
    const store = await openWithAccount();
    const welcome = (policy: typeof POLICY | null) =>
      store.putWelcome(ACCOUNT, {
        agent: AGENT as never,
        shops: [{ shop_id: 's-1' as never, name: '新名', platform: 'practice', policy }],
      });
    await welcome(POLICY);
    await welcome(null);
    expect(await store.shops(ACCOUNT)).toMatchObject([{ name: '新名', policy: { version: 3 } }]);
  });

  test('[PV6] a failed message that is sent again leaves the draft being written alone', async () => {
    const store = await openWithAccount();
    await store.ingest(ACCOUNT, events(1, upserted(conversation('c1'))));
    const key = await keyOf(store, 'c1');
    await store.setDraft(key, '正在写');
    const job = {
      account_id: ACCOUNT,
      conversation_key: key,
      kind: 'text',
      text: '撞号',
      correction_of: null,
      created_at: T0,
      release_at: null,
    } as const;
    await store.enqueueSend({ ...job, client_msg_id: 'again' as never, keep_draft: true });
    expect((await store.conversation(key))?.draft).toBe('正在写');
    await store.enqueueSend({ ...job, client_msg_id: 'first' as never });
    expect((await store.conversation(key))?.draft).toBeNull();
  });

  test('[AD1] an update of the own agent is reported', async () => {
    const store = await openWithAccount();
    const update = {
      kind: 'agent.updated',
      agent_id: AGENT.agent_id,
      name: '小美',
      role: 'supervisor',
      presence: 'busy',
    };
    expect(await store.ingest(ACCOUNT, events(1, update))).toMatchObject({ agent_changed: true });
    expect((await store.accounts())[0]?.agent).toEqual({
      agent_id: AGENT.agent_id,
      name: '小美',
      role: 'supervisor',
      presence: 'busy',
    });
  });
});

describe('settings, audit, import', () => {
  test('[UX3] a setting is any JSON value and survives', async () => {
    const directory = temporaryFolder();
    const store = await open({ directory });
    await store.setSetting('view', { theme: 'dark', sizes: [1, 2] });
    await store.close();
    const again = await open({ directory });
    expect(await again.setting('view')).toEqual({ theme: 'dark', sizes: [1, 2] });
    expect(await again.setting('other')).toBeUndefined();
  });

  test('[AD4] audit entries are chained, and the check walks the chain', async () => {
    const store = await open();
    for (let i = 0; i < 5; i++)
      await store.appendAudit({ at: T0 + i, actor: 'a-7', action: 'seal.opened', details: { z: i, a: '中文' } });
    expect((await store.check()).find((c) => c.name === 'store.audit')).toEqual({
      name: 'store.audit',
      ok: true,
      detail: '5 entries',
    });
  });

  test('[SR11] importing a file twice adds nothing; true repetitions within it stay', async () => {
    const store = await open();
    const rows = [
      importRecord({ message_id: 'm-1', conversation_id: '88', text: '有货吗' }),
      importRecord({ sent_at: T0 + 1_000, text: '好的' }),
      importRecord({ sent_at: T0 + 1_000, text: '好的', occurrence: 1 }),
      importRecord({
        sent_at: T0 + 2_000,
        sender: 'agent',
        text: '已发货 240101-112233445566',
        order_nos: ['240101-112233445566'],
      }),
    ];
    expect(await store.importRecords(rows)).toEqual({ imported: 4, duplicates: 0 });
    expect(await store.importRecords(rows)).toEqual({ imported: 0, duplicates: 4 });
    expect(await store.searchNumbers({ orders: ['240101-112233445566'] }, { kind: 'all' })).toMatchObject([
      { hit: true, conversations: 1, messages: 3 },
    ]);
    // Reception lists show what gateways brought, not imported records.
    expect(await store.conversationCounts(null)).toEqual({ waiting: 0, active: 0, ended: 0 });
  });

  test('[SR11] the same conversation id in two shops is two conversations', async () => {
    const store = await open();
    const rows = ['甲店', '乙店'].flatMap((shop) =>
      [1, 2].map((n) =>
        importRecord({ shop, conversation_id: '1', message_id: String(n), text: `${shop}${n}`, sent_at: T0 + n }),
      ),
    );
    expect(await store.importRecords(rows)).toEqual({ imported: 4, duplicates: 0 });
    expect(await store.importRecords(rows)).toEqual({ imported: 0, duplicates: 4 });
    const { rows: found } = await store.search({ shops: ['乙店'] }, { kind: 'all' }, { limit: 10, cursor: null });
    expect(found.map((r) => r.text).sort()).toEqual(['乙店1', '乙店2']);
  });

  test('[SR8] a search that is cancelled answers CANCELLED', async () => {
    const store = await open();
    await store.importRecords(
      Array.from({ length: 2_000 }, (_, i) => importRecord({ message_id: `m${i}`, text: `第${i}条`, sent_at: T0 + i })),
    );
    const cancel = new AbortController();
    cancel.abort();
    expect(await codeOf(store.count({ text: '条' }, { kind: 'all' }, null, cancel.signal))).toBe('CANCELLED');
    expect(await store.count({ text: '条' }, { kind: 'all' }, null)).toEqual({ count: 2_000, exact: true });
  });

  test('[ST1] the index follows by itself, and can be rebuilt', async () => {
    const store = await open({ key: KEY });
    await store.importRecords(
      Array.from({ length: 500 }, (_, i) =>
        importRecord({ message_id: `m${i}`, text: `编号${i}`, sent_at: T0 + i * 1_000 }),
      ),
    );
    await expect.poll(async () => (await store.indexStatus()).pending, { timeout: 10_000 }).toBe(0);
    await store.rebuildIndex(() => undefined);
    await store.optimize();
    expect(await store.count({ text: '编号49' }, { kind: 'all' }, null)).toEqual({ count: 11, exact: true });
    expect((await store.check()).filter((c) => !c.ok)).toEqual([]);
  });
});
