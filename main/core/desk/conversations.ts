import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { AccountSession } from '../accounts/account-session.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { Store, StoreChanges } from '../ports/store.ts';
import type { Desk } from './desk.ts';

type ConversationHandlers = Pick<
  Handlers,
  | 'conversations.counts'
  | 'conversations.claim'
  | 'conversations.transfer'
  | 'conversations.end'
  | 'conversations.read'
  | 'conversations.older'
  | 'messages.page'
  | 'drafts.set'
>;

/** A conversation that can be acted on, with the account that serves it. */
export interface Served {
  readonly conversation: ConversationView;
  readonly session: AccountSession;
}

export interface Conversations {
  readonly handlers: ConversationHandlers;
  /** AppFailure NOT_FOUND. */
  conversationOf(key: ConversationKey): Promise<ConversationView>;
  /** AppFailure NOT_FOUND, UNSUPPORTED for what was imported. */
  served(key: ConversationKey): Promise<Served>;
}

/** What is done with one conversation: claimed, transferred, ended (IN2, IN6), read. */
export function createConversations(options: {
  readonly store: Store;
  readonly accounts: Pick<Accounts, 'sessionOf' | 'permit'>;
  readonly desk: Pick<Desk, 'messages'>;
  readonly onChanges: (changes: StoreChanges) => void;
}): Conversations {
  const { store, accounts, desk, onChanges } = options;

  async function conversationOf(key: ConversationKey): Promise<ConversationView> {
    const conversation = await store.conversation(key);
    if (conversation === null) throw new AppFailure('NOT_FOUND', 'no such conversation');
    return conversation;
  }

  /** A conversation that can be acted on, with the account that serves it. */
  async function served(
    key: ConversationKey,
  ): Promise<{ readonly conversation: ConversationView; readonly session: AccountSession }> {
    const conversation = await conversationOf(key);
    if (conversation.account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported conversation is only read');
    return { conversation, session: accounts.sessionOf(conversation.account_id) };
  }

  const handlers: ConversationHandlers = {
    'conversations.counts': ({ account_id, shop_id }) => store.conversationCounts(account_id, shop_id),
    async 'conversations.claim'({ conversation_key }) {
      const { conversation, session } = await served(conversation_key);
      const { agent_id } = await accounts.permit(session.record.account_id, 'conversation.claim');
      await session.change('conversation.claim', { conversation_id: conversation.conversation_id });
      const claimed = await conversationOf(conversation_key);
      // IN2: the answer said yes, and an event that another one has it.
      if (claimed.assignee !== null && claimed.assignee.agent_id !== agent_id)
        throw new AppFailure('ALREADY_CLAIMED', 'taken away by an event', { by: claimed.assignee.name });
      return claimed;
    },
    async 'conversations.transfer'({ conversation_key, to_agent_id, note }) {
      const { conversation, session } = await served(conversation_key);
      await accounts.permit(session.record.account_id, 'conversation.transfer');
      const { conversation_id } = conversation;
      await session.change('conversation.transfer', { conversation_id, to_agent_id, note });
      return conversationOf(conversation_key);
    },
    async 'conversations.end'({ conversation_key }) {
      const { conversation, session } = await served(conversation_key);
      await accounts.permit(session.record.account_id, 'conversation.end');
      await session.change('conversation.end', { conversation_id: conversation.conversation_id });
      return conversationOf(conversation_key);
    },
    async 'conversations.read'({ conversation_key, conv_seq }) {
      const { conversation, session } = await served(conversation_key);
      void session.markRead(conversation.conversation_id, conv_seq);
      return {};
    },

    async 'conversations.older'({ conversation_key, before_seq }) {
      const { conversation, session } = await served(conversation_key);
      if (!session.connection.isOpen) throw new AppFailure('OFFLINE', 'not connected');
      const { conversation_id } = conversation;
      return { complete: await session.pull(conversation_id, 1, before_seq - 1) };
    },

    'messages.page': ({ conversation_key, limit, before, after, around, from, to }) =>
      desk.messages({
        conversation_key,
        limit,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        ...(around === undefined ? {} : { around }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    async 'drafts.set'({ conversation_key, text }) {
      onChanges(await store.setDraft(conversation_key, text));
      return {};
    },
  };
  return { handlers, conversationOf, served };
}
