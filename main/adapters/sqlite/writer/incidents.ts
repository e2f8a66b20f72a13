import type { IncidentOpening } from '#main/core/ports/store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { caseSearchKey, type Case } from '#shared/domain/remedy/cases.ts';
import { appendToIncident, type Incident, type IncidentEvent } from '#shared/domain/remedy/incident.ts';
import type { PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import { Flag } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import { bodyOf, incidentFailure, incidentOf } from '../incident-view.ts';
import type { ChangeSet } from './changes.ts';

/** Incidents, playbooks and cases (RM3–RM6). */
export interface Incidents {
  /** Begins an incident, or gives the recall to the one that is still open for the same message. */
  open(opening: IncidentOpening): { readonly incident_id: string; readonly joined: boolean };
  /** Appends one event; `entry` goes into the case library with it. */
  append(incidentId: string, event: IncidentEvent, entry: Case | null): void;
  putPlaybooks(book: PlaybookBook): void;
  /** Cases of a shared file; those that are here already are left alone. Answers with how many are new. */
  putCases(cases: readonly Case[]): number;
}

interface Stored {
  readonly id: number;
  readonly message: number | null;
  readonly conversation: number | null;
  readonly body: string;
}

export function createIncidents(db: WritableDatabase, changes: ChangeSet): Incidents {
  const addEvent = (incident: number, event: IncidentEvent): void => {
    db.write('INSERT INTO incident_events (incident, seq, event) VALUES (?, ?, ?)').run(
      incident,
      event.seq,
      JSON.stringify(event),
    );
  };
  const waiting = (incident: Incident): number =>
    incident.compensations.filter((each) => each.state === 'waiting').length;

  const putCase = (entry: Case): number =>
    db
      .write('INSERT INTO cases (case_id, type, month, search_key, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(entry.case_id, entry.type, entry.month, caseSearchKey(entry), JSON.stringify(entry)).changes;

  return {
    open: ({ event, account_id, message_key, recall_id }) => {
      const assign = (incident: number): void => {
        if (recall_id !== null)
          db.write('UPDATE recalls SET incident = ? WHERE recall_id = ? AND incident IS NULL').run(incident, recall_id);
      };
      const given =
        recall_id === null
          ? undefined
          : db
              .read<{ incident: number; incident_id: string }>(
                'SELECT r.incident, i.incident_id FROM recalls r JOIN incidents i ON i.id = r.incident WHERE r.recall_id = ?',
              )
              .get(recall_id);
      if (given !== undefined) return { incident_id: given.incident_id, joined: true };
      const account = db.read<{ source: number }>('SELECT source FROM accounts WHERE account_id = ?').get(account_id);
      if (account === undefined) throw new AppFailure('NOT_FOUND', 'no such account');
      const message =
        message_key === null
          ? undefined
          : db
              .read<{ id: number; conversation: number }>('SELECT id, conversation FROM messages WHERE id = ?')
              .get(message_key);
      const open =
        message === undefined
          ? undefined
          : db
              .read<{ id: number; incident_id: string }>(
                `SELECT id, incident_id FROM incidents WHERE message = ? AND state <> 'closed' ORDER BY id LIMIT 1`,
              )
              .get(message.id);
      if (open !== undefined) {
        assign(open.id);
        if (message !== undefined) changes.messages(message.conversation);
        return { incident_id: open.incident_id, joined: true };
      }
      const drafted = appendToIncident(null, event);
      if (!drafted.ok) throw incidentFailure(drafted.error);
      const incident = drafted.value;
      const { lastInsertRowid } = db
        .write(
          `INSERT INTO incidents (incident_id, source, account_id, shop_id, agent_id, conversation, message, state, type, severity, approvals,
             opened_at, updated_at, closed_at, seq, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          incident.id,
          account.source,
          account_id,
          incident.origin.shop_id,
          incident.origin.agent.id,
          message?.conversation ?? null,
          message?.id ?? null,
          incident.state,
          incident.type,
          incident.severity,
          waiting(incident),
          incident.opened_at,
          event.at,
          incident.closed_at,
          incident.seq,
          bodyOf(incident),
        );
      const id = Number(lastInsertRowid);
      addEvent(id, event);
      assign(id);
      if (message !== undefined) {
        db.write('UPDATE messages SET flags = flags | ? WHERE id = ?').run(Flag.INCIDENT, message.id);
        changes.messages(message.conversation);
      }
      return { incident_id: incident.id, joined: false };
    },

    append: (incidentId, event, entry) => {
      const row = db
        .read<Stored>('SELECT id, message, conversation, body FROM incidents WHERE incident_id = ?')
        .get(incidentId);
      if (row === undefined) throw new AppFailure('NOT_FOUND', 'no such incident');
      const next = appendToIncident(incidentOf(row.body), event);
      if (!next.ok) throw incidentFailure(next.error);
      const incident = next.value;
      addEvent(row.id, event);
      db.write(
        `UPDATE incidents SET state = ?, type = ?, severity = ?, approvals = ?, updated_at = ?, closed_at = ?, seq = ?, body = ? WHERE id = ?`,
      ).run(
        incident.state,
        incident.type,
        incident.severity,
        waiting(incident),
        event.at,
        incident.closed_at,
        incident.seq,
        bodyOf(incident),
        row.id,
      );
      if (entry !== null) putCase(entry);
      if (row.conversation !== null) changes.messages(row.conversation);
    },

    putPlaybooks: (book) => {
      const current = db.readOne<number | null>('SELECT max(version) FROM playbooks').get() ?? 0;
      // Checked again here, in the transaction: two windows may save at once (RM6).
      if (book.version !== current + 1)
        throw new AppFailure('STALE_STATE', 'somebody else saved the playbooks meanwhile', { current });
      db.write('INSERT INTO playbooks (version, edited_at, edited_by, book) VALUES (?, ?, ?, ?)').run(
        book.version,
        book.edited_at ?? 0,
        book.edited_by?.id ?? '',
        JSON.stringify(book),
      );
    },

    putCases: (cases) => cases.reduce((count, entry) => count + putCase(entry), 0),
  };
}
