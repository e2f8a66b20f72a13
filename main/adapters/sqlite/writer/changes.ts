import type { StoreChanges } from '#main/core/ports/store.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';

/** Above this many, naming them costs more than asking again. */
const NAMED_AT_MOST = 500;

/** What the running transaction has touched, for change notices after commit. */
export interface ChangeSet {
  /** The row of the conversation list. */
  conversation(key: number): void;
  /** Messages, outgoing ones or recalls in it; its list row as well. */
  messages(key: number): void;
  /** Empties the set and says what it held. */
  take(): StoreChanges;
}

export function createChangeSet(): ChangeSet {
  const conversations = new Set<number>();
  const messages = new Set<number>();
  return {
    conversation: (key) => {
      conversations.add(key);
    },
    messages: (key) => {
      conversations.add(key);
      messages.add(key);
    },
    take: () => {
      const many = conversations.size > NAMED_AT_MOST;
      const changes: StoreChanges = many
        ? { conversations: [], messages: [], many }
        : {
            conversations: [...conversations] as ConversationKey[],
            messages: [...messages] as ConversationKey[],
            many,
          };
      conversations.clear();
      messages.clear();
      return changes;
    },
  };
}
