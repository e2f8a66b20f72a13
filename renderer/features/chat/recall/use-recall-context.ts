import { serverNow, useAccount, useLive } from '#renderer/bridge/live.ts';
import { useNow } from '#renderer/ui/use-now.ts';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import type { RecallContext } from '#shared/domain/recall/types.ts';
import { recallContext } from './facts.ts';

export interface LiveRecallContext {
  readonly account: AccountView | null;
  /** Best knowledge of the gateway's time, milliseconds. */
  readonly now: number;
  /** Null where no decision is possible. */
  readonly context: RecallContext | null;
}

/** What a decision about recall needs (RC2): renewed every second, and at once when policy or connection change (RC1). */
export function useRecallContext(conversation: ConversationView): LiveRecallContext {
  const account = useAccount(conversation.account_id);
  const appVersion = useLive((state) => state.info?.version ?? '0.0.0');
  const hostThere = useLive((state) => state.host) === 'connected';
  const now = serverNow(conversation.account_id, useNow());
  return { account, now, context: recallContext(account, conversation, appVersion, now, hostThere) };
}
