import type {
  DrawnReception,
  DrawnSample,
  ReviewFilter,
  StoredReview,
  StoredSample,
} from '#main/core/ports/review-store.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { ReceptionView, ReviewSampleView, SampleItemView } from '#shared/contract/reviews.ts';
import type { Review } from '#shared/domain/review/review.ts';
import { drawSample, type Risk, type SampleSpec } from '#shared/domain/review/sample.ts';
import type { Scorecard } from '#shared/domain/review/scorecard.ts';
import { MESSAGE_KEY_SLACK_MS, messageKeySlot } from '#shared/domain/time.ts';
import { Flag, INTAKE_CODES } from '../codes.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import {
  RECEPTION_COLUMNS,
  RECEPTION_MESSAGES,
  REVIEW_SELECT,
  toReception,
  toReview,
  type ReceptionRow,
  type ReviewRow,
} from '../review-view.ts';
import { DEFAULT_ROLLUP_OFFSET_MS, ROLLUP_OFFSET_NAME, rollupDay, rollupDayStart } from '../search/rollup.ts';

/** Scorecards, samples and reviews (QA1–QA5). */

export function readScorecards(db: ReadableDatabase): Scorecard[] {
  return db
    .readOne<string>(
      `SELECT s.body FROM scorecards s WHERE s.version = (SELECT max(version) FROM scorecards n WHERE n.card_id = s.card_id)
       ORDER BY s.card_id`,
    )
    .all()
    .map((text) => JSON.parse(text) as Scorecard);
}

export function readScorecard(db: ReadableDatabase, cardId: string, version: number | null): Scorecard | null {
  const text = db
    .readOne<string>(
      'SELECT body FROM scorecards WHERE card_id = ? AND version = coalesce(?, (SELECT max(version) FROM scorecards WHERE card_id = ?))',
    )
    .get(cardId, version, cardId);
  return text === undefined ? null : (JSON.parse(text) as Scorecard);
}

/** Slots of messages.id in a second (shared/domain/time.ts). */
const SLOTS_PER_SECOND = 1_024;

interface CandidateRow extends ReceptionRow {
  readonly agent: number;
  readonly recalls: number;
  readonly first_in: number | null;
  readonly last_out: number | null;
  readonly longest_wait: number | null;
}

/** QA2: candidates from the roll-up, so that a quarter of a million receptions take a moment and no message is read. */
export function drawReviews(db: ReadableDatabase, spec: SampleSpec, seed: string, visibility: Visibility): DrawnSample {
  const offset = Number(
    db.readOne<number | string | null>('SELECT value FROM meta WHERE name = ?').get(ROLLUP_OFFSET_NAME) ??
      DEFAULT_ROLLUP_OFFSET_MS,
  );
  const [first, last] = [rollupDay(spec.from, offset), rollupDay(Math.max(spec.from, spec.to - 1), offset)];
  const where: string[] = ['d.day >= ?', 'd.day <= ?', 'c.purged_at IS NULL'];
  const values: Bindable[] = [first, last];
  const among = (sql: string, list: readonly string[] | undefined): void => {
    if (list === undefined || list.length === 0) return;
    where.push(sql);
    const text = JSON.stringify(list);
    for (let at = sql.indexOf('?'); at >= 0; at = sql.indexOf('?', at + 1)) values.push(text);
  };
  if (visibility.kind === 'limited') {
    where.push('so.name IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(visibility.sources));
  }
  among('(a.name IN (SELECT value FROM json_each(?)) OR a.agent_id IN (SELECT value FROM json_each(?)))', spec.agents);
  among('(sh.name IN (SELECT value FROM json_each(?)) OR sh.shop_id IN (SELECT value FROM json_each(?)))', spec.shops);
  if (spec.ended_only) {
    where.push('c.intake = ?');
    values.push(INTAKE_CODES.ended);
  }
  const rows = db
    .read<CandidateRow>(
      `SELECT ${RECEPTION_COLUMNS}, d.agent, sum(d.incoming + d.outgoing + d.other) AS messages, sum(d.recalls) AS recalls,
         min(d.first_in) AS first_in, max(d.first_out_after - d.first_in) AS longest_wait,
         (SELECT p.last_out FROM agent_conversations p WHERE p.agent = d.agent AND p.conversation = d.conversation) AS last_out
       FROM agent_day d JOIN conversations c ON c.id = d.conversation JOIN sources so ON so.id = c.source
         JOIN shops sh ON sh.id = c.shop JOIN agents a ON a.id = d.agent
       WHERE ${where.join(' AND ')} GROUP BY d.agent, d.conversation HAVING sum(d.incoming + d.outgoing + d.other) >= ?`,
    )
    .all(...values, spec.least_messages);
  const sensitive = new Set(
    db
      .readOne<string>(
        `SELECT DISTINCT conversation || '/' || agent FROM messages WHERE flags & 63 <> 0 AND flags & ${Flag.SENSITIVE} <> 0
         AND id >= ? AND id < ? AND agent IS NOT NULL`,
      )
      .all(
        messageKeySlot(rollupDayStart(first, offset)),
        messageKeySlot(rollupDayStart(last + 1, offset) + MESSAGE_KEY_SLACK_MS),
      ),
  );
  const candidates = rows.map((row): DrawnReception => {
    const risks: Risk[] = [];
    if (sensitive.has(`${row.conversation}/${row.agent}`)) risks.push('sensitive');
    if (row.recalls > 0) risks.push('recalled');
    // SR6: a consumer's message, and nothing by the agent after the first of them.
    if (row.first_in !== null && (row.last_out === null || row.last_out < row.first_in)) risks.push('unanswered');
    if (row.longest_wait !== null && row.longest_wait >= spec.long_wait_s * SLOTS_PER_SECOND) risks.push('long_wait');
    return { ...toReception(row), source: row.source, agent_id: row.agent_id, risks };
  });
  return {
    candidates: candidates.length,
    agents: new Set(candidates.map(({ source, agent_id }) => `${source}\n${agent_id}`)).size,
    items: drawSample(candidates, spec, seed),
  };
}

interface SampleRow {
  readonly sample_id: string;
  readonly name: string;
  readonly card_id: string;
  readonly card_version: number;
  readonly spec: string;
  readonly seed: string;
  readonly candidates: number;
  readonly drawn_at: number;
  readonly drawn_by: string;
  readonly closed_at: number | null;
  readonly size: number;
  readonly reviewed: number;
}

const SAMPLE_SELECT = `SELECT s.*, (SELECT count(*) FROM review_items i WHERE i.sample_id = s.sample_id) AS size,
  (SELECT count(*) FROM review_items i WHERE i.sample_id = s.sample_id AND EXISTS (SELECT 1 FROM reviews r
    WHERE r.conversation = i.conversation AND r.agent = i.agent AND r.state = 'submitted')) AS reviewed FROM review_samples s`;

function storedSample(row: SampleRow): StoredSample {
  return {
    sample_id: row.sample_id,
    name: row.name,
    card: { card_id: row.card_id, version: row.card_version },
    spec: JSON.parse(row.spec) as SampleSpec,
    seed: row.seed,
    candidates: row.candidates,
    drawn_at: row.drawn_at,
    drawn_by: JSON.parse(row.drawn_by) as StoredSample['drawn_by'],
    closed_at: row.closed_at,
  };
}

/** Newest first. */
export function readSamples(db: ReadableDatabase): ReviewSampleView[] {
  return db
    .read<SampleRow>(`${SAMPLE_SELECT} ORDER BY s.drawn_at DESC, s.sample_id`)
    .all()
    .map((row) => {
      const sample = storedSample(row);
      return { ...sample, drawn_by: sample.drawn_by.name, size: row.size, reviewed: row.reviewed };
    });
}

export function readSample(
  db: ReadableDatabase,
  id: string,
): { readonly sample: StoredSample; readonly items: readonly SampleItemView[] } | null {
  const row = db.read<SampleRow>(`${SAMPLE_SELECT} WHERE s.sample_id = ?`).get(id);
  if (row === undefined) return null;
  interface ItemRow extends ReceptionRow {
    readonly ordinal: number;
    readonly risks: string;
    readonly agent: number;
  }
  const items = db
    .read<ItemRow>(
      `SELECT i.ordinal, i.risks, i.agent, ${RECEPTION_COLUMNS}, ${RECEPTION_MESSAGES} FROM review_items i
       JOIN conversations c ON c.id = i.conversation JOIN sources so ON so.id = c.source JOIN shops sh ON sh.id = c.shop
       JOIN agents a ON a.id = i.agent WHERE i.sample_id = ? ORDER BY i.ordinal`,
    )
    .all(id);
  const reviews = db.readOne<string>('SELECT body FROM reviews WHERE conversation = ? AND agent = ? ORDER BY id');
  return {
    sample: storedSample(row),
    items: items.map((item) => ({
      ...toReception(item),
      ordinal: item.ordinal,
      risks: JSON.parse(item.risks) as Risk[],
      reviews: reviews.all(item.conversation, item.agent).map((text) => {
        const review = JSON.parse(text) as Review;
        return {
          review_id: review.review_id,
          reviewer_id: review.reviewer.id,
          reviewer: review.reviewer.name,
          state: review.state,
          score: review.final_score,
        };
      }),
    })),
  };
}

export function readReview(db: ReadableDatabase, id: string): StoredReview | null {
  const row = db.read<ReviewRow>(`${REVIEW_SELECT} WHERE r.review_id = ?`).get(id);
  return row === undefined ? null : toReview(db, row);
}

export function readReviewsOf(db: ReadableDatabase, conversation: number, agentId: string): StoredReview[] {
  return db
    .read<ReviewRow>(`${REVIEW_SELECT} WHERE r.conversation = ? AND a.agent_id = ? ORDER BY r.id`)
    .all(conversation, agentId)
    .map((row) => toReview(db, row));
}

/** Last written first, paged by key. */
export function listReviews(
  db: ReadableDatabase,
  filter: ReviewFilter,
  page: { readonly limit: number; readonly cursor: string | null },
): { readonly reviews: readonly StoredReview[]; readonly total: number; readonly cursor: string | null } {
  const pair = `(SELECT 1 FROM json_each(?) j WHERE j.value ->> '$.source' = so.name AND j.value ->> '$.agent_id' = a.agent_id)`;
  const own = 'r.reviewer_id IN (SELECT value FROM json_each(?))';
  // Whole sources, what was handed in about oneself, what one wrote; drafts are their writer's alone.
  const parts: string[] = [
    `(so.name IN (SELECT value FROM json_each(?)) OR EXISTS ${pair} OR ${own})`,
    `(r.state = 'submitted' OR ${own})`,
  ];
  const reviewers = JSON.stringify(filter.reviewers);
  const values: Bindable[] = [JSON.stringify(filter.sources), JSON.stringify(filter.agents), reviewers, reviewers];
  if (filter.about !== undefined) {
    parts.push(`EXISTS ${pair}`);
    values.push(JSON.stringify(filter.about));
  }
  const among = (column: string, list: readonly string[] | undefined): void => {
    if (list === undefined || list.length === 0) return;
    parts.push(`${column} IN (SELECT value FROM json_each(?))`);
    values.push(JSON.stringify(list));
  };
  among('r.state', filter.states);
  among('r.appeal', filter.appeals);
  if (filter.from !== undefined) {
    parts.push('r.submitted_at >= ?');
    values.push(filter.from);
  }
  if (filter.to !== undefined) {
    parts.push('r.submitted_at < ?');
    values.push(filter.to);
  }
  const where = parts.join(' AND ');
  const [at, id] = (page.cursor ?? '').split(':').map(Number);
  const after = at !== undefined && id !== undefined ? 'AND (r.updated_at, r.id) < (?, ?)' : '';
  const rows = db
    .read<ReviewRow>(`${REVIEW_SELECT} WHERE ${where} ${after} ORDER BY r.updated_at DESC, r.id DESC LIMIT ?`)
    .all(...values, ...(after === '' ? [] : [at as number, id as number]), page.limit + 1);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    reviews: shown.map((row) => toReview(db, row)),
    total:
      db
        .readOne<number>(
          `SELECT count(*) FROM reviews r JOIN sources so ON so.id = r.source JOIN agents a ON a.id = r.agent WHERE ${where}`,
        )
        .get(...values) ?? 0,
    cursor: rows.length > page.limit && last !== undefined ? `${last.updated_at}:${last.id}` : null,
  };
}

type Reception = ReceptionView & { readonly source: string };

const RECEPTION_SELECT = `SELECT ${RECEPTION_COLUMNS}, ${RECEPTION_MESSAGES} FROM conversations c JOIN sources so ON so.id = c.source
  JOIN shops sh ON sh.id = c.shop JOIN agent_conversations p ON p.conversation = c.id JOIN agents a ON a.id = p.agent`;

export function readReception(db: ReadableDatabase, conversation: number, agentId: string): Reception | null {
  const row = db
    .read<ReceptionRow>(`${RECEPTION_SELECT} WHERE c.id = ? AND a.agent_id = ? AND c.purged_at IS NULL`)
    .get(conversation, agentId);
  return row === undefined ? null : { ...toReception(row), source: row.source };
}

export function readReceptionsNamed(db: ReadableDatabase, conversationId: string, agent: string): Reception[] {
  return db
    .read<ReceptionRow>(
      `${RECEPTION_SELECT} WHERE c.source IN (SELECT id FROM sources) AND c.conversation_id = ? AND (a.name = ? OR a.agent_id = ?) ORDER BY c.id, a.id`,
    )
    .all(conversationId, agent, agent)
    .map((row) => ({ ...toReception(row), source: row.source }));
}

export function readReviewersNamed(
  db: ReadableDatabase,
  source: string,
  name: string,
): { readonly agent_id: string; readonly role: string | null }[] {
  return db
    .read<{ agent_id: string; role: string | null }>(
      'SELECT a.agent_id, a.role FROM agents a JOIN sources so ON so.id = a.source WHERE so.name = ? AND (a.name = ? OR a.agent_id = ?)',
    )
    .all(source, name, name);
}

/** EX8: the audit log says which packages left from here. */
export function readExportedPackage(db: ReadableDatabase, head: string): boolean {
  return (
    db
      .readOne<number>(`SELECT 1 FROM audit WHERE action = 'records.exported' AND details ->> '$.head' = ? LIMIT 1`)
      .get(head) === 1
  );
}
