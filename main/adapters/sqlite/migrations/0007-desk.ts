/**
 * records.db, version 7: the desk. Pins, stars, notes and tags on consumers, lessons and how they went: local truth, in every
 * backup, untouched by snapshots. A note goes with its consumer, a mark with its conversation (AD2).
 */
export const version = 7;

export const sql = `
CREATE TABLE conversation_marks (
  conversation INTEGER PRIMARY KEY,
  pinned_at INTEGER,                  -- local wall clock; NULL: not pinned
  starred_at INTEGER
) STRICT;
CREATE INDEX conversation_pins ON conversation_marks (pinned_at) WHERE pinned_at IS NOT NULL;

CREATE TABLE consumer_notes (
  consumer INTEGER PRIMARY KEY,
  note TEXT NOT NULL,
  tags TEXT NOT NULL,                 -- JSON, in the order they were given
  updated_at INTEGER NOT NULL,        -- local wall clock
  updated_by TEXT NOT NULL            -- agent_id
) STRICT;
CREATE TABLE consumer_tags (
  tag TEXT NOT NULL, consumer INTEGER NOT NULL, PRIMARY KEY (tag, consumer)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER consumer_notes_gone AFTER DELETE ON consumers BEGIN
  DELETE FROM consumer_notes WHERE consumer = OLD.id;
  DELETE FROM consumer_tags WHERE consumer = OLD.id;
END;
CREATE TRIGGER conversation_marks_gone AFTER UPDATE OF purged_at ON conversations WHEN NEW.purged_at IS NOT NULL AND OLD.purged_at IS NULL
BEGIN DELETE FROM conversation_marks WHERE conversation = NEW.id; END;

-- Lessons of supervisors (docs/lessons.md); those that ship are the program's own.
CREATE TABLE lessons (
  lesson_id TEXT PRIMARY KEY, body TEXT NOT NULL, added_at INTEGER NOT NULL, added_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE lesson_runs (
  run_id TEXT PRIMARY KEY,
  lesson_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,        -- the gateway clock
  ended_at INTEGER,                   -- NULL: under way
  body TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX lesson_runs_by_lesson ON lesson_runs (lesson_id, started_at DESC);

-- IN1: the other orders of the lists.
CREATE INDEX conversations_by_wait ON conversations (intake, coalesce(waiting_since, 9007199254740991), id) WHERE removed_by IS NULL;
`;
