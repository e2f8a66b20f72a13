import { describe, expect, it } from 'vitest';
import type { Role } from '../../protocol/entities.ts';
import {
  GATEWAY_RECALL_CODES,
  RECALL_REASONS,
  type RecallOutcome,
  type RecallReasonCode,
  type RecallVerdict,
} from '../recall/types.ts';
import { remedyCard, type RemedyInput } from './card.ts';
import { DEFAULT_PLAYBOOKS } from './defaults.ts';

const blocked = (...codes: readonly RecallReasonCode[]): RecallVerdict => ({
  verdict: 'blocked',
  reasons: codes.map((code) => ({
    code,
    level: 'blocked',
    ...(code === 'RATE_HARD' ? { details: { used: 20, limit: 20, retry_at: 777 } } : {}),
  })),
  changes_at: null,
  window_ends_at: null,
});
const allowed: RecallVerdict = { verdict: 'allowed', reasons: [], changes_at: null, window_ends_at: null };
const outcome = (
  state: RecallOutcome['state'],
  effect: RecallOutcome['effect'] = null,
  code: string | null = null,
): RecallOutcome => ({ state, effect, code });

const card = (input: Partial<RemedyInput>) =>
  remedyCard({
    outcome: null,
    verdict: null,
    read: false,
    report: null,
    policy: { compensation: { approval_above: '20.00' } },
    role: 'agent',
    book: DEFAULT_PLAYBOOKS,
    ...input,
  });
const ids = (input: Partial<RemedyInput>): string[] | undefined => card(input)?.steps.map((step) => step.id);

describe('[RM1] when the card shows, and what the consumer sees', () => {
  it.each<[string, Partial<RemedyInput>, string | null]>([
    ['recall possible, not tried', { verdict: allowed }, null],
    [
      'risky, not tried',
      { verdict: { ...allowed, verdict: 'risky', reasons: [{ code: 'PUSH_DELIVERED', level: 'risky' }] } },
      null,
    ],
    ['still in the delay buffer', { verdict: { ...allowed, verdict: 'cancel' } }, null],
    ['blocked', { verdict: blocked('WINDOW_EXPIRED') }, 'message'],
    ['blocked and read', { verdict: blocked('ALREADY_READ'), read: true }, 'message_read'],
    ['already recalled', { verdict: blocked('ALREADY_RECALLED') }, null],
    ['in flight', { verdict: blocked('IN_FLIGHT') }, null],
    ['queued', { outcome: outcome('queued') }, null],
    ['requested', { outcome: outcome('requested') }, null],
    ['gone on both sides', { outcome: outcome('done', 'both') }, null],
    ['may have been seen', { outcome: outcome('done', 'maybe_seen') }, 'maybe_seen'],
    ['only the local copy', { outcome: outcome('done', 'local_only') }, 'still_there'],
    ['recalled elsewhere, effect untold', { outcome: outcome('done', null) }, 'maybe_seen'],
    ['unknown', { outcome: outcome('unknown') }, 'unknown'],
    ['failed', { outcome: outcome('failed', null, 'SERVER_BUSY') }, 'message'],
    ['failed and read', { outcome: outcome('failed', null, 'ALREADY_READ'), read: true }, 'message_read'],
    ['expired offline', { outcome: outcome('expired') }, 'message'],
  ])('[RM1] %s', (_name, input, sees) => {
    expect(card(input)?.sees ?? null).toBe(sees);
  });

  it('[RM1] every code leads somewhere, for every role', () => {
    for (const code of [...RECALL_REASONS, ...GATEWAY_RECALL_CODES, 'NEVER_HEARD_OF'])
      for (const role of ['agent', 'supervisor', 'qa', 'admin', null] as const) {
        const shown = card({ outcome: outcome('failed', null, code), role });
        expect(shown?.why[0]?.code).toBe(code);
        expect(shown?.steps.length).toBeGreaterThan(0);
        expect(new Set(shown?.steps.map((step) => step.id)).size).toBe(shown?.steps.length);
      }
  });
});

describe('[RM1] steps', () => {
  it('[RC15] unknown: wait, and offer nothing to send', () => {
    expect(ids({ outcome: outcome('unknown') })).toEqual(['recovery.await_result']);
  });

  it('[RC21] what can still bring the recall about comes first', () => {
    expect(ids({ outcome: outcome('failed', null, 'SERVER_BUSY') })?.[0]).toBe('recovery.retry_recall');
    expect(ids({ verdict: blocked('OTHER_DEVICE') })?.[0]).toBe('recovery.use_sending_device');
    expect(ids({ verdict: blocked('NO_PERMISSION', 'CLIENT_TOO_OLD') })?.slice(0, 2)).toEqual([
      'recovery.ask_admin',
      'recovery.update_app',
    ]);
    expect(card({ verdict: blocked('RATE_HARD') })?.steps[0]).toMatchObject({ action: 'wait_until', at: 777 });
  });

  it("[RC21] … unless something that can't be removed stands in its way", () => {
    expect(ids({ verdict: blocked('NO_PERMISSION', 'WINDOW_EXPIRED') })?.some((id) => id.startsWith('recovery.'))).toBe(
      false,
    );
    expect(ids({ outcome: outcome('done', 'local_only') })?.some((id) => id.startsWith('recovery.'))).toBe(false);
  });

  it('[RM1] the playbook of the proposed type, or of the one chosen', () => {
    const report = {
      hits: [{ start: 0, end: 11, kind: 'phone' as const, category: 'mobile', action: 'warn' as const }],
    };
    const proposed = card({ outcome: outcome('done', 'maybe_seen'), report });
    expect(proposed?.type).toBe('privacy');
    expect(proposed?.steps.map((step) => step.action)).toEqual([
      'platform_support',
      'tell_supervisor',
      'send_template',
      'complete_incident',
    ]);
    const chosen = card({ outcome: outcome('done', 'maybe_seen'), report, chosen_type: 'price' });
    expect(chosen?.proposal.type).toBe('privacy');
    expect(chosen?.steps.map((step) => step.id)).toEqual([
      'playbook.correct',
      'playbook.incident',
      'playbook.explain',
      'playbook.honour',
      'playbook.compensate',
    ]);
    expect(chosen?.playbooks_version).toBe(0);
  });

  it('[RM3] compensation shows from where on a supervisor has to approve', () => {
    expect(
      card({ verdict: blocked('WINDOW_EXPIRED'), chosen_type: 'price' })?.steps.find(
        (step) => step.action === 'compensate',
      )?.approval_above,
    ).toBe('20.00');
  });

  it('[RM1] steps that a role may not take stay visible, with what is missing', () => {
    const missing = (role: Role | null) =>
      card({ verdict: blocked('WINDOW_EXPIRED'), role })?.steps.map((step) => step.missing);
    expect(missing('agent')).toEqual([null, null, null]);
    expect(missing('qa')).toEqual(['message.send', 'incident.write', 'message.send']);
    expect(missing(null)).toEqual(['message.send', 'incident.write', 'message.send']);
  });

  it('[RM1] what was done is ticked', () => {
    const shown = card({ verdict: blocked('WINDOW_EXPIRED'), done_steps: new Set(['correct']) });
    expect(shown?.steps.map((step) => step.done)).toEqual([true, false, false]);
  });
});
