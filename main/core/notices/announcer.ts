import type { TopicMessage } from '#shared/contract/topics.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { StoreChanges } from '../ports/store.ts';

/** At most one notice a topic in this time (topics.ts). */
const COALESCE_MS = 50;
/** More keys than this are "many, ask again": a view shows fewer rows than that anyway. */
const MANY_KEYS = 200;

/** Collects what changed and tells the views, each topic at most every 50 ms. */
export interface Announcer {
  subscribe(listener: (message: TopicMessage) => void): () => void;
  changes(changes: StoreChanges): void;
  /** Something about accounts changed; `accountsView` is asked when the notice goes out. */
  accounts(): void;
  /** At once, for what is rare. */
  publish(message: TopicMessage): void;
  stop(): void;
}

export function createAnnouncer(options: {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly accountsView: () => Promise<readonly AccountView[]>;
}): Announcer {
  const listeners = new Set<(message: TopicMessage) => void>();
  const conversations = new Set<ConversationKey>();
  const messages = new Set<ConversationKey>();
  let many = false;
  let accountsChanged = false;
  let changed = false;
  let timer: TimerHandle | null = null;
  let accountsRunning = false;
  let stopped = false;

  function publish(message: TopicMessage): void {
    for (const listener of listeners) {
      try {
        listener(message);
      } catch (thrown) {
        options.logger.log('error', 'notices.listener', { name: thrown instanceof Error ? thrown.name : 'unknown' });
      }
    }
  }

  function soon(): void {
    if (stopped) return;
    timer ??= options.clock.setTimeout(flush, COALESCE_MS);
  }

  function keysOf(set: Set<ConversationKey>): readonly ConversationKey[] {
    const keys = many || set.size > MANY_KEYS ? [] : [...set];
    set.clear();
    return keys;
  }

  function flush(): void {
    timer = null;
    if (changed) {
      changed = false;
      const hadConversations = conversations.size > 0 || many;
      const hadMessages = messages.size > 0 || many;
      const conversationKeys = keysOf(conversations);
      const messageKeys = keysOf(messages);
      many = false;
      if (hadConversations) publish({ topic: 'conversations', payload: { keys: conversationKeys } });
      if (hadMessages) publish({ topic: 'messages', payload: { keys: messageKeys } });
    }
    if (accountsChanged && !accountsRunning) {
      accountsChanged = false;
      accountsRunning = true;
      options
        .accountsView()
        .then(
          (payload) => {
            if (!stopped) publish({ topic: 'accounts', payload });
          },
          (thrown: unknown) =>
            options.logger.log('error', 'notices.accounts', {
              name: thrown instanceof Error ? thrown.name : 'unknown',
            }),
        )
        .finally(() => {
          accountsRunning = false;
          if (accountsChanged) soon();
        });
    }
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    changes(value) {
      if (value.conversations.length === 0 && value.messages.length === 0 && !value.many) return;
      for (const key of value.conversations) conversations.add(key);
      for (const key of value.messages) messages.add(key);
      many ||= value.many;
      changed = true;
      soon();
    },
    accounts() {
      accountsChanged = true;
      soon();
    },
    publish,
    stop() {
      stopped = true;
      if (timer !== null) options.clock.clearTimeout(timer);
      timer = null;
      listeners.clear();
    },
  };
}
