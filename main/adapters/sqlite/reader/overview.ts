import type { AgentFacts, OverviewFacts, OverviewRequest } from '#main/core/ports/overview-store.ts';
import type { WaitingLine } from '#shared/contract/overview.ts';
import type { AgentId, ConversationKey } from '#shared/domain/ids.ts';
import type { Presence, Role } from '#shared/protocol/entities.ts';
import { INTAKE_CODES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { DEFAULT_ROLLUP_OFFSET_MS, ROLLUP_OFFSET_NAME, rollupDay, rollupDayStart } from '../search/rollup.ts';

/** The last word is the consumer's (IN1); the same judgement as `replyState` of the lists. */
const UNREPLIED = `CASE WHEN c.last_consumer_seq = 0 AND c.last_agent_seq = 0 THEN c.waiting_since IS NOT NULL
  ELSE c.last_consumer_seq > c.last_agent_seq END`;
const SINCE = 'coalesce(c.waiting_since, c.last_message_at)';
const LINE = `SELECT c.id, c.title, u.name, s.name AS shop, c.intake, ${SINCE} AS since FROM conversations c
  JOIN shops s ON s.id = c.shop LEFT JOIN consumers u ON u.id = c.consumer`;

type LineRow = [number, string, string | null, string, number, number | null];
const toLine = ([key, title, consumer, shop, intake, since]: LineRow): WaitingLine => ({
  conversation_key: key as ConversationKey,
  intake: intake === INTAKE_CODES.waiting ? 'waiting' : 'active',
  title: consumer ?? title,
  shop,
  since,
});

/** Slots of message keys are 1,024 a second. */
const keyMilliseconds = (slots: number): number => (slots * 1_000) / 1_024;

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  const low = values[(values.length - 1) >> 1] as number;
  const high = values[values.length >> 1] as number;
  return Math.round((low + high) / 2);
}

/** See `OverviewStoreReader`. */
export function readOverviewFacts(db: ReadableDatabase, request: OverviewRequest): OverviewFacts {
  const offset = Number(
    db.readOne<number | string | null>('SELECT value FROM meta WHERE name = ?').get(ROLLUP_OFFSET_NAME) ??
      DEFAULT_ROLLUP_OFFSET_MS,
  );
  const today = rollupDay(request.now, offset);
  const firstDay = today - request.days + 1;
  const sources = db
    .readOne<number>('SELECT id FROM sources WHERE name IN (SELECT value FROM json_each(?))')
    .all(JSON.stringify(request.sources));
  const seen = JSON.stringify(sources);
  const own = db.readOne<number>(
    'SELECT g.id FROM agents g JOIN sources so ON so.id = g.source WHERE so.name = ? AND g.agent_id = ?',
  );
  const mine = request.agents.map(({ source, agent_id }) => own.get(source, agent_id) ?? null);
  const wanted = JSON.stringify([
    ...new Set([
      ...db.readOne<number>('SELECT id FROM agents WHERE source IN (SELECT value FROM json_each(?))').all(seen),
      ...mine.filter((id) => id !== null),
    ]),
  ]);

  interface Agent {
    readonly id: number;
    readonly source: string;
    readonly agent_id: string;
    readonly name: string;
    readonly role: string | null;
    readonly presence: string | null;
  }
  const agents = db
    .read<Agent>(
      `SELECT g.id, so.name AS source, g.agent_id, g.name, g.role, g.presence FROM agents g JOIN sources so ON so.id = g.source
       WHERE g.id IN (SELECT value FROM json_each(?)) ORDER BY g.id`,
    )
    .all(wanted);

  const inHand = new Map<number, { active: number; unreplied: number; since: number | null }>();
  for (const [agent, active, unreplied, since] of db
    .readRaw<[number, number, number, number | null]>(
      `SELECT c.assignee, count(*), sum(${UNREPLIED}), min(CASE WHEN ${UNREPLIED} THEN ${SINCE} END) FROM conversations c
       WHERE c.intake = ${INTAKE_CODES.active} AND c.removed_by IS NULL AND c.assignee IN (SELECT value FROM json_each(?)) GROUP BY c.assignee`,
    )
    .all(wanted))
    inHand.set(agent, { active, unreplied, since });

  const days = new Map<string, AgentFacts['days'][number]>();
  // The day leads the roll-up's key: a range of days is one stretch of it.
  for (const [day, agent, receptions, incoming, outgoing, unanswered] of db
    .readRaw<[number, number, number, number, number, number]>(
      `SELECT d.day, d.agent, count(DISTINCT coalesce(d.consumer, -d.conversation)), sum(d.incoming), sum(d.outgoing),
         sum(d.first_in IS NOT NULL AND d.first_out_after IS NULL)
       FROM agent_day d WHERE d.day BETWEEN ? AND ? AND d.agent IN (SELECT value FROM json_each(?)) GROUP BY d.day, d.agent`,
    )
    .all(firstDay, today, wanted))
    days.set(`${agent} ${day}`, { at: rollupDayStart(day, offset), receptions, incoming, outgoing, unanswered });

  const responses = new Map<number, number[]>();
  for (const [agent, slots] of db
    .readRaw<[number, number]>(
      `SELECT d.agent, d.first_out_after - d.first_in FROM agent_day d
       WHERE d.day = ? AND d.first_in IS NOT NULL AND d.first_out_after IS NOT NULL AND d.agent IN (SELECT value FROM json_each(?))`,
    )
    .all(today, wanted)) {
    const list = responses.get(agent);
    if (list === undefined) responses.set(agent, [keyMilliseconds(slots)]);
    else list.push(keyMilliseconds(slots));
  }

  const incidents = new Map<string, { readonly open: number; readonly drafts: number }>();
  let approvals = 0;
  for (const [source, whole, agent, open, drafts, waiting] of db
    .readRaw<[string, number, string, number, number, number]>(
      `SELECT so.name, so.id IN (SELECT value FROM json_each(?)), i.agent_id, count(*), sum(i.state = 'draft'), sum(i.approvals)
       FROM incidents i JOIN sources so ON so.id = i.source WHERE i.state <> 'closed' GROUP BY so.id, i.agent_id`,
    )
    .all(seen)) {
    incidents.set(`${source}\n${agent}`, { open, drafts });
    if (whole === 1) approvals += waiting;
  }

  const reviews = new Map<number, { readonly count: number; readonly mean: number | null }>();
  for (const [agent, count, mean] of db
    .readRaw<[number, number, number | null]>(
      `SELECT r.agent, count(*), avg(r.body ->> '$.final_score') FROM reviews r
       WHERE r.submitted_at IS NOT NULL AND r.submitted_at >= ? AND r.state = 'submitted'
         AND r.agent IN (SELECT value FROM json_each(?)) GROUP BY r.agent`,
    )
    .all(request.reviewed_since, wanted))
    reviews.set(agent, { count, mean: mean === null ? null : Math.round(mean * 10) / 10 });

  const shops = db
    .readRaw<[string, number, number | null, number, number]>(
      `SELECT s.name, sum(c.intake = ${INTAKE_CODES.waiting}), min(CASE WHEN c.intake = ${INTAKE_CODES.waiting} THEN ${SINCE} END),
         sum(c.intake = ${INTAKE_CODES.active}), sum(c.intake = ${INTAKE_CODES.active} AND ${UNREPLIED})
       FROM conversations c JOIN shops s ON s.id = c.shop
       WHERE c.intake IN (${INTAKE_CODES.waiting}, ${INTAKE_CODES.active}) AND c.removed_by IS NULL
         AND c.source IN (SELECT value FROM json_each(?)) GROUP BY c.shop ORDER BY s.id`,
    )
    .all(seen)
    .map(([name, waiting, waiting_since, active, unreplied]) => ({ name, waiting, waiting_since, active, unreplied }));

  const waiting = db
    .readRaw<LineRow>(
      `${LINE} WHERE c.intake = ${INTAKE_CODES.waiting} AND c.removed_by IS NULL AND c.source IN (SELECT value FROM json_each(?))
       ORDER BY since IS NULL, since LIMIT ?`,
    )
    .all(seen, request.queue)
    .map(toLine);
  const queue = db.readRaw<LineRow>(
    `${LINE} WHERE c.intake = ${INTAKE_CODES.active} AND c.removed_by IS NULL AND c.assignee = ? AND ${UNREPLIED}
     ORDER BY since IS NULL, since LIMIT ?`,
  );
  const ofShops = db.readRaw<[number, number | null]>(
    `SELECT count(*), min(${SINCE}) FROM conversations c WHERE c.intake = ${INTAKE_CODES.waiting} AND c.removed_by IS NULL
       AND c.shop IN (SELECT l.shop FROM account_shops l JOIN accounts a ON a.id = l.account WHERE a.account_id = ?)`,
  );

  return {
    day: { from: rollupDayStart(today, offset), to: rollupDayStart(today + 1, offset) },
    agents: agents.map((agent) => {
      const hand = inHand.get(agent.id);
      const open = incidents.get(`${agent.source}\n${agent.agent_id}`);
      const judged = reviews.get(agent.id);
      return {
        source: agent.source,
        agent_id: agent.agent_id as AgentId,
        name: agent.name,
        role: agent.role as Role | null,
        presence: agent.presence as Presence | null,
        active: hand?.active ?? 0,
        unreplied: hand?.unreplied ?? 0,
        unreplied_since: hand?.since ?? null,
        median_first_response_ms: median(responses.get(agent.id) ?? []),
        incidents: open?.open ?? 0,
        drafts: open?.drafts ?? 0,
        reviews: judged?.count ?? 0,
        score: judged?.mean ?? null,
        days: Array.from(
          { length: request.days },
          (_, index) =>
            days.get(`${agent.id} ${firstDay + index}`) ?? {
              at: rollupDayStart(firstDay + index, offset),
              receptions: 0,
              incoming: 0,
              outgoing: 0,
              unanswered: 0,
            },
        ),
      };
    }),
    shops,
    waiting,
    mine: request.agents.map(({ account_id }, index) => {
      const [count, since] = ofShops.get(account_id) ?? [0, null];
      const agent = mine[index] ?? null;
      return {
        waiting: count,
        waiting_since: since,
        queue: agent === null ? [] : queue.all(agent, request.queue).map(toLine),
      };
    }),
    approvals,
  };
}
