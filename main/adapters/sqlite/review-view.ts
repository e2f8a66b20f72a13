import type { StoredReview } from '#main/core/ports/review-store.ts';
import type { ReceptionView } from '#shared/contract/reviews.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import type { Review, ReviewEvent } from '#shared/domain/review/review.ts';
import type { ReadableDatabase } from './connection.ts';

export interface ReceptionRow {
  readonly source: string;
  readonly conversation: number;
  readonly conversation_id: string;
  readonly title: string;
  readonly shop: string;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly messages: number | null;
}

/** Columns of ReceptionRow; aliases: so sources, c conversations, sh shops, a agents. */
export const RECEPTION_COLUMNS = `so.name AS source, c.id AS conversation, c.conversation_id, c.title, sh.name AS shop, a.agent_id, a.name AS agent_name`;
/** Messages of the agent's part, from the roll-up. */
export const RECEPTION_MESSAGES = `(SELECT sum(d.incoming + d.outgoing + d.other) FROM agent_day d WHERE d.conversation = c.id AND d.agent = a.id) AS messages`;

export function toReception(row: ReceptionRow): ReceptionView {
  return {
    conversation_key: row.conversation as ConversationKey,
    conversation_id: row.conversation_id,
    title: row.title,
    shop: row.shop,
    agent: { id: row.agent_id, name: row.agent_name },
    messages: row.messages ?? 0,
  };
}

export interface ReviewRow extends ReceptionRow {
  readonly id: number;
  readonly body: string;
  readonly erased_at: number | null;
  readonly updated_at: number;
}

export const REVIEW_SELECT = `SELECT r.id, r.body, r.erased_at, r.updated_at, ${RECEPTION_COLUMNS}, ${RECEPTION_MESSAGES}
  FROM reviews r JOIN sources so ON so.id = r.source JOIN conversations c ON c.id = r.conversation
  JOIN shops sh ON sh.id = c.shop JOIN agents a ON a.id = r.agent`;

export function toReview(db: ReadableDatabase, row: ReviewRow): StoredReview {
  return {
    source: row.source,
    reception: toReception(row),
    review: JSON.parse(row.body) as Review,
    history: db
      .readOne<string>('SELECT event FROM review_events WHERE review = ? ORDER BY seq')
      .all(row.id)
      .map((text) => JSON.parse(text) as ReviewEvent),
    erased: row.erased_at !== null,
  };
}
