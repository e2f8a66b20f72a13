import { SENDER_CODES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import type { Plan } from './plan.ts';

/** Flags that let a row pass a filter which asks for unanswered ones too. */
export function unansweredMask(plan: Plan): number {
  const flags = {
    recalled: 1,
    corrected: 2,
    sensitive: 8,
    incident: 16,
    reviewed: 32,
    unanswered: 0,
    read_unreplied: 0,
  } as const;
  let mask = 0;
  for (const state of plan.query.states ?? []) mask |= flags[state];
  return mask;
}

/**
 * SR6: has a consumer's message in the range that belongs to the agent, and nothing by this agent after the first of
 * them. Messages that belong to nobody count as unanswered when no agent wrote after them.
 */
export function createUnanswered(
  db: ReadableDatabase,
  plan: Plan,
): (conversation: number, agent: number | null) => boolean {
  const first = db.readOne<number | null>(`
    SELECT min(id) FROM messages WHERE conversation = ? AND id >= ? AND id < ? AND agent IS ? AND sender_role = ${SENDER_CODES.consumer}
    AND sent_at >= ? AND sent_at < ?`);
  const lastOut = db.readOne<number | null>(
    'SELECT last_out FROM agent_conversations WHERE agent = ? AND conversation = ?',
  );
  const lastAny = db.readOne<number | null>(
    `SELECT max(id) FROM messages WHERE conversation = ? AND sender_role = ${SENDER_CODES.agent}`,
  );
  const known = new Map<string, boolean>();
  return (conversation, agent) => {
    const key = `${conversation}/${agent ?? ''}`;
    let answer = known.get(key);
    if (answer === undefined) {
      const question =
        first.get(conversation, plan.low, plan.high, agent, plan.from ?? -8.64e15, plan.to ?? 8.64e15) ?? null;
      const last = (agent === null ? lastAny.get(conversation) : lastOut.get(agent, conversation)) ?? null;
      answer = question !== null && (last === null || last < question);
      known.set(key, answer);
    }
    return answer;
  };
}

/** 已读未回 of a conversation, each looked up once. */
export function createReadUnreplied(db: ReadableDatabase): (conversation: number) => boolean {
  const read = db.readOne<number>(
    'SELECT last_consumer_seq > last_agent_seq AND agent_read_seq >= last_consumer_seq FROM conversations WHERE id = ?',
  );
  const known = new Map<number, boolean>();
  return (conversation) => {
    let answer = known.get(conversation);
    if (answer === undefined) known.set(conversation, (answer = read.get(conversation) === 1));
    return answer;
  };
}
