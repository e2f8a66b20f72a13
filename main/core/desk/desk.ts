import { AppFailure } from '#shared/contract/errors.ts';
import type { ConsumerView } from '#shared/contract/desk.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { ConversationView, MessagesPage, MessageView } from '#shared/contract/views.ts';
import { seenUntil } from '#shared/domain/desk/sessions.ts';
import { isPermitted, type Permission } from '#shared/domain/permissions.ts';
import type { AccountId, ConversationKey } from '#shared/domain/ids.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessagesQuery, Store, StoreChanges, StoredAccount } from '../ports/store.ts';

type DeskHandlers = Pick<
  Handlers,
  | 'conversations.list'
  | 'conversations.get'
  | 'conversations.mark'
  | 'conversations.next'
  | 'consumers.get'
  | 'consumers.note'
  | 'consumers.tags'
>;

/** What the accounts signed in here may see. */
interface Sight {
  /** Exclusive, server time. */
  until(conversation: ConversationView): number;
  /** AD2: a removed group is out of the agents' use; who sees its source whole still reads its records until it is purged. */
  inUse(conversation: ConversationView): boolean;
}

const NOBODY: ConsumerView = { note: '', tags: [], updated: null, orders: [], conversations: 0 };

export interface Desk {
  readonly handlers: DeskHandlers;
  /** A page of messages, down to the part that may be seen. AppFailure GONE for a removed group (AD2). */
  messages(query: MessagesQuery): Promise<MessagesPage>;
  /** The same for one message, for whatever is asked by its key. */
  sees(message: Pick<MessageView, 'conversation_key' | 'sent_at'>): Promise<boolean>;
}

/** Lists, marks, notes (IN1), and whose part of a conversation is shown to whom (IN4). */
export function createDesk(ports: {
  readonly store: Store;
  readonly clock: Clock;
  readonly permit: (account: AccountId, permission: Permission) => Promise<Agent>;
  readonly onChanges: (changes: StoreChanges) => void;
}): Desk {
  const { store, clock } = ports;

  /**
   * Until when each conversation is seen (exclusive, server time): all of it by a role that sees the source whole, and by
   * who has it now or could claim it; else up to the end of one's own part. The gateway cuts there too; this holds for what
   * is on this machine already, from before or from another login.
   */
  function sightOf(accounts: readonly StoredAccount[]): Sight {
    const sources = new Map(accounts.map(({ account_id, source }) => [account_id, source]));
    const whole = new Set<string>();
    const agents = new Map<string, Set<string>>();
    for (const { source, agent } of accounts) {
      if (agent === null) continue;
      if (isPermitted(agent.role, 'records.search_all')) whole.add(source);
      else agents.set(source, (agents.get(source) ?? new Set<string>()).add(agent.agent_id));
    }
    const sourceOf = ({ account_id }: ConversationView): string | undefined =>
      account_id === null ? undefined : sources.get(account_id);
    return {
      until(conversation) {
        const source = sourceOf(conversation);
        if (source === undefined || whole.has(source)) return Infinity;
        if (conversation.intake === 'waiting' || conversation.type === 'group') return Infinity;
        return seenUntil(conversation.assignments, agents.get(source) ?? new Set());
      },
      inUse: (conversation) =>
        conversation.removed === null || conversation.account_id === null || whole.has(sourceOf(conversation) ?? ''),
    };
  }
  const sight = async (): Promise<Sight> => sightOf(await store.accounts());

  /** A list row tells nothing of the part that isn't shown. */
  const shade = (conversation: ConversationView, until: number): ConversationView =>
    until === Infinity || conversation.preview === null || (conversation.last_message_at ?? 0) < until
      ? conversation
      : { ...conversation, preview: null, unread: 0 };

  async function conversationOf(key: ConversationKey): Promise<ConversationView> {
    const conversation = await store.conversation(key);
    if (conversation === null) throw new AppFailure('NOT_FOUND', 'no such conversation');
    return conversation;
  }

  return {
    async messages(query) {
      // Asked together: one after the other they are most of the way from an event to the screen.
      const [conversation, accounts, all] = await Promise.all([
        store.conversation(query.conversation_key),
        store.accounts(),
        store.messages(query),
      ]);
      const { until: untilOf, inUse } = sightOf(accounts);
      if (conversation !== null && !inUse(conversation)) throw new AppFailure('GONE', 'the group was removed');
      const until = conversation === null ? Infinity : untilOf(conversation);
      if (until === Infinity) return all;
      const to = Math.max(0, Math.min(query.to ?? Infinity, until));
      const page = await store.messages({ ...query, to });
      return { ...page, has_newer: false, hidden_from: to };
    },
    async sees({ conversation_key, sent_at }) {
      const [conversation, { until, inUse }] = await Promise.all([store.conversation(conversation_key), sight()]);
      return conversation !== null && inUse(conversation) && sent_at < until(conversation);
    },
    handlers: {
      async 'conversations.list'({ account_id, shop_id, intake, limit, cursor, offset, sort, filter }) {
        const [page, { until }] = await Promise.all([
          store.conversations({
            account_id,
            intake,
            limit,
            cursor,
            ...(shop_id === undefined ? {} : { shop_id }),
            ...(offset === undefined ? {} : { offset }),
            ...(sort === undefined ? {} : { sort }),
            ...(filter === undefined ? {} : { filter }),
          }),
          sight(),
        ]);
        return { ...page, conversations: page.conversations.map((row) => shade(row, until(row))) };
      },
      async 'conversations.get'({ conversation_key }) {
        const [conversation, { until }] = await Promise.all([conversationOf(conversation_key), sight()]);
        return shade(conversation, until(conversation));
      },
      async 'conversations.mark'({ conversation_key, pinned, starred }) {
        const marks = { ...(pinned === undefined ? {} : { pinned }), ...(starred === undefined ? {} : { starred }) };
        ports.onChanges(await store.markConversation(conversation_key, marks, clock.wallNow()));
        const conversation = await conversationOf(conversation_key);
        return shade(conversation, (await sight()).until(conversation));
      },
      async 'conversations.next'({ account_id, shop_id, what, after }) {
        const conversation = await store.nextConversation({
          account_id,
          what,
          ...(shop_id === undefined ? {} : { shop_id }),
          ...(after === undefined ? {} : { after }),
        });
        return { conversation };
      },
      'consumers.get': async ({ conversation_key }) => (await store.consumer(conversation_key)) ?? NOBODY,
      async 'consumers.note'({ conversation_key, note, tags }) {
        const { account_id } = await conversationOf(conversation_key);
        if (account_id === null) throw new AppFailure('UNSUPPORTED', 'an imported conversation is only read');
        const { agent_id } = await ports.permit(account_id, 'consumer.note');
        ports.onChanges(
          await store.noteConsumer(conversation_key, { note: note.trim(), tags, by: agent_id, at: clock.wallNow() }),
        );
        return (await store.consumer(conversation_key)) ?? NOBODY;
      },
      'consumers.tags': async () => ({ tags: await store.consumerTags() }),
    },
  };
}
