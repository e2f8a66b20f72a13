import { unreachable } from '../../lib/assert.ts';
import { HOUR } from '../../lib/durations.ts';
import { isAtLeast } from '../version.ts';
import {
  RECALL_REASONS,
  type RecallContext,
  type RecallFacts,
  type RecallReason,
  type RecallReasonCode,
  type RecallVerdict,
} from './types.ts';

/** Own recalls count for this long (RC7). */
export const RECALL_RATE_SPAN_MS = HOUR;

const PRECEDENCE: Readonly<Record<RecallReasonCode, number>> = Object.fromEntries(
  RECALL_REASONS.map((code, index) => [code, index]),
) as Record<RecallReasonCode, number>;

/**
 * Can this message be recalled now? (RC1–RC8.) The only place that decides it: the window's menus, the core before it
 * asks, and the practice gateway before it does it. Pure. All times are server time in milliseconds.
 *
 * How the policy reads, where the rules leave room (docs/decisions has the reasons):
 * - In a customer group `policy.recall.group` replaces window, roles and read rule; a role that isn't in it is GROUP_RULE.
 * - `own_only: false` lets every role that may recall also recall other agents' messages. Consumers' and system messages
 *   are never ours to recall.
 * - A message is *after a transfer* when a transfer began at or after it was sent and its sender isn't the one the
 *   conversation is assigned to now. Then `sender_only` leaves it to the sender, `assignee` to the present assignee
 *   (whether or not `own_only`), `nobody` to nobody.
 * - The window is [sent_at, sent_at + window): at its last instant a recall is too late. Within the clock's uncertainty
 *   of that instant it is neither in nor out, but CLOCK_UNCERTAIN.
 */
export function assessRecall(facts: RecallFacts, context: RecallContext): RecallVerdict {
  // RC8: nothing has left yet, so nothing else can matter.
  if (facts.stage === 'delayed') return { verdict: 'cancel', reasons: [], changes_at: null, window_ends_at: null };

  const { conversation, agent, now } = context;
  const policy = context.policy.recall;
  const inGroup = conversation.type === 'group';
  const reasons: RecallReason[] = [];
  const changes: number[] = [];
  const add = (code: RecallReasonCode, level: RecallReason['level'], details?: RecallReason['details']): void => {
    reasons.push(details === undefined ? { code, level } : { code, level, details });
  };

  if (facts.recalled) add('ALREADY_RECALLED', 'blocked');
  if (facts.in_flight) add('IN_FLIGHT', 'blocked');
  if (!policy.enabled) add('FEATURE_DISABLED', 'blocked');
  if (!isAtLeast(context.app_version, policy.min_app_version))
    add('CLIENT_TOO_OLD', 'blocked', { have: context.app_version, need: policy.min_app_version });
  if (!policy.kinds.some((kind) => kind === facts.kind)) add('KIND_UNSUPPORTED', 'blocked', { kind: facts.kind });

  // Who asks (RC6).
  const own = facts.sender_role === 'agent' && facts.sender_id === agent.id;
  const sentBySomeAgent = facts.sender_role === 'agent';
  const transferred =
    sentBySomeAgent &&
    conversation.assignee_id !== facts.sender_id &&
    conversation.assignments.some((assignment) => assignment.how === 'transferred' && assignment.from >= facts.sent_at);
  const inheritedByAsker = transferred && policy.after_transfer === 'assignee' && conversation.assignee_id === agent.id;
  if (inGroup) {
    if (!policy.group.roles.includes(agent.role)) add('GROUP_RULE', 'blocked', { role: agent.role });
  } else if (!policy.roles.includes(agent.role)) add('NO_PERMISSION', 'blocked', { role: agent.role });
  if (!own && (!sentBySomeAgent || (policy.own_only && !inheritedByAsker))) add('NOT_SENDER', 'blocked');
  if (transferred && !mayAfterTransfer(policy.after_transfer, own, inheritedByAsker)) add('TRANSFERRED', 'blocked');
  if (own && facts.sender_device_id !== null && facts.sender_device_id !== agent.device_id) {
    switch (policy.other_device) {
      case 'allow':
        break;
      case 'warn':
        add('OTHER_DEVICE', 'risky');
        break;
      case 'block':
        add('OTHER_DEVICE', 'blocked');
        break;
      default:
        unreachable(policy.other_device);
    }
  }

  // What the conversation allows.
  if (conversation.consumer_restricts_recall) add('CONSUMER_RESTRICTED', 'blocked');
  if (conversation.intake === 'ended' && policy.ended_session === 'block') add('SESSION_ENDED', 'blocked');

  // What the consumer has seen (RC5).
  const readRule = inGroup ? policy.group.read_rule : policy.read_rule;
  if (facts.opened_at !== null) add('ATTACHMENT_OPENED', 'blocked', { opened_at: facts.opened_at });
  if ((facts.read_at !== null || facts.status === 'read') && readRule !== 'ignore')
    add(
      'ALREADY_READ',
      readRule === 'block' ? 'blocked' : 'risky',
      facts.read_at === null ? undefined : { read_at: facts.read_at },
    );
  if (facts.push_delivered) add('PUSH_DELIVERED', 'risky');

  // How often (RC7).
  const counted = context.recalls_last_hour.filter((at) => at + RECALL_RATE_SPAN_MS > now).sort((a, b) => a - b);
  const used = counted.length;
  if (used >= policy.per_hour_hard) {
    // Free again when so many have aged out that one below the limit remains.
    const freeing = counted[used - policy.per_hour_hard];
    add(
      'RATE_HARD',
      'blocked',
      freeing === undefined
        ? { used, limit: policy.per_hour_hard }
        : { used, limit: policy.per_hour_hard, retry_at: freeing + RECALL_RATE_SPAN_MS },
    );
  }
  if (used >= policy.per_hour_soft) add('RATE_SOFT', 'risky', { used, limit: policy.per_hour_soft });
  const oldest = counted[0];
  // Below both limits a recall that ages out changes nothing; at or above one it changes the count that is shown.
  if (oldest !== undefined && (used >= policy.per_hour_hard || used >= policy.per_hour_soft))
    changes.push(oldest + RECALL_RATE_SPAN_MS);

  // What we know ourselves.
  if (facts.stage !== 'sent') {
    // Sending or failed: the gateway has given no id, so there is nothing to name in a recall yet.
    add('STALE_STATE', 'blocked', { stage: facts.stage });
  } else if (context.connection === 'stale') add('STALE_STATE', 'risky');
  if (context.connection === 'offline') add('OFFLINE', 'risky');

  // When (RC1, RC4).
  let windowEndsAt: number | null = null;
  if (facts.stage === 'sent') {
    const windowMs = inGroup ? policy.group.window_ms : policy.window_ms;
    windowEndsAt = facts.sent_at + windowMs;
    const { uncertainty_ms: uncertainty } = context;
    if (now - uncertainty >= windowEndsAt) add('WINDOW_EXPIRED', 'blocked', { window_ms: windowMs });
    else {
      if (now + uncertainty >= windowEndsAt)
        add('CLOCK_UNCERTAIN', 'risky', Number.isFinite(uncertainty) ? { uncertainty_ms: uncertainty } : undefined);
      else changes.push(windowEndsAt - uncertainty);
      changes.push(windowEndsAt + uncertainty);
    }
  }

  reasons.sort((a, b) => PRECEDENCE[a.code] - PRECEDENCE[b.code]);
  const next = Math.min(...changes.filter((at) => at > now));
  return {
    verdict: reasons.some((reason) => reason.level === 'blocked')
      ? 'blocked'
      : reasons.length > 0
        ? 'risky'
        : 'allowed',
    reasons,
    changes_at: Number.isFinite(next) ? next : null,
    window_ends_at: windowEndsAt,
  };
}

function mayAfterTransfer(
  rule: 'sender_only' | 'nobody' | 'assignee',
  own: boolean,
  inheritedByAsker: boolean,
): boolean {
  switch (rule) {
    case 'sender_only':
      return own;
    case 'assignee':
      return inheritedByAsker;
    case 'nobody':
      return false;
    default:
      return unreachable(rule);
  }
}
