import type { AccountId, ConversationId } from '#shared/domain/ids.ts';
import type { GatewayEvent } from '#shared/protocol/events.ts';
import type { RequestFields } from '#shared/protocol/requests.ts';
import { resultOf } from '../connection/answers.ts';
import type { Connection } from '../connection/connection.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** Requests that answer with the conversation as they left it. */
export type ConversationRequest = 'conversation.claim' | 'conversation.transfer' | 'conversation.end' | 'group.restore';

/**
 * Answers and events of one conversation come in no order that could be relied on (docs/protocol.md): an answer may be older
 * than an event that came before it. Only the events are in order, so an answer counts until the first of them.
 */
export interface ConversationChanges {
  /** What the gateway has made of it is in the store when this resolves. AppFailure where it refused, or nobody knows. */
  ask<N extends ConversationRequest>(name: N, fields: RequestFields<N>): Promise<void>;
  heard(event: GatewayEvent): void;
  /** Events up to that number are in the store. */
  stored(eventSeq: number): void;
  /** Nothing more will be stored for now. */
  lost(): void;
}

export function createConversationChanges(options: {
  readonly account: AccountId;
  readonly store: Pick<Store, 'putSnapshotPage'>;
  readonly request: Connection['request'];
  readonly onChanges: (changes: StoreChanges) => void;
}): ConversationChanges {
  interface Asked {
    readonly conversation: ConversationId;
    /** The newest event about it that has come since. */
    heardAt: number | null;
  }
  const asking = new Set<Asked>();
  let reached = 0;
  let waiting: { readonly eventSeq: number; readonly resolve: () => void }[] = [];

  const settle = (eventSeq: number): void => {
    const ready = waiting.filter((waiter) => waiter.eventSeq <= eventSeq);
    waiting = waiting.filter((waiter) => waiter.eventSeq > eventSeq);
    for (const { resolve } of ready) resolve();
  };

  return {
    async ask(name, fields) {
      const asked: Asked = { conversation: fields.conversation_id, heardAt: null };
      asking.add(asked);
      try {
        const { conversation } = resultOf(await options.request(name, fields));
        const { heardAt } = asked;
        if (heardAt === null) options.onChanges(await options.store.putSnapshotPage(options.account, [conversation]));
        else if (heardAt > reached) await new Promise<void>((resolve) => waiting.push({ eventSeq: heardAt, resolve }));
      } finally {
        asking.delete(asked);
      }
    },
    heard(event) {
      if (event.kind !== 'conversation.upserted') return;
      for (const asked of asking)
        if (asked.conversation === event.conversation.conversation_id) asked.heardAt = event.event_seq;
    },
    stored(eventSeq) {
      reached = eventSeq;
      settle(eventSeq);
    },
    lost() {
      reached = 0;
      settle(Number.POSITIVE_INFINITY);
    },
  };
}
