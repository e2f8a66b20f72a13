import type { AgentOverviewRow } from '#shared/contract/views.ts';
import { MESSAGE_KEY_SLACK_MS, messageKeySlot } from '#shared/domain/time.ts';
import { Flag, SENDER_CODES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { readKeyTimes } from './key-drift.ts';
import type { Plan } from './plan.ts';
import { DEFAULT_ROLLUP_OFFSET_MS, ROLLUP_OFFSET_NAME, rollupDay, rollupDayStart } from './rollup.ts';
import { checkCancelled, type Cancelled, type Walk } from './walk.ts';

/**
 * One line an agent (SR6), exact for any range: receptions = distinct consumers, sessions = distinct conversations with a
 * matching message that belongs to the agent; messages = those messages, both ways; unanswered = conversations with such a
 * message of the consumer and none by the agent after the first of them; recalls = such messages by the agent that are
 * recalled; first response = from the first such message of the consumer to the agent's next.
 *
 * Whole days come from the roll-up, messages are read only at the two ends of the range. With filters on the messages
 * themselves (text, direction, kind, state) or limited visibility every matching message is read.
 */
export function overview(db: ReadableDatabase, plan: Plan, walk: Walk, cancelled: Cancelled): AgentOverviewRow[] {
  const pairs = new Pairs();
  if (plan.rowFilters) readMatches(db, walk, pairs);
  else readRollup(db, plan, pairs, cancelled);
  checkCancelled(cancelled);
  return summarise(db, pairs, cancelled);
}

/** What belongs to one agent in one conversation. */
interface Pair {
  readonly agent: number;
  readonly conversation: number;
  consumer: number | null;
  messages: number;
  recalls: number;
  /** Key of the first consumer message, or null. */
  firstIn: number | null;
  /** Key of the agent's first message after `firstIn` where it is known already; null = has to be looked for. */
  firstOut: number | null;
}

class Pairs {
  readonly #byAgent = new Map<number, Map<number, Pair>>();

  get(agent: number, conversation: number, consumer: number | null): Pair {
    let conversations = this.#byAgent.get(agent);
    if (conversations === undefined) this.#byAgent.set(agent, (conversations = new Map()));
    let pair = conversations.get(conversation);
    if (pair === undefined) {
      pair = { agent, conversation, consumer, messages: 0, recalls: 0, firstIn: null, firstOut: null };
      conversations.set(conversation, pair);
    }
    return pair;
  }

  agents(): Iterable<[number, Map<number, Pair>]> {
    return this.#byAgent;
  }
}

function asked(pair: Pair, firstIn: number | null, firstOut: number | null): void {
  if (firstIn === null || (pair.firstIn !== null && pair.firstIn <= firstIn)) return;
  pair.firstIn = firstIn;
  pair.firstOut = firstOut;
}

/** Details of messages that the walk doesn't carry. Consumers of groups count by their conversation. */
const DETAILS = `m.agent, m.conversation, c.consumer, m.id, m.sender_role = ${SENDER_CODES.consumer},
  m.flags & 1 AND m.sender_role = ${SENDER_CODES.agent} AND m.sender_id = a.agent_id`;
type Details = [
  agent: number,
  conversation: number,
  consumer: number | null,
  id: number,
  incoming: number,
  recall: number,
];

function add(pairs: Pairs, rows: readonly Details[]): void {
  for (const [agent, conversation, consumer, id, incoming, recall] of rows) {
    const pair = pairs.get(agent, conversation, consumer);
    pair.messages++;
    if (recall !== 0) pair.recalls++;
    if (incoming !== 0) asked(pair, id, null);
  }
}

function readMatches(db: ReadableDatabase, walk: Walk, pairs: Pairs): void {
  const consumersOf = db.readRaw<[number, number | null]>(
    'SELECT c.id, c.consumer FROM json_each(?) j CROSS JOIN conversations c ON c.id = j.value',
  );
  const byItsAgent = db.readOne<number>(
    'SELECT 1 FROM messages m CROSS JOIN agents a ON a.id = m.agent WHERE m.id = ? AND m.sender_id = a.agent_id',
  );
  for (const piece of walk.pieces(Number.MAX_SAFE_INTEGER, { text: false, wanted: null })) {
    const added: Pair[] = [];
    for (const [id, conversation, agent, , flags, senderRole] of piece) {
      if (agent === null) continue;
      const pair = pairs.get(agent, conversation, null);
      if (pair.messages++ === 0) added.push(pair);
      if (senderRole === SENDER_CODES.consumer) asked(pair, id, null);
      else if (senderRole === SENDER_CODES.agent && (flags & Flag.RECALLED) !== 0 && byItsAgent.get(id) === 1)
        pair.recalls++;
    }
    if (added.length === 0) continue;
    const consumers = new Map(consumersOf.all(JSON.stringify([...new Set(added.map((pair) => pair.conversation))])));
    for (const pair of added) pair.consumer = consumers.get(pair.conversation) ?? null;
  }
}

function readRollup(db: ReadableDatabase, plan: Plan, pairs: Pairs, cancelled: Cancelled): void {
  const offset = Number(
    db.readOne<number | string | null>('SELECT value FROM meta WHERE name = ?').get(ROLLUP_OFFSET_NAME) ??
      DEFAULT_ROLLUP_OFFSET_MS,
  );
  const firstDay = db.readOne<number | null>('SELECT min(day) FROM agent_day').get() ?? null;
  const lastDay = db.readOne<number | null>('SELECT max(day) FROM agent_day').get() ?? null;
  if (firstDay === null || lastDay === null) return;

  // Whole days of the range, [dayLow, dayHigh).
  let dayLow = firstDay;
  let dayHigh = lastDay + 1;
  if (plan.from !== null && plan.from > rollupDayStart(firstDay, offset)) {
    dayLow = rollupDay(plan.from, offset);
    if (rollupDayStart(dayLow, offset) < plan.from) dayLow++;
  }
  if (plan.to !== null && plan.to < rollupDayStart(lastDay + 1, offset)) {
    dayHigh = rollupDay(plan.to, offset);
    // A day that has no message at or after the end of the range is a whole day: "until now".
    const later = db.readOne<number>('SELECT EXISTS (SELECT 1 FROM messages WHERE id >= ?)').get(plan.sureHigh);
    if (later !== 1) dayHigh = Math.max(dayHigh, lastDay + 1);
  }

  const filters: string[] = [];
  const parameters: string[] = [];
  if (plan.agents !== null) {
    filters.push(' AND d.agent IN (SELECT value FROM json_each(?))');
    parameters.push(JSON.stringify(plan.agents));
  }
  if (plan.shops !== null) {
    filters.push(' AND (SELECT shop FROM conversations WHERE id = d.conversation) IN (SELECT value FROM json_each(?))');
    parameters.push(JSON.stringify(plan.shops));
  }
  const set = plan.conversationSet;

  if (dayLow < dayHigh) {
    const days = db.readRaw<[number, number, number | null, number, number, number | null, number | null]>(`
      SELECT d.agent, d.conversation, d.consumer, d.incoming + d.outgoing + d.other, d.recalls, d.first_in, d.first_out_after
      FROM agent_day d WHERE d.day >= ? AND d.day < ?${filters.join('')}`);
    // A day at a time: a check for cancelling in between, and the first question of a pair is the oldest one.
    // Only days that exist: one absurd time must not make this walk through the millennia.
    const nextDay = db.readOne<number | null>('SELECT min(day) FROM agent_day WHERE day >= ?');
    for (let day = nextDay.get(dayLow) ?? dayHigh; day < dayHigh; day = nextDay.get(day + 1) ?? dayHigh) {
      checkCancelled(cancelled, (day - dayLow) / (dayHigh - dayLow));
      for (const [agent, conversation, consumer, messages, recalls, firstIn, firstOut] of days.all(
        day,
        day + 1,
        ...parameters,
      )) {
        if (set !== null && !set.has(conversation)) continue;
        const pair = pairs.get(agent, conversation, consumer);
        pair.messages += messages;
        pair.recalls += recalls;
        asked(pair, firstIn, firstOut);
      }
    }
  }

  const details = db.readRaw<Details>(`
    SELECT ${DETAILS} FROM messages m NOT INDEXED CROSS JOIN conversations c ON c.id = m.conversation CROSS JOIN agents a ON a.id = m.agent
    WHERE m.id >= ? AND m.id < ? AND m.sent_at >= ? AND m.sent_at < ?${plan.where}`);
  const edge = (from: number, to: number): void => {
    if (from >= to) return;
    checkCancelled(cancelled);
    const low = Math.max(plan.low, messageKeySlot(from));
    const high = Math.min(plan.high, messageKeySlot(to + MESSAGE_KEY_SLACK_MS));
    const rows = details.all(low, high, from, to, ...plan.parameters);
    add(pairs, set === null ? rows : rows.filter(([, conversation]) => set.has(conversation)));
  };
  const rangeFrom = Math.max(plan.from ?? -Infinity, rollupDayStart(firstDay, offset));
  const rangeTo = Math.min(plan.to ?? Infinity, rollupDayStart(lastDay + 1, offset));
  if (dayLow >= dayHigh) {
    edge(rangeFrom, rangeTo);
  } else {
    edge(rangeFrom, rollupDayStart(dayLow, offset));
    edge(rollupDayStart(dayHigh, offset), rangeTo);
  }
}

function summarise(db: ReadableDatabase, pairs: Pairs, cancelled: Cancelled): AgentOverviewRow[] {
  const agents = db.readRaw<[string, string]>('SELECT name, agent_id FROM agents WHERE id = ?');
  const lastOut = db.readOne<number | null>(
    'SELECT last_out FROM agent_conversations WHERE agent = ? AND conversation = ?',
  );
  const firstOut = db.readOne<number | null>(
    `SELECT id FROM messages WHERE conversation = ? AND id > ? AND sender_role = ${SENDER_CODES.agent} AND sender_id = ? ORDER BY id LIMIT 1`,
  );
  const timeOf = db.readOne<number>('SELECT sent_at FROM messages WHERE id = ?');
  const exactly = ({ firstIn, firstOut }: Pair): number => (timeOf.get(firstOut) ?? 0) - (timeOf.get(firstIn) ?? 0);
  const keys = readKeyTimes(db);
  const rows: AgentOverviewRow[] = [];
  for (const [agent, conversations] of pairs.agents()) {
    checkCancelled(cancelled);
    const [name, account] = agents.get(agent) ?? ['', ''];
    const people = new Set<number>();
    let messages = 0;
    let recalls = 0;
    let unanswered = 0;
    const answered: Pair[] = [];
    const told = new Float64Array(conversations.size);
    for (const pair of conversations.values()) {
      // A group has no single consumer: it counts as one reception of its own.
      people.add(pair.consumer ?? -pair.conversation);
      messages += pair.messages;
      recalls += pair.recalls;
      if (pair.firstIn === null) continue;
      if (pair.firstOut === null) {
        const last = lastOut.get(agent, pair.conversation) ?? null;
        if (last !== null && last > pair.firstIn)
          pair.firstOut = firstOut.get(pair.conversation, pair.firstIn, account) ?? null;
      }
      if (pair.firstOut === null) unanswered++;
      else {
        told[answered.length] = keys.between(pair.firstIn, pair.firstOut) ?? exactly(pair);
        answered.push(pair);
      }
    }
    rows.push({
      agent_key: agent,
      agent: name,
      account,
      receptions: people.size,
      sessions: conversations.size,
      messages,
      unanswered,
      recalls,
      median_first_response_ms: median(answered, told.subarray(0, answered.length), keys.error, exactly),
    });
  }
  return rows.sort((a, b) => b.receptions - a.receptions || b.messages - a.messages || a.agent_key - b.agent_key);
}

/**
 * The median of the exact values; of an even number the mean of the middle two, rounded. `told[i]` is that of `answered[i]`
 * to within `error`. Exact ones are read where they could be one of the middle: what lies further from it than two errors
 * keeps its side.
 */
function median(
  answered: readonly Pair[],
  told: Float64Array,
  error: number,
  exactly: (pair: Pair) => number,
): number | null {
  if (answered.length === 0) return null;
  const sorted = told.toSorted();
  const low = (sorted.length - 1) >> 1;
  const high = sorted.length >> 1;
  const from = (sorted[low] as number) - 2 * error;
  const to = (sorted[high] as number) + 2 * error;
  let below = 0;
  const around: number[] = [];
  for (const [i, pair] of answered.entries()) {
    const ms = told[i] as number;
    if (ms < from) below++;
    else if (ms <= to) around.push(exactly(pair));
  }
  around.sort((a, b) => a - b);
  return Math.round(((around[low - below] as number) + (around[high - below] as number)) / 2);
}
