import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drawPng } from '#main/practice/attachments.ts';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { AccountId } from '#shared/domain/ids.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { runApp, temporaryDirectory, TEST_ACCOUNT, type RunningApp } from '#test/support/running-app.ts';
import { until } from '#test/support/wait.ts';

/** The reception lists, whose part of a conversation is whose, and notices: the whole core against the practice gateway. */

let gateway: PracticeGateway;
let app: RunningApp;
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;

const SECOND = AccountId.parse('acc-second');

async function begin(agent = 'a-xiaomei'): Promise<void> {
  folder = await temporaryDirectory();
  gateway = await startPracticeGateway({ seed: 7, rate: 0 });
  app = await runApp({ directory: folder.path, url: gateway.url, token: gateway.tokens[agent] as string });
  await app.live();
}

afterEach(async () => {
  await app.close();
  await gateway.close();
  await folder.remove();
});

type List = Parameters<RunningApp['call']>[1] & Record<string, unknown>;
const list = async (more: Partial<List> & { intake: 'waiting' | 'active' | 'ended' }) =>
  (
    await app.call('conversations.list', {
      account_id: null,
      limit: 1_000,
      cursor: null,
      offset: 0,
      ...(more as object),
    } as never)
  ).conversations;

describe('lists', () => {
  beforeEach(() => begin());

  test('[IN1] every order holds for every row, and row numbers cut it without a hole', async () => {
    const newest = await list({ intake: 'active' });
    expect(newest.length).toBeGreaterThan(5);
    const at = newest.map(({ last_message_at }) => last_message_at ?? 0);
    expect(at).toEqual(at.toSorted((a, b) => b - a));
    const waits = (await list({ intake: 'waiting', sort: 'waiting' })).map(
      ({ waiting_since }) => waiting_since ?? Infinity,
    );
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    const unreplied = (await list({ intake: 'active', sort: 'unreplied' })).map(
      ({ reply_state }) => reply_state !== 'replied',
    );
    expect(unreplied.indexOf(false)).toBe(unreplied.filter(Boolean).length);
    const shops = (await list({ intake: 'active', sort: 'shop' })).map(({ shop }) => shop.shop_id);
    expect(shops.filter((shop, index) => index === 0 || shops[index - 1] !== shop)).toHaveLength(new Set(shops).size);
    for (const sort of ['newest', 'waiting', 'unreplied', 'shop'] as const) {
      const whole = (await list({ intake: 'active', sort })).map(({ key }) => key);
      const parts = [];
      for (let offset = 0; offset < whole.length; offset += 3)
        parts.push(...(await list({ intake: 'active', sort, offset, limit: 3 })).map(({ key }) => key));
      expect(parts, sort).toEqual(whole);
    }
  });

  test('[IN1] reply state is filtered as it is shown, apart from intake; names and kinds too', async () => {
    const { conversation_id } = gateway.control.newEnquiry({
      name: '景小雨_100%',
      text: '在吗',
      assign_to: 'a-xiaomei',
    });
    const key = await app.key(conversation_id);
    const all = await list({ intake: 'active' });
    for (const reply of ['unreplied', 'read_unreplied', 'replied'] as const)
      expect(
        (await list({ intake: 'active', filter: { reply } })).map(({ key: each }) => each),
        reply,
      ).toEqual(all.filter(({ reply_state }) => reply_state === reply).map(({ key: each }) => each));
    const state = async () => (await app.call('conversations.get', { conversation_key: key })).reply_state;
    expect(await state()).toBe('unreplied');
    await app.call('conversations.read', { conversation_key: key, conv_seq: 1 });
    await until('it to be read', async () => (await state()) === 'read_unreplied');
    await app.call('messages.send', { conversation_key: key, text: '在的' });
    await until('it to be answered', async () => (await state()) === 'replied');
    expect((await list({ intake: 'active', filter: { name: '雨_100%' } })).map(({ key: each }) => each)).toEqual([key]);
    const kinds = await Promise.all(
      (['single', 'group'] as const).map((type) => list({ intake: 'active', filter: { type } })),
    );
    expect(kinds.flat()).toHaveLength((await list({ intake: 'active' })).length);
    const mine = await list({ intake: 'active', filter: { mine: true } });
    expect(mine.every(({ type, assignee }) => type === 'group' || assignee?.agent_id === 'a-xiaomei')).toBe(true);
  });

  test('[IN1] pins stand above every order; pins, stars, notes and tags survive a restart and a snapshot', async () => {
    const rows = await list({ intake: 'active' });
    const last = rows.findLast(({ consumer }) => consumer !== null);
    if (last === undefined) throw new Error('no row');
    await app.call('conversations.mark', { conversation_key: last.key, pinned: true });
    await app.call('conversations.mark', { conversation_key: last.key, starred: true });
    await app.call('consumers.note', {
      conversation_key: last.key,
      note: ' 偏好顺丰 ',
      tags: ['老客', '老客', '催发货'],
    });
    for (const sort of ['newest', 'waiting', 'unreplied', 'shop'] as const) {
      const sorted = await list({ intake: 'active', sort });
      expect(sorted[0]).toMatchObject({ key: last.key, pinned: true, starred: true, tags: ['老客', '催发货'] });
      expect(sorted).toHaveLength(rows.length);
      expect((await list({ intake: 'active', sort, offset: 1, limit: 2 })).map(({ key }) => key)).toEqual(
        sorted.slice(1, 3).map(({ key }) => key),
      );
    }
    expect((await list({ intake: 'active', filter: { starred: true } })).map(({ key }) => key)).toEqual([last.key]);
    expect((await list({ intake: 'active', filter: { tag: '催发货' } })).map(({ key }) => key)).toEqual([last.key]);
    expect((await app.call('consumers.tags', {})).tags).toContainEqual({ tag: '老客', consumers: 1 });
    // A snapshot writes every conversation anew, and a restart reads all of it from the file.
    await app.close();
    gateway.control.forgetEvents('a-xiaomei');
    app = await runApp({ directory: folder.path, url: gateway.url, token: gateway.token });
    await app.live();
    const seen = await app.call('consumers.get', { conversation_key: last.key });
    expect(seen).toMatchObject({ note: '偏好顺丰', tags: ['老客', '催发货'], updated: { by: 'a-xiaomei' } });
    expect((await list({ intake: 'active' }))[0]).toMatchObject({ key: last.key, pinned: true });
    await app.call('conversations.mark', { conversation_key: last.key, pinned: false, starred: false });
    expect((await list({ intake: 'active' }))[0]?.pinned).toBeUndefined();
  });

  test('[IN1] one key to the longest waiting, and to the next unreplied: round, and then the first again', async () => {
    const wanted = (await list({ intake: 'waiting', sort: 'waiting' })).map(({ key }) => key);
    const round: number[] = [];
    let after: number | undefined;
    for (let step = 0; step <= wanted.length; step++) {
      const { conversation } = await app.call('conversations.next', {
        account_id: null,
        what: 'longest_waiting',
        ...(after === undefined ? {} : { after: after as never }),
      });
      after = conversation?.key;
      round.push(after as number);
    }
    expect(round).toEqual([...wanted, wanted[0]]);
    const { conversation } = await app.call('conversations.next', { account_id: null, what: 'unreplied' });
    expect(conversation).toMatchObject({ intake: 'active', assignee: { agent_id: 'a-xiaomei' } });
    expect(conversation?.reply_state).not.toBe('replied');
  });

  test('[IN9] orders of the consumer’s other conversations at the shop come with their newest card', async () => {
    const conversations = await list({ intake: 'active' });
    const carded = await Promise.all(
      conversations.map(async ({ key, order_nos }) => ({
        key,
        order_nos,
        seen: await app.call('consumers.get', { conversation_key: key }),
      })),
    );
    const some = carded.filter(({ order_nos, seen }) => order_nos.length > 0 && seen.conversations > 0);
    expect(some.length).toBeGreaterThan(0);
    for (const { order_nos, seen } of some)
      expect(seen.orders.map(({ order_no }) => order_no)).toEqual(expect.arrayContaining([...order_nos]));
    for (const { seen } of some)
      for (const { order_no, card } of seen.orders) if (card !== null) expect(card.order_no).toBe(order_no);
  });

  test('[IN3] switches of account, shop and do-not-disturb hold in the core; a click leads to that conversation', async () => {
    const shop = gateway.control.shops()[0]?.shop_id as string;
    const say = async (name: string): Promise<boolean> => {
      const before = app.notices.length;
      const { conversation_id } = gateway.control.newEnquiry({ name, text: '在吗', shop_id: shop });
      await app.key(conversation_id);
      // Whatever is told is told before the next enquiry is answered by the store.
      await app.call('conversations.counts', { account_id: null });
      await new Promise((resolve) => setTimeout(resolve, 60));
      return app.notices.length > before;
    };
    expect(await say('甲')).toBe(true);
    expect(app.notices.at(-1)).toMatchObject({ kind: 'enquiry', title: '甲', shop_id: shop, sound: true });
    await app.call('settings.set', { notices_off: [`${TEST_ACCOUNT}/${shop}`] });
    expect(await say('乙')).toBe(false);
    await app.call('settings.set', { notices_off: [], notice_sound: false });
    expect(await say('丙')).toBe(true);
    expect(app.notices.at(-1)?.sound).toBe(false);
    await app.call('settings.set', { quiet_until: Date.now() + 60_000 });
    expect(await say('丁')).toBe(false);
    await app.call('settings.set', { quiet_until: null, notices_off: [TEST_ACCOUNT] });
    expect(await say('戊')).toBe(false);
  });
});

describe('whose part is whose', () => {
  test('[IN4] in the chat, as in search, an earlier agent sees nothing of the later agent’s part; the later one sees all', async () => {
    await begin('a-ajie');
    const { control } = gateway;
    const { conversation_id } = control.newEnquiry({ name: '景小雨', text: '第一次来问', assign_to: 'a-ajie' });
    const key = await app.key(conversation_id);
    control.agentSays('a-ajie', conversation_id, '阿杰说的话');
    await until('both lines', async () => (await app.page(key)).messages.length === 2);
    // The second login makes this machine hold what the first may not see.
    await app.app.addAccount({
      account_id: SECOND,
      label: '小林',
      url: gateway.url,
      token: gateway.tokens['a-xiaolin'] as string,
      practice: true,
      source: 'practice',
    });
    control.transfer(conversation_id, 'a-xiaolin', '请接着处理');
    control.agentSays('a-xiaolin', conversation_id, '小林说的话');
    const picture = { name: '后来的.png', mime: 'image/png', content: drawPng(40, 40, 7), kind: 'image' } as const;
    control.consumerSendsFile(conversation_id, picture);
    await until('the later picture', async () => (await app.page(key)).messages.some(({ kind }) => kind === 'image'));
    await until('the later part', async () => (await app.page(key)).messages.some(({ text }) => text === '小林说的话'));
    // Seen through the later agent: everything, with the note of the transfer.
    const whole = await app.page(key);
    expect(whole.hidden_from).toBeUndefined();
    expect(whole.messages.some(({ text }) => text?.includes('请接着处理'))).toBe(true);
    await app.call('accounts.remove', { account_id: SECOND });
    const own = await app.page(key);
    expect(own.hidden_from).toBeTypeOf('number');
    const texts = own.messages.map(({ text }) => text);
    expect(texts.slice(0, 2)).toEqual(['第一次来问', '阿杰说的话']);
    expect(texts).not.toContain('小林说的话');
    const around = await app.call('messages.page', {
      conversation_key: key,
      limit: 50,
      around: whole.messages.at(-1)?.key as never,
    });
    expect(around.messages.map(({ text }) => text)).not.toContain('小林说的话');
    // Nor does its row in the list tell it, and search says the same.
    const row = await app.call('conversations.get', { conversation_key: key });
    expect(row.preview).toBeNull();
    const found = await app.call('search.page', {
      slot: 's',
      query: { text: '小林说的话' } as never,
      limit: 10,
      cursor: null,
    });
    expect(found.rows).toEqual([]);
    // Nor is anything of it given by a message's key.
    const later = whole.messages.find(({ kind }) => kind === 'image')?.key as never;
    expect((await app.refusal('attachments.open', { message_key: later, automatic: false })).code).toBe('NOT_FOUND');
    expect((await app.refusal('attachments.save', { message_key: later, target: 'x' })).code).toBe('NOT_FOUND');
    expect((await app.refusal('incidents.open', { message_key: later, cause: 'manual' })).code).toBe('NOT_FOUND');
    expect(await app.app.picture(`m-${String(later)}`)).toBeNull();
  });

  test('[SY6] [SY7] what the gateway gave nobody at first is asked for again from the top of the chat', async () => {
    gateway = await startPracticeGateway({
      seed: 7,
      rate: 0,
      faults: { rules: [{ fault: 'error', match: 'conversation.pull', code: 'NOT_VISIBLE' }] },
    });
    folder = await temporaryDirectory();
    app = await runApp({ directory: folder.path, url: gateway.url, token: gateway.token });
    await app.live();
    const wanted = gateway.control
      .conversations()
      .find(
        ({ intake, assignee, last_seq }) => intake === 'active' && assignee?.agent_id === 'a-xiaomei' && last_seq > 2,
      );
    if (wanted === undefined) throw new Error('no such conversation');
    const key = await app.key(wanted.conversation_id);
    // Closed by the gateway's word: no gap is left to be filled by itself.
    await until('nothing to be missing', async () => (await app.store.gaps(TEST_ACCOUNT, 10)).length === 0);
    gateway.control.consumerSays(wanted.conversation_id, '我又来了');
    await until('the newest message', async () => (await app.page(key)).messages.length > 0);
    const oldest = (await app.page(key)).messages[0]?.conv_seq ?? 0;
    expect(oldest).toBeGreaterThan(1);
    gateway.control.faults.clear();
    const older = { conversation_key: key, before_seq: oldest };
    expect(await app.call('conversations.older', older)).toEqual({ complete: true });
    expect((await app.page(key)).messages[0]?.conv_seq).toBe(1);
    expect(await app.call('conversations.older', older)).toEqual({ complete: true });
    expect((await app.page(key)).messages.map(({ conv_seq }) => conv_seq)).toEqual(
      Array.from({ length: oldest }, (_, index) => index + 1),
    );
  });
});

describe('claims', () => {
  test('[IN2] twenty clients claim the same ten consumers: one winner each, and everybody is told the truth', async () => {
    await begin();
    const { control } = gateway;
    const wanted = Array.from({ length: 10 }, (_, index) => control.newEnquiry({ name: `买家${index}`, text: '在吗' }));
    const shop = wanted[0]?.shop_id as string;
    const rivals: { readonly id: string; readonly name: string; readonly client: RawClient }[] = [];
    for (let index = 1; index < 20; index++) {
      const id = `a-rival-${index}`;
      control.hire({ agent_id: id, name: `客服${index}`, shop_ids: [shop] });
      rivals.push({
        id,
        name: `客服${index}`,
        client: await RawClient.login(gateway.url, control.issueToken(id), { device: id }),
      });
    }
    const winners = new Set<string>();
    for (const [round, { conversation_id }] of wanted.entries()) {
      const key = await app.key(conversation_id);
      // Everybody's turn to be the first to have sent.
      const order = [...rivals.slice(round * 2), ...rivals.slice(0, round * 2)];
      const own = () =>
        app.call('conversations.claim', { conversation_key: key }).then(
          ({ assignee }) => assignee?.agent_id ?? null,
          () => null,
        );
      const ours = round % 2 === 0 ? own() : null;
      const answers = await Promise.all(
        order.map(async ({ id, client }) => ({
          id,
          reply: await client.ask('conversation.claim', { conversation_id }),
        })),
      );
      const mine = await (ours ?? own());
      const { assignee, assignments } = control.conversation(conversation_id);
      const winner = assignee?.agent_id as string;
      winners.add(winner);
      expect(assignments.filter(({ to }) => to === null)).toHaveLength(1);
      expect(answers.filter(({ reply }) => reply.ok).map(({ id }) => id)).toEqual(
        winner === 'a-xiaomei' ? [] : [winner],
      );
      expect(mine).toBe(winner === 'a-xiaomei' ? winner : null);
      for (const { id, reply } of answers)
        if (id !== winner) {
          expect(reply.error?.code).toBe('ALREADY_CLAIMED');
          expect(JSON.stringify(reply.error?.details?.['by'])).toContain(assignee?.name);
        }
      // Asked again, the window's own client hears the same, with the winner's name to show.
      if (winner !== 'a-xiaomei') {
        const refusal = await app.refusal('conversations.claim', { conversation_key: key });
        expect(refusal.code).toBe('ALREADY_CLAIMED');
        expect(JSON.stringify(refusal.details)).toContain(assignee?.name);
      }
    }
    expect(winners.size).toBeGreaterThan(1);
    for (const { client } of rivals) client.close();
  });
});
