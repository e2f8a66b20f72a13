/**
 * records.db, version 4: what the composer works with. Word lists come from the gateway and could be asked for again (PV3);
 * local additions, quick replies (PV7) and articles (PV8) are local truth.
 */
export const version = 4;

export const sql = `
-- A shop's word list as far as it has been synced. version: the since_version of the next words.sync.
CREATE TABLE word_lists (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  shop_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  UNIQUE (source, shop_id)
) STRICT;
CREATE TABLE words (
  list INTEGER NOT NULL REFERENCES word_lists(id), word TEXT NOT NULL, category TEXT NOT NULL, action INTEGER NOT NULL,
  PRIMARY KEY (list, word)
) STRICT, WITHOUT ROWID;

-- Words that supervisors added here; the gateway knows nothing of them.
CREATE TABLE local_words (
  source INTEGER NOT NULL REFERENCES sources(id), shop_id TEXT NOT NULL, word TEXT NOT NULL,
  category TEXT NOT NULL, action INTEGER NOT NULL, added_by TEXT NOT NULL, added_at INTEGER NOT NULL,
  PRIMARY KEY (source, shop_id, word)
) STRICT, WITHOUT ROWID;

-- source and shop_id NULL: the person's own, in every shop. spelled, initials: pinyin of title and text.
CREATE TABLE quick_replies (
  id INTEGER PRIMARY KEY,
  source INTEGER REFERENCES sources(id),
  shop_id TEXT,
  grouping TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  spelled TEXT NOT NULL,
  initials TEXT NOT NULL,
  uses INTEGER NOT NULL DEFAULT 0,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX quick_replies_by_shop ON quick_replies (source, shop_id, grouping, title);

-- The newest version of each article; every version stays. shop_id NULL: for every shop.
CREATE TABLE articles (
  id INTEGER PRIMARY KEY,
  article_id TEXT NOT NULL UNIQUE,
  source INTEGER REFERENCES sources(id),
  shop_id TEXT,
  version INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  body TEXT NOT NULL                  -- JSON
) STRICT;
CREATE TABLE article_versions (
  article INTEGER NOT NULL REFERENCES articles(id), version INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (article, version)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER article_versions_no_update BEFORE UPDATE ON article_versions BEGIN SELECT RAISE(ABORT, 'versions are append-only'); END;

-- The reason with which a blocked text was sent all the same, where the policy lets this role (PV3).
ALTER TABLE outbox ADD COLUMN override_reason TEXT;
`;
