/**
 * records.db, version 1. The truth: everything else (search.db) is derived from it.
 *
 * Small integers are used for closed lists (see codes.ts); dimension tables give accounts, shops, agents, consumers and
 * conversations small integer keys. `messages.id` follows server time (shared/domain/time.ts, ST2).
 */
export const version = 1;

export const sql = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

-- Where records come from: 'import', 'practice', or a gateway's address. Wire ids are unique within one.
CREATE TABLE sources (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL REFERENCES sources(id),
  label TEXT NOT NULL,
  gateway_url TEXT NOT NULL,
  device_id TEXT NOT NULL,
  practice INTEGER NOT NULL,
  agent INTEGER REFERENCES agents(id),
  event_seq INTEGER NOT NULL DEFAULT 0,
  has_cursor INTEGER NOT NULL DEFAULT 0,
  synced_at INTEGER,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE shops (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  platform TEXT NOT NULL,
  policy TEXT,              -- JSON, as parsed; NULL while none was accepted
  policy_problem TEXT,      -- why the newest one was refused (RC1)
  words_version INTEGER NOT NULL DEFAULT 0,
  UNIQUE (source, shop_id)
) STRICT;

CREATE TABLE account_shops (
  account INTEGER NOT NULL, shop INTEGER NOT NULL, PRIMARY KEY (account, shop)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  agent_id TEXT NOT NULL,   -- the account name at the platform
  name TEXT NOT NULL,
  role TEXT,
  presence TEXT,
  UNIQUE (source, agent_id)
) STRICT;
CREATE INDEX agents_by_name ON agents (name);

CREATE TABLE consumers (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  consumer_id TEXT NOT NULL,
  name TEXT NOT NULL,
  avatar TEXT,
  UNIQUE (source, consumer_id)
) STRICT;
CREATE INDEX consumers_by_name ON consumers (name);

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  source INTEGER NOT NULL REFERENCES sources(id),
  conversation_id TEXT NOT NULL,
  shop INTEGER NOT NULL REFERENCES shops(id),
  type INTEGER NOT NULL,              -- 0 single, 1 group
  title TEXT NOT NULL,
  consumer INTEGER REFERENCES consumers(id),
  members TEXT,                       -- JSON
  intake INTEGER NOT NULL,            -- 0 waiting, 1 active, 2 ended
  assignee INTEGER REFERENCES agents(id),
  assignments TEXT NOT NULL,          -- JSON, as on the wire
  order_nos TEXT NOT NULL,            -- JSON
  violation_nos TEXT NOT NULL,        -- JSON
  last_seq INTEGER NOT NULL,          -- the highest the gateway spoke of
  last_message_at INTEGER,
  agent_read_seq INTEGER NOT NULL,
  consumer_read_seq INTEGER NOT NULL,
  waiting_since INTEGER,
  ends_at INTEGER,
  deletes_at INTEGER,
  restricts_recall INTEGER NOT NULL,
  legal_hold INTEGER NOT NULL,
  removed_by TEXT,
  restorable_until INTEGER,
  -- kept by ingest, so that a list row needs no look into messages:
  last_message INTEGER,               -- messages.id of the newest one here
  last_consumer_seq INTEGER NOT NULL DEFAULT 0,
  last_agent_seq INTEGER NOT NULL DEFAULT 0,
  unread INTEGER NOT NULL DEFAULT 0,
  sort_at INTEGER NOT NULL,           -- last_message_at, or when it came
  -- the tombstone of a purged one (AD2): when, and JSON of counts and hash. Its messages never come back.
  purged_at INTEGER,
  purged TEXT,
  UNIQUE (source, conversation_id)
) STRICT;
-- Lists and their counts (IN1); the last four columns let a count stay inside the index.
CREATE INDEX conversations_by_intake ON conversations (intake, sort_at DESC, id DESC, source, shop, assignee, removed_by) WHERE removed_by IS NULL;
CREATE INDEX conversations_by_consumer ON conversations (consumer);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,             -- follows server time (ST2)
  conversation INTEGER NOT NULL REFERENCES conversations(id),
  msg_id TEXT NOT NULL,
  conv_seq INTEGER,                   -- NULL for imported rows
  client_msg_id TEXT,
  agent INTEGER,                      -- agents.id it belongs to: assigned when it was sent; imported: the row's (SR6)
  sender_role INTEGER NOT NULL,       -- 0 agent, 1 consumer, 2 system
  sender_id TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  sender_device TEXT,
  kind INTEGER NOT NULL,
  text TEXT,                          -- NULL when recalled: then it lies in seals
  sent_at INTEGER NOT NULL,
  status INTEGER NOT NULL,
  read_at INTEGER,
  opened_at INTEGER,
  flags INTEGER NOT NULL DEFAULT 0,   -- see codes.ts: recalled, corrected, correction, sensitive, incident, reviewed, push, has orders
  extra TEXT                          -- JSON: attachment, order, order_nos, violation_nos, correction_of, corrected_by, recalled
) STRICT;
CREATE UNIQUE INDEX messages_by_wire_id ON messages (conversation, msg_id);
CREATE INDEX messages_by_conversation ON messages (conversation, id);
CREATE UNIQUE INDEX messages_by_seq ON messages (conversation, conv_seq) WHERE conv_seq IS NOT NULL;
-- The few rows a state filter asks for (SR3): every flag of codes.ts but push delivered and has numbers.
CREATE INDEX messages_by_state ON messages (id) WHERE flags & 63 <> 0;

-- Recalled content (RC19, RC20): out of chat and search, kept for those who may open it. Local truth.
CREATE TABLE seals (
  message INTEGER PRIMARY KEY,
  text TEXT,
  extra TEXT,
  recall_id TEXT,
  operator TEXT NOT NULL,             -- JSON
  effect TEXT NOT NULL,
  recalled_at INTEGER NOT NULL,
  reason TEXT,
  read_at INTEGER,
  status INTEGER NOT NULL
) STRICT;

-- A recall whose target is not here yet (RC17): the content is never shown when it comes.
CREATE TABLE pending_targets (
  source INTEGER NOT NULL, conversation_id TEXT NOT NULL, msg_id TEXT NOT NULL, recalled TEXT NOT NULL,
  PRIMARY KEY (source, conversation_id, msg_id)
) STRICT, WITHOUT ROWID;
-- The same for status and opened events, and for corrections, that precede their message.
CREATE TABLE pending_status (
  source INTEGER NOT NULL, conversation_id TEXT NOT NULL, msg_id TEXT NOT NULL, status INTEGER, read_at INTEGER, opened_at INTEGER, push INTEGER NOT NULL DEFAULT 0, corrected_by TEXT,
  PRIMARY KEY (source, conversation_id, msg_id)
) STRICT, WITHOUT ROWID;

-- Recalls asked for from here: request and outgoing job in one row (RC11).
CREATE TABLE recalls (
  recall_id TEXT PRIMARY KEY,
  account INTEGER NOT NULL,
  message INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  msg_id TEXT NOT NULL,
  state TEXT NOT NULL,                -- queued requested unknown done failed expired
  effect TEXT, code TEXT, details TEXT, reason TEXT,
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  resolved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX recalls_by_message ON recalls (message, requested_at);
CREATE INDEX recalls_pending ON recalls (account, state) WHERE state IN ('queued','requested','unknown');
-- Times of recalls by the account's agent from any device (RC7).
CREATE TABLE recall_times (
  agent INTEGER NOT NULL, at INTEGER NOT NULL, recall_id TEXT NOT NULL, PRIMARY KEY (agent, at, recall_id)
) STRICT, WITHOUT ROWID;

-- Message and the job that sends it are one row (SY3).
CREATE TABLE outbox (
  client_msg_id TEXT PRIMARY KEY,
  ordinal INTEGER NOT NULL,           -- order of sending
  account INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  text TEXT NOT NULL,
  correction_of TEXT,
  created_at INTEGER NOT NULL,
  state TEXT NOT NULL,                -- delayed queued sending unknown failed
  release_at INTEGER,
  error TEXT                          -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_account ON outbox (account, ordinal);
CREATE INDEX outbox_by_conversation ON outbox (conversation, ordinal);

CREATE TABLE drafts (conversation INTEGER PRIMARY KEY, text TEXT NOT NULL, updated_at INTEGER NOT NULL) STRICT;

-- Sequence ranges that are known to be missing (SY6), both ends included.
CREATE TABLE gaps (
  conversation INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, PRIMARY KEY (conversation, from_seq)
) STRICT, WITHOUT ROWID;
-- Ranges the gateway says hold nothing for this role: no marker, no pulling again.
CREATE TABLE closed_gaps (
  conversation INTEGER NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, PRIMARY KEY (conversation, from_seq)
) STRICT, WITHOUT ROWID;

-- Numbers, looked up by exact key (SR2).
CREATE TABLE order_messages (number TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (number, message)) STRICT, WITHOUT ROWID;
CREATE TABLE order_conversations (number TEXT NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY (number, conversation)) STRICT, WITHOUT ROWID;
CREATE TABLE violation_messages (number TEXT NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (number, message)) STRICT, WITHOUT ROWID;
CREATE TABLE violation_conversations (number TEXT NOT NULL, conversation INTEGER NOT NULL, PRIMARY KEY (number, conversation)) STRICT, WITHOUT ROWID;

-- Roll-up for SR6, kept in the transaction that writes the messages. day = floor((sent_at + offset) / 86400000) with
-- meta 'rollup_offset_ms' fixed when the file is made. Rows only for messages that belong to an agent.
CREATE TABLE agent_day (
  day INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  conversation INTEGER NOT NULL,
  consumer INTEGER,
  incoming INTEGER NOT NULL,          -- consumer messages
  outgoing INTEGER NOT NULL,          -- messages by this agent
  other INTEGER NOT NULL,             -- system, other agents
  recalls INTEGER NOT NULL,           -- recalled messages of this agent
  first_in INTEGER,                   -- messages.id of the first consumer message of the day
  first_out_after INTEGER,            -- messages.id of this agent's first message after it, that day
  PRIMARY KEY (day, agent, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_day_by_conversation ON agent_day (conversation, agent, day);
-- The newest message by an agent in a conversation: decides "unanswered" for any range.
CREATE TABLE agent_conversations (
  agent INTEGER NOT NULL, conversation INTEGER NOT NULL, last_out INTEGER, PRIMARY KEY (agent, conversation)
) STRICT, WITHOUT ROWID;

-- What the index thread has still to take over, in commit order. op: 0 add or replace, 1 remove.
CREATE TABLE index_queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL, op INTEGER NOT NULL) STRICT;

-- Kept raw for a later version (SY8).
CREATE TABLE raw_events (account INTEGER NOT NULL, event_seq INTEGER NOT NULL, kind TEXT NOT NULL, raw TEXT NOT NULL, PRIMARY KEY (account, event_seq)) STRICT, WITHOUT ROWID;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE saved_searches (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, query TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE saved_mappings (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, mapping TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;

-- AD4: append-only, each row carries the SHA-256 of the previous row's hash and its own canonical JSON.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, details TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
`;
