import type { Policy, Role } from '../../protocol/entities.ts';
import type { GuardReport } from '../guard/inspect.ts';
import { isPermitted, type Permission } from '../permissions.ts';
import {
  GATEWAY_RECALL_CODES,
  RECALL_REASONS,
  type GatewayRecallCode,
  type RecallOutcome,
  type RecallReason,
  type RecallReasonCode,
  type RecallVerdict,
} from '../recall/types.ts';
import { proposeMistakeType, type MistakeProposal, type MistakeType } from './mistakes.ts';
import { playbookOf, type PlaybookBook, type PlaybookStep, type StepAction } from './playbooks.ts';

/**
 * The remedy card under a message that recall can't, or couldn't, take back whole (RM1, RC12, RC21): what the consumer
 * sees now, why, and what to do next, in order. Pure; the words stand in the catalogue under the keys given here.
 */

/** What is on the consumer's side now, as far as anybody knows. Key of the catalogue. */
export type ConsumerSees =
  /** Sent, not recalled, not read as far as known. */
  | 'message'
  /** … and read, or its attachment opened. */
  | 'message_read'
  /** Recalled, but it may have been seen before. */
  | 'maybe_seen'
  /** Gone here only: the consumer still has it. */
  | 'still_there'
  /** A recall is under way and nobody knows its end (RC15). */
  | 'unknown';

export type RecoveryAction =
  /** The gateway is being asked; nothing to do but wait. */
  | 'await_result'
  | 'check_network'
  | 'retry_recall'
  | 'wait_until'
  | 'use_sending_device'
  | 'ask_sender'
  | 'ask_admin'
  | 'update_app'
  | 'sign_in_again'
  | 'check_clock';

/** What may still bring the recall about, by code (RC21). Null: nothing, only the remedy. Exhaustive on purpose. */
const RECOVERY: Readonly<Record<RecallReasonCode | GatewayRecallCode, RecoveryAction | null>> = {
  ALREADY_RECALLED: null,
  IN_FLIGHT: 'await_result',
  FEATURE_DISABLED: 'ask_admin',
  CLIENT_TOO_OLD: 'update_app',
  KIND_UNSUPPORTED: null,
  NO_PERMISSION: 'ask_admin',
  NOT_SENDER: 'ask_sender',
  TRANSFERRED: 'ask_sender',
  GROUP_RULE: 'ask_admin',
  CONSUMER_RESTRICTED: null,
  SESSION_ENDED: null,
  WINDOW_EXPIRED: null,
  ATTACHMENT_OPENED: null,
  ALREADY_READ: null,
  RATE_HARD: 'wait_until',
  OTHER_DEVICE: 'use_sending_device',
  STALE_STATE: 'check_network',
  OFFLINE: 'check_network',
  PUSH_DELIVERED: null,
  CLOCK_UNCERTAIN: 'check_clock',
  RATE_SOFT: null,
  MSG_NOT_FOUND: null,
  SERVER_BUSY: 'retry_recall',
  AUTH_EXPIRED: 'sign_in_again',
  NETWORK_UNKNOWN: 'check_network',
};
const KNOWN_CODES: ReadonlySet<string> = new Set([...RECALL_REASONS, ...GATEWAY_RECALL_CODES]);

export interface RemedyReason {
  /** A code of RC3, or the gateway's own as it came. */
  readonly code: string;
  readonly details?: Readonly<Record<string, number | string>>;
}

export interface RemedyStep {
  /** Unique in the card: `recovery.retry_recall`, `playbook.correct`. */
  readonly id: string;
  readonly kind: 'recovery' | 'playbook';
  readonly action: RecoveryAction | StepAction;
  /** Of a playbook step: its text in the book, template and link. Null for recovery: the catalogue has the words. */
  readonly step: PlaybookStep | null;
  readonly optional: boolean;
  /** Who sees the card may not do this: shown, disabled, with the permission that is missing. */
  readonly missing: Permission | null;
  /** `wait_until`: server time in milliseconds. */
  readonly at?: number;
  /** `compensate`: from this amount on (exclusive) a supervisor has to approve (RM3). */
  readonly approval_above?: string;
  /** Done already, by the incident's timeline. */
  readonly done: boolean;
}

export interface RemedyCard {
  readonly sees: ConsumerSees;
  readonly why: readonly RemedyReason[];
  readonly proposal: MistakeProposal;
  /** The type that the steps are for: the agent's choice, or the proposal. */
  readonly type: MistakeType;
  /** Version of the playbooks that was used; recorded in the incident (RM6). */
  readonly playbooks_version: number;
  readonly steps: readonly RemedyStep[];
}

export interface RemedyInput {
  /** How the recall went, or null: none was asked for. */
  readonly outcome: RecallOutcome | null;
  /** What assessRecall says now, or null where it no longer matters. */
  readonly verdict: RecallVerdict | null;
  readonly read: boolean;
  readonly report: Pick<GuardReport, 'hits'> | null;
  readonly wrong_conversation?: boolean;
  readonly chosen_type?: MistakeType;
  readonly policy: Pick<Policy, 'compensation'>;
  readonly role: Role | null;
  readonly book: PlaybookBook;
  /** Ids of playbook steps that were taken already. */
  readonly done_steps?: ReadonlySet<string>;
}

const STEP_PERMISSION: Readonly<Record<StepAction, Permission>> = {
  send_correction: 'message.send',
  send_template: 'message.send',
  compensate: 'incident.write',
  platform_support: 'incident.write',
  tell_supervisor: 'incident.write',
  complete_incident: 'incident.write',
  open_reference: 'records.search',
};

/**
 * The card, or null where none belongs: recall is possible and wasn't tried, is waiting, or took the message away on both
 * sides. An unknown result has a card that says so and offers nothing to send: a correction of something that may be gone
 * would tell the consumer what it was (RC15).
 */
export function remedyCard(input: RemedyInput): RemedyCard | null {
  const sees = consumerSees(input);
  if (sees === null) return null;
  const why = reasons(input);
  const proposal = proposeMistakeType(input.report?.hits ?? [], input.wrong_conversation ?? false);
  const type = input.chosen_type ?? proposal.type;
  const steps: RemedyStep[] = recoverySteps(input, sees, why);
  if (sees !== 'unknown') steps.push(...playbookSteps(input, type));
  return { sees, why, proposal, type, playbooks_version: input.book.version, steps };
}

function consumerSees({ outcome, verdict, read }: RemedyInput): ConsumerSees | null {
  const visible: ConsumerSees = read ? 'message_read' : 'message';
  switch (outcome?.state) {
    case 'done':
      switch (outcome.effect) {
        case 'both':
          return null;
        case 'local_only':
          return 'still_there';
        case 'maybe_seen':
        case null:
          // Recalled from elsewhere and the effect never told (RC17): not known to be unseen.
          return 'maybe_seen';
      }
    // Every effect returns above.
    case 'unknown':
      return 'unknown';
    case 'failed':
      return outcome.code === 'ALREADY_RECALLED' ? 'maybe_seen' : visible;
    case 'expired':
      return visible;
    case 'queued':
    case 'requested':
      return null;
    case undefined:
      if (verdict?.verdict !== 'blocked') return null;
      // Blocked because it is done, or being done, already: the recall's own outcome will speak.
      return verdict.reasons.some((reason) => reason.code === 'ALREADY_RECALLED' || reason.code === 'IN_FLIGHT')
        ? null
        : visible;
  }
}

/** Why recall can't help: the outcome's code first, then what blocks now, then what the effect was due to. */
function reasons({ outcome, verdict }: RemedyInput): RemedyReason[] {
  const found: RemedyReason[] = [];
  const add = (code: string, details?: RecallReason['details']): void => {
    if (!found.some((reason) => reason.code === code)) found.push(details === undefined ? { code } : { code, details });
  };
  if (outcome !== null && outcome.code !== null) {
    add(outcome.code, verdict?.reasons.find((reason) => reason.code === outcome.code)?.details);
  }
  if (outcome?.state === 'expired') add('WINDOW_EXPIRED');
  if (outcome?.state === 'unknown') add('NETWORK_UNKNOWN');
  if (outcome?.state !== 'done')
    for (const reason of verdict?.reasons ?? [])
      if (reason.level === 'blocked' && reason.code !== 'ALREADY_RECALLED' && reason.code !== 'IN_FLIGHT')
        add(reason.code, reason.details);
  return found;
}

function recoverySteps(input: RemedyInput, sees: ConsumerSees, why: readonly RemedyReason[]): RemedyStep[] {
  const make = (action: RecoveryAction, at?: number): RemedyStep => ({
    id: `recovery.${action}`,
    kind: 'recovery',
    action,
    step: null,
    optional: false,
    missing: null,
    done: false,
    ...(at === undefined ? {} : { at }),
  });
  if (sees === 'unknown') return [make('await_result')];
  // Gone, or recalled as far as it ever will be.
  if (input.outcome?.state === 'done') return [];
  // One cause that can't be removed makes removing the others pointless.
  const codes = why.filter((reason) => KNOWN_CODES.has(reason.code));
  if (codes.some((reason) => RECOVERY[reason.code as RecallReasonCode] === null)) return [];
  const steps = new Map<RecoveryAction, RemedyStep>();
  for (const { code, details } of codes) {
    const action = RECOVERY[code as RecallReasonCode];
    const at = details?.['retry_at'];
    if (action !== null && !steps.has(action)) steps.set(action, make(action, typeof at === 'number' ? at : undefined));
  }
  return [...steps.values()];
}

function playbookSteps(input: RemedyInput, type: MistakeType): RemedyStep[] {
  const steps = playbookOf(input.book, type).steps.map((step): RemedyStep => {
    const permission = STEP_PERMISSION[step.action];
    return {
      id: `playbook.${step.step_id}`,
      kind: 'playbook',
      action: step.action,
      step,
      optional: step.optional,
      missing: isPermitted(input.role, permission) ? null : permission,
      done: input.done_steps?.has(step.step_id) ?? false,
      ...(step.action === 'compensate' ? { approval_above: input.policy.compensation.approval_above } : {}),
    };
  });
  // What every case needs comes first; the book's order holds within each half, and completing the incident ends the first.
  return [...steps.filter((step) => !step.optional), ...steps.filter((step) => step.optional)];
}
