import type { AccountId, ConversationKey, MessageKey } from '../domain/ids.ts';
import type { RecallStatistics } from '../domain/recall/statistics.ts';
import type { Incident, IncidentState, Severity } from '../domain/remedy/incident.ts';
import type { MistakeType } from '../domain/remedy/mistakes.ts';
import type { PlaybookBook } from '../domain/remedy/playbooks.ts';
import type { IncidentStatistic } from '../domain/remedy/statistics.ts';
import type { PictureRef } from './attachments.ts';
import type { AppError } from './errors.ts';
import type { MessageView, RecallView } from './views.ts';
import type { Operator, RecallEffect } from '../protocol/entities.ts';

/** Views of recall in batches, seals, incidents, playbooks, cases and statistics (RC18, RC19, RC22, RM1–RM6). */

/** RC18: what became of each message, in the order asked. Exactly one of the two. */
export interface BatchRecallResult {
  readonly message_key: MessageKey;
  /** Asked for; its end comes with the messages (`MessageView.recall`). */
  readonly recall: RecallView | null;
  /** Not asked for, and why. */
  readonly error: AppError | null;
}

/** RC19: what was recalled, for those who may see it. */
export interface OpenedSeal {
  readonly text: string | null;
  readonly kind: MessageView['kind'];
  readonly attachment_name: string | null;
  /** The sealed picture or file. Null without one. `picture`: where a checked picture is shown, for as long as the seal is looked at. */
  readonly file: {
    readonly name: string;
    readonly bytes: number;
    /** Its bytes are on this machine; otherwise nobody has them any more. */
    readonly here: boolean;
    readonly picture: PictureRef | null;
  } | null;
  readonly sender: { readonly id: string; readonly name: string };
  readonly sent_at: number;
  readonly operator: Operator;
  readonly effect: RecallEffect;
  readonly recalled_at: number;
  readonly reason: string | null;
  readonly read_at: number | null;
  /** Under which name the opening stands in the audit log, and when (local clock). */
  readonly audited: { readonly actor: string; readonly at: number };
}

/** One line of the list. */
export interface IncidentSummary {
  readonly incident_id: string;
  readonly account_id: AccountId;
  readonly state: IncidentState;
  readonly type: MistakeType;
  readonly severity: Severity | null;
  /** The rung it has to reach before it can be closed (RM4). */
  readonly required: 'open' | 'reported' | 'supervisor';
  readonly cause: Incident['origin']['cause'];
  readonly effect: RecallEffect | null;
  readonly code: string | null;
  readonly shop: { readonly shop_id: string; readonly name: string };
  readonly agent: { readonly id: string; readonly name: string };
  readonly conversation_key: ConversationKey | null;
  readonly conversation_title: string;
  readonly message_key: MessageKey | null;
  readonly complaint: boolean;
  readonly loss: string;
  /** Compensations that wait for a supervisor. */
  readonly approvals: number;
  readonly tags: readonly string[];
  readonly opened_at: number;
  readonly updated_at: number;
  readonly closed_at: number | null;
  readonly seq: number;
}

export interface IncidentPage {
  /** Newest first. */
  readonly incidents: readonly IncidentSummary[];
  readonly total: number;
  readonly cursor: string | null;
}

/** Who of this profile may act in an incident, and as what. */
export interface IncidentActor {
  readonly account_id: AccountId;
  readonly agent_id: string;
  readonly name: string;
  readonly role: string;
  /** May write in this one. */
  readonly writes: boolean;
  /** May approve, close what was reported, edit tags of a closed one. */
  readonly decides: boolean;
}

export interface IncidentDetail {
  readonly summary: IncidentSummary;
  readonly incident: Incident;
  /** Recalls that belong to it, oldest first. */
  readonly recalls: readonly RecallView[];
  /** The message as it may be shown now, or null where the record isn't here. */
  readonly message: MessageView | null;
  /** Of the shop's policy: compensation above it needs approval (RM3). Null without a policy. */
  readonly approval_above: string | null;
  readonly actors: readonly IncidentActor[];
}

/** What a message's view says about its incident: enough for the remedy card. */
export interface MessageIncident {
  readonly incident_id: string;
  readonly state: IncidentState;
  readonly type: MistakeType;
  readonly steps_done: readonly string[];
  readonly seq: number;
}

export interface PlaybooksView {
  readonly book: PlaybookBook;
  /** Accounts whose person may edit them (RM6). */
  readonly editors: readonly AccountId[];
}

export interface IncidentStatisticsView {
  readonly rows: readonly (IncidentStatistic & { readonly names: readonly string[] })[];
}

export type RecallDashboard = RecallStatistics;
