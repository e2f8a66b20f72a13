import type {
  CaseFilter,
  IncidentFilter,
  StoredIncident,
  UndraftedRecall,
  Visibility,
} from '#main/core/ports/store.ts';
import type { IncidentPage, IncidentSummary } from '#shared/contract/remedy.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { foldedText } from '#shared/domain/guard/fold.ts';
import { Case } from '#shared/domain/remedy/cases.ts';
import type { Incident, IncidentEvent } from '#shared/domain/remedy/incident.ts';
import type { PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import { incidentOf, INCIDENT_SELECT, toIncidentSummary, type IncidentRow } from '../incident-view.ts';
import { RECALL_COLUMNS, toRecallView, type RecallRow } from '../recall-view.ts';

/** Incidents, playbooks, cases (RM3–RM6). */

interface Condition {
  readonly sql: string;
  readonly values: readonly Bindable[];
}

/** Whose incidents a person sees: whole sources, or those about their own messages. */
function visible(visibility: Visibility): Condition {
  if (visibility.kind === 'all') return { sql: '1', values: [] };
  return {
    sql: `(so.name IN (SELECT value FROM json_each(?)) OR EXISTS (SELECT 1 FROM json_each(?) a
      WHERE json_extract(a.value, '$.source') = so.name AND json_extract(a.value, '$.agent_id') = i.agent_id))`,
    values: [JSON.stringify(visibility.sources), JSON.stringify(visibility.agents)],
  };
}

function conditionsOf(filter: IncidentFilter, visibility: Visibility): Condition {
  const seen = visible(visibility);
  const parts: string[] = [seen.sql];
  const values: Bindable[] = [...seen.values];
  const among = (column: string, list: readonly string[] | undefined): void => {
    if (list === undefined || list.length === 0) return;
    parts.push(`${column} IN (SELECT value FROM json_each(?))`);
    values.push(JSON.stringify(list));
  };
  among('i.state', filter.states);
  among('i.type', filter.types);
  among('i.shop_id', filter.shops);
  among('i.agent_id', filter.agents);
  if (filter.approvals === true) parts.push('i.approvals > 0');
  if (filter.from !== undefined) {
    parts.push('i.opened_at >= ?');
    values.push(filter.from);
  }
  if (filter.to !== undefined) {
    parts.push('i.opened_at < ?');
    values.push(filter.to);
  }
  return { sql: parts.join(' AND '), values };
}

/** Newest first, paged by key. */
export function listIncidents(
  db: ReadableDatabase,
  filter: IncidentFilter,
  visibility: Visibility,
  page: { readonly limit: number; readonly cursor: string | null },
): IncidentPage {
  const where = conditionsOf(filter, visibility);
  const [at, id] = (page.cursor ?? '').split(':').map(Number);
  const after = at !== undefined && id !== undefined ? 'AND (i.opened_at, i.id) < (?, ?)' : '';
  const rows = db
    .read<IncidentRow & { opened_at: number }>(
      `${INCIDENT_SELECT.replace('i.updated_at,', 'i.updated_at, i.opened_at,')} WHERE ${where.sql} ${after}
       ORDER BY i.opened_at DESC, i.id DESC LIMIT ?`,
    )
    .all(...where.values, ...(after === '' ? [] : [at as number, id as number]), page.limit + 1);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const total =
    db
      .readOne<number>(`SELECT count(*) FROM incidents i JOIN sources so ON so.id = i.source WHERE ${where.sql}`)
      .get(...where.values) ?? 0;
  return {
    incidents: shown.map(toIncidentSummary),
    total,
    cursor: rows.length > page.limit && last !== undefined ? `${last.opened_at}:${last.id}` : null,
  };
}

/** For statistics: everything but the timelines. */
export function readIncidents(db: ReadableDatabase, filter: IncidentFilter, visibility: Visibility): Incident[] {
  const where = conditionsOf(filter, visibility);
  return db
    .readOne<string>(`SELECT i.body FROM incidents i JOIN sources so ON so.id = i.source WHERE ${where.sql}`)
    .all(...where.values)
    .map(incidentOf);
}

export function readIncident(db: ReadableDatabase, incidentId: string): StoredIncident | null {
  const row = db.read<IncidentRow>(`${INCIDENT_SELECT} WHERE i.incident_id = ?`).get(incidentId);
  if (row === undefined) return null;
  const timeline = db
    .readOne<string>('SELECT event FROM incident_events WHERE incident = ? ORDER BY seq')
    .all(row.id)
    .map((text) => JSON.parse(text) as IncidentEvent);
  return {
    source: row.source,
    summary: toIncidentSummary(row),
    incident: { ...incidentOf(row.body), timeline },
    recalls: db
      .read<RecallRow>(`SELECT ${RECALL_COLUMNS} FROM recalls r WHERE r.incident = ? ORDER BY r.requested_at`)
      .all(row.id)
      .map(toRecallView),
  };
}

/** The newest incident about a message, or null. */
export function readIncidentOfMessage(db: ReadableDatabase, message: number): IncidentSummary | null {
  const row = db.read<IncidentRow>(`${INCIDENT_SELECT} WHERE i.message = ? ORDER BY i.id DESC LIMIT 1`).get(message);
  return row === undefined ? null : toIncidentSummary(row);
}

/** RM4: recalls that have come to an end and have no incident yet, with what proposing a type needs. */
export function readUndraftedRecalls(db: ReadableDatabase, limit: number): UndraftedRecall[] {
  interface Row extends RecallRow {
    readonly account_id: string;
    readonly shop_id: string;
    readonly conversation_id: string;
    readonly sender_id: string;
    readonly sender_name: string;
    readonly text: string | null;
  }
  return db
    .read<Row>(
      `SELECT ${RECALL_COLUMNS}, a.account_id, sh.shop_id, c.conversation_id, m.sender_id, m.sender_name,
         coalesce(m.text, (SELECT s.text FROM seals s WHERE s.message = m.id)) AS text
       FROM recalls r INDEXED BY recalls_without_incident JOIN accounts a ON a.id = r.account
         JOIN conversations c ON c.id = r.conversation JOIN shops sh ON sh.id = c.shop JOIN messages m ON m.id = r.message
       WHERE r.incident IS NULL AND r.state IN ('done', 'failed', 'expired') AND a.agent IS NOT NULL AND a.removed = 0 LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({
      recall: toRecallView(row),
      account_id: row.account_id as AccountId,
      shop_id: row.shop_id,
      conversation_id: row.conversation_id,
      sender: { id: row.sender_id, name: row.sender_name },
      text: row.text,
    }));
}

/** Null: nobody has edited them. */
export function readPlaybooks(db: ReadableDatabase, version: number | null): PlaybookBook | null {
  const text = db
    .readOne<string>('SELECT book FROM playbooks WHERE version = coalesce(?, (SELECT max(version) FROM playbooks))')
    .get(version);
  return text === undefined ? null : (JSON.parse(text) as PlaybookBook);
}

/** RM5: few rows, so the folded texts are scanned. Newest month first. */
export function listCases(db: ReadableDatabase, filter: CaseFilter): Case[] {
  const parts: string[] = ['1'];
  const values: Bindable[] = [];
  if (filter.types !== undefined && filter.types.length > 0) {
    parts.push('type IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(filter.types));
  }
  for (const term of foldedText(filter.text ?? '').split(/\s+/)) {
    if (term === '') continue;
    parts.push('instr(search_key, ?) > 0');
    values.push(term);
  }
  const tags = (filter.tags ?? []).map(foldedText);
  const found: Case[] = [];
  for (const body of db
    .readOne<string>(`SELECT body FROM cases WHERE ${parts.join(' AND ')} ORDER BY month DESC, id DESC`)
    .iterate(...values)) {
    const entry = Case.parse(JSON.parse(body));
    const own = entry.tags.map(foldedText);
    if (tags.every((tag) => own.includes(tag))) found.push(entry);
    if (found.length >= filter.limit) break;
  }
  return found;
}
