import { AppFailure } from '#shared/contract/errors.ts';
import type { IncidentSummary } from '#shared/contract/remedy.ts';
import type { AccountId, ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { requiredState, type Incident } from '#shared/domain/remedy/incident.ts';

/** A row of `incidents` with the names around it. */
export interface IncidentRow {
  readonly id: number;
  readonly incident_id: string;
  readonly account_id: string;
  readonly source: string;
  readonly shop: string | null;
  readonly conversation: number | null;
  readonly title: string | null;
  readonly message: number | null;
  readonly updated_at: number;
  readonly body: string;
}

/** Selects IncidentRow; the alias of `incidents` is `i`. */
export const INCIDENT_SELECT = `SELECT i.id, i.incident_id, i.account_id, so.name AS source, sh.name AS shop, i.conversation, c.title, i.message,
  i.updated_at, i.body FROM incidents i JOIN sources so ON so.id = i.source
  LEFT JOIN shops sh ON sh.source = i.source AND sh.shop_id = i.shop_id LEFT JOIN conversations c ON c.id = i.conversation`;

/** Without the timeline: that lies in incident_events. */
export function incidentOf(body: string): Incident {
  return { ...(JSON.parse(body) as Omit<Incident, 'timeline'>), timeline: [] };
}

export function bodyOf(incident: Incident): string {
  const { timeline: _, ...rest } = incident;
  return JSON.stringify(rest);
}

export function toIncidentSummary(row: IncidentRow): IncidentSummary {
  const incident = incidentOf(row.body);
  const { origin } = incident;
  return {
    incident_id: incident.id,
    account_id: row.account_id as AccountId,
    state: incident.state,
    type: incident.type,
    severity: incident.severity,
    required: requiredState(incident),
    cause: origin.cause,
    effect: origin.effect,
    code: origin.code,
    shop: { shop_id: origin.shop_id, name: row.shop ?? origin.shop_id },
    agent: origin.agent,
    conversation_key: row.conversation as ConversationKey | null,
    conversation_title: row.title ?? '',
    message_key: row.message as MessageKey | null,
    complaint: incident.complaint,
    loss: incident.loss,
    approvals: incident.compensations.filter((each) => each.state === 'waiting').length,
    tags: incident.tags,
    opened_at: incident.opened_at,
    updated_at: row.updated_at,
    closed_at: incident.closed_at,
    seq: incident.seq,
  };
}

/** Codes of the reducer that aren't codes of the contract travel as the reason of a NOT_ALLOWED. */
export function incidentFailure(code: string): AppFailure {
  if (code === 'BAD_INPUT' || code === 'STALE_STATE') return new AppFailure(code, 'the incident was not changed');
  return new AppFailure('NOT_ALLOWED', 'the incident was not changed', { reason: code });
}
