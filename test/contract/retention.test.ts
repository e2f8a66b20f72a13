import { describe, expect, test } from 'vitest';
import type { Store } from '#main/core/ports/store.ts';
import { DEFAULT_RETENTION } from '#shared/domain/administration/retention.ts';
import { DAY } from '#shared/lib/durations.ts';
import {
  ACCOUNT,
  AGENT,
  conversation,
  created,
  events,
  importRecord,
  keyOf,
  message,
  openWithAccount,
  POLICY,
  T0,
  upserted,
} from '#test/support/store-fixtures.ts';

const AUDIT = { at: 1, actor: 'system' };
const WAITING = POLICY.retention.waiting_ms;
const ACCEPTED = POLICY.retention.accepted_ms;
const query = (now: number, over: object = {}) => ({ settings: { ...DEFAULT_RETENTION, ...over }, now });

/** A shop with a policy; `accepted` was served, `lonely` never was. Both ended; last words at T0 + 1 s. */
async function filled(): Promise<{ store: Store; seq: () => number; say: (...bodies: object[]) => Promise<void> }> {
  const store = await openWithAccount();
  await store.putWelcome(ACCOUNT, {
    agent: AGENT as never,
    shops: [{ shop_id: 's-1' as never, name: '练习店铺', platform: 'practice', policy: POLICY }],
  });
  let next = 1;
  const say = async (...bodies: object[]): Promise<void> => {
    await store.ingest(ACCOUNT, events(next, ...bodies));
    next += bodies.length;
  };
  await say(
    upserted(conversation('accepted', { intake: 'ended', order_nos: ['2409-1'] })),
    created(message('accepted', 1)),
    upserted(conversation('lonely', { intake: 'ended', assignments: [], assignee: null })),
    created(message('lonely', 1)),
  );
  return { store, seq: () => next, say };
}
const titles = async (store: Store, now: number, kept = false): Promise<string[]> =>
  (await store.retentionList(query(now), { from: 0, to: T0 + 10_000 * DAY, kept, limit: 50 })).rows.map(
    ({ title }) => title,
  );

describe('retention', () => {
  test('[AD3] announced a week before, never sooner than the policy says, then gone; the conversation may go on', async () => {
    const { store, say } = await filled();
    const key = await keyOf(store, 'accepted');
    const due = T0 + 1_000 + ACCEPTED;
    // Long before: nothing is announced, nothing goes.
    expect(await store.announceRetention(query(T0 + WAITING - 8 * DAY), 100, AUDIT)).toBe(0);
    expect(await store.announceRetention(query(due - 6 * DAY), 100, AUDIT)).toBe(2);
    const calendar = await store.retentionCalendar(query(due - 6 * DAY), {
      from: due - 6 * DAY,
      to: due + 9 * DAY,
      offset_ms: 0,
    });
    // Due in six days, but it was said only today.
    expect(calendar.map(({ conversations }) => conversations)).toEqual([2]);
    expect((await store.removeRetained(query(due + 1), 100, AUDIT)).removed).toBe(0);
    expect((await store.removeRetained(query(due + DAY), 100, AUDIT)).removed).toBe(2);
    expect(await store.count({}, { kind: 'all' }, null)).toEqual({ count: 0, exact: true });
    expect((await store.messages({ conversation_key: key, limit: 10 })).messages).toEqual([]);
    expect((await store.searchNumbers({ orders: ['2409-1'] }, { kind: 'all' }))[0]?.hit).toBe(false);
    expect(await store.gaps(ACCOUNT, 10)).toEqual([]);
    const { rows } = await store.auditPage({ actions: ['retention.removed'] }, { limit: 5, before: null });
    expect(rows[0]?.details).toMatchObject({ conversations: 2, messages: 2, by_rule: { accepted: 1, waiting: 1 } });

    // What the gateway only repeats stays away; what is new is a conversation again.
    await say(upserted(conversation('accepted', { intake: 'ended', last_seq: 1 })), created(message('accepted', 1)));
    expect(await store.count({}, { kind: 'all' }, null)).toEqual({ count: 0, exact: true });
    await say(created(message('accepted', 2)), upserted(conversation('accepted', { last_seq: 2 })));
    expect(
      (await store.messages({ conversation_key: key, limit: 10 })).messages.map(({ conv_seq }) => conv_seq),
    ).toEqual([2]);
    expect(await store.conversation(key)).toMatchObject({ title: '买家accepted', removed: null });
    expect(await store.gaps(ACCOUNT, 10)).toEqual([]);
    expect((await store.check()).filter((check) => !check.ok && check.name !== 'store.disk')).toEqual([]);
  });

  test('[AD3] holds on conversation, order and consumer, evidence, incidents and activity keep it, each until released', async () => {
    const { store, say } = await filled();
    const key = await keyOf(store, 'accepted');
    const lonely = await keyOf(store, 'lonely');
    const later = T0 + ACCEPTED + 30 * DAY;
    const audit = { ...AUDIT, action: 'hold.placed', details: {} };
    const targets = [
      { kind: 'legal', target: { scope: 'conversation', conversation_key: key } },
      { kind: 'legal', target: { scope: 'order', number: '2409-1' } },
      { kind: 'legal', target: { scope: 'consumer', conversation_key: key } },
      { kind: 'evidence', target: { scope: 'conversation', conversation_key: key } },
    ] as const;
    for (const hold of targets) {
      const { id } = await store.placeHold({ ...hold, note: '仲裁', audit });
      await store.announceRetention(query(later), 100, AUDIT);
      expect(await titles(store, later)).toEqual(['买家lonely']);
      expect(await titles(store, later, true)).toEqual(['买家accepted']);
      expect(await store.protections(key)).toEqual([hold.kind === 'legal' ? 'legal_hold' : 'evidence']);
      expect(await store.holds({ released: false, conversation: key })).toHaveLength(1);
      await store.releaseHold(id, { ...audit, action: 'hold.released' });
      expect(await store.protections(key)).toEqual([]);
    }
    // One message as evidence: its conversation stays, and the message says so. A second mark joins the first.
    const [first] = (await store.messages({ conversation_key: key, limit: 1 })).messages;
    if (first === undefined) throw new Error('no message');
    const target = { scope: 'message', conversation_key: key, message_key: first.key } as const;
    const mark = { kind: 'evidence', target, note: '仲裁', audit } as const;
    const { id, changes } = await store.placeHold(mark);
    expect(changes.messages).toEqual([key]);
    expect((await store.placeHold(mark)).id).toBe(id);
    await expect(store.placeHold({ ...mark, target: { ...target, conversation_key: lonely } })).rejects.toMatchObject({
      error: { code: 'NOT_FOUND' },
    });
    expect(await store.protections(key)).toEqual(['evidence']);
    expect(await store.holds({ released: false, conversation: key })).toMatchObject([
      { scope: 'message', message_key: first.key },
    ]);
    expect((await store.message(first.key))?.message.evidence).toEqual({ hold: id, at: audit.at });
    expect((await store.messages({ conversation_key: key, limit: 1 })).messages[0]?.evidence?.hold).toBe(id);
    expect((await store.releaseHold(id, { ...audit, action: 'hold.released' })).messages).toEqual([key]);
    expect((await store.message(first.key))?.message.evidence).toBeUndefined();
    expect(await store.protections(key)).toEqual([]);
    // An open session, the platform's own hold, an incident.
    await say(upserted(conversation('accepted', { intake: 'active' })));
    expect(await store.protections(key)).toEqual(['active']);
    await say(upserted(conversation('accepted', { intake: 'ended', legal_hold: true })));
    expect(await store.protections(key)).toEqual(['gateway_hold']);
    await say(upserted(conversation('accepted', { intake: 'ended' })));
    await store.openIncident({
      account_id: ACCOUNT,
      message_key: (await store.messages({ conversation_key: key, limit: 1 })).messages[0]?.key ?? null,
      recall_id: null,
      event: {
        seq: 1,
        at: T0,
        by: { id: AGENT.agent_id, name: AGENT.name, role: 'agent' },
        action: {
          kind: 'drafted',
          cause: 'manual',
          incident_id: 'inc-1',
          shop_id: 's-1' as never,
          conversation_id: 'accepted' as never,
          msg_id: 'accepted-m1' as never,
          recall_id: null,
          effect: null,
          code: null,
          agent: { id: AGENT.agent_id, name: AGENT.name },
          proposed_type: 'price',
        },
      },
    });
    expect(await store.protections(key)).toEqual(['incident']);
    await store.announceRetention(query(later), 100, AUDIT);
    // The lonely one was announced, is put on hold in its last week, and stays.
    await store.placeHold({
      kind: 'legal',
      target: { scope: 'conversation', conversation_key: lonely },
      note: '函',
      audit,
    });
    expect((await store.removeRetained(query(later + 40 * DAY), 100, AUDIT)).removed).toBe(0);
    expect(await store.count({}, { kind: 'all' }, null)).toEqual({ count: 2, exact: true });
  });

  test('[AD3] imported records follow the settings, and for ever is the default', async () => {
    const store = await openWithAccount();
    await store.importRecords([importRecord()]);
    const later = T0 + 5_000 * DAY;
    expect(await store.announceRetention(query(later), 100, AUDIT)).toBe(0);
    const thirty = { imported_days: 30 };
    expect(await store.announceRetention(query(later, thirty), 100, AUDIT)).toBe(1);
    expect((await store.removeRetained(query(later + 8 * DAY), 100, AUDIT)).removed).toBe(0);
    expect((await store.removeRetained(query(later + 8 * DAY, thirty), 100, AUDIT)).removed).toBe(1);
    // Somebody who imports the file again wants it again.
    expect((await store.importRecords([importRecord()])).imported).toBe(1);
  });
});

describe('audit log', () => {
  test('[AD4] changes of role and policy are in it, once each, with what changed', async () => {
    const { store, say } = await filled();
    const updated = {
      kind: 'agent.updated',
      agent_id: AGENT.agent_id,
      name: AGENT.name,
      role: 'supervisor',
      presence: 'online',
    };
    await say(updated, updated, {
      kind: 'policy.updated',
      shop_id: 's-1',
      policy: { ...POLICY, version: 4, retention: { waiting_ms: 1, accepted_ms: 2 } },
    });
    await store.putWelcome(ACCOUNT, {
      agent: { ...AGENT, role: 'admin' } as never,
      shops: [
        {
          shop_id: 's-1' as never,
          name: '练习店铺',
          platform: 'practice',
          policy: { ...POLICY, version: 4, retention: { waiting_ms: 1, accepted_ms: 2 } },
        },
      ],
    });
    const { rows } = await store.auditPage({ actors: ['gateway'] }, { limit: 10, before: null });
    expect(rows.map(({ action, details }) => [action, details])).toEqual([
      ['role.changed', { agent_id: AGENT.agent_id, from: 'supervisor', to: 'admin' }],
      ['policy.changed', { shop_id: 's-1', from: 3, to: 4, parts: ['retention'] }],
      ['role.changed', { agent_id: AGENT.agent_id, from: 'agent', to: 'supervisor' }],
    ]);
  });

  test('[AD4] filters combine, pages are whole, and the chain verifies to its end', async () => {
    const store = await openWithAccount();
    for (let i = 0; i < 25; i++)
      await store.appendAudit({
        at: 1_000 + i,
        actor: i % 2 === 0 ? 'a-1' : 'a-2',
        action: i % 5 === 0 ? 'seal.opened' : 'records.exported',
        details: { n: i },
      });
    const all: number[] = [];
    for (let before: number | null = null; ;) {
      const page: { rows: readonly { details: object }[]; cursor: number | null } = await store.auditPage(
        { actions: ['seal.opened', 'records.exported'] },
        { limit: 7, before },
      );
      all.push(...page.rows.map(({ details }) => (details as { n: number }).n));
      if (page.cursor === null) break;
      before = page.cursor;
    }
    expect(all).toEqual(Array.from({ length: 25 }, (_, i) => 24 - i));
    const found = await store.auditPage(
      { actions: ['seal.opened'], actors: ['a-1'], from: 1_005, to: 1_021, text: '"N":' },
      { limit: 50, before: null },
    );
    expect(found.rows.map(({ details }) => details)).toEqual([{ n: 20 }, { n: 10 }]);
    expect(await store.verifyAudit()).toMatchObject({ ok: true, broken_at: null, missing_at_end: 0 });
    expect((await store.auditFacets()).actors).toEqual(expect.arrayContaining(['a-1', 'a-2']));
  });
});
