import type { SearchQuery } from '#shared/contract/search-query.ts';
import type {
  AgentOverviewRow,
  ConsumerPage,
  ConsumerRow,
  CountResult,
  MarksPlace,
  NumberRow,
  SearchMarks,
  SearchPage,
} from '#shared/contract/views.ts';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { highlightRanges } from '#shared/search/match.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import { Flag, KIND_CODES, SENDER_CODES } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { sqliteCode } from '../errors.ts';
import { INDEX_SCHEMA, isIndexReadable, readAppliedSeq } from './index-file.ts';
import { overview } from './overview.ts';
import { createLinks, createPlanner, type NumberKind, type Plan } from './plan.ts';
import { createRowReader } from './rows.ts';
import {
  checkCancelled,
  createWalk,
  readIndexView,
  type Cancelled,
  type IndexView,
  type Walk,
  WALK_TUNING,
  type WalkTuning,
} from './walk.ts';

/**
 * Record search (SR1–SR10): every function is one snapshot and answers exactly what a scan of that snapshot would
 * (scan.ts). Long ones ask `cancelled` between windows and end with CANCELLED (SR8).
 */
export interface SearchReader {
  /** Newest first by message key; the cursor is the key of the last row (SR5). */
  search(query: SearchQuery, visibility: Visibility, page: PageRequest, cancelled?: Cancelled): SearchPage;
  count(query: SearchQuery, visibility: Visibility, cap: number | null, cancelled?: Cancelled): CountResult;
  searchAgents(query: SearchQuery, visibility: Visibility, cancelled?: Cancelled): AgentOverviewRow[];
  /** One row a number, in the order of the query: orders first. Repeated numbers give one row. */
  searchNumbers(query: SearchQuery, visibility: Visibility, cancelled?: Cancelled): NumberRow[];
  /** Consumers by their newest matching message. */
  searchConsumers(query: SearchQuery, visibility: Visibility, page: PageRequest, cancelled?: Cancelled): ConsumerPage;
  /** Matching messages of one conversation, oldest first, at most 1,000 of them at a time. */
  searchMarks(
    query: SearchQuery,
    visibility: Visibility,
    conversation: ConversationKey,
    place: MarksPlace,
    cancelled?: Cancelled,
  ): SearchMarks;
  estimate(
    query: SearchQuery,
    visibility: Visibility,
    cancelled?: Cancelled,
  ): { readonly rows: number; readonly text_bytes: number; readonly file_bytes: number };
  /** How a query would be answered; for tests and the slow-query log. */
  explain(query: SearchQuery, visibility: Visibility): { readonly driver: Walk['driver'] };
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface SearchReaderOptions {
  /** False: search.db is not attached; everything is scanned. */
  readonly indexed?: boolean;
  readonly tuning?: WalkTuning;
}

interface Prepared {
  readonly plan: Plan;
  readonly view: IndexView | null;
  readonly walk: Walk;
}

const MAX_MARKS = 1_000;
const never: Cancelled = () => false;

export function createSearchReader(db: ReadableDatabase, options: SearchReaderOptions = {}): SearchReader {
  const indexed = options.indexed ?? true;
  const tuning = options.tuning ?? WALK_TUNING;
  const planner = createPlanner(db);
  let usable = indexed;

  /** One snapshot. An index that turns out damaged (ST4) is left aside: the records alone give the same answer, slower. */
  const answer = <T>(work: () => T): T => {
    try {
      return db.snapshot(work);
    } catch (thrown) {
      const code = sqliteCode(thrown);
      if (!usable || (code !== 'SQLITE_CORRUPT' && code !== 'SQLITE_NOTADB' && code !== 'SQLITE_IOERR')) throw thrown;
      usable = false;
      try {
        return db.snapshot(work);
      } finally {
        usable = indexed;
      }
    }
  };

  const rowReader = createRowReader(db);

  const prepare = (query: SearchQuery, visibility: Visibility, cancelled: Cancelled): Prepared => {
    checkCancelled(cancelled);
    // The records' snapshot is taken by the first statement, which is one on the records; then the index'.
    const view = usable ? readIndexView(db, tuning) : null;
    const plan = planner(query, visibility);
    return { plan, view, walk: createWalk(db, plan, view, cancelled, tuning) };
  };

  /** The same search, in some conversations only: nothing is resolved again. */
  const inConversations = (search: Prepared, conversations: readonly number[], cancelled: Cancelled): Walk => {
    const { plan, view } = search;
    const set = plan.conversationSet;
    const both = set === null ? conversations : conversations.filter((key) => set.has(key));
    if (both.length === 0) return NO_WALK;
    // The index alone no longer says everything: membership has to be looked at.
    const index = plan.index === null ? null : { ...plan.index, strictComplete: false };
    const narrowed: Plan = { ...plan, conversations: both, conversationSet: new Set(both), index };
    return createWalk(db, narrowed, view, cancelled, tuning);
  };

  /** Where nothing but the time is asked for, the rows are read at once: finding their keys first takes as long again. */
  const onlyTime = (plan: Plan): boolean =>
    !plan.empty && !plan.rowFilters && plan.agents === null && plan.shops === null && plan.conversations === null;

  const search: SearchReader['search'] = (query, visibility, page, cancelled = never) =>
    answer(() => {
      const { plan, walk } = prepare(query, visibility, cancelled);
      const below = page.cursor === null ? Number.MAX_SAFE_INTEGER : parseKeyCursor(page.cursor);
      if (onlyTime(plan)) {
        const found = rowReader.newest(plan, below, page.limit + 1);
        const rows = found.slice(0, page.limit);
        return { rows, cursor: found.length > page.limit ? String(rows.at(-1)?.message_key) : null };
      }
      const ids = takeIds(walk, below, page.limit + 1);
      const more = ids.length > page.limit;
      const taken = more ? ids.slice(0, page.limit) : ids;
      return { rows: rowReader.byKeys(taken, plan.text), cursor: more ? String(taken.at(-1)) : null };
    });

  const count: SearchReader['count'] = (query, visibility, cap, cancelled = never) =>
    answer(() => {
      const { walk } = prepare(query, visibility, cancelled);
      const counted = walk.count(cap === null ? null : cap + 1);
      return cap !== null && counted > cap ? { count: cap, exact: false } : { count: counted, exact: true };
    });

  const searchNumbers: SearchReader['searchNumbers'] = (query, visibility, cancelled = never) =>
    answer(() => {
      const { plan, walk } = prepare(query, visibility, cancelled);
      const perConversation = plan.empty ? new Map<number, number>() : countByConversation(db, plan, walk, cancelled);
      const links = createLinks(db, visibility);
      const rows: NumberRow[] = [];
      const add = (kind: NumberKind, asked: readonly string[] | undefined): void => {
        if (asked === undefined || asked.length === 0) return;
        const seen = new Set<string>();
        const numbers = asked.filter((number) => {
          const key = normaliseNumber(number);
          if (seen.has(key)) return false;
          seen.add(key);
          return true;
        });
        const conversations = new Float64Array(numbers.length);
        const messages = new Float64Array(numbers.length);
        for (const [index, conversation] of links(kind, numbers)) {
          const matching = perConversation.get(conversation) ?? 0;
          if (matching === 0) continue;
          conversations[index] = (conversations[index] as number) + 1;
          messages[index] = (messages[index] as number) + matching;
        }
        numbers.forEach((number, index) => {
          rows.push({
            number,
            hit: (conversations[index] as number) > 0,
            conversations: conversations[index] as number,
            messages: messages[index] as number,
          });
        });
      };
      add('order', query.orders);
      add('violation', query.violations);
      return rows;
    });

  const searchConsumers: SearchReader['searchConsumers'] = (query, visibility, page, cancelled = never) =>
    answer(() => consumerPage(query, visibility, page, cancelled));

  const personOf = db.readRaw<[number | null, number]>('SELECT consumer, shop FROM conversations WHERE id = ?');
  const conversationsOfPerson = db.readOne<number>('SELECT id FROM conversations WHERE consumer = ? AND shop = ?');
  const nameOfPerson = db.readRaw<[string, string]>(
    'SELECT k.name, s.name FROM consumers k, shops s WHERE k.id = ? AND s.id = ?',
  );
  const titleOfGroup = db.readRaw<[string, string]>(
    'SELECT c.title, s.name FROM conversations c JOIN shops s ON s.id = c.shop WHERE c.id = ?',
  );

  /**
   * Walks the matching messages newest first and lists each person where they appear first. A person of an earlier page is
   * known by a newer matching message; rows above the first page's newest one (`top`) don't count for that, so paging
   * neither skips nor repeats while messages arrive. Groups, which have no single consumer, are listed by their title.
   */
  const consumerPage = (
    query: SearchQuery,
    visibility: Visibility,
    page: PageRequest,
    cancelled: Cancelled,
  ): ConsumerPage => {
    const search = prepare(query, visibility, cancelled);
    const start = page.cursor === null ? null : parseConsumerCursor(page.cursor);
    let top = start?.top ?? null;
    const listed = new Set<string>();
    const passed = new Set<string>();
    const found: {
      conversations: number[];
      group: number | null;
      consumer: number | null;
      shop: number;
      last: number;
    }[] = [];
    let more = false;
    outer: for (const piece of search.walk.pieces(start?.below ?? Number.MAX_SAFE_INTEGER, {
      text: false,
      wanted: page.limit * 4,
    })) {
      for (const [id, conversation] of piece) {
        top ??= id;
        const [consumer, shop] = personOf.get(conversation) ?? [null, 0];
        const key = consumer === null ? `g${conversation}` : `${consumer}/${shop}`;
        if (listed.has(key) || passed.has(key)) continue;
        const conversations = consumer === null ? [conversation] : conversationsOfPerson.all(consumer, shop);
        if (start !== null) {
          // Listed on an earlier page?
          const within = inConversations(search, conversations, cancelled);
          const newer = takeIds(within, start.top + 1, 1)[0];
          if (newer !== undefined && newer >= start.below) {
            passed.add(key);
            continue;
          }
        }
        if (found.length === page.limit) {
          more = true;
          break outer;
        }
        listed.add(key);
        found.push({ conversations, group: consumer === null ? conversation : null, consumer, shop, last: id });
      }
    }
    const lastOut = db.readOne<number | null>(
      'SELECT last_out FROM agent_conversations WHERE agent = ? AND conversation = ?',
    );
    const lastAny = db.readOne<number | null>(
      'SELECT max(id) FROM messages WHERE conversation = ? AND sender_role = 0',
    );
    const assignmentsOf = db.readOne<string>('SELECT assignments FROM conversations WHERE id = ?');
    const accountOf = db.readOne<string>('SELECT agent_id FROM agents WHERE id = ?');
    const timeOf = db.readOne<number>('SELECT sent_at FROM messages WHERE id = ?');
    /** SR7: since when and until when the first of the unanswered questions lay with its agent. */
    const unansweredPeriod = (
      open: readonly { readonly agent: number | null; readonly conversation: number; readonly id: number }[],
    ): Pick<ConsumerRow, 'unanswered_from' | 'unanswered_until'> => {
      const first = open.reduce<(typeof open)[number] | null>((a, b) => (a === null || b.id < a.id ? b : a), null);
      if (first === null) return {};
      const askedAt = timeOf.get(first.id) ?? 0;
      const account = first.agent === null ? undefined : accountOf.get(first.agent);
      const assignments = JSON.parse(assignmentsOf.get(first.conversation) ?? '[]') as {
        agent_id: string;
        from: number;
        to: number | null;
      }[];
      const held = assignments.find(
        ({ agent_id, from, to }) => agent_id === account && from <= askedAt && (to === null || askedAt < to),
      );
      return held === undefined
        ? { unanswered_from: askedAt }
        : { unanswered_from: held.from, unanswered_until: held.to };
    };
    const consumers = found.map((person): ConsumerRow => {
      const within = inConversations(search, person.conversations, cancelled);
      const sessions = new Set<number>();
      let messages = 0;
      let lastAt = 0;
      /** Oldest consumer message of each owner and conversation. */
      const questions = new Map<string, { agent: number | null; conversation: number; id: number }>();
      for (const piece of within.pieces(Number.MAX_SAFE_INTEGER, { text: false, wanted: null })) {
        for (const [id, conversation, agent, sentAt, , senderRole] of piece) {
          sessions.add(conversation);
          messages++;
          if (sentAt > lastAt) lastAt = sentAt;
          if (senderRole === SENDER_CODES.consumer)
            questions.set(`${agent}/${conversation}`, { agent, conversation, id });
        }
      }
      const open = [...questions.values()].filter(({ agent, conversation, id }) => {
        const out = (agent === null ? lastAny.get(conversation) : lastOut.get(agent, conversation)) ?? null;
        return out === null || out < id;
      });
      const [name, shop] = (person.group === null
        ? nameOfPerson.get(person.consumer, person.shop)
        : titleOfGroup.get(person.group)) ?? ['', ''];
      return {
        consumer_key: person.consumer ?? -(person.group ?? 0),
        consumer: name,
        shop,
        conversation_keys: [...sessions] as ConversationKey[],
        sessions: sessions.size,
        messages,
        last_at: lastAt,
        unanswered: open.length > 0,
        ...unansweredPeriod(open),
      };
    });
    const last = found.at(-1)?.last;
    return { consumers, cursor: more && last !== undefined && top !== null ? `${last}.${top}` : null };
  };

  const textsOf = db.readRaw<[number, string | null]>(
    'SELECT m.id, m.text FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value',
  );
  const searchMarks: SearchReader['searchMarks'] = (query, visibility, conversation, place, cancelled = never) =>
    answer(() => {
      const search = prepare(query, visibility, cancelled);
      const within = inConversations(search, [conversation], cancelled);
      // All keys, as the total is asked for; texts only of those that are given.
      const keys: number[] = [];
      for (const piece of within.pieces(Number.MAX_SAFE_INTEGER, { text: false, wanted: null }))
        for (const [id] of piece) keys.push(id);
      keys.reverse();
      const newest = Math.max(0, keys.length - MAX_MARKS);
      const { start, around } = place;
      const first = Math.min(
        newest,
        start ?? (around === undefined ? newest : Math.max(0, lowerBound(keys, around) - MAX_MARKS / 2)),
      );
      const texts = new Map(textsOf.all(JSON.stringify(keys.slice(first, first + MAX_MARKS))));
      const marks = [...texts].map(([id, text]) => ({
        message_key: id as MessageKey,
        matches: highlightRanges(text ?? '', search.plan.text),
      }));
      return { marks, start: first, total: keys.length };
    });

  const estimate: SearchReader['estimate'] = (query, visibility, cancelled = never) =>
    answer(() => {
      const { walk } = prepare(query, visibility, cancelled);
      const bytes = db.readOne<number | null>(
        'SELECT sum(octet_length(m.text)) FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value',
      );
      const filesOf = db.readRaw<[sha256: string, bytes: number]>(
        `SELECT m.extra ->> '$.attachment.sha256', m.extra ->> '$.attachment.bytes'
         FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value
         WHERE m.kind <> ${KIND_CODES.text} AND m.flags & ${Flag.RECALLED} = 0 AND m.extra ->> '$.attachment.sha256' IS NOT NULL`,
      );
      let rows = 0;
      let textBytes = 0;
      const files = new Map<string, number>();
      for (const piece of walk.pieces(Number.MAX_SAFE_INTEGER, { text: false, wanted: null })) {
        if (piece.length === 0) continue;
        rows += piece.length;
        const ids = JSON.stringify(piece.map(([id]) => id));
        textBytes += bytes.get(ids) ?? 0;
        for (const [sha256, size] of filesOf.all(ids)) files.set(sha256, size);
      }
      let fileBytes = 0;
      for (const size of files.values()) fileBytes += size;
      return { rows, text_bytes: textBytes, file_bytes: fileBytes };
    });

  return {
    search,
    count,
    searchAgents: (query, visibility, cancelled = never) =>
      answer(() => {
        const { plan, walk } = prepare(query, visibility, cancelled);
        return plan.empty ? [] : overview(db, plan, walk, cancelled);
      }),
    searchNumbers,
    searchConsumers,
    searchMarks,
    estimate,
    explain: (query, visibility) => answer(() => ({ driver: prepare(query, visibility, never).walk.driver })),
  };
}

/** How far the index is (doctor, status bar): messages whose entry is up to date, and queue entries still to take over. */
export function indexStatus(
  db: ReadableDatabase,
  options: SearchReaderOptions = {},
): { indexed: number; pending: number } {
  return db.snapshot(() => {
    const last = db.readOne<number>("SELECT seq FROM sqlite_sequence WHERE name = 'index_queue'").get() ?? 0;
    const total = db.readOne<number>('SELECT count(*) FROM messages').get() ?? 0;
    if (options.indexed === false) return { indexed: 0, pending: total };
    const applied = isIndexReadable(db) ? readAppliedSeq(db, INDEX_SCHEMA) : null;
    if (applied === null) return { indexed: 0, pending: total };
    const queued = Math.max(0, last - applied);
    const unbuilt = db.readOne<number>(`SELECT count(*) FROM ${INDEX_SCHEMA}.months WHERE built = 0`).get() ?? 0;
    const pending = unbuilt > 0 ? total : Math.min(total, queued);
    return { indexed: total - pending, pending };
  });
}

const NO_WALK: Walk = {
  driver: 'nothing',
  *pieces() {},
  count: () => 0,
};

function takeIds(walk: Walk, below: number, wanted: number): number[] {
  const ids: number[] = [];
  for (const piece of walk.pieces(below, { text: false, wanted })) {
    for (const [id] of piece) {
      ids.push(id);
      if (ids.length === wanted) return ids;
    }
  }
  return ids;
}

/** Index of the first of ascending keys that is not below `key`. */
function lowerBound(keys: readonly number[], key: number): number {
  let from = 0;
  let to = keys.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((keys[middle] as number) < key) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Matching messages by conversation. */
function countByConversation(db: ReadableDatabase, plan: Plan, walk: Walk, cancelled: Cancelled): Map<number, number> {
  const counts = new Map<number, number>();
  const agents = plan.agents !== null || plan.shops !== null;
  if (!plan.rowFilters && !agents && plan.conversations !== null) {
    // Only the range: answered from the index on (conversation, id), which holds the keys.
    const statement = db.readRaw<[number, number]>(
      `SELECT j.value, (SELECT count(*) FROM messages m WHERE m.conversation = j.value AND m.id >= ? AND m.id < ?${plan.where}) FROM json_each(?) j`,
    );
    for (let at = 0; at < plan.conversations.length; at += 4_096) {
      checkCancelled(cancelled);
      const some = JSON.stringify(plan.conversations.slice(at, at + 4_096));
      for (const [conversation, n] of statement.all(plan.low, plan.high, ...plan.parameters, some))
        if (n > 0) counts.set(conversation, n);
    }
    return counts;
  }
  for (const piece of walk.pieces(Number.MAX_SAFE_INTEGER, { text: false, wanted: null })) {
    for (const [, conversation] of piece) counts.set(conversation, (counts.get(conversation) ?? 0) + 1);
  }
  return counts;
}

function parseKeyCursor(cursor: string): number {
  if (!/^\d{1,16}$/.test(cursor)) throw new AppFailure('QUERY_INVALID', 'not a cursor of this search');
  return Number(cursor);
}

function parseConsumerCursor(cursor: string): { below: number; top: number } {
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(cursor);
  if (match === null) throw new AppFailure('QUERY_INVALID', 'not a cursor of this search');
  return { below: Number(match[1]), top: Number(match[2]) };
}
