import { z } from 'zod';
import type { AccountId, AgentId, ConversationKey } from '../domain/ids.ts';
import type { RecallFact } from '../domain/recall/statistics.ts';
import type { Intake, Presence, Role } from '../protocol/entities.ts';
import { procedure } from './procedure.ts';

/** Today at a glance 概览: what is waiting now, what came of the day, and how the last week went. Times are server times, ms. */

/** What an agent has in hand right now. */
export interface InHand {
  /** Active conversations. */
  readonly active: number;
  /** Of them those whose last word is the consumer's. */
  readonly unreplied: number;
  /** Since when the one waits that waits longest; null where nobody does. */
  readonly unreplied_since: number | null;
}

/** What came of one day, by the definitions of SR6; counted within the day. */
export interface DayFigures {
  readonly receptions: number;
  readonly incoming: number;
  readonly outgoing: number;
  /** Conversations with a question of the consumer and no answer by the agent after it, that day. */
  readonly unanswered: number;
}

export interface DayLine extends DayFigures {
  /** The day's start. */
  readonly at: number;
}

export type OutcomeCounts = Readonly<Record<RecallFact['outcome'], number>>;

export interface AgentFigures extends InHand, DayFigures {
  readonly agent: { readonly id: AgentId; readonly name: string };
  /** Milliseconds; null where nobody asked or nobody was answered. */
  readonly median_first_response_ms: number | null;
  readonly recalls: OutcomeCounts;
  /** Incidents that aren't closed, and of them those that nobody has completed yet (RM4). */
  readonly incidents: number;
  readonly drafts: number;
  /** Reviews handed in within `QUALITY_DAYS`, and the mean of their scores (QA5). */
  readonly reviews: number;
  readonly score: number | null;
}

/** A consumer who waits for an answer. */
export interface WaitingLine {
  readonly conversation_key: ConversationKey;
  readonly intake: Intake;
  readonly title: string;
  readonly shop: string;
  readonly since: number | null;
}

export interface OverviewMine extends AgentFigures {
  readonly account_id: AccountId;
  /** Not accepted yet, in the shops of this account. */
  readonly waiting: number;
  readonly waiting_since: number | null;
  /** Longest waiting first, at most `MOST_WAITING`. */
  readonly queue: readonly WaitingLine[];
  /** The last seven days, today last. */
  readonly days: readonly DayLine[];
}

export interface TeamAgent extends AgentFigures {
  readonly role: Role | null;
  /** As last heard of. */
  readonly presence: Presence | null;
}

export interface OverviewTeam {
  readonly waiting: number;
  readonly waiting_since: number | null;
  /** Longest waiting of those that nobody accepted. */
  readonly queue: readonly WaitingLine[];
  readonly shops: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly active: number;
    readonly unreplied: number;
  }[];
  /** Sums over the agents, and the earliest `unreplied_since`. */
  readonly active: number;
  readonly unreplied: number;
  readonly unreplied_since: number | null;
  readonly incidents: number;
  /** Compensations that wait for a supervisor (RM3). */
  readonly approvals: number;
  readonly recalls: OutcomeCounts;
  readonly agents: readonly TeamAgent[];
  readonly days: readonly DayLine[];
}

export interface OverviewView {
  /** Server time of the answer. */
  readonly at: number;
  /** Today, by the days of the records. */
  readonly day: { readonly from: number; readonly to: number };
  /** One for each account whose role serves consumers. */
  readonly mine: readonly OverviewMine[];
  /** Null where no role here may see others' figures. */
  readonly team: OverviewTeam | null;
}

/** How many days the quality score looks back. */
export const QUALITY_DAYS = 30;
export const MOST_WAITING = 8;
/** Days of the lines, today among them. */
export const OVERVIEW_DAYS = 7;

export const OVERVIEW_PROCEDURES = {
  /** Everyone gets what they may see: their own part, the team's only with `overview.team`. */
  'overview.get': procedure<OverviewView>()(z.object({}).strict()),
} as const;
