import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attach,
  openReadable,
  openWritable,
  type ReadableDatabase,
  type WritableDatabase,
} from '#main/adapters/sqlite/connection.ts';
import { Flag, KIND_CODES } from '#main/adapters/sqlite/codes.ts';
import { migrate } from '#main/adapters/sqlite/migrations/index.ts';
import { openIndexFile } from '#main/adapters/sqlite/search/index-file.ts';
import { createIndexer, type Indexer } from '#main/adapters/sqlite/search/indexer.ts';
import { createRollup, type Rollup } from '#main/adapters/sqlite/search/rollup.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { messageKeySlot } from '#shared/domain/time.ts';
import { createPrng, type Prng } from '#shared/lib/prng.ts';
import { mentionedNumbers, normaliseNumber } from '#shared/search/numbers.ts';

/**
 * Random records and random queries for the differential test: real encrypted files, written with plain statements, so
 * that search is tested against the tables and not against the store's own way of writing them.
 */
export interface Corpus {
  readonly directory: string;
  readonly key: Uint8Array;
  readonly prng: Prng;
  readonly records: WritableDatabase;
  readonly index: WritableDatabase;
  readonly indexer: Indexer;
  /** Read-only, with the index attached. */
  readonly reader: ReadableDatabase;
  /** Adds messages at random times, out of order. */
  grow(messages: number): void;
  /** Recalls, corrections, marks, purges, changes of owner. */
  disturb(changes: number): void;
  query(): SearchQuery;
  visibility(): Visibility;
  close(): void;
}

const DAY = 86_400_000;
/** What a gateway or a file may claim all the same: 1970, just before the epoch of keys, year 9999, year 287396. */
const ABSURD_TIMES = [0, 946_684_799_999, 253_402_300_800_000, Number.MAX_SAFE_INTEGER];
const START = Date.UTC(2026, 6, 20);

const WORDS = [
  '您好',
  '你好',
  '亲',
  '退款',
  '退货',
  '快递',
  '发货',
  '订单',
  '单号',
  '质量',
  '问题',
  '七天无理由',
  '保证',
  '的',
  '了',
  '吗',
  '呢',
  '请问',
  '繁體中文',
  '貨到付款',
  '謝謝',
  'ＡＢＣ',
  'Ⅳ',
  'ﬁ',
  '㈱',
  '①',
  '½',
  'é',
  'e\u0301',
  'x\u0302',
  'ß',
  'İ',
  'ΟΔΟΣ',
  'Привет',
  'ข้อความ',
  '가나다',
  '\u1100\u1161',
  '😀',
  '👍',
  '👨‍👩‍👧',
  '❤️',
  'iPhone15',
  'size',
  'XL',
  'xl',
  'abc',
  'ab',
  'a',
  '1',
  '12',
  '123',
  '3天',
  '2件',
  '199.00',
  '100-150',
  'A-12',
  'vx_77',
  'hello world',
  '，',
  '。',
  '？',
  '！',
  '!',
  '?',
  '"',
  '“',
  '”',
  '-',
  '——',
  '…',
  '~',
  '%',
  '_',
  "'",
  '*',
  '(',
  ')',
  '\\',
  ':',
  ';',
  '\n',
  ' ',
  '\u3000',
  '\u00a0',
  '\u200b',
  '\ue005',
  '\ue1ff',
];
const NUMBERS = ['260901-805320551362352', 'WG20260901', '1234567890', '99887766', 'AB_12345678', '20260901123456'];

/** `days`: over how many days the messages spread; few make dense days, many cross months. */
export function createCorpus(seed: number, days = 75): Corpus {
  const DAYS = days;
  const prng = createPrng(seed);
  const directory = mkdtempSync(join(tmpdir(), 'search-'));
  const key = new Uint8Array(32).fill(seed & 0xff);
  const path = join(directory, 'records.db');
  const records = openWritable(path, key);
  // Nothing here has to survive a power cut.
  records.execute('PRAGMA synchronous = OFF');
  migrate(records, path);
  const rollup: Rollup = createRollup(records);

  const sources = ['import', 'practice'];
  const agents: { id: number; source: number; agent_id: string; name: string }[] = [];
  const conversations: {
    id: number;
    source: number;
    consumer: number | null;
    assignments: { agent_id: string; from: number; to: number | null }[];
  }[] = [];
  records.transaction(() => {
    sources.forEach((name, i) => records.write('INSERT INTO sources (id, name) VALUES (?, ?)').run(i + 1, name));
    for (let i = 1; i <= 6; i++) {
      const agent = {
        id: i,
        source: i <= 3 ? 1 : 2,
        agent_id: `a-${i <= 3 ? i : i - 3}`,
        name: ['小美', '小明', '阿强', '小美', '莉莉', '老王'][i - 1] as string,
      };
      agents.push(agent);
      records
        .write('INSERT INTO agents (id, source, agent_id, name) VALUES (?, ?, ?, ?)')
        .run(agent.id, agent.source, agent.agent_id, agent.name);
    }
    for (let i = 1; i <= 4; i++)
      records
        .write('INSERT INTO shops (id, source, shop_id, name, platform) VALUES (?, ?, ?, ?, ?)')
        .run(i, i <= 2 ? 1 : 2, `s-${i}`, ['旗舰店', '专卖店', '旗舰店', '工厂店'][i - 1] as string, 'test');
    for (let i = 1; i <= 12; i++)
      records
        .write('INSERT INTO consumers (id, source, consumer_id, name) VALUES (?, ?, ?, ?)')
        .run(i, i <= 6 ? 1 : 2, `c-${i}`, i % 5 === 0 ? '同名' : `买家${i}`);
    for (let i = 1; i <= 24; i++) {
      const source = i <= 12 ? 1 : 2;
      const group = prng.chance(0.1);
      const consumer = group ? null : source === 1 ? 1 + prng.int(6) : 7 + prng.int(6);
      const assignments: { agent_id: string; from: number; to: number | null }[] = [];
      if (source === 2 && prng.chance(0.85)) {
        let at = START + prng.int(20) * DAY;
        for (let k = 1 + prng.int(3); k > 0; k--) {
          const to = k === 1 && prng.chance(0.6) ? null : at + (1 + prng.int(30)) * DAY;
          assignments.push({ agent_id: `a-${1 + prng.int(3)}`, from: at, to });
          if (to === null) break;
          at = to;
        }
      }
      conversations.push({ id: i, source, consumer, assignments });
      const orders = prng.chance(0.25) ? [prng.pick(NUMBERS)] : [];
      const violations = prng.chance(0.1) ? [prng.pick(NUMBERS)] : [];
      records
        .write(
          `INSERT INTO conversations (id, source, conversation_id, shop, type, title, consumer, intake, assignments, order_nos, violation_nos, last_seq,
           agent_read_seq, consumer_read_seq, restricts_recall, legal_hold, sort_at, last_consumer_seq, last_agent_seq)
           VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 0, ?, 0, 0, 0, 0, ?, ?)`,
        )
        .run(
          i,
          source,
          `v-${i}`,
          source === 1 ? 1 + prng.int(2) : 3 + prng.int(2),
          group ? 1 : 0,
          group ? `群${i}` : '',
          consumer,
          JSON.stringify(assignments),
          JSON.stringify(orders),
          JSON.stringify(violations),
          prng.int(5),
          prng.int(5),
          prng.int(5),
        );
      for (const number of orders)
        records.write('INSERT OR IGNORE INTO order_conversations VALUES (?, ?)').run(normaliseNumber(number), i);
      for (const number of violations)
        records.write('INSERT OR IGNORE INTO violation_conversations VALUES (?, ?)').run(normaliseNumber(number), i);
      rollup.rebuildConversation(i);
    }
  });

  const index = openIndexFile(join(directory, 'search.db'), key);
  index.execute('PRAGMA synchronous = OFF');
  const indexReader = openReadable(path, key);
  const indexer = createIndexer(indexReader, index);
  const reader = openReadable(path, key);
  attach(reader, join(directory, 'search.db'), 'search', key);

  const texts: string[] = [];
  const makeText = (): string => {
    const parts: string[] = [];
    for (let n = prng.int(9); n >= 0; n--) parts.push(prng.pick(WORDS));
    if (prng.chance(0.05)) parts.splice(prng.int(parts.length), 0, prng.pick(NUMBERS));
    return parts.join('');
  };
  const link = (kind: 'order' | 'violation', number: string, message: number, conversation: number): void => {
    records.write(`INSERT OR IGNORE INTO ${kind}_messages VALUES (?, ?)`).run(normaliseNumber(number), message);
    records
      .write(`INSERT OR IGNORE INTO ${kind}_conversations VALUES (?, ?)`)
      .run(normaliseNumber(number), conversation);
  };
  const freeKey = (at: number): number => {
    let id = Math.min(messageKeySlot(at), Number.MAX_SAFE_INTEGER - 2 ** 32);
    while (records.readOne<number>('SELECT 1 FROM messages WHERE id = ?').get(id) !== undefined) id++;
    return id;
  };
  let made = 0;

  const grow = (messages: number): void => {
    records.transaction(() => {
      const batch = Array.from({ length: messages }, () =>
        prng.chance(0.01)
          ? prng.pick(ABSURD_TIMES)
          : START + prng.int(DAYS) * DAY + (prng.chance(0.5) ? prng.int(DAY) : 3_600_000 * prng.int(24)),
      ).sort((a, b) => a - b);
      for (const at of batch) {
        const conversation = prng.pick(conversations);
        const id = freeKey(at);
        const role = prng.chance(0.05) ? 2 : prng.chance(0.5) ? 1 : 0;
        const ofSource = agents.filter((agent) => agent.source === conversation.source);
        const owner =
          conversation.source === 1
            ? prng.pick(ofSource)
            : ofSource.find((agent) =>
                conversation.assignments.some(
                  (a) => a.agent_id === agent.agent_id && a.from <= at && (a.to === null || at < a.to),
                ),
              );
        const writer = role !== 0 ? undefined : prng.chance(0.9) && owner !== undefined ? owner : prng.pick(ofSource);
        const kind = prng.chance(0.9) ? 0 : prng.int(8);
        const recalled = prng.chance(0.03);
        const text = recalled || (kind !== 0 && prng.chance(0.5)) ? null : makeText();
        if (text !== null) texts.push(text);
        const orders = prng.chance(0.08) ? [prng.pick(NUMBERS)] : [];
        const violations = prng.chance(0.04) ? [prng.pick(NUMBERS)] : [];
        const flags =
          (recalled ? Flag.RECALLED : 0) |
          (prng.chance(0.05) ? Flag.SENSITIVE : 0) |
          (prng.chance(0.03) ? Flag.REVIEWED : 0) |
          (prng.chance(0.02) ? Flag.PUSH_DELIVERED : 0);
        const extra =
          recalled || (orders.length === 0 && violations.length === 0)
            ? null
            : JSON.stringify({ order_nos: orders, violation_nos: violations });
        records
          .write(
            `INSERT INTO messages (id, conversation, msg_id, agent, sender_role, sender_id, sender_name, kind, text, sent_at, status, flags, extra)
             VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?, 0, ?, ?)`,
          )
          .run(
            id,
            conversation.id,
            `m-${++made}`,
            owner?.id ?? null,
            role,
            role === 0 ? (writer?.agent_id ?? '') : role === 1 ? `c-${conversation.consumer}` : '',
            kind,
            text,
            at,
            flags,
            extra,
          );
        if (!recalled) {
          for (const number of orders) link('order', number, id, conversation.id);
          for (const number of violations) link('violation', number, id, conversation.id);
          for (const number of mentionedNumbers(text ?? '')) {
            link('order', number, id, conversation.id);
            link('violation', number, id, conversation.id);
          }
        }
        const row = {
          id,
          conversation: conversation.id,
          agent: owner?.id ?? null,
          consumer: conversation.consumer,
          sender_role: role,
          sender_agent: writer?.id ?? null,
          sent_at: at,
        };
        rollup.added(row);
        if (recalled) rollup.recalled(row);
        records.write('INSERT INTO index_queue (message, op) VALUES (?, 0)').run(id);
      }
      rollup.flush();
    });
  };

  const unlink = (id: number, conversation: number): void => {
    for (const kind of ['order', 'violation'] as const) {
      const numbers = records.readOne<string>(`SELECT number FROM ${kind}_messages WHERE message = ?`).all(id);
      records.write(`DELETE FROM ${kind}_messages WHERE message = ?`).run(id);
      for (const number of numbers) {
        const still = records
          .readOne<number>(
            `SELECT EXISTS (SELECT 1 FROM ${kind}_messages l JOIN messages m ON m.id = l.message WHERE l.number = ? AND m.conversation = ?)
             OR EXISTS (SELECT 1 FROM conversations c, json_each(c.${kind}_nos) j WHERE c.id = ? AND j.value = ?)`,
          )
          .get(number, conversation, conversation, number);
        if (still !== 1)
          records
            .write(`DELETE FROM ${kind}_conversations WHERE number = ? AND conversation = ?`)
            .run(number, conversation);
      }
    }
  };

  const disturb = (changes: number): void => {
    records.transaction(() => {
      for (let i = 0; i < changes; i++) {
        const row = records
          .readRaw<[number, number, number | null, number, string, number, number]>(
            'SELECT id, conversation, agent, sender_role, sender_id, sent_at, flags FROM messages WHERE id >= ? LIMIT 1',
          )
          .get(messageKeySlot(START + prng.int(DAYS * 24) * 3_600_000));
        if (row === undefined) continue;
        const [id, conversation, agent, role, sender, sentAt, flags] = row;
        const source = conversations.find((c) => c.id === conversation);
        const what = prng.int(4);
        if (what === 0 && (flags & Flag.RECALLED) === 0) {
          records.write('UPDATE messages SET text = NULL, extra = NULL, flags = flags | 1 WHERE id = ?').run(id);
          unlink(id, conversation);
          const writer =
            role === 0 ? agents.find((a) => a.source === source?.source && a.agent_id === sender) : undefined;
          rollup.recalled({
            id,
            conversation,
            agent,
            consumer: source?.consumer ?? null,
            sender_role: role,
            sender_agent: writer?.id ?? null,
            sent_at: sentAt,
          });
          rollup.flush();
          records.write('INSERT INTO index_queue (message, op) VALUES (?, 1)').run(id);
        } else if (what === 1) {
          records
            .write('UPDATE messages SET flags = flags | ? WHERE id = ?')
            .run(prng.pick([Flag.CORRECTED, Flag.INCIDENT, Flag.REVIEWED]), id);
        } else if (what === 2 && prng.chance(0.3)) {
          unlink(id, conversation);
          records.write('DELETE FROM messages WHERE id = ?').run(id);
          rollup.rebuildConversation(conversation);
          records.write('INSERT INTO index_queue (message, op) VALUES (?, 1)').run(id);
        } else if (what === 3) {
          const other = prng.pick(agents.filter((a) => a.source === source?.source));
          records.write('UPDATE messages SET agent = ? WHERE id = ?').run(other.id, id);
          rollup.rebuildConversation(conversation);
          records.write('INSERT INTO index_queue (message, op) VALUES (?, 0)').run(id);
        }
      }
    });
  };

  const term = (): string => {
    const length = 1 + prng.int(8);
    if (texts.length > 0 && prng.chance(0.85)) {
      const points = [...prng.pick(texts)];
      const from = prng.int(Math.max(1, points.length));
      let cut = points.slice(from, from + length).join('');
      if (prng.chance(0.2)) cut = prng.chance(0.5) ? cut.toUpperCase() : cut.normalize('NFKC');
      return cut;
    }
    return Array.from({ length: 1 + prng.int(3) }, () => prng.pick(WORDS))
      .join('')
      .slice(0, length);
  };
  const queryText = (): string => {
    const parts: string[] = [];
    for (let n = prng.chance(0.7) ? 1 : 1 + prng.int(3); n > 0; n--) {
      const one = term();
      const quoted = prng.chance(0.2) ? (prng.chance(0.5) ? `"${one}"` : `“${one}”`) : one;
      parts.push(prng.chance(0.12) ? `-${quoted}` : quoted);
    }
    return parts.join(' ');
  };

  const query = (): SearchQuery => {
    const made: SearchQuery = {};
    if (prng.chance(0.8)) made.text = queryText();
    if (prng.chance(0.3))
      made.agents = Array.from({ length: 1 + prng.int(2) }, () =>
        prng.pick(['a-1', 'a-2', 'a-3', '小美', '老王', '阿强', '没有']),
      );
    if (prng.chance(0.15)) made.shops = [prng.pick(['旗舰店', 's-4', '专卖店'])];
    if (prng.chance(0.12))
      made.consumers = Array.from({ length: 1 + prng.int(3) }, () =>
        prng.pick(['同名', 'c-1', 'c-8', '买家3', '买家9']),
      );
    if (prng.chance(0.12))
      made.orders = Array.from({ length: 1 + prng.int(3) }, () => prng.pick([...NUMBERS, 'ＷＧ20260901', '000000']));
    if (prng.chance(0.06)) made.violations = [prng.pick(NUMBERS)];
    if (prng.chance(0.35)) {
      const from = START + prng.int(DAYS * 24) * 3_600_000 + (prng.chance(0.3) ? prng.int(3_600_000) : 0);
      if (prng.chance(0.8)) made.from = from;
      if (prng.chance(0.8)) made.to = from + prng.pick([3_600_000, DAY, 7 * DAY, 30 * DAY, 0]);
    }
    if (prng.chance(0.15)) made.direction = prng.pick(['from_consumer', 'from_agent']);
    if (prng.chance(0.12))
      made.kinds = Array.from({ length: 1 + prng.int(3) }, () =>
        prng.pick(Object.keys(KIND_CODES) as (keyof typeof KIND_CODES)[]),
      );
    if (prng.chance(0.15))
      made.states = Array.from({ length: 1 + prng.int(2) }, () =>
        prng.pick([
          'recalled',
          'corrected',
          'unanswered',
          'read_unreplied',
          'sensitive',
          'incident',
          'reviewed',
        ] as const),
      );
    if (prng.chance(0.05))
      made.conversations = Array.from({ length: 1 + prng.int(4) }, () => (1 + prng.int(26)) as ConversationKey);
    return made;
  };

  const visibility = (): Visibility => {
    if (prng.chance(0.7)) return { kind: 'all' };
    return {
      kind: 'limited',
      sources: prng.chance(0.4) ? ['import'] : [],
      agents: Array.from({ length: prng.int(3) }, () => ({
        source: prng.pick(sources),
        agent_id: `a-${1 + prng.int(3)}`,
      })),
    };
  };

  return {
    directory,
    key,
    prng,
    records,
    index,
    indexer,
    reader,
    grow,
    disturb,
    query,
    visibility,
    close: () => {
      reader.close();
      indexReader.close();
      index.close();
      records.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
