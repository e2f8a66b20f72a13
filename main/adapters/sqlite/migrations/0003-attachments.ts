/**
 * records.db, version 3: files on their way (IN8). What is chosen and not sent yet, what is sent and not uploaded yet, and what
 * was asked for and isn't here yet; the bytes lie encrypted in the attachment cache beside the database, by their SHA-256.
 */
export const version = 3;

export const sql = `
-- The file of an outgoing message (SY3: message and upload job are one row). JSON, see shared/contract/attachments.ts, OutgoingFile.
ALTER TABLE outbox ADD COLUMN attachment TEXT;

-- Chosen files that were not sent yet: part of a conversation's draft (PV6). Local truth.
CREATE TABLE staged_attachments (
  staged_id TEXT PRIMARY KEY,
  ordinal INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL                  -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX staged_attachments_by_conversation ON staged_attachments (conversation, ordinal);
CREATE INDEX staged_attachments_by_hash ON staged_attachments (sha256);

-- Downloads that were asked for: they go on after a restart.
CREATE TABLE downloads (
  message INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  account TEXT NOT NULL,
  attachment TEXT NOT NULL,           -- JSON, as in the message
  asked_at INTEGER NOT NULL
) STRICT;

-- Hashes whose last mention was deleted: their bytes are still to be erased from the cache. Emptied when that is done.
CREATE TABLE attachment_erasures (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Who mentions a hash. Kinds 1 to 4 are those that carry a file (codes.ts).
CREATE INDEX messages_by_attachment ON messages (extra ->> '$.attachment.sha256') WHERE kind BETWEEN 1 AND 4;
CREATE INDEX seals_by_attachment ON seals (extra ->> '$.attachment.sha256') WHERE extra IS NOT NULL;

CREATE TRIGGER messages_attachment_gone AFTER DELETE ON messages WHEN OLD.kind BETWEEN 1 AND 4 AND OLD.extra ->> '$.attachment.sha256' IS NOT NULL
BEGIN
  INSERT OR IGNORE INTO attachment_erasures VALUES (OLD.extra ->> '$.attachment.sha256');
  DELETE FROM downloads WHERE message = OLD.id;
END;
CREATE TRIGGER seals_attachment_gone AFTER DELETE ON seals WHEN OLD.extra ->> '$.attachment.sha256' IS NOT NULL
BEGIN
  INSERT OR IGNORE INTO attachment_erasures VALUES (OLD.extra ->> '$.attachment.sha256');
END;
CREATE TRIGGER outbox_attachment_gone AFTER DELETE ON outbox WHEN OLD.attachment IS NOT NULL
BEGIN
  INSERT OR IGNORE INTO attachment_erasures VALUES (OLD.attachment ->> '$.sha256');
END;
CREATE TRIGGER staged_attachment_gone AFTER DELETE ON staged_attachments
BEGIN
  INSERT OR IGNORE INTO attachment_erasures VALUES (OLD.sha256);
END;
CREATE TRIGGER purged_attachments_gone AFTER UPDATE OF purged_at ON conversations WHEN NEW.purged_at IS NOT NULL AND OLD.purged_at IS NULL
BEGIN
  DELETE FROM staged_attachments WHERE conversation = NEW.id;
END;
`;
