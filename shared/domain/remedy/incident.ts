import { z } from 'zod';
import { err, ok, type Result } from '../../lib/result.ts';
import { RecallEffect, Role, Timestamp } from '../../protocol/entities.ts';
import { ConversationId, MessageId, RecallId, ShopId } from '../ids.ts';
import { isPermitted } from '../permissions.ts';
import { Amount, cents, needsApproval, sumAmounts } from './amounts.ts';
import { MistakeType } from './mistakes.ts';

/**
 * Incidents 误发事件 (RM4, RM3). An incident is its timeline: events are appended, never changed, and the state is what the
 * reducer makes of them. The store keeps the events; this decides which may follow.
 */

/** draft → open (self-handled) → reported → supervisor → closed. Steps may be skipped upwards, never taken back. */
export const INCIDENT_STATES = ['draft', 'open', 'reported', 'supervisor', 'closed'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** How bad: `none` nothing came of it, `minor` put right at once, `major` a major error (has to be reported). */
export const Severity = z.enum(['none', 'minor', 'major']);
export type Severity = z.infer<typeof Severity>;

const Text = z.string().trim().min(1).max(4_000);
const Id = z.string().min(1).max(128);
export const CompensationKind = z.enum(['coupon', 'red_packet']);
export type CompensationKind = z.infer<typeof CompensationKind>;

const Drafted = z.object({
  kind: z.literal('drafted'),
  /** Why it exists: a recall, a recall that failed or was only partly effective, or somebody's own report. */
  cause: z.enum(['recall', 'recall_failed', 'recall_partial', 'blocked', 'manual']),
  incident_id: Id,
  shop_id: ShopId,
  conversation_id: ConversationId,
  msg_id: MessageId,
  recall_id: RecallId.nullable(),
  effect: RecallEffect.nullable(),
  code: z.string().max(64).nullable(),
  /** The agent whose message it was. */
  agent: z.object({ id: Id, name: z.string().max(1_024) }),
  proposed_type: MistakeType,
});

/** `approval_above` is the policy's at that moment, so that the timeline reads the same for ever. */
const Proposed = z.object({
  kind: z.literal('compensation_proposed'),
  compensation_id: Id,
  what: CompensationKind,
  amount: Amount,
  approval_above: z.string().regex(/^\d+(\.\d{1,2})?$/),
});
const FOLLOWING = [
  /** The agent's two clicks: type (proposed) and severity. */
  z.object({ kind: z.literal('completed'), type: MistakeType, severity: Severity, note: Text.optional() }),
  z.object({ kind: z.literal('reclassified'), type: MistakeType, severity: Severity }),
  z.object({ kind: z.literal('noted'), note: Text }),
  z.object({
    kind: z.literal('step_taken'),
    step_id: z.string().max(64),
    playbooks_version: z.int().nonnegative(),
    msg_id: MessageId.optional(),
  }),
  z.object({ kind: z.literal('complaint'), note: Text.optional() }),
  z.object({ kind: z.literal('loss'), amount: Amount, note: Text.optional() }),
  z.object({ kind: z.literal('escalated'), to: z.enum(['reported', 'supervisor']), note: Text.optional() }),
  z.object({ kind: z.literal('compensation_approved'), compensation_id: Id }),
  z.object({ kind: z.literal('compensation_refused'), compensation_id: Id, note: Text }),
  /** Paid outside; the workbench moves no money. */
  z.object({
    kind: z.literal('compensation_recorded'),
    compensation_id: Id,
    reference: z.string().trim().min(1).max(200),
  }),
  z.object({ kind: z.literal('tagged'), tags: z.array(z.string().trim().min(1).max(40)).max(20) }),
  z.object({ kind: z.literal('closed'), resolution: Text }),
] as const;

export const IncidentAction = z.discriminatedUnion('kind', [Drafted, Proposed, ...FOLLOWING]);
export type IncidentAction = z.infer<typeof IncidentAction>;

/** What a person asks for: the limit and the id of a compensation are not theirs to say, and nobody drafts by hand. */
export const IncidentActionInput = z.discriminatedUnion('kind', [
  Proposed.omit({ compensation_id: true, approval_above: true }),
  ...FOLLOWING,
]);
export type IncidentActionInput = z.infer<typeof IncidentActionInput>;

export const Actor = z.object({ id: Id, name: z.string().max(1_024), role: Role });
export type Actor = z.infer<typeof Actor>;

/** One line of the timeline. `seq` from 1, without gaps. Opening by itself (a recall) is done in the agent's name. */
export const IncidentEvent = z.object({ seq: z.int().positive(), at: Timestamp, by: Actor, action: IncidentAction });
export type IncidentEvent = z.infer<typeof IncidentEvent>;

export interface Compensation {
  readonly id: string;
  readonly what: CompensationKind;
  readonly amount: string;
  readonly proposed_by: string;
  readonly state: 'waiting' | 'granted' | 'refused' | 'recorded';
  readonly approved_by: string | null;
  readonly reference: string | null;
}

export interface Incident {
  readonly id: string;
  readonly origin: Omit<z.infer<typeof Drafted>, 'kind' | 'incident_id'>;
  readonly state: IncidentState;
  readonly type: MistakeType;
  readonly severity: Severity | null;
  readonly complaint: boolean;
  /** Sum of the losses, two decimals. */
  readonly loss: string;
  readonly compensations: readonly Compensation[];
  readonly steps_done: readonly string[];
  readonly tags: readonly string[];
  readonly resolution: string | null;
  readonly opened_at: number;
  readonly closed_at: number | null;
  readonly seq: number;
  readonly timeline: readonly IncidentEvent[];
}

export type IncidentError =
  | 'BAD_INPUT'
  /** The event's number isn't the next: somebody else appended meanwhile. */
  | 'STALE_STATE'
  | 'NOT_ALLOWED'
  | 'ALREADY_CLOSED'
  | 'NOT_COMPLETED'
  /** The ladder goes up only. */
  | 'LADDER'
  /** Major errors and complaints have to be reported, losses to reach a supervisor, before closing. */
  | 'MUST_ESCALATE'
  | 'APPROVAL_PENDING'
  /** A compensation was granted and never recorded or refused. */
  | 'NOT_RECORDED'
  | 'OWN_APPROVAL'
  | 'COMPENSATION_UNKNOWN'
  | 'COMPENSATION_STATE';

const level = (state: IncidentState): number => INCIDENT_STATES.indexOf(state);

/** The rung that an incident has to reach before it can be closed (RM4). */
export function requiredState(
  incident: Pick<Incident, 'severity' | 'complaint' | 'loss'>,
): 'open' | 'reported' | 'supervisor' {
  if (cents(incident.loss) > 0n) return 'supervisor';
  return incident.complaint || incident.severity === 'major' ? 'reported' : 'open';
}

/** Sum of what has been offered and not refused, two decimals. */
export function compensationTotal(incident: Pick<Incident, 'compensations'>): string {
  return sumAmounts(incident.compensations.filter((each) => each.state !== 'refused').map((each) => each.amount));
}

/**
 * Appends one event (RM4). Pure; the incident given is not changed. Null with a `drafted` event begins one. Never throws:
 * what comes from a file or another window is refused with a code.
 */
export function appendToIncident(incident: Incident | null, event: unknown): Result<Incident, IncidentError> {
  const parsed = IncidentEvent.safeParse(event);
  if (!parsed.success) return err('BAD_INPUT');
  const { seq, at, by, action } = parsed.data;
  if (seq !== (incident?.seq ?? 0) + 1) return err('STALE_STATE');

  if (action.kind === 'drafted') {
    if (incident !== null) return err('BAD_INPUT');
    // What a recall opens, it opens by itself, whoever asked for it: QA may recall and yet not write incidents (RM4).
    const byItself = action.recall_id !== null;
    if (!byItself && !isPermitted(by.role, 'incident.write')) return err('NOT_ALLOWED');
    const { kind: _kind, incident_id: id, ...origin } = action;
    return ok({
      id,
      origin,
      state: 'draft',
      type: action.proposed_type,
      severity: null,
      complaint: false,
      loss: '0.00',
      compensations: [],
      steps_done: [],
      tags: [],
      resolution: null,
      opened_at: at,
      closed_at: null,
      seq,
      timeline: [parsed.data],
    });
  }
  if (incident === null) return err('BAD_INPUT');
  const change = changeOf(incident, action, by, at);
  if (!change.ok) return change;
  return ok({ ...incident, ...change.value, seq, timeline: [...incident.timeline, parsed.data] });
}

type Change = Partial<Omit<Incident, 'id' | 'origin' | 'seq' | 'timeline' | 'opened_at'>>;

function changeOf(
  incident: Incident,
  action: Exclude<IncidentAction, { kind: 'drafted' }>,
  by: Actor,
  at: number,
): Result<Change, IncidentError> {
  const decides = isPermitted(by.role, 'incident.decide');
  // Agents write in their own incidents; whoever decides, in all.
  if (!isPermitted(by.role, 'incident.write') || (!decides && by.id !== incident.origin.agent.id))
    return err('NOT_ALLOWED');
  if (incident.state === 'closed') {
    // Only the case library's tags may still change (RM5).
    if (action.kind !== 'tagged') return err('ALREADY_CLOSED');
    return decides ? ok({ tags: [...new Set(action.tags)] }) : err('NOT_ALLOWED');
  }
  switch (action.kind) {
    case 'completed':
      if (incident.state !== 'draft') return err('LADDER');
      return ok({ state: 'open', type: action.type, severity: action.severity });
    case 'reclassified':
      if (incident.state === 'draft') return err('NOT_COMPLETED');
      // What was reported as grave is made light only by who decides.
      if (!decides && incident.severity === 'major' && action.severity !== 'major') return err('NOT_ALLOWED');
      return ok({ type: action.type, severity: action.severity });
    case 'noted':
      return ok({});
    case 'step_taken':
      return ok({ steps_done: [...new Set([...incident.steps_done, action.step_id])] });
    case 'complaint':
      return ok({ complaint: true });
    case 'loss':
      return ok({ loss: sumAmounts([incident.loss, action.amount]) });
    case 'escalated':
      if (incident.state === 'draft') return err('NOT_COMPLETED');
      return level(action.to) > level(incident.state) ? ok({ state: action.to }) : err('LADDER');
    case 'tagged':
      return ok({ tags: [...new Set(action.tags)] });
    case 'closed':
      return close(incident, action.resolution, decides, at);
    case 'compensation_proposed':
    case 'compensation_approved':
    case 'compensation_refused':
    case 'compensation_recorded':
      return compensate(incident, action, by);
  }
}

function close(incident: Incident, resolution: string, decides: boolean, at: number): Result<Change, IncidentError> {
  if (incident.state === 'draft') return err('NOT_COMPLETED');
  if (level(requiredState(incident)) > level(incident.state)) return err('MUST_ESCALATE');
  // What went up is closed by who it went to.
  if (incident.state !== 'open' && !decides) return err('NOT_ALLOWED');
  if (incident.compensations.some((each) => each.state === 'waiting')) return err('APPROVAL_PENDING');
  if (incident.compensations.some((each) => each.state === 'granted')) return err('NOT_RECORDED');
  return ok({ state: 'closed', resolution, closed_at: at });
}

type CompensationAction = Extract<IncidentAction, { kind: `compensation_${string}` }>;

/**
 * Compensation (RM3): proposed; above the limit it waits for a supervisor, who is not the proposer; then recorded with the
 * reference of what was paid elsewhere. The limit holds for the incident's total, so that it can't be got round in parts.
 */
function compensate(incident: Incident, action: CompensationAction, by: Actor): Result<Change, IncidentError> {
  const current = incident.compensations.find((each) => each.id === action.compensation_id);
  if (action.kind === 'compensation_proposed') {
    if (current !== undefined) return err('COMPENSATION_STATE');
    if (cents(action.amount) === 0n) return err('BAD_INPUT');
    const total = sumAmounts([compensationTotal(incident), action.amount]);
    const proposed: Compensation = {
      id: action.compensation_id,
      what: action.what,
      amount: action.amount,
      proposed_by: by.id,
      state: needsApproval(total, action.approval_above) ? 'waiting' : 'granted',
      approved_by: null,
      reference: null,
    };
    return ok({ compensations: [...incident.compensations, proposed] });
  }
  if (current === undefined) return err('COMPENSATION_UNKNOWN');
  const replace = (change: Partial<Compensation>): Result<Change, IncidentError> =>
    ok({ compensations: incident.compensations.map((each) => (each === current ? { ...each, ...change } : each)) });
  switch (action.kind) {
    case 'compensation_approved':
    case 'compensation_refused':
      if (!isPermitted(by.role, 'compensation.approve')) return err('NOT_ALLOWED');
      // Refused can also be what was granted and turned out not to be needed; never what has been paid.
      if (action.kind === 'compensation_refused' && current.state === 'granted') return replace({ state: 'refused' });
      if (current.state !== 'waiting') return err('COMPENSATION_STATE');
      if (action.kind === 'compensation_refused') return replace({ state: 'refused' });
      if (current.proposed_by === by.id) return err('OWN_APPROVAL');
      return replace({ state: 'granted', approved_by: by.id });
    case 'compensation_recorded':
      if (current.state !== 'granted')
        return err(current.state === 'waiting' ? 'APPROVAL_PENDING' : 'COMPENSATION_STATE');
      return replace({ state: 'recorded', reference: action.reference });
  }
}
