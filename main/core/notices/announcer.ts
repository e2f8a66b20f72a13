import type { TopicMessage } from '#shared/contract/topics.ts';
import type { AccountView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { StoreChanges } from '../ports/store.ts';

/**
 * The first change after a pause is told at once: somebody looks at that chat. What follows within this time is told
 * together (topics.ts): a screen shows no more.
 */
const REST_MS = 16;
/**
 * While an account catches up: nobody reads thousands of rows a second, and a view that asks again for each batch of them takes
 * the processor from whoever writes in it.
 */
const CATCHING_UP_MS = 250;
/** Numbers of the status bar: each notice asks the store for every account, and nobody reads faster. */
const ACCOUNTS_REST_MS = 200;
/** More keys than this are "many, ask again": a view shows fewer rows than that anyway. */
const MANY_KEYS = 200;

/** Collects what changed and tells the views: at once, then at most every 16 ms (accounts: every 200 ms). */
export interface Announcer {
  subscribe(listener: (message: TopicMessage) => void): () => void;
  /** `catchingUp`: of the past; told only every 250 ms. */
  changes(changes: StoreChanges, catchingUp?: boolean): void;
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
  let changed = false;
  /** Something among the changes is of the present. */
  let present = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let accountsChanged = false;
  let accountsRunning = false;
  /** Set while a topic rests after a notice. */
  let rest: TimerHandle | null = null;
  let accountsRest: TimerHandle | null = null;
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

  function keysOf(set: Set<ConversationKey>): readonly ConversationKey[] {
    const keys = many || set.size > MANY_KEYS ? [] : [...set];
    set.clear();
    return keys;
  }

  function tellChanges(): void {
    if (stopped || !changed || rest !== null) return;
    if (!present && options.clock.monotonicNow() - toldAt < CATCHING_UP_MS) return restThenTell();
    changed = false;
    present = false;
    toldAt = options.clock.monotonicNow();
    const hadConversations = conversations.size > 0 || many;
    const hadMessages = messages.size > 0 || many;
    const conversationKeys = keysOf(conversations);
    const messageKeys = keysOf(messages);
    many = false;
    restThenTell();
    // The open chat first: its rows are what somebody waits for.
    if (hadMessages) publish({ topic: 'messages', payload: { keys: messageKeys } });
    if (hadConversations) publish({ topic: 'conversations', payload: { keys: conversationKeys } });
  }

  function restThenTell(): void {
    rest = options.clock.setTimeout(() => {
      rest = null;
      tellChanges();
    }, REST_MS);
  }

  function tellAccounts(): void {
    if (stopped || !accountsChanged || accountsRunning || accountsRest !== null) return;
    accountsChanged = false;
    accountsRunning = true;
    accountsRest = options.clock.setTimeout(() => {
      accountsRest = null;
      tellAccounts();
    }, ACCOUNTS_REST_MS);
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
        tellAccounts();
      });
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    changes(value, catchingUp = false) {
      if (value.conversations.length === 0 && value.messages.length === 0 && !value.many) return;
      for (const key of value.conversations) conversations.add(key);
      for (const key of value.messages) messages.add(key);
      many ||= value.many;
      changed = true;
      present ||= !catchingUp;
      tellChanges();
    },
    accounts() {
      accountsChanged = true;
      tellAccounts();
    },
    publish,
    stop() {
      stopped = true;
      for (const timer of [rest, accountsRest]) if (timer !== null) options.clock.clearTimeout(timer);
      rest = accountsRest = null;
      listeners.clear();
    },
  };
}
