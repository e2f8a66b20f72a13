/**
 * records.db, version 2: incidents (RM4), playbooks (RM6) and the case library (RM5). All of it is local truth: no gateway
 * could give it back, so it is in every backup.
 */
export const version = 2;

export const sql = `
-- One row an incident, derived from its events: what lists, filters and statistics need without replaying timelines.
CREATE TABLE incidents (
  id INTEGER PRIMARY KEY,
  incident_id TEXT NOT NULL UNIQUE,
  source INTEGER NOT NULL REFERENCES sources(id),
  account_id TEXT NOT NULL,           -- accounts.account_id it was opened under
  shop_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,             -- whose message it was
  conversation INTEGER,
  message INTEGER,                    -- NULL where the record isn't here
  state TEXT NOT NULL,                -- draft open reported supervisor closed
  type TEXT NOT NULL,
  severity TEXT,
  approvals INTEGER NOT NULL,         -- compensations that wait for a supervisor (RM3)
  opened_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  closed_at INTEGER,
  seq INTEGER NOT NULL,
  body TEXT NOT NULL                  -- JSON of the incident without its timeline
) STRICT;
CREATE INDEX incidents_by_time ON incidents (opened_at DESC, id DESC);
CREATE INDEX incidents_by_message ON incidents (message);

-- The timeline: appended, never changed (RM4).
CREATE TABLE incident_events (
  incident INTEGER NOT NULL REFERENCES incidents(id), seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (incident, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER incident_events_no_update BEFORE UPDATE ON incident_events BEGIN SELECT RAISE(ABORT, 'timelines are append-only'); END;
CREATE TRIGGER incident_events_no_delete BEFORE DELETE ON incident_events BEGIN SELECT RAISE(ABORT, 'timelines are append-only'); END;

-- Every version of the playbooks and templates (RM6): an incident names the one it was handled by. Version 0 is the program's own.
CREATE TABLE playbooks (version INTEGER PRIMARY KEY, edited_at INTEGER NOT NULL, edited_by TEXT NOT NULL, book TEXT NOT NULL) STRICT;

-- The case library (RM5), without anybody's data. search_key: its texts, folded as queries are.
CREATE TABLE cases (
  id INTEGER PRIMARY KEY,
  case_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  month TEXT NOT NULL,
  search_key TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX cases_by_month ON cases (month DESC, id DESC);

-- Which incident a recall belongs to: NULL until it has been given one, 0 for recalls from before there were incidents.
ALTER TABLE recalls ADD COLUMN incident INTEGER;
UPDATE recalls SET incident = 0 WHERE state IN ('done', 'failed', 'expired');
CREATE INDEX recalls_without_incident ON recalls (recall_id) WHERE incident IS NULL AND state IN ('done', 'failed', 'expired');
CREATE INDEX recalls_by_incident ON recalls (incident) WHERE incident > 0;
CREATE INDEX recalls_by_resolution ON recalls (resolved_at) WHERE state IN ('failed', 'expired');
`;
