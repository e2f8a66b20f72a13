import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { verifyAudit } from '#main/adapters/sqlite/audit.ts';
import { openRecordsForReading } from '#main/adapters/sqlite/open-records.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import type { ReviewDetail, ReviewSampleDetail, SampleItemView } from '#shared/contract/reviews.ts';
import { AccountId } from '#shared/domain/ids.ts';
import { EMPTY_REVIEW } from '#shared/domain/review/review.ts';
import type { Marks, Scorecard } from '#shared/domain/review/scorecard.ts';
import { SCORECARD_TEMPLATES } from '#shared/domain/review/templates.ts';
import { REVIEW_FILE_FORMAT, reviewDigest, type ReviewFile } from '#shared/package/review.ts';
import { runApp, TEST_ACCOUNT, temporaryDirectory, type RunningApp } from '#test/support/running-app.ts';
import { until } from '#test/support/wait.ts';

/** QA1–QA5 over a real store and the practice gateway, called through the door as each role. */
const ME = 'a-xiaomei';
const QA = 'a-zhou';
const AGENT = 'a-ajie';
const CARD = SCORECARD_TEMPLATES[0] as Scorecard;
const FULL: Marks = Object.fromEntries(CARD.criteria.map(({ id, max }) => [id, max]));
const REF = { card_id: CARD.card_id, version: 0 };
const DAY = 86_400_000;

let gateway: PracticeGateway;
let directory: { readonly path: string; remove(): Promise<void> };
let app: RunningApp;

async function open(): Promise<void> {
  app = await runApp({
    directory: directory.path,
    url: gateway.url,
    token: gateway.token,
    files: createFiles({ resolve: (handle) => join(directory.path, handle) }),
  });
  await app.live();
}

beforeEach(async () => {
  directory = await temporaryDirectory();
  gateway = await startPracticeGateway({ rate: 0, seed: 3 });
  gateway.control.setRole(ME, 'supervisor');
  await open();
  // A sample is drawn from what is here: first all of the past.
  await until('history', async () => (await app.store.gaps(TEST_ACCOUNT, 1)).length === 0);
});

afterEach(async () => {
  await app.close();
  await gateway.close();
  await directory.remove();
});

const range = () => ({ from: Date.now() - 30 * DAY, to: Date.now() + DAY });
const spec = (part: object = {}) => ({ method: 'random' as const, size: 10, ...range(), ...part });
const preview = () => app.call('samples.preview', { spec: spec(), seed: '1' });

async function joins(agentId: string): Promise<void> {
  const account_id = AccountId.parse(`acc-${agentId}`);
  await app.app.addAccount({
    account_id,
    label: agentId,
    url: gateway.url,
    token: gateway.tokens[agentId] as string,
    practice: true,
    source: 'practice',
  });
  await until(`${agentId} to be live`, async () =>
    (await app.call('accounts.list', {})).some((each) => each.account_id === account_id && each.state === 'live'),
  );
}
async function role(wanted: 'agent' | 'supervisor' | 'qa' | 'admin'): Promise<void> {
  gateway.control.setRole(ME, wanted);
  await until(`the role ${wanted}`, async () => (await app.account()).agent?.role === wanted);
}

/** A sample of one agent's receptions. */
async function drawn(agents: readonly string[] = [AGENT], size = 5): Promise<ReviewSampleDetail> {
  const sample = await app.call('samples.draw', {
    name: '样本',
    card: REF,
    spec: spec({ agents, size }),
    seed: 'x',
  });
  return app.call('samples.get', { sample_id: sample.sample_id });
}
const save = (item: SampleItemView, marks: Marks, part: { seq?: number; submit?: boolean; comment?: string } = {}) =>
  app.call('reviews.save', {
    conversation_key: item.conversation_key,
    agent_id: item.agent.id,
    card: REF,
    seq: part.seq ?? 0,
    content: { ...EMPTY_REVIEW, marks, comment: part.comment ?? '' },
    submit: part.submit ?? true,
  });
const act = (detail: ReviewDetail, action: Parameters<typeof app.call<'reviews.act'>>[1]['action']) =>
  app.call('reviews.act', { review_id: detail.review.review_id, seq: detail.review.seq, action });
const refused = async (detail: ReviewDetail, action: Parameters<typeof app.call<'reviews.act'>>[1]['action']) => {
  const { code, details } = await app.refusal('reviews.act', {
    review_id: detail.review.review_id,
    seq: detail.review.seq,
    action,
  });
  return (details as { reason?: string } | undefined)?.reason ?? code;
};

describe('quality review', () => {
  it('[QA2] a practice shop has enough to draw from at once; the same seed and range draw the same sample', async () => {
    const first = await preview();
    expect(first.size).toBe(10);
    expect(first.agents).toBeGreaterThanOrEqual(3);
    const one = await drawn([], 12);
    const two = await drawn([], 12);
    const names = (detail: ReviewSampleDetail): string[] =>
      detail.items.map(({ conversation_id, agent }) => `${conversation_id} ${agent.id}`);
    expect(names(two)).toEqual(names(one));
    expect(new Set(names(one)).size).toBe(12);
    expect(await app.call('samples.check', { sample_id: one.sample.sample_id })).toEqual({
      same: true,
      missing: 0,
      added: 0,
    });
    // By quota, and by risk: every one of these has one.
    const quota = await app.call('samples.draw', {
      name: '定额',
      card: REF,
      spec: spec({ method: 'quota', per_agent: 2, size: 50 }),
      seed: 'q',
    });
    const perAgent = Map.groupBy(
      (await app.call('samples.get', { sample_id: quota.sample_id })).items,
      ({ agent }) => agent.id,
    );
    expect(Math.max(...[...perAgent.values()].map(({ length }) => length))).toBe(2);
    const risky = await app.call('samples.draw', {
      name: '风险',
      card: REF,
      spec: spec({ method: 'risk', risks: ['recalled'], size: 50 }),
      seed: 'r',
    });
    const { items } = await app.call('samples.get', { sample_id: risky.sample_id });
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ risks }) => risks.includes('recalled'))).toBe(true);
    for (const item of items) {
      const page = await app.page(item.conversation_key);
      expect(
        page.messages.some(({ recalled, sender }) => recalled !== null && sender.id === item.agent.id),
        item.title,
      ).toBe(true);
    }
  });

  it('[QA3] [SR3] a review is kept as a draft, handed in, found by the state filter, and never overwritten unseen', async () => {
    const { items, me } = await drawn();
    expect(me?.id).toBe(ME);
    const item = items[0] as SampleItemView;
    const draft = await save(item, { response: 3 }, { submit: false, comment: '首响偏慢' });
    expect(draft.review).toMatchObject({ state: 'draft', score: 60, seq: 1 });
    expect((await app.call('search.count', { slot: 's', query: { states: ['reviewed'] }, cap: null })).count).toBe(0);
    expect(
      (
        await app.refusal('reviews.save', {
          conversation_key: item.conversation_key,
          agent_id: item.agent.id,
          card: REF,
          seq: 1,
          content: { ...EMPTY_REVIEW, marks: { response: 3 } },
          submit: true,
        })
      ).details,
    ).toEqual({ reason: 'NOT_COMPLETE' });
    const done = await save(item, { ...FULL, response: 0 }, { seq: 1, comment: '首响偏慢' });
    expect(done.review).toMatchObject({ state: 'submitted', final_score: 85, seq: 2 });
    expect(done.history.map(({ what }) => what)).toEqual(['saved', 'submitted']);
    const reviewed = await app.call('search.page', {
      slot: 's',
      query: { states: ['reviewed'] },
      limit: 1_000,
      cursor: null,
    });
    expect(reviewed.rows.length).toBe(item.messages);
    expect(new Set(reviewed.rows.map(({ conversation_key }) => conversation_key))).toEqual(
      new Set([item.conversation_key]),
    );
    // Two windows: the second one learns that the first has written.
    expect((await app.refusal('reviews.save', saving(item, 1))).code).toBe('STALE_STATE');
    expect((await app.call('samples.get', { sample_id: (await samples())[0] as string })).sample.reviewed).toBe(1);
    expect(app.topics.some(({ topic }) => topic === 'reviews')).toBe(true);
    // One's own work is not for oneself to judge.
    const own = (await drawn([ME])).items[0] as SampleItemView;
    expect((await app.refusal('reviews.save', saving(own, 0))).details).toEqual({ reason: 'OWN_WORK' });
  });

  it('[QA5] the agent sees their own reviews and nobody else’s, appeals, and a supervisor decides', async () => {
    await joins(QA);
    const { items, me } = await drawn([AGENT], 3);
    // QA reviews where QA is signed in; the supervisor is left to decide.
    expect(me?.id).toBe(QA);
    const [first, second] = items as [SampleItemView, SampleItemView];
    const review = await save(first, { ...FULL, accuracy: 0 });
    await save(second, { response: 2 }, { submit: false });
    const about = await drawn([ME], 1);
    const other = await save(about.items[0] as SampleItemView, FULL);
    // An agent alone at another desk.
    const desk = await temporaryDirectory();
    const agent = await runApp({
      directory: desk.path,
      url: gateway.url,
      token: gateway.tokens[AGENT] as string,
    });
    await agent.live();
    expect((await agent.refusal('samples.preview', { spec: spec(), seed: '1' })).code).toBe('NO_PERMISSION');
    expect((await agent.refusal('reviews.dashboard', range())).code).toBe('NO_PERMISSION');
    expect(
      (await agent.refusal('scorecards.save', { base: REF, draft: { name: 'x', criteria: CARD.criteria } })).code,
    ).toBe('NO_PERMISSION');
    expect(await agent.call('samples.list', {})).toEqual({ samples: [], may_draw: false });
    await agent.close();
    await desk.remove();

    // The same agent signed in here: own, handed in, nothing else.
    await joins(AGENT);
    const mine = await app.call('reviews.list', { scope: 'mine', limit: 10, cursor: null });
    expect(mine.reviews.map((each) => each.review.agent.id).toSorted()).toEqual([AGENT, ME]);
    await app.call('accounts.remove', { account_id: AccountId.parse(`acc-${QA}`) });
    await role('agent');
    const own = await app.call('reviews.list', { scope: 'mine', limit: 10, cursor: null });
    expect(own.total).toBe(2);
    expect((await app.call('reviews.list', { scope: 'all', limit: 10, cursor: null })).total).toBe(2);
    await app.call('accounts.remove', { account_id: AccountId.parse(`acc-${AGENT}`) });
    expect((await app.refusal('reviews.get', { review_id: review.review.review_id })).code).toBe('NOT_FOUND');
    expect((await app.call('reviews.get', { review_id: other.review.review_id })).allowed).toEqual({
      write: false,
      appeal: true,
      withdraw: false,
      decide: false,
    });

    await joins(AGENT);
    const seen = await app.call('reviews.get', { review_id: review.review.review_id });
    expect(await refused(seen, { kind: 'decide', outcome: 'upheld', note: '维持' })).toBe('NO_PERMISSION');
    const appealed = await act(seen, { kind: 'appeal', reason: '价格是平台改的' });
    expect(appealed.review.appeal).toMatchObject({ state: 'open', by: { id: AGENT } });
    await role('qa');
    expect(await refused(appealed, { kind: 'decide', outcome: 'upheld', note: '维持' })).toBe('NO_PERMISSION');
    await role('supervisor');
    const decided = await act(await app.call('reviews.get', { review_id: review.review.review_id }), {
      kind: 'decide',
      outcome: 'changed',
      note: '价格以平台为准',
      marks: FULL,
    });
    expect(decided.review).toMatchObject({ score: 75, final_score: 100, appeal: { state: 'changed' } });
    expect(decided.history.map(({ what, by }) => `${what} ${by.id}`)).toEqual([
      `submitted ${QA}`,
      `appealed ${AGENT}`,
      `changed ${ME}`,
    ]);
    const figures = (await app.call('reviews.dashboard', range())).figures;
    expect(figures).toMatchObject({ reviews: 2, mean: 100, appeals: { open: 0, upheld: 0, changed: 1 } });
    const db = openRecordsForReading(directory.path, new Uint8Array(32).fill(7));
    expect(verifyAudit(db).brokenAt).toBeNull();
    const audit = db.readOne<string>(`SELECT action FROM audit WHERE action LIKE 'review.%' ORDER BY seq`).all();
    expect(audit).toEqual(['review.submitted', 'review.submitted', 'review.appealed', 'review.changed']);
    expect(db.readOne<string>('SELECT group_concat(details) FROM audit').get()).not.toContain('价格');
    db.close();
  });

  it('[QA1] every edit of a scorecard is a new version; reviews stay with theirs; two editors do not overwrite each other', async () => {
    const draft = { name: '新卡', criteria: CARD.criteria.slice(0, 2) };
    const one = await app.call('scorecards.save', { base: REF, draft });
    expect(one).toMatchObject({ card_id: 'general', version: 1, edited_by: '客服小美' });
    expect((await app.refusal('scorecards.save', { base: REF, draft })).code).toBe('STALE_STATE');
    const two = await app.call('scorecards.save', {
      base: { card_id: 'general', version: 1 },
      draft: { ...draft, name: '再改' },
    });
    expect(two.version).toBe(2);
    expect((await app.call('scorecards.get', { card_id: 'general', version: 1 })).name).toBe('新卡');
    expect((await app.call('scorecards.get', REF)).criteria.length).toBe(CARD.criteria.length);
    expect((await app.call('scorecards.list', {})).cards.find(({ card_id }) => card_id === 'general')?.version).toBe(2);
    const own = await app.call('scorecards.save', { base: null, draft: { ...draft, name: '自建' } });
    expect((await app.call('scorecards.list', {})).cards.map(({ name }) => name)).toContain('自建');
    expect(own.version).toBe(1);
    const item = (await drawn()).items[0] as SampleItemView;
    const first = await save(item, { response: 3 }, { submit: false });
    expect(first.card.version).toBe(0);
    expect(
      (await app.call('reviews.open', { conversation_key: item.conversation_key, agent_id: item.agent.id })).card
        .version,
    ).toBe(0);
  });

  it('[SY7] [ST4] [AD2] reviews are in a backup, survive a snapshot and a restart, and lose their words when the conversation is erased', async () => {
    const { items } = await drawn();
    const item = items[0] as SampleItemView;
    const done = await save(item, { ...FULL, response: 0 }, { comment: '买家很着急' });
    const copy = join(directory.path, 'copy');
    await app.store.backup(join(directory.path, 'backup.db'));
    await app.app.stop();
    const conversation = await app.store.conversation(item.conversation_key);
    await app.store.setCursor(TEST_ACCOUNT, 0, Date.now(), { reset: true });
    expect(conversation?.conversation_id).toBe(item.conversation_id);
    await app.store.close();
    // What a snapshot brings says nothing of reviews; after it they are as they were.
    await open();
    const again = await app.call('reviews.get', { review_id: done.review.review_id });
    expect(again.review).toEqual(done.review);
    expect((await app.call('samples.list', {})).samples).toHaveLength(1);

    const { mkdirSync, copyFileSync } = await import('node:fs');
    mkdirSync(copy);
    copyFileSync(join(directory.path, 'backup.db'), join(copy, 'records.db'));
    const restored = await openStore({ directory: copy, key: new Uint8Array(32).fill(7), readers: 1 });
    expect((await restored.review(done.review.review_id))?.review).toEqual(done.review);
    await restored.close();

    await app.app.stop();
    const cursor = (await app.store.accounts())[0]?.event_seq ?? 0;
    await app.store.ingest(TEST_ACCOUNT, [
      {
        event_seq: cursor + 1,
        kind: 'conversation.purged',
        conversation_id: item.conversation_id as never,
        at: Date.now(),
      } as never,
    ]);
    const erased = await app.store.review(done.review.review_id);
    expect(erased).toMatchObject({ erased: true, history: [], review: { final_score: 85, content: { comment: '' } } });
    await app.store.close();
    const db = openRecordsForReading(directory.path, new Uint8Array(32).fill(7));
    expect(db.readOne<string>('SELECT group_concat(body) FROM reviews').get()).not.toContain('着急');
    expect(db.readOne<number>('SELECT count(*) FROM review_events').get()).toBe(0);
    db.close();
    await open();
  });

  it('[QA4] a review file is merged once; conflicts are shown, nothing is overwritten, strange files are refused', async () => {
    // Signed in here once, so known by name and role.
    await joins(QA);
    await app.call('accounts.remove', { account_id: AccountId.parse(`acc-${QA}`) });
    const { items } = await drawn([AGENT], 3);
    const [first, second, third] = items as [SampleItemView, SampleItemView, SampleItemView];
    const head = 'ab'.repeat(32);
    const offline = (item: SampleItemView, marks: Marks, comment = '') => ({
      conversation_id: item.conversation_id,
      agent: item.agent.name,
      marks,
      messages: [{ msg_id: 'm-1', criterion_id: 'accuracy', note: '答非所问' }],
      comment,
      tags: ['线下'],
      at: 5,
    });
    const write = async (name: string, reviews: ReviewFile['reviews'], part: Partial<ReviewFile> = {}) => {
      const body: Omit<ReviewFile, 'digest'> = {
        kind: 'merchant-workbench-review',
        format: REVIEW_FILE_FORMAT,
        package: { head, created_at: '2026-11-22T10:00:00+08:00' },
        card: CARD,
        reviewer: '质检老周',
        saved_at: 9,
        reviews,
        ...part,
      };
      writeFileSync(join(directory.path, name), JSON.stringify({ ...body, digest: await reviewDigest(body) }));
      return name;
    };
    const file = await write('one.json', [
      offline(first, { ...FULL, accuracy: 0 }, '线下评语'),
      offline(second, FULL),
      { ...offline(third, FULL), conversation_id: 'c-nowhere' },
      { ...offline(third, FULL), agent: '没有这个人' },
      offline(third, { response: 5 }),
    ]);
    expect((await app.refusal('reviews.merge', { file })).code).toBe('REVIEW_PACKAGE_UNKNOWN');
    await app.store.appendAudit({ at: 5, actor: ME, action: 'records.exported', details: { state: 'done', head } });
    const report = await app.call('reviews.merge', { file });
    expect(report.lines.map(({ outcome }) => outcome)).toEqual(['added', 'added', 'unknown', 'unknown', 'invalid']);
    expect(report).toMatchObject({ reviewer: '质检老周', added: 2, same: 0, conflicts: 3 });
    const merged = await app.call('reviews.get', { review_id: report.lines[0]?.review_id as string });
    // A name that stands for one account that may review is that account.
    expect(merged.review).toMatchObject({ reviewer: { id: QA }, final_score: 75, content: { comment: '线下评语' } });
    expect(merged.history.map(({ what }) => what)).toEqual(['merged']);

    const again = await app.call('reviews.merge', { file });
    expect(again.lines.map(({ outcome }) => outcome)).toEqual(['same', 'same', 'unknown', 'unknown', 'invalid']);

    // Appealed meanwhile, and another opinion about the second: both stay as they are.
    await joins(AGENT);
    const appealed = await act(merged, { kind: 'appeal', reason: '不同意' });
    const other = await app.call('reviews.merge', {
      file: await write('two.json', [offline(first, FULL), offline(second, { ...FULL, response: 0 })]),
    });
    expect(other.lines.map(({ outcome, score, here }) => [outcome, score, here])).toEqual([
      ['decided', 100, 75],
      ['conflict', 85, 100],
    ]);
    expect((await app.call('reviews.get', { review_id: merged.review.review_id })).review).toEqual(appealed.review);
    // Somebody unknown here reviews beside them.
    const beside = await app.call('reviews.merge', {
      file: await write('three.json', [offline(first, FULL)], { reviewer: '外聘评审' }),
    });
    expect(beside.added).toBe(1);
    expect((await app.call('reviews.dashboard', range())).figures.agreement).toMatchObject([
      { receptions: 1, difference: 25 },
    ]);

    const path = join(directory.path, 'one.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('线下评语', '线下评雨'));
    expect((await app.refusal('reviews.merge', { file })).code).toBe('REVIEW_FILE_CHANGED');
    const lenient = {
      ...CARD,
      criteria: CARD.criteria.map((each) => ({ ...each, cap: each.kind === 'fatal' ? 99 : 0 })),
    };
    const swapped = await write('card.json', [offline(third, FULL)], { card: lenient });
    expect((await app.refusal('reviews.merge', { file: swapped })).code).toBe('REVIEW_FILE_CHANGED');
    for (const strange of ['{}', 'nonsense', text.replace('"format":2', '"format":1')]) {
      writeFileSync(path, strange);
      expect((await app.refusal('reviews.merge', { file })).code).toBe('FILE_FORMAT');
    }
    await app.call('accounts.remove', { account_id: AccountId.parse(`acc-${AGENT}`) });
    await role('agent');
    expect((await app.refusal('reviews.merge', { file: swapped })).code).toBe('NO_PERMISSION');
  });
});

const samples = async (): Promise<readonly string[]> =>
  (await app.call('samples.list', {})).samples.map(({ sample_id }) => sample_id);
const saving = (item: SampleItemView, seq: number) => ({
  conversation_key: item.conversation_key,
  agent_id: item.agent.id,
  card: REF,
  seq,
  content: { ...EMPTY_REVIEW, marks: FULL },
  submit: true,
});
