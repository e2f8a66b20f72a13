import { assessRecall } from '#shared/domain/recall/assess.ts';
import type { RecallReasonCode, RecallVerdict } from '#shared/domain/recall/types.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { RecallEffect } from '#shared/protocol/entities.ts';
import type { AgentRecord, ConversationRecord, MessageRecord, ShopRecord } from './records.ts';
import type { World } from './world.ts';

/** The gateway's side of a recall: the shared verdict (RC2) with facts that are certain here. */

export type RecallDecision =
  | { readonly ok: true; readonly effect: RecallEffect; readonly verdict: RecallVerdict }
  | {
      readonly ok: false;
      readonly code: RecallReasonCode;
      readonly details: Record<string, unknown>;
      readonly verdict: RecallVerdict;
    };

export function decideRecall(
  world: World,
  agent: AgentRecord,
  deviceId: string,
  appVersion: string,
  conversation: ConversationRecord,
  record: MessageRecord,
): RecallDecision {
  const { message } = record;
  const { data } = conversation;
  const { policy } = world.shops.get(data.shop_id) as ShopRecord;
  const now = world.now();
  const verdict = assessRecall(
    {
      stage: message.status === 'failed' ? 'failed' : 'sent',
      kind: message.kind,
      sender_role: message.sender.role,
      sender_id: message.sender.id,
      sender_device_id: message.sender.device_id ?? null,
      sent_at: message.sent_at,
      status: message.status,
      read_at: record.read_at,
      opened_at: record.opened_at,
      push_delivered: record.push_delivered,
      recalled: record.recalled !== null,
      in_flight: false,
    },
    {
      policy,
      conversation: {
        type: data.type,
        intake: data.intake,
        assignee_id: data.assignee?.agent_id ?? null,
        assignments: data.assignments,
        consumer_restricts_recall: data.consumer_restricts_recall,
      },
      agent: { id: agent.agent_id, role: agent.role, device_id: deviceId },
      app_version: appVersion,
      now,
      uncertainty_ms: 0,
      connection: 'online',
      recalls_last_hour: world.recallTimes(agent.agent_id, now - HOUR),
    },
  );
  const blocked = verdict.reasons.find((reason) => reason.level === 'blocked');
  if (blocked !== undefined) {
    const group = data.type === 'group';
    const details: Record<string, unknown> = { ...blocked.details };
    details['window_ms'] = group ? policy.recall.group.window_ms : policy.recall.window_ms;
    if (record.read_at !== null) details['read_at'] = record.read_at;
    if (record.opened_at !== null) details['opened_at'] = record.opened_at;
    return { ok: false, code: blocked.code, details, verdict };
  }
  return { ok: true, effect: effectOf(verdict, record), verdict };
}

/** RC12. What the push showed stays on the phone; what was read under `warn` may be in somebody's memory. */
function effectOf(verdict: RecallVerdict, record: MessageRecord): RecallEffect {
  if (record.push_delivered) return 'local_only';
  return verdict.reasons.some((reason) => reason.code === 'ALREADY_READ') ? 'maybe_seen' : 'both';
}
