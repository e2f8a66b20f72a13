import type { ReviewStoreWriter, ReviewWriting, StoredSample } from '#main/core/ports/review-store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { EMPTY_REVIEW, type Review } from '#shared/domain/review/review.ts';
import type { Scorecard } from '#shared/domain/review/scorecard.ts';
import { Flag } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from './changes.ts';

type Item = Parameters<ReviewStoreWriter['putReviewSample']>[1][number];

/** Scorecards, samples and reviews (QA1–QA5). */
export interface Reviews {
  putScorecard(card: Scorecard): void;
  putSample(sample: StoredSample, items: readonly Item[]): void;
  closeSample(id: string, at: number): void;
  put(list: readonly ReviewWriting[]): void;
  /** AD2: what was written about an erased conversation; scores and marks stay, as figures without words. */
  erase(conversation: number, at: number): void;
}

export function createReviews(db: WritableDatabase, changes: ChangeSet): Reviews {
  const agentKey = (conversation: number, agentId: string): { readonly id: number; readonly source: number } => {
    const found = db
      .read<{ id: number; source: number }>(
        'SELECT a.id, c.source FROM conversations c JOIN agents a ON a.source = c.source AND a.agent_id = ? WHERE c.id = ?',
      )
      .get(agentId, conversation);
    if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such reception');
    return found;
  };

  return {
    putScorecard: (card) => {
      const newest = db
        .readOne<number | null>('SELECT max(version) FROM scorecards WHERE card_id = ?')
        .get(card.card_id);
      // Checked again here, in the transaction: two windows may save at once.
      if (card.version !== (newest ?? 0) + 1)
        throw new AppFailure('STALE_STATE', 'somebody else saved this card meanwhile', { current: newest ?? 0 });
      db.write('INSERT INTO scorecards (card_id, version, body) VALUES (?, ?, ?)').run(
        card.card_id,
        card.version,
        JSON.stringify(card),
      );
    },

    putSample: (sample, items) => {
      db.write(
        `INSERT INTO review_samples (sample_id, name, card_id, card_version, spec, seed, candidates, drawn_at, drawn_by, closed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(
        sample.sample_id,
        sample.name,
        sample.card.card_id,
        sample.card.version,
        JSON.stringify(sample.spec),
        sample.seed,
        sample.candidates,
        sample.drawn_at,
        JSON.stringify(sample.drawn_by),
        sample.closed_at,
      );
      items.forEach((item, index) =>
        db
          .write('INSERT INTO review_items (sample_id, ordinal, conversation, agent, risks) VALUES (?, ?, ?, ?, ?)')
          .run(
            sample.sample_id,
            index + 1,
            item.conversation_key,
            agentKey(item.conversation_key, item.agent.id).id,
            JSON.stringify(item.risks),
          ),
      );
    },

    closeSample: (id, at) => {
      const { changes: closed } = db
        .write('UPDATE review_samples SET closed_at = coalesce(closed_at, ?) WHERE sample_id = ?')
        .run(at, id);
      if (closed === 0) throw new AppFailure('NOT_FOUND', 'no such sample');
    },

    put: (list) => {
      for (const { conversation_key, review, events } of list) {
        const purged = db
          .readOne<number | null>('SELECT purged_at FROM conversations WHERE id = ?')
          .get(conversation_key);
        if (purged === undefined) throw new AppFailure('NOT_FOUND', 'no such conversation');
        const agent = agentKey(conversation_key, review.agent.id);
        const stored = db
          .read<{ id: number; review_id: string; seq: number; state: string; erased_at: number | null }>(
            'SELECT id, review_id, seq, state, erased_at FROM reviews WHERE conversation = ? AND agent = ? AND reviewer_id = ?',
          )
          .get(conversation_key, agent.id, review.reviewer.id);
        if (purged !== null || (stored !== undefined && stored.erased_at !== null))
          throw new AppFailure('GONE', 'the conversation was erased');
        const before = review.seq - events.length;
        if ((stored?.seq ?? 0) !== before || (stored !== undefined && stored.review_id !== review.review_id))
          throw new AppFailure('STALE_STATE', 'somebody else wrote meanwhile', { seq: stored?.seq ?? 0 });
        const columns = [
          review.state,
          review.appeal?.state ?? null,
          review.submitted_at,
          review.updated_at,
          review.seq,
          JSON.stringify(review),
        ];
        let id: number;
        if (stored === undefined) {
          const { lastInsertRowid } = db
            .write(
              `INSERT INTO reviews (state, appeal, submitted_at, updated_at, seq, body, review_id, source, conversation, agent, reviewer_id)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            )
            .run(...columns, review.review_id, agent.source, conversation_key, agent.id, review.reviewer.id);
          id = Number(lastInsertRowid);
        } else {
          id = stored.id;
          db.write(
            'UPDATE reviews SET state = ?, appeal = ?, submitted_at = ?, updated_at = ?, seq = ?, body = ? WHERE id = ?',
          ).run(...columns, id);
        }
        for (const event of events)
          db.write('INSERT INTO review_events (review, seq, event) VALUES (?, ?, ?)').run(
            id,
            event.seq,
            JSON.stringify(event),
          );
        if (review.state === 'submitted' && stored?.state !== 'submitted') {
          // SR3: the part of the conversation that was read for it.
          db.write('UPDATE messages SET flags = flags | ? WHERE conversation = ? AND agent = ?').run(
            Flag.REVIEWED,
            conversation_key,
            agent.id,
          );
          changes.messages(conversation_key);
        }
      }
    },

    erase: (conversation, at) => {
      const rows = db
        .read<{ id: number; body: string }>('SELECT id, body FROM reviews WHERE conversation = ? AND erased_at IS NULL')
        .all(conversation);
      for (const { id, body } of rows) {
        const review = JSON.parse(body) as Review;
        const bare: Review = {
          ...review,
          content: { ...EMPTY_REVIEW, marks: review.content.marks },
          appeal:
            review.appeal === null
              ? null
              : {
                  ...review.appeal,
                  reason: '',
                  decision: review.appeal.decision === null ? null : { ...review.appeal.decision, note: '' },
                },
        };
        db.write('UPDATE reviews SET erased_at = ?, body = ? WHERE id = ?').run(at, JSON.stringify(bare), id);
        db.write('DELETE FROM review_events WHERE review = ?').run(id);
      }
    },
  };
}
