import { codeOf } from '#shared/contract/errors.ts';
import type { AccountId, AgentId, ConversationId } from '#shared/domain/ids.ts';
import type { Connection } from '../connection/connection.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

export interface ReadMarksOptions {
  readonly account: AccountId;
  readonly store: Pick<Store, 'conversationByWireId' | 'noteRead'>;
  readonly logger: Logger;
  readonly request: Connection['request'];
  readonly onChanges: (changes: StoreChanges) => void;
}

/** How far the agent of one account has read, told to the gateway until it has heard it. */
export interface ReadMarks {
  mark(conversation: ConversationId, seq: number): Promise<void>;
  /** After `welcome`: what it never heard is told again. */
  connected(agent: AgentId): void;
}

export function createReadMarks({ account, store, logger, request, onChanges }: ReadMarksOptions): ReadMarks {
  const unreported = new Map<ConversationId, number>();
  let agent: AgentId | null = null;

  async function mark(conversation: ConversationId, seq: number): Promise<void> {
    unreported.set(conversation, Math.max(seq, unreported.get(conversation) ?? 0));
    const outcome = await request('conversation.read', { conversation_id: conversation, conv_seq: seq });
    // An error is an answer: the gateway doesn't want it. Only what it never heard is told again.
    const heard = outcome.kind === 'ok' || outcome.kind === 'error';
    if (heard && (unreported.get(conversation) ?? 0) <= seq) unreported.delete(conversation);
    if (outcome.kind === 'ok') await show(conversation, seq);
  }

  /**
   * The answer says no more than "heard", and no event has to follow it. Looking into somebody else's reception reads
   * nothing in their place: there the gateway's own word is waited for.
   */
  async function show(conversation: ConversationId, seq: number): Promise<void> {
    try {
      const view = await store.conversationByWireId(account, conversation);
      if (view === null || view.unread === 0 || (view.type !== 'group' && view.assignee?.agent_id !== agent)) return;
      onChanges(await store.noteRead(account, conversation, seq));
    } catch (thrown) {
      const code = codeOf(thrown);
      logger.log('warn', 'session.read-mark', { account, code });
    }
  }

  return {
    mark,
    connected(welcomed) {
      agent = welcomed;
      for (const [conversation, seq] of unreported) void mark(conversation, seq);
    },
  };
}
