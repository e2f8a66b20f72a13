import type { AccountView, ConversationView, OutgoingView } from '#shared/contract/views.ts';
import { recallConversationFactsOf } from '#shared/domain/recall/facts.ts';
import type { RecallContext, RecallFacts } from '#shared/domain/recall/types.ts';

/** What the window knows, in the words of the pure decision (RC2): the same function decides here and in the core. */

export function outgoingFacts(outgoing: OutgoingView, account: AccountView): RecallFacts {
  return {
    stage: outgoing.state === 'delayed' ? 'delayed' : outgoing.state === 'failed' ? 'failed' : 'sending',
    kind: outgoing.kind,
    sender_role: 'agent',
    sender_id: account.agent?.agent_id ?? '',
    sender_device_id: account.device_id,
    sent_at: outgoing.created_at,
    status: 'sent',
    read_at: null,
    opened_at: null,
    push_delivered: false,
    recalled: false,
    in_flight: false,
  };
}

/** Null where no decision is possible: no account behind the conversation, nobody signed in, or no policy yet. */
export function recallContext(
  account: AccountView | null,
  conversation: ConversationView,
  appVersion: string,
  serverNow: number,
  hostThere: boolean,
): RecallContext | null {
  const policy = account?.shops.find((shop) => shop.shop_id === conversation.shop.shop_id)?.policy;
  if (!account?.agent || !policy) return null;
  return {
    policy,
    conversation: recallConversationFactsOf(conversation),
    agent: { id: account.agent.agent_id, role: account.agent.role, device_id: account.device_id },
    app_version: appVersion,
    now: serverNow,
    // Not measured yet: nothing near or far from the limit is certain (RC4).
    uncertainty_ms: account.clock?.uncertainty_ms ?? Number.POSITIVE_INFINITY,
    connection: !hostThere
      ? 'offline'
      : account.state === 'live'
        ? 'online'
        : account.state === 'catching-up'
          ? 'stale'
          : 'offline',
    recalls_last_hour: account.recalls_last_hour,
  };
}
