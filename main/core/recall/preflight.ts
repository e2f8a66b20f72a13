import { assessRecall } from '#shared/domain/recall/assess.ts';
import { recallConversationFactsOf, recallFactsOf } from '#shared/domain/recall/facts.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import type { ConversationView, MessageView } from '#shared/contract/views.ts';
import type { Policy, Role } from '#shared/protocol/entities.ts';

export interface PreflightInput {
  readonly message: MessageView;
  readonly conversation: ConversationView;
  readonly policy: Policy;
  readonly agent: { readonly id: string; readonly role: Role; readonly device_id: string };
  readonly appVersion: string;
  readonly now: number;
  readonly uncertaintyMs: number;
  readonly connection: 'online' | 'offline' | 'stale';
  readonly recallsLastHour: readonly number[];
}

/** The verdict the core goes by: the same function as the menu's, on what is stored (RC2). */
export function preflight(input: PreflightInput): RecallVerdict {
  return assessRecall(recallFactsOf(input.message), {
    policy: input.policy,
    conversation: recallConversationFactsOf(input.conversation),
    agent: input.agent,
    app_version: input.appVersion,
    now: input.now,
    uncertainty_ms: input.uncertaintyMs,
    connection: input.connection,
    recalls_last_hour: input.recallsLastHour,
  });
}
