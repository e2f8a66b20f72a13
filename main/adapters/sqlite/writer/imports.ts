import { hash } from 'node:crypto';
import type { ImportRecord } from '#main/core/ports/store.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { KIND_CODES, STATUS_CODES } from '../codes.ts';
import { IMPORT_SOURCE } from '../profile-files.ts';
import type { Conversations, ConversationState } from './conversations.ts';
import type { Dimensions } from './dimensions.ts';
import type { Messages } from './messages.ts';

export interface Imports {
  /** Idempotent by message id, or by content and occurrence where a row has none. */
  put(records: readonly ImportRecord[]): { readonly imported: number; readonly duplicates: number };
}

/**
 * Wire id of a row without one: SHA-256, cut to 162 bits of base64url, of everything that makes it this row and of how often
 * that very content occurred before in its file.
 */
export function contentId(record: ImportRecord): string {
  const { shop, conversation_id, agent, consumer, sender, sent_at, kind, text, occurrence } = record;
  return `~${hash('sha256', JSON.stringify([shop, conversation_id, agent, consumer, sender, sent_at, kind, text, occurrence]), 'base64url').slice(0, 27)}`;
}

export function createImports(parts: {
  readonly dimensions: Dimensions;
  readonly conversations: Conversations;
  readonly messages: Messages;
}): Imports {
  const { dimensions, conversations, messages } = parts;

  const conversationOf = (source: number, record: ImportRecord): ConversationState => {
    const shop = dimensions.shop(source, record.shop, record.shop, 'import');
    const consumer =
      record.consumer === ''
        ? null
        : dimensions.consumer(source, { consumer_id: record.consumer, name: record.consumer }, false);
    const wireId =
      record.conversation_id === '' ? `${record.shop}/${record.agent}/${record.consumer}` : record.conversation_id;
    const row = { source, shop, title: record.consumer || wireId, consumer, at: record.sent_at };
    const fits = (state: ConversationState): boolean =>
      state.shop === shop && (consumer === null || state.consumer === null || state.consumer === consumer);
    const state = conversations.forImport({ ...row, conversation_id: wireId });
    if (fits(state)) return state;
    // Every shop and every file counts its conversations from 1: another shop's gets the shop's name behind its own …
    const ofShop = conversations.forImport({ ...row, conversation_id: `${wireId}@${record.shop}` });
    if (fits(ofShop)) return ofShop;
    // … and another consumer's, in one shop, the consumer's: two people never share a conversation.
    return conversations.forImport({ ...row, conversation_id: `${wireId}@${record.shop}/${record.consumer}` });
  };

  return {
    put: (records) => {
      const source = dimensions.source(IMPORT_SOURCE);
      let imported = 0;
      // In order of key: inserting out of order costs 2.5 times as much (store.md).
      const ordered = records
        .map((record) => ({ record, slot: messageKeySlot(record.sent_at) }))
        .sort((a, b) => a.slot - b.slot);
      for (const { record } of ordered) {
        const state = conversationOf(source, record);
        if (state.purged) continue;
        const agent = record.agent === '' ? null : dimensions.agent(source, record.agent, record.agent);
        const name = record.sender === 'agent' ? record.agent : record.sender === 'consumer' ? record.consumer : '';
        const result = messages.insert(state, {
          msg_id: record.message_id === '' ? contentId(record) : record.message_id,
          conv_seq: null,
          client_msg_id: null,
          agent,
          sender: { role: record.sender, id: name, name },
          sender_agent: record.sender === 'agent' ? agent : null,
          kind: KIND_CODES[record.kind],
          text: record.text === '' ? null : record.text,
          sent_at: record.sent_at,
          status: STATUS_CODES.sent,
          extra: {
            ...(record.order_nos.length === 0 ? {} : { order_nos: record.order_nos }),
            ...(record.violation_nos.length === 0 ? {} : { violation_nos: record.violation_nos }),
          },
          recalled: record.recalled
            ? {
                recall_id: null,
                operator: { role: record.sender, id: name, name },
                // The file doesn't say what was seen (RC12).
                effect: 'maybe_seen',
                at: record.sent_at,
                reason: null,
              }
            : null,
        });
        if (result === 'added') imported += 1;
      }
      return { imported, duplicates: records.length - imported };
    },
  };
}
