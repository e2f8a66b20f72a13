import type { SearchQuery } from '#shared/contract/search-query.ts';
import { highlightRanges } from '#shared/search/match.ts';
import { mentionedNumbers, normaliseNumber } from '#shared/search/numbers.ts';
import { parseTextQuery } from '#shared/search/query.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import { Flag, KINDS } from '../codes.ts';
import type { ReadableDatabase } from '../connection.ts';
import { parseExtra } from '../extra.ts';

/**
 * The plain scan: what every search has to answer, written down as simply as possible (SR4: "the result set equals a full
 * scan's, always"). Reads rows into memory and looks at each; used by tests and by doctor's spot checks. Shares nothing
 * with plan, index and walk but the parser of the text.
 */
export interface ScanRow {
  readonly id: number;
  readonly source: string;
  readonly conversation: number;
  readonly agent: number | null;
  readonly agent_id: string | null;
  readonly agent_name: string | null;
  readonly shop_id: string;
  readonly shop: string;
  readonly consumer_key: number | null;
  readonly consumer_id: string | null;
  readonly consumer: string | null;
  readonly sender_role: number;
  readonly sender_id: string;
  readonly kind: number;
  /** "" for recalled ones and those without text. */
  readonly text: string;
  readonly flags: number;
  readonly sent_at: number;
  readonly order_nos: readonly string[];
  readonly violation_nos: readonly string[];
  readonly assignments: readonly { readonly agent_id: string; readonly to: number | null }[];
  readonly platform_orders: readonly string[];
  readonly platform_violations: readonly string[];
  readonly read_unreplied: boolean;
}

/** All messages of the snapshot, newest first; with `low` and `high` only those keys, [low, high). */
export function readScanRows(db: ReadableDatabase, low = 0, high: number = Number.MAX_SAFE_INTEGER): ScanRow[] {
  return db
    .readRaw<
      [
        number,
        string,
        number,
        number | null,
        string | null,
        string | null,
        string,
        string,
        number | null,
        string | null,
        string | null,
        number,
        string,
        number,
        string | null,
        number,
        number,
        string | null,
        string,
        string,
        string,
        number,
      ]
    >(
      `SELECT m.id, o.name, m.conversation, m.agent, a.agent_id, a.name, s.shop_id, s.name, k.id, k.consumer_id, k.name,
        m.sender_role, m.sender_id, m.kind, m.text, m.flags, m.sent_at, m.extra, c.assignments, c.order_nos, c.violation_nos,
        c.last_consumer_seq > c.last_agent_seq AND c.agent_read_seq >= c.last_consumer_seq
      FROM messages m NOT INDEXED JOIN conversations c ON c.id = m.conversation JOIN sources o ON o.id = c.source JOIN shops s ON s.id = c.shop
      LEFT JOIN agents a ON a.id = m.agent LEFT JOIN consumers k ON k.id = c.consumer
      WHERE m.id >= ? AND m.id < ? ORDER BY m.id DESC`,
    )
    .all(low, high)
    .map((row) => {
      const extra = parseExtra(row[17]);
      const recalled = (row[15] & Flag.RECALLED) !== 0;
      return {
        id: row[0],
        source: row[1],
        conversation: row[2],
        agent: row[3],
        agent_id: row[4],
        agent_name: row[5],
        shop_id: row[6],
        shop: row[7],
        consumer_key: row[8],
        consumer_id: row[9],
        consumer: row[10],
        sender_role: row[11],
        sender_id: row[12],
        kind: row[13],
        text: recalled ? '' : (row[14] ?? ''),
        flags: row[15],
        sent_at: row[16],
        order_nos: recalled
          ? []
          : [...(extra.order_nos ?? []), ...(extra.order === undefined ? [] : [extra.order.order_no])],
        violation_nos: recalled ? [] : (extra.violation_nos ?? []),
        assignments: JSON.parse(row[18]) as ScanRow['assignments'],
        platform_orders: JSON.parse(row[19]) as string[],
        platform_violations: JSON.parse(row[20]) as string[],
        read_unreplied: row[21] !== 0,
      };
    });
}

/** The folding, said independently of normalise.ts. */
const plainFold = (text: string): string => text.toWellFormed().normalize('NFKC').toLowerCase().replaceAll('ς', 'σ');

/** Folded texts of rows, as they are asked for again and again. */
const foldedTexts = new WeakMap<ScanRow, string>();
function folded(row: ScanRow): string {
  let text = foldedTexts.get(row);
  if (text === undefined) foldedTexts.set(row, (text = plainFold(row.text)));
  return text;
}

const listed = <T>(list: readonly T[] | undefined): readonly T[] | null =>
  list === undefined || list.length === 0 ? null : list;

function visibleTo(row: ScanRow, visibility: Visibility): boolean {
  if (visibility.kind === 'all' || visibility.sources.includes(row.source)) return true;
  const own = visibility.agents.filter((agent) => agent.source === row.source).map((agent) => agent.agent_id);
  return row.assignments.some(
    (assignment) => own.includes(assignment.agent_id) && (assignment.to === null || row.sent_at < assignment.to),
  );
}

function carries(row: ScanRow, kind: 'order' | 'violation', number: string): boolean {
  const own = kind === 'order' ? row.order_nos : row.violation_nos;
  return own.some((carried) => normaliseNumber(carried) === number) || mentionedNumbers(row.text).includes(number);
}

/** Conversations that a number selects (SR2). */
export function scanLinked(
  rows: readonly ScanRow[],
  kind: 'order' | 'violation',
  number: string,
  visibility: Visibility,
): Set<number> {
  const wanted = normaliseNumber(number);
  const conversations = new Set<number>();
  for (const row of rows) {
    if (!visibleTo(row, visibility)) continue;
    const platform = kind === 'order' ? row.platform_orders : row.platform_violations;
    if (platform.some((linked) => normaliseNumber(linked) === wanted) || carries(row, kind, wanted))
      conversations.add(row.conversation);
  }
  return conversations;
}

/** Rows that match, newest first. `rows` are all rows, newest first. */
export function scanMatches(rows: readonly ScanRow[], query: SearchQuery, visibility: Visibility): ScanRow[] {
  const text = parseTextQuery(query.text ?? '');
  const linked = (kind: 'order' | 'violation', numbers: readonly string[] | undefined): Set<number> | null => {
    const asked = listed(numbers);
    if (asked === null) return null;
    const all = new Set<number>();
    for (const number of asked)
      for (const conversation of scanLinked(rows, kind, number, visibility)) all.add(conversation);
    return all;
  };
  const orders = linked('order', query.orders);
  const violations = linked('violation', query.violations);
  const inRange = (row: ScanRow): boolean =>
    (query.from === undefined || row.sent_at >= query.from) && (query.to === undefined || row.sent_at < query.to);
  const unanswered = (row: ScanRow): boolean => {
    const questions = rows.filter(
      (other) =>
        other.conversation === row.conversation &&
        other.agent === row.agent &&
        other.sender_role === 1 &&
        inRange(other),
    );
    const first = questions.at(-1);
    if (first === undefined) return false;
    return !rows.some(
      (other) =>
        other.conversation === row.conversation &&
        other.sender_role === 0 &&
        other.id > first.id &&
        (row.agent === null || other.sender_id === row.agent_id),
    );
  };
  return rows.filter((row) => {
    if (!inRange(row) || !visibleTo(row, visibility)) return false;
    const agents = listed(query.agents);
    if (
      agents !== null &&
      !(row.agent_id !== null && (agents.includes(row.agent_id) || agents.includes(row.agent_name ?? row.agent_id)))
    )
      return false;
    const shops = listed(query.shops);
    if (shops !== null && !shops.includes(row.shop) && !shops.includes(row.shop_id)) return false;
    const consumers = listed(query.consumers);
    if (
      consumers !== null &&
      !(
        row.consumer_id !== null &&
        (consumers.includes(row.consumer_id) || consumers.includes(row.consumer ?? row.consumer_id))
      )
    )
      return false;
    const conversations = listed(query.conversations as readonly number[] | undefined);
    if (conversations !== null && !conversations.includes(row.conversation)) return false;
    if (query.direction !== undefined && row.sender_role !== (query.direction === 'from_consumer' ? 1 : 0))
      return false;
    const kinds = listed(query.kinds);
    if (kinds !== null && !kinds.some((kind) => kind === KINDS[row.kind])) return false;
    if (orders !== null && !orders.has(row.conversation)) return false;
    if (violations !== null && !violations.has(row.conversation)) return false;
    const hay = folded(row);
    if (text.terms.some((term) => !hay.includes(term)) || text.nots.some((term) => hay.includes(term))) return false;
    const states = listed(query.states);
    return (
      states === null ||
      states.some((state) => {
        switch (state) {
          case 'recalled':
            return (row.flags & Flag.RECALLED) !== 0;
          case 'corrected':
            return (row.flags & Flag.CORRECTED) !== 0;
          case 'sensitive':
            return (row.flags & Flag.SENSITIVE) !== 0;
          case 'incident':
            return (row.flags & Flag.INCIDENT) !== 0;
          case 'reviewed':
            return (row.flags & Flag.REVIEWED) !== 0;
          case 'unanswered':
            return unanswered(row);
          case 'read_unreplied':
            return row.read_unreplied;
        }
      })
    );
  });
}

export function scanHighlights(row: ScanRow, query: SearchQuery): readonly (readonly [number, number])[] {
  return highlightRanges(row.text, parseTextQuery(query.text ?? ''));
}

/** SR6 from the rows. */
export function scanAgents(
  rows: readonly ScanRow[],
  query: SearchQuery,
  visibility: Visibility,
): {
  agent_key: number;
  receptions: number;
  sessions: number;
  messages: number;
  unanswered: number;
  recalls: number;
  median_first_response_ms: number | null;
}[] {
  const matches = scanMatches(rows, query, visibility);
  const agents = [...new Set(matches.flatMap((row) => row.agent ?? []))];
  return agents.map((agent) => {
    const own = matches.filter((row) => row.agent === agent);
    const sessions = [...new Set(own.map((row) => row.conversation))];
    let unanswered = 0;
    const responses: number[] = [];
    for (const conversation of sessions) {
      const first = own.filter((row) => row.conversation === conversation && row.sender_role === 1).at(-1);
      if (first === undefined) continue;
      const answer = rows
        .filter(
          (row) =>
            row.conversation === conversation &&
            row.id > first.id &&
            row.sender_role === 0 &&
            row.source === first.source &&
            row.sender_id === first.agent_id,
        )
        .at(-1);
      if (answer === undefined) unanswered++;
      else responses.push(answer.sent_at - first.sent_at);
    }
    responses.sort((a, b) => a - b);
    const middle = responses.length >> 1;
    return {
      agent_key: agent,
      receptions: new Set(own.map((row) => row.consumer_key ?? -row.conversation)).size,
      sessions: sessions.length,
      messages: own.length,
      unanswered,
      recalls: own.filter(
        (row) => (row.flags & Flag.RECALLED) !== 0 && row.sender_role === 0 && row.sender_id === row.agent_id,
      ).length,
      median_first_response_ms:
        responses.length === 0
          ? null
          : responses.length % 2 === 1
            ? (responses[middle] as number)
            : Math.round(((responses[middle - 1] as number) + (responses[middle] as number)) / 2),
    };
  });
}
