import { hash } from 'node:crypto';
import type { ImportRecord } from '#main/core/ports/store.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import { KIND_CODES, STATUS_CODES } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
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
function contentId(record: ImportRecord): string {
  const { shop, conversation_id, agent, consumer, sender, sent_at, kind, text, occurrence } = record;
  return `~${hash('sha256', JSON.stringify([shop, conversation_id, agent, consumer, sender, sent_at, kind, text, occurrence]), 'base64url').slice(0, 27)}`;
}

export function createImports(parts: {
  readonly db: WritableDatabase;
  readonly dimensions: Dimensions;
  readonly conversations: Conversations;
  readonly messages: Messages;
}): Imports {
  const { db, dimensions, conversations, messages } = parts;

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

  /** SR2: a number of the conversation finds all of it. */
  const linkConversation = (conversation: number, orders: readonly string[], violations: readonly string[]): void => {
    db.write('UPDATE conversations SET order_nos = ?, violation_nos = ? WHERE id = ?').run(
      JSON.stringify(orders.map(normaliseNumber)),
      JSON.stringify(violations.map(normaliseNumber)),
      conversation,
    );
    for (const [table, list] of [
      ['order', orders],
      ['violation', violations],
    ] as const)
      for (const number of list)
        db.write(`INSERT INTO ${table}_conversations (number, conversation) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(
          normaliseNumber(number),
          conversation,
        );
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
        const { more = {} } = record;
        const usual = record.sender === 'agent' ? record.agent : record.sender === 'consumer' ? record.consumer : '';
        const name = more.sender_name ?? usual;
        const result = messages.insert(state, {
          msg_id: record.message_id === '' ? contentId(record) : record.message_id,
          conv_seq: null,
          client_msg_id: null,
          agent,
          sender: { role: record.sender, id: name, name },
          sender_agent:
            record.sender !== 'agent' ? null : name === record.agent ? agent : dimensions.agent(source, name, name),
          kind: KIND_CODES[record.kind],
          text: record.text === '' ? null : record.text,
          sent_at: record.sent_at,
          status: STATUS_CODES.sent,
          extra: {
            ...(record.order_nos.length === 0 ? {} : { order_nos: record.order_nos }),
            ...(record.violation_nos.length === 0 ? {} : { violation_nos: record.violation_nos }),
            ...(more.order === undefined ? {} : { order: more.order }),
            ...(more.attachment === undefined ? {} : { attachment: more.attachment }),
            ...(more.correction_of === undefined ? {} : { correction_of: more.correction_of }),
            ...(more.corrected_by === undefined ? {} : { corrected_by: more.corrected_by }),
          },
          recalled: record.recalled
            ? {
                recall_id: null,
                operator: { role: record.sender, id: more.recalled?.by ?? name, name: more.recalled?.by ?? name },
                // A table doesn't say what was seen (RC12).
                effect: more.recalled?.effect ?? 'maybe_seen',
                at: more.recalled?.at ?? record.sent_at,
                reason: more.recalled?.reason ?? null,
                sealed: more.recalled?.sealed ?? false,
              }
            : null,
        });
        if (result === 'added') imported += 1;
        if (more.conversation_nos !== undefined)
          linkConversation(state.id, more.conversation_nos.orders, more.conversation_nos.violations);
      }
      return { imported, duplicates: records.length - imported };
    },
  };
}
