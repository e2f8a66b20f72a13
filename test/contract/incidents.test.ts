import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { verifyAudit } from '#main/adapters/sqlite/audit.ts';
import { openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { dispatch } from '#shared/contract/door.ts';
import type { IncidentDetail } from '#shared/contract/remedy.ts';
import type { MessageView } from '#shared/contract/views.ts';
import { hitName, type GuardHit } from '#shared/domain/guard/inspect.ts';
import { AccountId, type ConversationKey } from '#shared/domain/ids.ts';
import { DEFAULT_PLAYBOOKS } from '#shared/domain/remedy/defaults.ts';
import { runApp, TEST_ACCOUNT, temporaryDirectory, type RunningApp } from '#test/support/running-app.ts';
import { until } from '#test/support/wait.ts';

/** RC18, RC19, RC22, RM3–RM6 over a real store and the practice gateway. */
const ME = 'a-xiaomei';
const SHOP = 's-qinghe';
const LEAD_ACCOUNT = AccountId.parse('acc-lead');

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

/** Handles of files, as a window would have registered them. */
const paths = new Map<string, string>();

async function open(): Promise<void> {
  const files = createFiles({ resolve: (handle) => paths.get(handle) });
  app = await runApp({ directory: directory.path, url: gateway.url, token: gateway.token, files });
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  gateway.control.setRole(ME, 'agent');
  gateway.control.setRole(LEAD(), 'supervisor');
  await open();
  await app.live();
});

afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

/** A colleague who serves the same shop. */
const LEAD = (): string => {
  const lead = gateway.control
    .agents()
    .find(({ agent_id, shop_ids }) => agent_id !== ME && shop_ids.includes(SHOP as never));
  if (lead === undefined) throw new Error('nobody else serves the shop');
  return lead.agent_id;
};

/** The supervisor signs in beside the agent, in the same profile. */
async function leadJoins(): Promise<void> {
  await app.app.addAccount({
    account_id: LEAD_ACCOUNT,
    label: '主管',
    url: gateway.url,
    token: gateway.tokens[LEAD()] as string,
    practice: true,
    source: 'practice',
  });
  await until('the supervisor to be live', async () =>
    (await app.call('accounts.list', {})).some(
      ({ account_id, state }) => account_id === LEAD_ACCOUNT && state === 'live',
    ),
  );
}

async function mine(name = '买家甲'): Promise<{ readonly id: string; readonly key: ConversationKey }> {
  const { conversation_id } = gateway.control.newEnquiry({ shop_id: SHOP, text: '在吗', name, assign_to: ME });
  return { id: conversation_id, key: await app.key(conversation_id) };
}

async function said(key: ConversationKey, text: string): Promise<MessageView> {
  // Whatever is asked before a text goes out, the person says yes.
  const answer = await dispatch(app.app.handlers, 'messages.send', { conversation_key: key, text });
  if (!answer.ok) {
    const hits = (answer.error.details?.['hits'] ?? []) as readonly GuardHit[];
    await app.call('messages.send', { conversation_key: key, text, confirmed: { hits: hits.map(hitName) } });
  }
  let found: MessageView | undefined;
  await until(`“${text}” to be a record`, async () => {
    found = (await app.page(key)).messages.find((message) => message.text === text);
    return found !== undefined;
  });
  return found as MessageView;
}

const message = async (of: MessageView): Promise<MessageView> => {
  const found = (await app.page(of.conversation_key)).messages.find((candidate) => candidate.key === of.key);
  if (found === undefined) throw new Error('no such message');
  return found;
};

/** Recalls it and waits for the incident that opens by itself. */
async function recalled(of: MessageView): Promise<IncidentDetail> {
  await app.call('recall.request', { message_key: of.key });
  return draftOf(of);
}

async function draftOf(of: MessageView): Promise<IncidentDetail> {
  let id = '';
  await until('an incident', async () => (id = (await message(of)).incident?.incident_id ?? '') !== '');
  return app.call('incidents.get', { incident_id: id });
}

const act = (
  detail: IncidentDetail,
  action: Parameters<typeof app.call<'incidents.act'>>[1]['action'],
  account_id?: AccountId,
) =>
  app.call('incidents.act', {
    incident_id: detail.summary.incident_id,
    seq: detail.summary.seq,
    action,
    ...(account_id === undefined ? {} : { account_id }),
  });
const reasonOf = async (
  detail: IncidentDetail,
  action: Parameters<typeof app.call<'incidents.act'>>[1]['action'],
  account_id?: AccountId,
) => {
  const { code, details } = await app.refusal('incidents.act', {
    incident_id: detail.summary.incident_id,
    seq: detail.summary.seq,
    action,
    ...(account_id === undefined ? {} : { account_id }),
  });
  return (details as { reason?: string } | undefined)?.reason ?? code;
};

describe('incidents', () => {
  it('[RM4] a recall opens a draft by itself, with its type proposed from what was sent; two clicks complete it', async () => {
    const { key } = await mine();
    const detail = await recalled(await said(key, '这款今天只要 19.9 元'));
    expect(detail.summary).toMatchObject({
      state: 'draft',
      type: 'price',
      cause: 'recall',
      effect: 'both',
      agent: { id: ME },
    });
    expect(detail.recalls).toMatchObject([{ state: 'done', effect: 'both' }]);
    expect(detail.message).toMatchObject({ text: null });
    const done = await act(detail, { kind: 'completed', type: 'price', severity: 'minor' });
    expect(done.summary).toMatchObject({ state: 'open', severity: 'minor', required: 'open', seq: 2 });
    expect(done.incident.timeline.map(({ action }) => action.kind)).toEqual(['drafted', 'completed']);
    expect(
      app.topics.some((topic) => topic.topic === 'incidents' && topic.payload.ids.includes(detail.summary.incident_id)),
    ).toBe(true);
    expect((await app.call('search.count', { slot: 's', query: { states: ['incident'] }, cap: null })).count).toBe(1);
  });

  it('[RM1] [PV3] the shop’s sensitive words propose the type as well', async () => {
    const { id, key } = await mine();
    gateway.control.changeWords(SHOP, { add: [{ word: '走后门', category: '政策', action: 'block' }] });
    await until('the list to be here', async () => {
      const { list } = await app.call('words.local', { account_id: TEST_ACCOUNT, shop_id: SHOP as never });
      return list.version === gateway.control.shops().find(({ shop_id }) => shop_id === SHOP)?.words_version;
    });
    // From the other device of the account: here the word would not have gone out.
    gateway.control.agentSays(ME, id, '可以走后门，只要 19.9 元', { device_id: 'd-phone' });
    await until('it to be here', async () => (await app.page(key)).messages.length === 2);
    const detail = await recalled((await app.page(key)).messages[1] as MessageView);
    expect(detail.summary.type).toBe('policy');
  });

  it('[RM4] a recall that fails opens one too, once a message, also where it ended just before a crash', async () => {
    const { key } = await mine();
    const sent = await said(key, '发错了');
    gateway.control.faults.add({ fault: 'error', match: 'message.recall', code: 'SERVER_BUSY', times: 1 });
    const detail = await recalled(sent);
    expect(detail.summary).toMatchObject({ cause: 'recall_failed', code: 'SERVER_BUSY', effect: null });
    await app.call('recall.request', { message_key: sent.key });
    await until('the second to be in the same incident', async () => {
      const again = await app.call('incidents.get', { incident_id: detail.summary.incident_id });
      return again.recalls.length === 2 && again.recalls[1]?.state === 'done';
    });
    expect((await app.call('incidents.list', { filter: {}, limit: 10, cursor: null })).total).toBe(1);
    // One that ended in the store and nothing more: as after a kill between the two.
    const other = await said(key, '又发错了');
    await app.app.stop();
    const recall_id = 'r-before-the-crash' as never;
    await app.store.createRecall({
      recall_id,
      account_id: TEST_ACCOUNT,
      message_key: other.key,
      reason: null,
      requested_at: other.sent_at,
      expires_at: other.sent_at + 1_000,
      state: 'requested',
    });
    await app.store.resolveRecall(recall_id, { state: 'failed', code: 'SERVER_BUSY', at: other.sent_at + 500 });
    await app.store.close();
    await open();
    await until(
      'its incident',
      async () => (await app.call('incidents.list', { filter: {}, limit: 10, cursor: null })).total === 2,
    );
  });

  it('[RM4] the ladder: what was major is reported before it can be closed, a loss reaches the supervisor; nobody skips ahead', async () => {
    await leadJoins();
    const { key } = await mine();
    let detail = await recalled(await said(key, '保证假一赔十'));
    expect(await reasonOf(detail, { kind: 'closed', resolution: '完成' })).toBe('NOT_COMPLETED');
    detail = await act(detail, { kind: 'completed', type: 'policy', severity: 'major' });
    expect(await reasonOf(detail, { kind: 'closed', resolution: '完成' })).toBe('MUST_ESCALATE');
    detail = await act(detail, { kind: 'escalated', to: 'reported' });
    detail = await act(detail, { kind: 'loss', amount: '12.50' });
    expect(detail.summary).toMatchObject({ required: 'supervisor', loss: '12.50' });
    expect(await reasonOf(detail, { kind: 'closed', resolution: '完成' }, LEAD_ACCOUNT)).toBe('MUST_ESCALATE');
    detail = await act(detail, { kind: 'escalated', to: 'supervisor' });
    expect(await reasonOf(detail, { kind: 'closed', resolution: '完成' }, TEST_ACCOUNT)).toBe('NOT_ALLOWED');
    const stale = detail;
    detail = await act(detail, { kind: 'noted', note: '已致电' });
    expect(await reasonOf(stale, { kind: 'noted', note: '晚了' })).toBe('STALE_STATE');
    detail = await act(detail, { kind: 'closed', resolution: '已向买家说明' }, LEAD_ACCOUNT);
    expect(detail.summary.state).toBe('closed');
    expect(await reasonOf(detail, { kind: 'noted', note: '再记一条' })).toBe('ALREADY_CLOSED');
    expect(
      (await app.call('incidents.list', { filter: { states: ['closed'], types: ['policy'] }, limit: 10, cursor: null }))
        .total,
    ).toBe(1);
    expect((await app.call('incidents.list', { filter: { states: ['open'] }, limit: 10, cursor: null })).total).toBe(0);
  });

  it('[RM3] compensation above the limit waits for a supervisor, who is never the one who proposed it', async () => {
    await leadJoins();
    const limit = (await app.account()).shops.find((shop) => shop.shop_id === SHOP)?.policy?.compensation
      .approval_above as string;
    const { key } = await mine();
    let detail = await recalled(await said(key, '给您便宜 50 元'));
    detail = await act(detail, { kind: 'completed', type: 'price', severity: 'minor' });
    expect(detail.approval_above).toBe(limit);
    detail = await act(detail, { kind: 'compensation_proposed', what: 'coupon', amount: limit });
    expect(detail.incident.compensations).toMatchObject([{ state: 'granted', amount: limit }]);
    // The limit holds for the sum: it can't be got round in parts.
    detail = await act(detail, { kind: 'compensation_proposed', what: 'coupon', amount: '0.01' });
    const waiting = detail.incident.compensations.find(({ state }) => state === 'waiting');
    expect(detail.summary.approvals).toBe(1);
    const compensation_id = waiting?.id as string;
    expect(await reasonOf(detail, { kind: 'compensation_approved', compensation_id }, TEST_ACCOUNT)).toBe(
      'NOT_ALLOWED',
    );
    expect(await reasonOf(detail, { kind: 'compensation_recorded', compensation_id, reference: 'X1' })).toBe(
      'APPROVAL_PENDING',
    );
    expect((await app.call('incidents.list', { filter: { approvals: true }, limit: 10, cursor: null })).total).toBe(1);
    detail = await act(detail, { kind: 'compensation_approved', compensation_id }, LEAD_ACCOUNT);
    detail = await act(detail, { kind: 'compensation_proposed', what: 'red_packet', amount: '1' }, LEAD_ACCOUNT);
    const own = detail.incident.compensations.find(({ proposed_by }) => proposed_by === LEAD());
    expect(own?.state).toBe('waiting');
    expect(
      await reasonOf(detail, { kind: 'compensation_approved', compensation_id: own?.id as string }, LEAD_ACCOUNT),
    ).toBe('OWN_APPROVAL');
  });

  it('[RM5] a closed incident becomes a case without anybody in it, found by text and shared as a file', async () => {
    const { key } = await mine('王大锤');
    let detail = await recalled(await said(key, '王大锤您好，电话 13812345678，优惠价 19.9 元'));
    detail = await act(detail, {
      kind: 'completed',
      type: 'price',
      severity: 'minor',
      note: '已联系王大锤 13812345678',
    });
    detail = await act(detail, { kind: 'tagged', tags: ['大促'] });
    await act(detail, { kind: 'closed', resolution: '向王大锤更正了价格' });
    const { cases } = await app.call('cases.search', { text: '更正 价格', limit: 10 });
    expect(cases).toMatchObject([{ type: 'price', recall: 'both', tags: ['大促'] }]);
    expect(JSON.stringify(cases)).not.toMatch(/王大锤|13812345678|inc-/);
    // The agent may not open seals, so what was recalled isn't in the library either.
    expect(cases[0]?.message).toBe('');
    expect((await app.call('cases.search', { text: '退货', limit: 10 })).cases).toEqual([]);
    expect((await app.call('cases.search', { tags: ['大促'], types: ['price'], limit: 10 })).cases.length).toBe(1);
    const rows = (await app.call('incidents.statistics', { filter: {}, keys: ['type', 'agent'] })).rows;
    expect(rows).toMatchObject([
      { group: ['price', ME], incidents: 1, by_state: { closed: 1 }, names: ['price', '客服小美'] },
    ]);
  });

  it('[RM5] shared cases are read back once, masked; what is no file of cases is refused whole, and each reading is audited', async () => {
    const { key } = await mine();
    let detail = await recalled(await said(key, '优惠价 19.9 元'));
    detail = await act(detail, { kind: 'completed', type: 'price', severity: 'minor' });
    await act(detail, { kind: 'closed', resolution: '更正了价格' });
    const path = join(directory.path, 'cases.json');
    paths.set('cases', path);
    expect(await app.call('cases.share', { filter: { limit: 10 }, target: 'cases' })).toMatchObject({ cases: 1 });
    // Here already: nothing is added.
    expect(await app.call('cases.read', { file: 'cases' })).toEqual({ cases: 1, added: 0 });
    const shared = JSON.parse(await readFile(path, 'utf8')) as { cases: { case_id: string; resolution: string }[] };
    const other = { ...shared.cases[0], case_id: 'case-elsewhere', resolution: '致电 13812345678 说明，已退款' };
    await writeFile(path, JSON.stringify({ ...shared, cases: [...shared.cases, other] }));
    expect(await app.call('cases.read', { file: 'cases' })).toEqual({ cases: 2, added: 1 });
    const found = (await app.call('cases.search', { text: '退款', limit: 10 })).cases;
    expect(found).toMatchObject([{ case_id: 'case-elsewhere', type: 'price' }]);
    expect(found[0]?.resolution).not.toContain('13812345678');
    for (const text of [
      '{',
      '[]',
      JSON.stringify({ ...shared, format: 99 }),
      JSON.stringify({ format: 1, cases: [{}] }),
    ]) {
      await writeFile(path, text);
      expect(await app.refusal('cases.read', { file: 'cases' }), text).toMatchObject({ code: 'FILE_FORMAT' });
    }
    expect(await app.refusal('cases.read', { file: 'nowhere' })).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect((await app.call('cases.search', { limit: 10 })).cases).toHaveLength(2);
    const db = openRecordsForReading(directory.path, new Uint8Array(32).fill(7));
    expect(db.readOne<number>(`SELECT count(*) FROM audit WHERE action = 'cases.read'`).get()).toBe(2);
    db.close();
  });

  it('[RM6] supervisors alone edit playbooks; a version never overwrites another, a broken one is refused whole', async () => {
    const { book, editors } = await app.call('playbooks.get', {});
    expect([book.version, editors]).toEqual([0, []]);
    const edit = {
      base_version: 0,
      playbooks: DEFAULT_PLAYBOOKS.playbooks.map((playbook) =>
        playbook.type === 'price' ? { ...playbook, advice: { zh: '先更正', en: 'Correct first' } } : playbook,
      ),
      templates: DEFAULT_PLAYBOOKS.templates,
    };
    expect(await app.refusal('playbooks.edit', { account_id: TEST_ACCOUNT, ...edit })).toMatchObject({
      code: 'NO_PERMISSION',
    });
    await leadJoins();
    expect((await app.call('playbooks.edit', { account_id: LEAD_ACCOUNT, ...edit })).version).toBe(1);
    expect(await app.refusal('playbooks.edit', { account_id: LEAD_ACCOUNT, ...edit })).toMatchObject({
      code: 'STALE_STATE',
      details: { current: 1 },
    });
    expect(
      await app.refusal('playbooks.edit', {
        account_id: LEAD_ACCOUNT,
        ...edit,
        base_version: 1,
        playbooks: edit.playbooks.slice(1),
      }),
    ).toMatchObject({ code: 'BAD_INPUT' });
    const now = await app.call('playbooks.get', {});
    expect(now.book.playbooks.find(({ type }) => type === 'price')?.advice.zh).toBe('先更正');
    expect(now.editors).toEqual([LEAD_ACCOUNT]);
    expect((await app.call('playbooks.get', { version: 0 })).book).toEqual(DEFAULT_PLAYBOOKS);
  });

  it('[RM1] where recall is blocked an incident can be opened by hand, and only once', async () => {
    const { key } = await mine();
    const sent = await said(key, '加我微信 abc12345');
    const first = await app.call('incidents.open', { message_key: sent.key, cause: 'blocked', code: 'WINDOW_EXPIRED' });
    expect(first.summary).toMatchObject({ state: 'draft', cause: 'blocked', code: 'WINDOW_EXPIRED', type: 'policy' });
    const second = await app.call('incidents.open', { message_key: sent.key, cause: 'manual' });
    expect(second.summary.incident_id).toBe(first.summary.incident_id);
  });
});

describe('recalls in batches, seals, dashboard', () => {
  it('[RC18] several at once: each is judged by itself, each has its own result', async () => {
    const { id, key } = await mine();
    const sent: MessageView[] = [];
    for (const text of ['甲', '乙', '丙']) sent.push(await said(key, text));
    const consumers = (await app.page(key)).messages.find(({ sender }) => sender.role === 'consumer') as MessageView;
    const keys = [...sent.map((each) => each.key), consumers.key];
    const { results } = await app.call('recall.batch', { message_keys: [...keys, keys[0] as never] });
    expect(results.map(({ message_key }) => message_key)).toEqual(keys);
    expect(results.map(({ recall, error }) => [recall !== null, error?.code ?? null])).toEqual([
      [true, null],
      [true, null],
      [true, null],
      [false, 'NOT_SENDER'],
    ]);
    await until('all three to be gone', async () =>
      (await Promise.all(sent.map(message))).every((each) => each.recall?.state === 'done'),
    );
    const seen = gateway.control.consumerView(id).messages.filter(({ from }) => from === 'agent');
    expect(seen.filter(({ visible }) => visible)).toEqual([]);
  });

  it('[RC19] seals: agents may not, supervisors may, and the audit entry is there before the content', async () => {
    const { key } = await mine();
    const sent = await said(key, '内部底价 12 元');
    await recalled(sent);
    expect(await app.refusal('seals.open', { message_key: sent.key })).toMatchObject({ code: 'NO_PERMISSION' });
    await leadJoins();
    const opened = await app.call('seals.open', { message_key: sent.key });
    const tombstone = (await message(sent)).recalled;
    expect(opened).toEqual({
      text: '内部底价 12 元',
      kind: 'text',
      attachment_name: null,
      file: null,
      sender: { id: ME, name: sent.sender.name },
      sent_at: sent.sent_at,
      operator: { role: 'agent', id: ME, name: sent.sender.name, device_id: sent.sender.device_id },
      effect: 'both',
      recalled_at: tombstone?.at,
      reason: null,
      read_at: null,
      audited: { actor: LEAD(), at: expect.any(Number) as number },
    });
    const db = openRecordsForReading(directory.path, new Uint8Array(32).fill(7));
    const entries = db
      .read<{ actor: string; details: string }>(`SELECT actor, details FROM audit WHERE action = 'seal.opened'`)
      .all();
    expect(entries).toMatchObject([{ actor: LEAD() }]);
    expect(entries[0]?.details).toContain(sent.msg_id);
    expect(entries[0]?.details).not.toContain('底价');
    expect(verifyAudit(db).brokenAt).toBeNull();
    db.close();
    const kept = await said(key, '没撤回的');
    expect(await app.refusal('seals.open', { message_key: kept.key })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('[RC22] the dashboard counts outcomes and reasons by agent, shop and day, for those who may see it', async () => {
    const { key } = await mine();
    await recalled(await said(key, '甲'));
    const failing = await said(key, '乙');
    gateway.control.faults.add({ fault: 'error', match: 'message.recall', code: 'SERVER_BUSY', times: 1 });
    await recalled(failing);
    const now = gateway.control.now();
    const range = { from: now - 3_600_000, to: now + 60_000 };
    expect(await app.refusal('recall.dashboard', range)).toMatchObject({ code: 'NO_PERMISSION' });
    await leadJoins();
    const board = await app.call('recall.dashboard', range);
    expect(board.by_agent.find((each) => each.key === ME)).toMatchObject({
      recalls: 2,
      outcomes: { both: 1, failed: 1 },
      reasons: [{ code: 'SERVER_BUSY', count: 1 }],
    });
    expect(board.by_agent.find((each) => each.key === ME)?.sent).toBeGreaterThanOrEqual(2);
    expect(board.by_shop[0]?.key).toBe(SHOP);
    expect(board.by_day.reduce((sum, day) => sum + day.recalls, 0)).toBe(board.total.recalls);
    expect(await app.refusal('recall.dashboard', { from: now, to: now })).toMatchObject({ code: 'BAD_INPUT' });
  });
});
