import { describe, expect, it } from 'vitest';
import type { AccountView, ConversationView, MessageView } from '#shared/contract/views.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import { DEFAULT_PLAYBOOKS } from '#shared/domain/remedy/defaults.ts';
import { remedyOf, templateValues, type RemedyContext } from './remedy.ts';

const conversation = {
  shop: { shop_id: 's1', name: '清河', platform: 'practice' },
  title: '买家',
  consumer: { consumer_id: 'u1', name: '王大锤' },
  order_nos: ['2001'],
} as unknown as ConversationView;
const account = {
  agent: { agent_id: 'a1', name: '小美', role: 'agent', presence: 'online' },
  shops: [{ shop_id: 's1', policy: { send: { confirm: [], block: [] }, compensation: { approval_above: '20.00' } } }],
} as unknown as AccountView;

const message = (recall: object | null, recalled: object | null = null, over: object = {}): MessageView =>
  ({
    recall,
    recalled,
    text: '只要 19.9 元',
    status: 'sent',
    opened_at: null,
    order_nos: [],
    sender: { role: 'agent', id: 'a1' },
    ...over,
  }) as unknown as MessageView;

const blocked = {
  verdict: 'blocked',
  reasons: [{ code: 'WINDOW_EXPIRED', level: 'blocked', details: { window_ms: 120_000 } }],
  changes_at: null,
  window_ends_at: 0,
} as RecallVerdict;

const of = (value: MessageView, over: Partial<RemedyContext> = {}) =>
  remedyOf({
    message: value,
    account,
    conversation,
    verdict: null,
    asked: false,
    report: null,
    chosen: null,
    book: DEFAULT_PLAYBOOKS,
    ...over,
  });

describe('remedy card', () => {
  it('[RC12] only `both` is success; the others open the card and say what the consumer sees', () => {
    expect(of(message({ state: 'done', effect: 'both', code: null }, { effect: 'both' }))).toBeNull();
    expect(of(message({ state: 'done', effect: 'maybe_seen', code: null }, { effect: 'maybe_seen' }))?.sees).toBe(
      'maybe_seen',
    );
    expect(of(message({ state: 'done', effect: 'local_only', code: null }, { effect: 'local_only' }))?.sees).toBe(
      'still_there',
    );
  });

  it('[RC12] a success that a later result disputes is none any more: the card says what that result leaves', () => {
    const disputed = { effect: 'both', disputed: 'local_only' };
    expect(of(message({ state: 'done', effect: 'both', code: null }, disputed))?.sees).toBe('still_there');
  });

  it('[RM1] what the guard found with the shop’s words proposes the type; until it answers the detectors do', () => {
    const failed = message({ state: 'failed', effect: null, code: 'SERVER_BUSY' }, null, { text: '走后门 19.9 元' });
    expect(of(failed)?.proposal).toMatchObject({ type: 'price', because: ['money'] });
    const hit = { start: 0, end: 3, kind: 'word', category: '政策', action: 'block' } as const;
    expect(of(failed, { report: { hits: [hit] } })?.proposal).toMatchObject({ type: 'policy', because: ['word:政策'] });
  });

  it('[RM1] a failed or expired recall opens it with its reason and the playbook of its kind', () => {
    const card = of(message({ state: 'failed', effect: null, code: 'ALREADY_READ' }, null, { status: 'read' }));
    expect(card).toMatchObject({ sees: 'message_read', why: [{ code: 'ALREADY_READ' }], type: 'price' });
    expect(card?.steps[0]?.action).toBe('send_correction');
    expect(of(message({ state: 'expired', effect: null, code: null }))?.why).toEqual([{ code: 'WINDOW_EXPIRED' }]);
  });

  it('[RM1] where recall is blocked it comes when asked for', () => {
    expect(of(message(null), { verdict: blocked })).toBeNull();
    expect(of(message(null), { verdict: blocked, asked: true })).toMatchObject({
      sees: 'message',
      why: [{ code: 'WINDOW_EXPIRED' }],
    });
  });

  it('[RM1] the type that was chosen, here or in the incident, decides the steps', () => {
    const failed = { state: 'failed', effect: null, code: 'SERVER_BUSY' };
    expect(of(message(failed), { chosen: 'privacy' })?.type).toBe('privacy');
    const known = message(failed, null, {
      incident: { incident_id: 'i', state: 'open', type: 'policy', steps_done: ['correct'], seq: 2 },
    });
    expect(of(known)?.type).toBe('policy');
  });

  it('[RC17] recalled from elsewhere after all: its tombstone speaks', () => {
    expect(of(message({ state: 'failed', effect: null, code: 'SERVER_BUSY' }, { effect: 'both' }))).toBeNull();
    expect(of(message(null, { effect: 'maybe_seen' }), { verdict: blocked })).toBeNull();
  });

  it('[RC15] nothing is offered while the result is unknown', () => {
    for (const state of ['unknown', 'requested', 'queued'])
      expect(of(message({ state, effect: null, code: null }), { asked: true, verdict: blocked })).toBeNull();
  });

  it('[RM3] templates are filled with what the conversation knows', () => {
    expect(templateValues({ message: message(null), conversation, account }, '10:00')).toEqual({
      consumer_name: '王大锤',
      shop_name: '清河',
      agent_name: '小美',
      sent_at: '10:00',
      order_no: '2001',
    });
  });
});
