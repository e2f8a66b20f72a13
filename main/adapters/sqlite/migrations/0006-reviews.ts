/**
 * records.db, version 6: quality review (QA1–QA5). Local truth like incidents: in every backup, untouched by snapshots. What is
 * written about a conversation goes with it when it is erased (AD2); the score stays.
 */
export const version = 6;

export const sql = `
-- QA1: a version never changes, so every review can be read with the card it was written with. Templates (version 0) are the program's own.
CREATE TABLE scorecards (
  card_id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (card_id, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER scorecards_no_update BEFORE UPDATE ON scorecards BEGIN SELECT RAISE(ABORT, 'versions of a scorecard never change'); END;
CREATE TRIGGER scorecards_no_delete BEFORE DELETE ON scorecards BEGIN SELECT RAISE(ABORT, 'versions of a scorecard never change'); END;

-- QA2: what was drawn, and all that is needed to draw it again.
CREATE TABLE review_samples (
  sample_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  card_id TEXT NOT NULL,
  card_version INTEGER NOT NULL,
  spec TEXT NOT NULL,                 -- JSON
  seed TEXT NOT NULL,
  candidates INTEGER NOT NULL,        -- how many there were to draw from
  drawn_at INTEGER NOT NULL,
  drawn_by TEXT NOT NULL,             -- JSON
  closed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE review_items (
  sample_id TEXT NOT NULL, ordinal INTEGER NOT NULL, conversation INTEGER NOT NULL, agent INTEGER NOT NULL, risks TEXT NOT NULL,
  PRIMARY KEY (sample_id, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX review_items_by_reception ON review_items (conversation, agent);

-- QA3, QA5: one person's review of one agent's part of one conversation; the columns beside body are derived from it.
CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  review_id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  reviewer_id TEXT NOT NULL,
  state TEXT NOT NULL,                -- draft submitted
  appeal TEXT,                        -- open upheld changed withdrawn
  submitted_at INTEGER,
  updated_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  erased_at INTEGER,
  body TEXT NOT NULL,                 -- JSON
  UNIQUE (conversation, agent, reviewer_id)
) STRICT;
CREATE INDEX reviews_by_time ON reviews (updated_at DESC, id DESC);
CREATE INDEX reviews_by_submission ON reviews (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX reviews_by_appeal ON reviews (appeal) WHERE appeal IS NOT NULL;

CREATE TABLE review_events (
  review INTEGER NOT NULL REFERENCES reviews(id), seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (review, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER review_events_no_update BEFORE UPDATE ON review_events BEGIN SELECT RAISE(ABORT, 'histories are append-only'); END;
CREATE TRIGGER review_events_no_delete BEFORE DELETE ON review_events
  WHEN (SELECT erased_at FROM reviews WHERE id = OLD.review) IS NULL BEGIN SELECT RAISE(ABORT, 'histories are append-only'); END;

-- AD3: what retention has to leave alone: drawn and not reviewed yet, being written, or appealed against.
CREATE VIEW conversations_under_review AS
  SELECT i.conversation FROM review_items i JOIN review_samples s ON s.sample_id = i.sample_id
  WHERE s.closed_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM reviews r WHERE r.conversation = i.conversation AND r.agent = i.agent AND r.state = 'submitted')
  UNION SELECT conversation FROM reviews WHERE erased_at IS NULL AND (state = 'draft' OR appeal = 'open');
`;
