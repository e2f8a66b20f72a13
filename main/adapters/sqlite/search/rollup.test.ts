import { describe, expect, it } from 'vitest';
import { createCorpus } from '#test/support/search-corpus.ts';
import { KEY, temporaryFolder } from '#test/support/store-fixtures.ts';
import { importRecord, T0 } from '#test/support/store-wire.ts';
import { openRecords } from '../open-records.ts';
import { createWriter } from '../writer/create-writer.ts';
import { createSearchReader } from './reader.ts';
import { createRollup } from './rollup.ts';

const DAY_ROWS =
  'SELECT day, agent, conversation, consumer, incoming, outgoing, other, recalls, first_in, first_out_after FROM agent_day ORDER BY 1, 2, 3';
const PAIRS = 'SELECT agent, conversation, last_out FROM agent_conversations ORDER BY 1, 2';

describe('[SR6] roll-up', () => {
  it.each([1, 2, 3, 4, 5, 6])('[SR6] late history leaves the rows that the messages in order give, seed %i', (seed) => {
    const corpus = createCorpus(seed, 1 + (seed % 3));
    try {
      const { records, prng } = corpus;
      for (let round = 0; round < 8; round++) {
        corpus.grow(20 + prng.int(150));
        corpus.disturb(10);
        const days = records.readRaw(DAY_ROWS).all();
        const pairs = records.readRaw(PAIRS).all();
        const again = createRollup(records);
        records.transaction(() => {
          for (const conversation of records.readOne<number>('SELECT id FROM conversations').all())
            again.rebuildConversation(conversation);
        });
        expect(days).toEqual(records.readRaw(DAY_ROWS).all());
        expect(pairs).toEqual(records.readRaw(PAIRS).all());

        // And both are what the messages say, computed by SQL alone.
        const offset = 8 * 3_600_000;
        const plain = records
          .readRaw(
            `WITH q AS (SELECT (m.sent_at + ${offset}) / 86400000 AS day, m.*, a.agent_id AS account FROM messages m JOIN agents a ON a.id = m.agent),
             f AS (SELECT day, agent, conversation, account, min(CASE WHEN sender_role = 1 THEN id END) AS first_in FROM q GROUP BY 1, 2, 3)
             SELECT q.day, q.agent, q.conversation, c.consumer, sum(q.sender_role = 1), sum(q.sender_role = 0 AND q.sender_id = q.account),
               sum(q.sender_role = 2 OR (q.sender_role = 0 AND q.sender_id <> q.account)), sum(q.flags & 1 AND q.sender_role = 0 AND q.sender_id = q.account), f.first_in,
               (SELECT min(o.id) FROM messages o WHERE o.conversation = q.conversation AND o.sender_role = 0 AND o.sender_id = q.account AND o.id > f.first_in
                 AND (o.sent_at + ${offset}) / 86400000 = q.day)
             FROM q JOIN f ON f.day = q.day AND f.agent = q.agent AND f.conversation = q.conversation JOIN conversations c ON c.id = q.conversation
             GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
          )
          .all();
        expect(days).toEqual(plain);
      }
    } finally {
      corpus.close();
    }
  });
});

describe('[SR6] the drift of the keys', () => {
  it('[SR6] the median of first responses is exact where thousands of messages share a moment, and so have keys far from it', () => {
    const db = openRecords(temporaryFolder(), KEY);
    try {
      const writer = createWriter(db);
      // A file whose times are whole minutes: all of these are in one slot, and push each other seconds away from it.
      const crowd = Array.from({ length: 9_000 }, (_, n) =>
        importRecord({ conversation_id: 'crowd', message_id: `m-${n}`, consumer: '众', agent: '' }),
      );
      const answered = [1_000, 2_000, 9_000].flatMap((after, n) => [
        importRecord({ conversation_id: `c-${n}`, message_id: `q-${n}`, consumer: `买家${n}` }),
        importRecord({
          conversation_id: `c-${n}`,
          message_id: `a-${n}`,
          sender: 'agent',
          consumer: `买家${n}`,
          sent_at: T0 + after,
        }),
      ]);
      writer.importRecords([...crowd, ...answered]);
      const drift = db
        .readOne<number>('SELECT max(abs(id - (sent_at - 946684800000) * 1024 / 1000)) FROM messages')
        .get() as number;
      expect(drift).toBeGreaterThan(5_120);
      expect(db.readOne<number>("SELECT value FROM meta WHERE name = 'key_drift_slots'").get()).toBe(drift);
      const [row] = createSearchReader(db, { indexed: false }).searchAgents({}, { kind: 'all' });
      expect(row).toMatchObject({ agent: '客服老王', sessions: 3, unanswered: 0, median_first_response_ms: 2_000 });
    } finally {
      db.close();
    }
  });
});
