import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { AccountId } from '#shared/domain/ids.ts';
import { runApp, TEST_ACCOUNT, temporaryDirectory, type RunningApp } from '#test/support/running-app.ts';
import { until } from '#test/support/wait.ts';

/** The overview over a real store and the practice gateway, called through the door as each role. */
const ME = 'a-xiaomei';

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

beforeAll(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token });
  await app.live();
  await until('history', async () => (await app.store.gaps(TEST_ACCOUNT, 1)).length === 0);
});
afterAll(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

const overview = () => app.call('overview.get', {});
async function role(wanted: 'agent' | 'supervisor' | 'qa'): Promise<void> {
  gateway.control.setRole(ME, wanted);
  await until(`the role ${wanted}`, async () => (await app.account()).agent?.role === wanted);
}

describe('overview', () => {
  it('[SR6] an agent’s day equals what the record search counts, and what waits equals the lists', async () => {
    await role('agent');
    const { mine, team, day } = await overview();
    expect(team).toBeNull();
    const [me] = mine;
    if (me === undefined) throw new Error('nothing of mine');
    expect(me.account_id).toBe(TEST_ACCOUNT);
    const { agents } = await app.call('search.agents', { slot: 'x', query: { from: day.from, to: day.to } as never });
    const counted = agents.find(({ account }) => account === ME);
    expect(me.receptions).toBe(counted?.receptions ?? 0);
    expect(me.days).toHaveLength(7);
    for (const { at, receptions } of me.days) {
      const rows = await app.call('search.agents', {
        slot: 'x',
        query: { from: at, to: at + 86_400_000 } as never,
      });
      expect(receptions).toBe(rows.agents.find(({ account }) => account === ME)?.receptions ?? 0);
    }
    const list = async (intake: 'active' | 'waiting') =>
      (await app.call('conversations.list', { account_id: TEST_ACCOUNT, intake, limit: 500, cursor: null }))
        .conversations;
    const active = (await list('active')).filter(({ assignee }) => assignee?.agent_id === ME);
    const unreplied = active.filter(({ reply_state }) => reply_state !== 'replied');
    expect(me.active).toBe(active.length);
    expect(me.unreplied).toBe(unreplied.length);
    expect(me.waiting).toBe((await list('waiting')).length);
    const since = unreplied.map((row) => row.waiting_since ?? row.last_message_at ?? Infinity).sort((a, b) => a - b);
    expect(me.queue.map((line) => line.since)).toEqual(since.slice(0, 8));
    expect(me.unreplied_since).toBe(since[0] ?? null);
  });

  it('[SR10] colleagues’ figures are for supervisors and QA; QA has no day of its own', async () => {
    await role('agent');
    expect((await overview()).team).toBeNull();
    await role('supervisor');
    const led = await overview();
    expect(led.mine).toHaveLength(1);
    expect(led.team?.agents.length).toBeGreaterThan(1);
    const { conversations } = await app.call('conversations.list', {
      account_id: null,
      intake: 'waiting',
      limit: 500,
      cursor: null,
    });
    expect(led.team?.waiting).toBe(conversations.length);
    expect(led.team?.shops.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(conversations.length);
    await role('qa');
    const watched = await overview();
    expect(watched.mine).toEqual([]);
    expect(watched.team?.agents.length).toBeGreaterThan(1);
    await role('agent');
    expect((await overview()).team).toBeNull();
  });

  it('[RC22] a recall counts by its outcome, and the incident it opened as unfinished', async () => {
    const before = (await overview()).mine[0];
    const { conversations } = await app.call('conversations.list', {
      account_id: TEST_ACCOUNT,
      intake: 'active',
      limit: 100,
      cursor: null,
    });
    const conversation = conversations.find(({ assignee, type }) => assignee?.agent_id === ME && type === 'single');
    if (conversation === undefined) throw new Error('no conversation of mine');
    await app.call('settings.set', { send_delay_ms: 0 });
    await app.call('messages.send', { conversation_key: conversation.key, text: '好的，马上为您查询订单进度' });
    const record = async () =>
      (await app.call('messages.page', { conversation_key: conversation.key, limit: 5 })).messages.find(
        ({ text }) => text === '好的，马上为您查询订单进度',
      );
    await until('the message to be a record', async () => (await record()) !== undefined);
    const sent = await record();
    if (sent === undefined) throw new Error('gone again');
    await until(
      'the answer to count',
      async () => ((await overview()).mine[0]?.outgoing ?? 0) > (before?.outgoing ?? 0),
    );
    await app.call('recall.request', { message_key: sent.key });
    const count = (recalls: object | undefined): number =>
      Object.values(recalls ?? {}).reduce((sum: number, each: number) => sum + each, 0);
    await until('recall and incident to count', async () => {
      const me = (await overview()).mine[0];
      return count(me?.recalls) === count(before?.recalls) + 1 && me?.drafts === (before?.drafts ?? 0) + 1;
    });
    expect((await overview()).mine[0]?.incidents).toBe((before?.incidents ?? 0) + 1);
  });

  it('[RC22] a stranger at the gateway sees nothing of anybody', async () => {
    await app.app.handlers['accounts.remove']({ account_id: AccountId.parse(TEST_ACCOUNT) });
    const { mine, team } = await overview();
    expect(mine).toEqual([]);
    expect(team).toBeNull();
  });
});
