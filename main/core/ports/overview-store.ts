import type { AgentId } from '#shared/domain/ids.ts';
import type { Presence, Role } from '#shared/protocol/entities.ts';
import type { WaitingLine } from '#shared/contract/overview.ts';

/**
 * What the overview counts. Bounded whatever the records hold: days come from the roll-up, conversations from those that
 * are waiting or active, reviews and incidents from their own tables. Only gateways' records, no imported ones.
 */
export interface OverviewStoreReader {
  overviewFacts(request: OverviewRequest): Promise<OverviewFacts>;
}

export interface OverviewRequest {
  /** Server time. */
  readonly now: number;
  /** Sources that are seen whole. */
  readonly sources: readonly string[];
  /** Beside them these agents alone, with the queue of each. */
  readonly agents: readonly { readonly account_id: string; readonly source: string; readonly agent_id: string }[];
  readonly days: number;
  readonly queue: number;
  /** Reviews handed in since. */
  readonly reviewed_since: number;
}

export interface OverviewFacts {
  readonly day: { readonly from: number; readonly to: number };
  readonly agents: readonly AgentFacts[];
  /** Not accepted yet and active ones, by shop; only of sources seen whole. */
  readonly shops: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly waiting_since: number | null;
    readonly active: number;
    readonly unreplied: number;
  }[];
  /** Longest waiting of those nobody accepted; only of sources seen whole. */
  readonly waiting: readonly WaitingLine[];
  /** In the order of the request's agents. */
  readonly mine: readonly {
    readonly waiting: number;
    readonly waiting_since: number | null;
    readonly queue: readonly WaitingLine[];
  }[];
  readonly approvals: number;
}

export interface AgentFacts {
  readonly source: string;
  readonly agent_id: AgentId;
  readonly name: string;
  readonly role: Role | null;
  readonly presence: Presence | null;
  readonly active: number;
  readonly unreplied: number;
  readonly unreplied_since: number | null;
  readonly median_first_response_ms: number | null;
  readonly incidents: number;
  readonly drafts: number;
  readonly reviews: number;
  readonly score: number | null;
  /** Oldest day first, as many as asked for; `at`: the day's start. */
  readonly days: readonly {
    readonly at: number;
    readonly receptions: number;
    readonly incoming: number;
    readonly outgoing: number;
    readonly unanswered: number;
  }[];
}
