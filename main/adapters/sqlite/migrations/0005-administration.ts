/**
 * records.db, version 5: administration (AD2–AD4): how far the deletion of a customer group is, what still has to be erased from the
 * files, holds and evidence marks, and what retention has announced. All of it is local truth and in every backup.
 */
export const version = 5;

export const sql = `
-- Numbers up to this one were erased by retention and are not stored again; the conversation itself may go on.
ALTER TABLE conversations ADD COLUMN erased_seq INTEGER NOT NULL DEFAULT 0;

-- AD2: one row a group whose deletion was begun here. Stripped of everything personal when the group is purged.
CREATE TABLE group_deletions (
  conversation INTEGER PRIMARY KEY,
  deletion_id TEXT NOT NULL UNIQUE,
  step TEXT NOT NULL,                 -- see shared/domain/administration/deletion.ts
  updated_at INTEGER NOT NULL,
  body TEXT NOT NULL                  -- JSON
) STRICT;

-- Content whose rows are gone (or are held back) and which has yet to leave index, attachment cache, pages and log.
CREATE TABLE erasures (
  id INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  reason TEXT NOT NULL,               -- group retention
  stage TEXT NOT NULL,                -- held index attachments pages (rewritten) done
  asked_at INTEGER NOT NULL,
  done_at INTEGER,
  months TEXT NOT NULL,               -- JSON: months of the index that held it
  counts TEXT NOT NULL                -- JSON: what is left of it
) STRICT;
CREATE INDEX erasures_pending ON erasures (id) WHERE stage <> 'done';
CREATE INDEX erasures_by_conversation ON erasures (conversation);

-- AD3: legal holds and evidence marks. Never deleted, only released.
CREATE TABLE holds (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,                 -- legal evidence
  scope TEXT NOT NULL,                -- conversation order consumer
  conversation INTEGER,
  consumer INTEGER,
  number TEXT,                        -- an order's, as it is compared
  note TEXT NOT NULL,
  placed_by TEXT NOT NULL,
  placed_at INTEGER NOT NULL,
  released_by TEXT,
  released_at INTEGER
) STRICT;
CREATE INDEX holds_by_conversation ON holds (conversation) WHERE released_at IS NULL AND conversation IS NOT NULL;
CREATE INDEX holds_by_consumer ON holds (consumer) WHERE released_at IS NULL AND consumer IS NOT NULL;
CREATE INDEX holds_by_number ON holds (number) WHERE released_at IS NULL AND number IS NOT NULL;

-- AD3: what was announced, and when it goes at the earliest.
CREATE TABLE retention_announcements (
  conversation INTEGER PRIMARY KEY, announced_at INTEGER NOT NULL, removes_at INTEGER NOT NULL
) STRICT;
CREATE INDEX retention_by_time ON retention_announcements (removes_at);

CREATE INDEX audit_by_action ON audit (action, seq);
`;
