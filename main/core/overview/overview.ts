import {
  MOST_WAITING,
  OVERVIEW_DAYS,
  QUALITY_DAYS,
  type AgentFigures,
  type DayLine,
  type OutcomeCounts,
  type OverviewTeam,
  type TeamAgent,
} from '#shared/contract/overview.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import type { RecallFact } from '#shared/domain/recall/statistics.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { AgentFacts } from '../ports/overview-store.ts';
import type { Store } from '../ports/store.ts';

const DAY = 24 * HOUR;

const none = (): Record<RecallFact['outcome'], number> => ({
  both: 0,
  maybe_seen: 0,
  local_only: 0,
  failed: 0,
  expired: 0,
});

const earliest = (times: readonly (number | null)[]): number | null => {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
};
const sum = <T>(rows: readonly T[], of: (row: T) => number): number => rows.reduce((total, row) => total + of(row), 0);

/**
 * Today at a glance. Roles decide what is in it (SR10): one's own part for whoever serves consumers, the team's for whoever
 * has `overview.team` at that gateway. The stored role counts, so it is there offline too.
 */
export function createOverview(options: {
  readonly store: Store;
  /** Server time. */
  readonly now: () => number;
}): Pick<Handlers, 'overview.get'> {
  const { store } = options;
  return {
    async 'overview.get'() {
      const now = options.now();
      const accounts = (await store.accounts()).flatMap((account) =>
        account.agent === null ? [] : [{ ...account, agent: account.agent }],
      );
      const led = accounts.filter(({ agent }) => isPermitted(agent.role, 'overview.team'));
      const serving = accounts.filter(({ agent }) => isPermitted(agent.role, 'conversation.claim'));
      const sources = [...new Set(led.map(({ source }) => source))];
      const facts = await store.overviewFacts({
        now,
        sources,
        agents: serving.map(({ account_id, source, agent }) => ({ account_id, source, agent_id: agent.agent_id })),
        days: OVERVIEW_DAYS,
        queue: MOST_WAITING,
        reviewed_since: now - QUALITY_DAYS * DAY,
      });
      // Recalls are read by sources; whose they are decides what is passed on.
      const read = [...new Set([...sources, ...serving.map(({ source }) => source)])];
      const recalls = new Map<string, Record<RecallFact['outcome'], number>>();
      for (const source of read) {
        const { recalls: list } = await store.recallFacts(facts.day, {
          kind: 'limited',
          sources: [source],
          agents: [],
        });
        for (const { agent, outcome } of list) {
          const key = `${source}\n${agent.id}`;
          const counts = recalls.get(key) ?? none();
          counts[outcome]++;
          recalls.set(key, counts);
        }
      }
      const recallsOf = (source: string, agentId: string): OutcomeCounts =>
        recalls.get(`${source}\n${agentId}`) ?? none();

      const figuresOf = (agent: AgentFacts): AgentFigures => {
        const today = agent.days.at(-1);
        return {
          agent: { id: agent.agent_id, name: agent.name },
          active: agent.active,
          unreplied: agent.unreplied,
          unreplied_since: agent.unreplied_since,
          receptions: today?.receptions ?? 0,
          incoming: today?.incoming ?? 0,
          outgoing: today?.outgoing ?? 0,
          unanswered: today?.unanswered ?? 0,
          median_first_response_ms: agent.median_first_response_ms,
          recalls: recallsOf(agent.source, agent.agent_id),
          incidents: agent.incidents,
          drafts: agent.drafts,
          reviews: agent.reviews,
          score: agent.score,
        };
      };

      const teamOf = (): OverviewTeam => {
        const seen = new Set(sources);
        const members = facts.agents.filter(({ source }) => seen.has(source));
        const agents = members
          .map((agent): TeamAgent => ({ ...figuresOf(agent), role: agent.role, presence: agent.presence }))
          // Who never had anything to do with a consumer says nothing about the team's day.
          .filter(
            (agent) =>
              agent.active + agent.receptions + agent.incidents + agent.reviews > 0 ||
              Object.values(agent.recalls).some((count) => count > 0) ||
              isPermitted(agent.role, 'conversation.claim'),
          );
        const total = none();
        for (const { recalls: counts } of agents)
          for (const outcome of Object.keys(total) as RecallFact['outcome'][]) total[outcome] += counts[outcome];
        return {
          waiting: sum(facts.shops, ({ waiting }) => waiting),
          waiting_since: earliest(facts.shops.map(({ waiting_since }) => waiting_since)),
          queue: facts.waiting,
          shops: facts.shops.map(({ name, waiting, active, unreplied }) => ({ name, waiting, active, unreplied })),
          active: sum(agents, ({ active }) => active),
          unreplied: sum(agents, ({ unreplied }) => unreplied),
          unreplied_since: earliest(agents.map(({ unreplied_since }) => unreplied_since)),
          incidents: sum(agents, ({ incidents }) => incidents),
          approvals: facts.approvals,
          recalls: total,
          agents,
          days: addDays(members),
        };
      };

      return {
        at: now,
        day: facts.day,
        mine: serving.flatMap(({ account_id, source, agent }, index) => {
          const own = facts.agents.find((each) => each.source === source && each.agent_id === agent.agent_id);
          const desk = facts.mine[index];
          if (own === undefined || desk === undefined) return [];
          return [{ ...figuresOf(own), account_id, ...desk, days: own.days }];
        }),
        team: sources.length === 0 ? null : teamOf(),
      };
    },
  };
}

/** A reception is one consumer served by one agent: the team's are the sum of its agents'. */
function addDays(agents: readonly AgentFacts[]): readonly DayLine[] {
  const [first] = agents;
  if (first === undefined) return [];
  return first.days.map(({ at }, index) => ({
    at,
    receptions: sum(agents, ({ days }) => days[index]?.receptions ?? 0),
    incoming: sum(agents, ({ days }) => days[index]?.incoming ?? 0),
    outgoing: sum(agents, ({ days }) => days[index]?.outgoing ?? 0),
    unanswered: sum(agents, ({ days }) => days[index]?.unanswered ?? 0),
  }));
}
