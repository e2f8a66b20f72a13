import type { Conversation } from '#shared/protocol/entities.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from './changes.ts';
import type { Conversations } from './conversations.ts';

/**
 * The gateway has come back with an older state: beyond what it now calls a conversation's last number it will give the same
 * numbers to other messages. Ours from there on stay in the record, without a number: the numbers are free for what
 * comes, and gaps are detected again (SY6, SY7).
 */
export function freeNumbers(
  parts: { readonly db: WritableDatabase; readonly conversations: Conversations; readonly changes: ChangeSet },
  source: number,
  page: readonly Pick<Conversation, 'conversation_id' | 'last_seq'>[],
): void {
  const { db, conversations, changes } = parts;
  for (const { conversation_id, last_seq } of page) {
    const state = conversations.find(source, conversation_id);
    if (state === null || state.purged || state.last_seq <= last_seq) continue;
    db.write('UPDATE messages SET conv_seq = NULL WHERE conversation = ? AND conv_seq > ?').run(state.id, last_seq);
    for (const table of ['gaps', 'closed_gaps']) {
      db.write(`DELETE FROM ${table} WHERE conversation = ? AND from_seq > ?`).run(state.id, last_seq);
      db.write(`UPDATE ${table} SET to_seq = ? WHERE conversation = ? AND to_seq > ?`).run(
        last_seq,
        state.id,
        last_seq,
      );
    }
    db.write(
      `UPDATE conversations SET last_seq = ?, agent_read_seq = min(agent_read_seq, ?), consumer_read_seq = min(consumer_read_seq, ?),
         last_consumer_seq = min(last_consumer_seq, ?), last_agent_seq = min(last_agent_seq, ?) WHERE id = ?`,
    ).run(last_seq, last_seq, last_seq, last_seq, last_seq, state.id);
    changes.messages(state.id);
    conversations.forget(state);
  }
}
