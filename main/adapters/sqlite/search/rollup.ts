import { SENDER_CODES } from '../codes.ts';
import type { WritableDatabase } from '../connection.ts';
import { createKeyDrift } from './key-drift.ts';

/**
 * The roll-up behind the overview (SR6): agent_day, agent_conversations and the drift of the keys, kept in the transaction
 * that writes the messages. Late history arrives out of order and must leave the same rows as if it had come in order.
 *
 * - A row of agent_day says what belongs to an agent (messages.agent) in one conversation on one day.
 * - "By the agent" means sent by the agent, whoever the conversation is assigned to.
 * - agent_conversations has a row for every agent that a conversation was ever assigned to, that owns a message of it,
 *   or that wrote in it; `last_out` is the newest message the agent wrote there.
 */

/** A message as the roll-up sees it. Keys of records.db; `sender_role` as in SENDER_CODES; `sent_at` in milliseconds. */
export interface RollupRow {
  readonly id: number;
  readonly conversation: number;
  /** Whom it belongs to: the agent the conversation was assigned to when it was sent (SR6), or null. */
  readonly agent: number | null;
  readonly consumer: number | null;
  readonly sender_role: number;
  /** agents.id of the sender, for messages of agents. */
  readonly sender_agent: number | null;
  readonly sent_at: number;
}

export interface Rollup {
  /** A message row was inserted. One that arrives recalled: `added`, then `recalled`. */
  added(row: RollupRow): void;
  /** A message that was added before is recalled now. */
  recalled(row: RollupRow): void;
  /** Assignments or consumer changed, or messages were purged: everything of the conversation anew, from its messages. */
  rebuildConversation(conversation: number): void;
  /** Writes what is buffered; before COMMIT. */
  flush(): void;
  /** After a rollback: forgets what is buffered. */
  reset(): void;
}

const DAY_MS = 86_400_000;
/** China has one zone: a day of the roll-up is a day there unless the file says otherwise. */
export const DEFAULT_ROLLUP_OFFSET_MS = 8 * 3_600_000;
export const ROLLUP_OFFSET_NAME = 'rollup_offset_ms';

/** Day number of a time; `offset` in milliseconds east of UTC. */
export const rollupDay = (sentAt: number, offset: number): number => Math.floor((sentAt + offset) / DAY_MS);
export const rollupDayStart = (day: number, offset: number): number => day * DAY_MS - offset;

/** What a batch adds to one row of agent_day. */
interface Delta {
  readonly day: number;
  readonly agent: number;
  readonly conversation: number;
  consumer: number | null;
  incoming: number;
  outgoing: number;
  other: number;
  recalls: number;
  /** `first_in` or an answer changed in a way that only the messages can tell. */
  recompute: boolean;
}

export function createRollup(db: WritableDatabase): Rollup {
  const readOffset = db.readOne<number | null>('SELECT value FROM meta WHERE name = ?');
  const upsert = db.write(`
    INSERT INTO agent_day (day, agent, conversation, consumer, incoming, outgoing, other, recalls, first_in, first_out_after)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (day, agent, conversation) DO UPDATE SET consumer = excluded.consumer,
      incoming = incoming + excluded.incoming, outgoing = outgoing + excluded.outgoing, other = other + excluded.other,
      recalls = recalls + excluded.recalls, first_in = excluded.first_in, first_out_after = excluded.first_out_after`);
  const readFirsts = db.readRaw<[number | null, number | null]>(
    'SELECT first_in, first_out_after FROM agent_day WHERE day = ? AND agent = ? AND conversation = ?',
  );
  const setOut = db.write('UPDATE agent_day SET first_out_after = ? WHERE day = ? AND agent = ? AND conversation = ?');
  const putPair = db.write(`
    INSERT INTO agent_conversations (agent, conversation, last_out) VALUES (?, ?, ?)
    ON CONFLICT (agent, conversation) DO UPDATE SET last_out = excluded.last_out
    WHERE excluded.last_out IS NOT NULL AND (last_out IS NULL OR last_out < excluded.last_out)`);
  /** First message an agent wrote in a conversation after another one, with its time. */
  const firstOut = db.readRaw<[number, number]>(`
    SELECT m.id, m.sent_at FROM messages m
    JOIN conversations c ON c.id = m.conversation
    JOIN agents a ON a.source = c.source AND a.agent_id = m.sender_id
    WHERE m.conversation = ? AND m.id > ? AND m.sender_role = ${SENDER_CODES.agent} AND a.id = ? ORDER BY m.id LIMIT 1`);
  const conversationRows = db.readRaw<[number, number | null, number, number | null, number, number, number | null]>(`
    SELECT m.id, m.agent, m.sender_role, s.id, m.sent_at, m.flags & 1, c.consumer FROM messages m
    JOIN conversations c ON c.id = m.conversation
    LEFT JOIN agents s ON m.sender_role = ${SENDER_CODES.agent} AND s.source = c.source AND s.agent_id = m.sender_id
    WHERE m.conversation = ? ORDER BY m.id`);
  const assigned = db.readRaw<[number]>(`
    SELECT DISTINCT a.id FROM conversations c, json_each(c.assignments) j
    JOIN agents a ON a.source = c.source AND a.agent_id = j.value ->> 'agent_id' WHERE c.id = ?`);
  const dropDays = db.write(
    'DELETE FROM agent_day WHERE (day, agent, conversation) IN (SELECT day, agent, conversation FROM agent_day WHERE conversation = ?)',
  );
  const pairsOf = db.readOne<number>(
    'SELECT agent FROM agent_conversations WHERE agent IN (SELECT id FROM agents) AND conversation = ?',
  );
  const dropPair = db.write('DELETE FROM agent_conversations WHERE agent = ? AND conversation = ?');

  const drift = createKeyDrift(db);

  let offset: number | null = null;
  /** Read once: it is fixed when the file is made. */
  const dayOf = (sentAt: number): number => {
    offset ??= Number(readOffset.get(ROLLUP_OFFSET_NAME) ?? DEFAULT_ROLLUP_OFFSET_MS);
    return rollupDay(sentAt, offset);
  };

  /** Rows of one transaction; consecutive messages of a conversation mostly touch the same row of agent_day. */
  const rows: RollupRow[] = [];
  const recalls: RollupRow[] = [];

  const write = (): void => {
    if (rows.length === 0 && recalls.length === 0) return;
    const deltas = new Map<string, Delta>();
    const firstsKnown = new Map<string, { firstIn: number | null; firstOut: number | null; stored: boolean }>();
    const lastOut = new Map<string, { agent: number; conversation: number; id: number | null }>();
    const keyOf = (day: number, agent: number, conversation: number): string => `${day}/${agent}/${conversation}`;
    const deltaOf = (day: number, agent: number, conversation: number): Delta => {
      const key = keyOf(day, agent, conversation);
      let delta = deltas.get(key);
      if (delta === undefined) {
        delta = {
          day,
          agent,
          conversation,
          consumer: null,
          incoming: 0,
          outgoing: 0,
          other: 0,
          recalls: 0,
          recompute: false,
        };
        deltas.set(key, delta);
      }
      return delta;
    };
    const firsts = (
      day: number,
      agent: number,
      conversation: number,
    ): { firstIn: number | null; firstOut: number | null; stored: boolean } => {
      const key = keyOf(day, agent, conversation);
      let known = firstsKnown.get(key);
      if (known === undefined) {
        const row = readFirsts.get(day, agent, conversation);
        known = { firstIn: row?.[0] ?? null, firstOut: row?.[1] ?? null, stored: row !== undefined };
        firstsKnown.set(key, known);
      }
      return known;
    };
    const noteOut = (agent: number, conversation: number, id: number | null): void => {
      const key = `${agent}/${conversation}`;
      const known = lastOut.get(key);
      if (known === undefined) lastOut.set(key, { agent, conversation, id });
      else if (id !== null && (known.id === null || id > known.id)) known.id = id;
    };

    for (const row of rows) {
      const day = dayOf(row.sent_at);
      const fromConsumer = row.sender_role === SENDER_CODES.consumer;
      const writer = row.sender_role === SENDER_CODES.agent ? row.sender_agent : null;
      if (row.agent !== null) {
        const delta = deltaOf(day, row.agent, row.conversation);
        delta.consumer = row.consumer;
        if (fromConsumer) {
          delta.incoming++;
          const known = firsts(day, row.agent, row.conversation);
          if (known.firstIn === null || row.id < known.firstIn) {
            known.firstIn = row.id;
            // An earlier question may have an earlier answer among what is stored.
            delta.recompute = true;
          }
        } else if (writer === row.agent) delta.outgoing++;
        else delta.other++;
        noteOut(row.agent, row.conversation, null);
      }
      if (writer !== null) {
        noteOut(writer, row.conversation, row.id);
        const known = firsts(day, writer, row.conversation);
        if (known.firstIn !== null && row.id > known.firstIn && (known.firstOut === null || row.id < known.firstOut)) {
          known.firstOut = row.id;
          if (known.stored && !deltas.has(keyOf(day, writer, row.conversation)))
            setOut.run(row.id, day, writer, row.conversation);
        }
      }
    }
    for (const row of recalls) {
      if (row.agent !== null && row.sender_role === SENDER_CODES.agent && row.sender_agent === row.agent) {
        const delta = deltaOf(dayOf(row.sent_at), row.agent, row.conversation);
        delta.consumer = row.consumer;
        delta.recalls++;
      }
    }
    for (const delta of deltas.values()) {
      const known = firsts(delta.day, delta.agent, delta.conversation);
      if (delta.recompute && known.firstIn !== null) {
        const out = firstOut.get(delta.conversation, known.firstIn, delta.agent);
        known.firstOut = out !== undefined && dayOf(out[1]) === delta.day ? out[0] : null;
      }
      upsert.run(
        delta.day,
        delta.agent,
        delta.conversation,
        delta.consumer,
        delta.incoming,
        delta.outgoing,
        delta.other,
        delta.recalls,
        known.firstIn,
        known.firstOut,
      );
    }
    for (const { agent, conversation, id } of lastOut.values()) putPair.run(agent, conversation, id);
    rows.length = 0;
    recalls.length = 0;
  };

  return {
    added: (row) => {
      rows.push(row);
      drift.note(row.id, row.sent_at);
    },
    recalled: (row) => void recalls.push(row),
    flush: () => {
      write();
      drift.flush();
    },
    reset: () => {
      drift.reset();
      rows.length = 0;
      recalls.length = 0;
    },
    rebuildConversation: (conversation) => {
      write();
      dropDays.run(conversation);
      for (const agent of pairsOf.all(conversation)) dropPair.run(agent, conversation);
      for (const [agent] of assigned.all(conversation)) putPair.run(agent, conversation, null);
      for (const [id, agent, sender_role, sender_agent, sent_at, recalled, consumer] of conversationRows.all(
        conversation,
      )) {
        const row: RollupRow = { id, conversation, agent, consumer, sender_role, sender_agent, sent_at };
        rows.push(row);
        if (recalled !== 0) recalls.push(row);
      }
      write();
    },
  };
}
