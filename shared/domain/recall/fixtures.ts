import type { Policy } from '../../protocol/entities.ts';
import type { RecallContext, RecallFacts } from './types.ts';

/** A policy, message and situation in which everything is in order; tests change what they are about. */
export const BASE_POLICY: Policy = {
  version: 1,
  recall: {
    enabled: true,
    window_ms: 120_000,
    kinds: ['text'],
    read_rule: 'block',
    roles: ['agent', 'supervisor', 'admin'],
    own_only: true,
    after_transfer: 'sender_only',
    other_device: 'warn',
    ended_session: 'block',
    group: { window_ms: 60_000, roles: ['supervisor', 'admin'], read_rule: 'ignore' },
    per_hour_soft: 5,
    per_hour_hard: 20,
    min_app_version: '1.0.0',
  },
  retention: { waiting_ms: 172_800_000, accepted_ms: 5_184_000_000 },
  session_end: { after_ms: 172_800_000, since: 'agent_last' },
  send: { max_text: 2_048, delay_ms: 3_000, confirm: [], block: [], words_version: 0 },
  compensation: { approval_above: '20.00' },
  group_delete: { roles: ['admin'], restore_ms: 604_800_000, notice_required: true },
};

export const SENT_AT = 1_790_000_000_000;

export const BASE_FACTS: RecallFacts = {
  stage: 'sent',
  kind: 'text',
  sender_role: 'agent',
  sender_id: 'a-1',
  sender_device_id: 'd-1',
  sent_at: SENT_AT,
  status: 'delivered',
  read_at: null,
  opened_at: null,
  push_delivered: false,
  recalled: false,
  in_flight: false,
};

export const BASE_CONTEXT: RecallContext = {
  policy: BASE_POLICY,
  conversation: {
    type: 'single',
    intake: 'active',
    assignee_id: 'a-1',
    assignments: [],
    consumer_restricts_recall: false,
  },
  agent: { id: 'a-1', role: 'agent', device_id: 'd-1' },
  app_version: '1.2.0',
  now: SENT_AT + 10_000,
  uncertainty_ms: 0,
  connection: 'online',
  recalls_last_hour: [],
};

export function contextWith(change: {
  readonly recall?: Partial<Policy['recall']>;
  readonly conversation?: Partial<RecallContext['conversation']>;
  readonly agent?: Partial<RecallContext['agent']>;
  readonly rest?: Partial<Omit<RecallContext, 'policy' | 'conversation' | 'agent'>>;
}): RecallContext {
  return {
    ...BASE_CONTEXT,
    ...change.rest,
    policy: { ...BASE_POLICY, recall: { ...BASE_POLICY.recall, ...change.recall } },
    conversation: { ...BASE_CONTEXT.conversation, ...change.conversation },
    agent: { ...BASE_CONTEXT.agent, ...change.agent },
  };
}
