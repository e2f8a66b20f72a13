import type { IngestResult } from '#main/core/ports/store.ts';
import type { ClientMessageId, ConversationKey, RecallId } from '#shared/domain/ids.ts';
import { MINUTE } from '#shared/lib/durations.ts';
import type { Conversation, Message } from '#shared/protocol/entities.ts';
import type { GatewayEvent, KnownEvent } from '#shared/protocol/events.ts';
import { INTAKES } from '../codes.ts';
import { REMOVED_BY_RETENTION, type Eraser } from '../administration/eraser.ts';
import { noteRole, notePolicy } from '../administration/changes.ts';
import type { WritableDatabase } from '../connection.ts';
import type { IndexQueue } from './index-queue.ts';
import type { Rollup } from '../search/rollup.ts';
import type { ChangeSet } from './changes.ts';
import type { Conversations, ConversationState } from './conversations.ts';
import type { Dimensions } from './dimensions.ts';
import type { Messages, RecallNews } from './messages.ts';
import type { Outgoing } from './outgoing.ts';
import type { Recalls } from './recalls.ts';

/** The code of a `message.status` that says the platform has pushed the message to the consumer's device (RC3 PUSH_DELIVERED). */
export const PUSH_DELIVERED_CODE = 'PUSH_DELIVERED';

/** `kind` of a message among what is kept raw, whichever way it came. It stands under its own key, below all event numbers. */
export const KEPT_MESSAGE = 'message';

/** Where what comes is stored, and for whom. */
export interface Receiver {
  readonly key: number;
  readonly source: number;
}

/** What one account hears of a conversation so much later than another has heard of it is the past; less may be two clocks of one gateway. */
const BEHIND_MS = MINUTE;

/** Account for whom events are applied. */
export interface IngestAccount extends Receiver {
  readonly agent_id: string | null;
}

/** What a batch of events led to besides rows. */
export interface Effects {
  /** By kind and conversation. */
  notices: Map<string, IngestResult['notices'][number]>;
  shopsChanged: boolean;
  agentChanged: boolean;
  refusedPolicies: { shop_id: string; problem: string }[];
  settledRecalls: RecallId[];
  contradictedRecalls: IngestResult['contradicted_recalls'][number][];
  settledSends: ClientMessageId[];
}

export interface Events {
  /** One event into rows; the caller keeps the cursor. */
  apply(account: IngestAccount, event: GatewayEvent, effects: Effects): void;
  /** Keeps an event raw that this version can't apply (SY8). */
  keepRaw(account: Receiver, eventSeq: number, kind: string, raw: string): void;
  putConversation(
    source: number,
    conversation: Conversation,
    at: number,
  ): { readonly state: ConversationState; readonly newlyWaiting: boolean } | null;
  /** False for what was there already, and for purged conversations. What could not be read whole is kept raw besides. */
  putMessage(receiver: Receiver, message: Message): boolean;
}

export function createEvents(parts: {
  readonly db: WritableDatabase;
  readonly dimensions: Dimensions;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly outgoing: Outgoing;
  readonly recalls: Recalls;
  readonly rollup: Rollup;
  readonly queue: IndexQueue;
  readonly changes: ChangeSet;
  readonly eraser: Eraser;
}): Events {
  const { db, dimensions, conversations, messages, outgoing, recalls, rollup, queue, changes, eraser } = parts;

  const keepRaw = (account: Receiver, eventSeq: number, kind: string, raw: string): void => {
    db.write('INSERT INTO raw_events (account, event_seq, kind, raw) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
      account.key,
      eventSeq,
      kind,
      raw,
    );
  };

  const noteRecall = (source: number, news: RecallNews): void => {
    if (news.operator.role !== 'agent' || news.recall_id === null) return;
    recalls.noteTime(dimensions.agent(source, news.operator.id, news.operator.name), news.at, news.recall_id);
  };

  /** A sender whose role isn't known yet is who the conversation says it is. */
  const withRole = (source: number, message: Message): Message => {
    if (message.unknown === undefined || message.unknown.role === null) return message;
    const state = conversations.find(source, message.conversation_id);
    const role = state === null ? null : conversations.roleOf(state, message.sender.id);
    return role === null ? message : { ...message, sender: { ...message.sender, role } };
  };

  const putMessage = (receiver: Receiver, message: Message): boolean => {
    const { source } = receiver;
    const state = conversations.forMessage(source, message);
    if (state.purged || (state.erased_seq > 0 && message.conv_seq <= state.erased_seq)) return false;
    const added = messages.put(state, message) === 'added';
    if (added && state.erased_seq > 0)
      db.write(
        'UPDATE conversations SET removed_by = NULL, restorable_until = NULL WHERE id = ? AND removed_by = ?',
      ).run(state.id, REMOVED_BY_RETENTION);
    if (added && message.unknown !== undefined) {
      const key = messageKey(source, message.conversation_id, message.msg_id);
      if (key !== null) keepRaw(receiver, -key, KEPT_MESSAGE, message.unknown.raw);
    }
    return added;
  };

  const putConversation: Events['putConversation'] = (source, conversation, at) => {
    const outcome = conversations.upsert(source, conversation, at);
    if (outcome === null) return null;
    const { state } = outcome;
    if (outcome.ownersChangedFrom !== null) messages.reassign(state, outcome.ownersChangedFrom);
    if (outcome.shopChanged)
      for (const id of db.readOne<number>('SELECT id FROM messages WHERE conversation = ?').all(state.id))
        queue.put(id);
    if (
      outcome.ownersChangedFrom !== null ||
      outcome.consumerChanged ||
      (outcome.created && state.assignments.length > 0)
    )
      rollup.rebuildConversation(state.id);
    return outcome;
  };

  const removed = (source: number, conversationId: string, by: string, restorableUntil: number): void => {
    const state = conversations.find(source, conversationId);
    if (state === null || state.purged) return;
    db.write('UPDATE conversations SET removed_by = ?, restorable_until = ? WHERE id = ?').run(
      by,
      restorableUntil,
      state.id,
    );
    changes.messages(state.id);
  };

  const purged = (source: number, conversationId: string, at: number): void => {
    const state = conversations.find(source, conversationId);
    if (state === null || state.purged) return;
    eraser.purge(state, at);
  };

  const notice = (
    { notices }: Effects,
    kind: 'enquiry' | 'reply',
    { id, title }: ConversationState,
    shop_id: string,
  ): void => {
    const key = `${kind} ${id}`;
    const count = (notices.get(key)?.count ?? 0) + 1;
    notices.set(key, { kind, conversation_key: id as ConversationKey, shop_id, title, count });
  };

  const applyKnown = (account: IngestAccount, event: KnownEvent, effects: Effects): void => {
    const { source } = account;
    switch (event.kind) {
      case 'message.created': {
        const message = withRole(source, event.message);
        const known = conversations.find(source, message.conversation_id);
        const isNew = putMessage(account, message);
        if (message.client_msg_id !== null && message.sender.role === 'agent' && outgoing.settle(message.client_msg_id))
          effects.settledSends.push(message.client_msg_id);
        if (message.recalled !== undefined) {
          noteRecall(source, {
            recall_id: message.recalled.recall_id,
            operator: message.recalled.operator,
            effect: message.recalled.effect,
            at: message.recalled.at,
            reason: null,
          });
          const key = messageKey(source, message.conversation_id, message.msg_id);
          if (key !== null) effects.settledRecalls.push(...recalls.settle(key, message.recalled));
        }
        const state = conversations.find(source, message.conversation_id);
        if (
          isNew &&
          state !== null &&
          message.sender.role === 'consumer' &&
          message.recalled === undefined &&
          INTAKES[state.intake] !== 'ended'
        ) {
          const waiting = INTAKES[state.intake] === 'waiting';
          // A waiting one was announced when it began to wait; each further line of it is no news.
          if (!waiting || known === null) notice(effects, waiting ? 'enquiry' : 'reply', state, message.shop_id);
        }
        return;
      }
      case 'message.status':
        messages.status(
          source,
          event.conversation_id,
          event.msg_id,
          event.status,
          event.at,
          event.code === PUSH_DELIVERED_CODE,
        );
        return;
      case 'attachment.opened':
        messages.opened(source, event.conversation_id, event.msg_id, event.at);
        return;
      case 'message.recalled': {
        const news: RecallNews = {
          recall_id: event.recall_id,
          operator: event.operator,
          effect: event.effect,
          at: event.at,
          reason: event.reason ?? null,
        };
        noteRecall(source, news);
        const kept = messages.disputed(source, event.conversation_id, event.msg_id, event.effect);
        if (kept !== null)
          effects.contradictedRecalls.push({
            msg_id: event.msg_id,
            recall_id: event.recall_id,
            kept,
            came: event.effect,
          });
        const key = messages.recalled(source, event.conversation_id, event.msg_id, news);
        if (key !== null) effects.settledRecalls.push(...recalls.settle(key, news));
        return;
      }
      case 'conversation.upserted': {
        // Of two accounts that serve a shop one may be hours behind: what it hears now, the other has heard, and more.
        const told = conversations.find(source, event.conversation.conversation_id)?.told ?? null;
        if (told !== null && told.account !== account.key && event.at < told.at - BEHIND_MS) return;
        const outcome = putConversation(source, event.conversation, event.at);
        if (outcome !== null) outcome.state.told = { account: account.key, at: event.at };
        if (outcome?.newlyWaiting === true) notice(effects, 'enquiry', outcome.state, event.conversation.shop_id);
        return;
      }
      case 'conversation.removed':
        removed(source, event.conversation_id, event.by, event.restorable_until);
        return;
      case 'conversation.purged':
        purged(source, event.conversation_id, event.at);
        return;
      case 'policy.updated': {
        const shop = dimensions.shop(source, event.shop_id);
        notePolicy(db, shop, event.shop_id, event.policy, event.at);
        // A late repetition must not undo what `welcome` has brought meanwhile.
        db.write(
          `UPDATE shops SET policy = ?, policy_problem = NULL WHERE id = ? AND (policy IS NULL OR CAST(policy ->> 'version' AS INTEGER) <= ?)`,
        ).run(JSON.stringify(event.policy), shop, event.policy.version);
        effects.shopsChanged = true;
        return;
      }
      case 'words.updated':
        db.write('UPDATE shops SET words_version = max(words_version, ?) WHERE id = ?').run(
          event.version,
          dimensions.shop(source, event.shop_id),
        );
        effects.shopsChanged = true;
        return;
      case 'agent.updated': {
        const { changed, roleBefore } = dimensions.putAgent(source, {
          agent_id: event.agent_id,
          name: event.name,
          role: event.role,
          presence: event.presence,
        });
        if (roleBefore !== undefined && roleBefore !== null)
          noteRole(db, event.agent_id, roleBefore, event.role, event.at);
        if (changed && event.agent_id === account.agent_id) effects.agentChanged = true;
        return;
      }
    }
  };

  const messageKey = (source: number, conversationId: string, msgId: string): number | null => {
    const state = conversations.find(source, conversationId);
    if (state === null) return null;
    return (
      db.readOne<number>('SELECT id FROM messages WHERE conversation = ? AND msg_id = ?').get(state.id, msgId) ?? null
    );
  };

  /** RC1: refused as a whole; the previous one stays, and the shop says so. */
  const refusePolicy = (account: IngestAccount, raw: string, problem: string, effects: Effects): void => {
    const shopId = (JSON.parse(raw) as { shop_id?: unknown }).shop_id;
    if (typeof shopId !== 'string' || shopId === '' || shopId.length > 128) return;
    db.write('UPDATE shops SET policy_problem = ? WHERE id = ?').run(problem, dimensions.shop(account.source, shopId));
    effects.refusedPolicies.push({ shop_id: shopId, problem });
    effects.shopsChanged = true;
  };

  return {
    apply: (account, event, effects) => {
      if (event.kind === 'unknown') keepRaw(account, event.event_seq, event.unknown_kind, event.raw);
      else if (event.kind === 'malformed') {
        keepRaw(account, event.event_seq, event.malformed_kind, event.raw);
        if (event.malformed_kind === 'policy.updated') refusePolicy(account, event.raw, event.problem, effects);
      } else applyKnown(account, event, effects);
    },
    keepRaw,
    putConversation,
    putMessage: (receiver, message) => putMessage(receiver, withRole(receiver.source, message)),
  };
}
