import type { SearchQuery } from '#shared/contract/search-query.ts';
import { MESSAGE_KEY_SLACK_MS, messageKeySlot } from '#shared/domain/time.ts';
import { normaliseNumber } from '#shared/search/numbers.ts';
import { NO_TEXT, parseTextQuery, type TextQuery } from '#shared/search/query.ts';
import { agentToken, kindToken, senderToken, shopToken, termTokens } from '#shared/search/tokens.ts';
import type { Visibility } from '#main/core/ports/store.ts';
import { Flag, KIND_CODES, SENDER_CODES } from '../codes.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import type { TokenLists } from './rarest.ts';

/**
 * A search, resolved against the dimension tables of one snapshot: what every matching row must fulfil (as SQL on
 * `messages m`, plus checks that only code can do), and what the full-text index can be asked.
 */
export interface Plan {
  readonly query: SearchQuery;
  readonly visibility: Visibility;
  /** Nothing can match: an agent, shop or consumer that doesn't exist, a number without conversation. */
  readonly empty: boolean;
  readonly text: TextQuery;
  readonly from: number | null;
  readonly to: number | null;
  /** Message keys outside [low, high) can't match. */
  readonly low: number;
  readonly high: number;
  /** Keys in [sureLow, sureHigh) lie in the range whatever their sent_at is. */
  readonly sureLow: number;
  readonly sureHigh: number;
  /** "AND …" on m. */
  readonly where: string;
  readonly parameters: readonly Bindable[];
  /** Only these conversations, ascending; null = any. */
  readonly conversations: readonly number[] | null;
  readonly conversationSet: ReadonlySet<number> | null;
  /** Flags of which a row must have one (state filter); null = any. */
  readonly stateFlags: number | null;
  /** A row of an unanswered conversation passes the state filter too. */
  readonly unanswered: boolean;
  readonly limited: boolean;
  readonly agents: readonly number[] | null;
  readonly shops: readonly number[] | null;
  /** Filters on rows other than owner and time: then the roll-up can't answer. */
  readonly rowFilters: boolean;
  /** What the index is asked, or null when it has nothing to say. */
  readonly index: IndexQuestion | null;
}

export interface IndexQuestion {
  /** FTS5 expression of everything selective; "" = every row. */
  readonly strict: string;
  /** Rows of `strict` that pass the time range match: no text and no filter has to be looked at. */
  readonly strictComplete: boolean;
  /** The text of a row of `strict` has to be checked. */
  readonly strictChecksText: boolean;
  /**
   * Set when the text is weak (two letters or digits): expression without it ("" = every row). The newest rows of it are
   * checked first, which finds a page of anything common at once.
   */
  readonly loose: string | null;
  /**
   * Set when the text has whole grams: what to choose the rarest from (rarest.ts), and what else is asked for ("" = nothing).
   */
  readonly lists: TokenLists | null;
  readonly filters: string;
  /** SQL drops no row that fulfils `filters`, but at the ends of the range. */
  readonly filtersAsked: boolean;
}

const ASSUMED_SLOTS = messageKeySlot(Date.UTC(2000, 0, 1) + MESSAGE_KEY_SLACK_MS);
/** Keys are below 2^53; the store begins none above this, whatever time is claimed. */
const MAX_KEY = Number.MAX_SAFE_INTEGER;
const keyOf = (time: number): number => Math.min(messageKeySlot(time), MAX_KEY - 2 ** 32);
/** More owners than this are checked in the row instead of asked of the index. */
const MAX_TOKEN_CHOICES = 64;

const present = <T>(list: readonly T[] | undefined): list is readonly [T, ...T[]] =>
  list !== undefined && list.length > 0;

const EVERYTHING: Visibility = { kind: 'all' };

/**
 * Who sees each source whole sees everything: the usual case of a supervisor, and the one that needs no look at each row.
 * Where the sources that hold records are each seen whole or not at all (an account that was removed leaves its source
 * behind), a row is decided by its shop, as every shop belongs to one source: `shops` are those that may be seen.
 */
function widest(
  db: ReadableDatabase,
  asked: Visibility,
  sources: readonly Source[],
): { readonly visibility: Visibility; readonly shops: readonly number[] | null } {
  if (asked.kind === 'all') return { visibility: asked, shops: null };
  const whole = new Set(asked.sources);
  const hidden = sources.filter(([, name]) => !whole.has(name));
  if (hidden.length === 0) return { visibility: EVERYTHING, shops: null };
  const partly = new Set(asked.agents.map(({ source }) => source));
  if (hidden.some(([, name]) => partly.has(name))) return { visibility: asked, shops: null };
  const shops = db
    .readOne<number>('SELECT id FROM shops WHERE source NOT IN (SELECT value FROM json_each(?))')
    .all(JSON.stringify(hidden.map(([id]) => id)));
  const others = db.readOne<number>('SELECT count(*) FROM shops').get() !== shops.length;
  return { visibility: EVERYTHING, shops: others ? shops : null };
}

type Source = [id: number, name: string];

export function createPlanner(db: ReadableDatabase): (query: SearchQuery, visibility: Visibility) => Plan {
  const agentsByName = db.readOne<number>(
    'SELECT a.id FROM json_each(?) j CROSS JOIN agents a ON a.name = j.value UNION SELECT a.id FROM sources s CROSS JOIN json_each(?) j CROSS JOIN agents a ON a.source = s.id AND a.agent_id = j.value',
  );
  const shopsByName = db.readOne<number>(
    'SELECT id FROM shops WHERE name IN (SELECT value FROM json_each(?)) OR shop_id IN (SELECT value FROM json_each(?))',
  );
  const consumersByName = db.readOne<number>(
    'SELECT a.id FROM json_each(?) j CROSS JOIN consumers a ON a.name = j.value UNION SELECT a.id FROM sources s CROSS JOIN json_each(?) j CROSS JOIN consumers a ON a.source = s.id AND a.consumer_id = j.value',
  );
  const conversationsOfConsumers = db.readOne<number>(
    'SELECT c.id FROM json_each(?) j CROSS JOIN conversations c ON c.consumer = j.value',
  );

  const sources = db.readRaw<Source>('SELECT id, name FROM sources');

  return (query, asked) => {
    const { visibility, shops: visibleShops } = widest(db, asked, sources.all());
    const text = query.text === undefined ? NO_TEXT : parseTextQuery(query.text);
    const from = query.from ?? null;
    const to = query.to ?? null;
    const low = from === null ? 0 : keyOf(from);
    const high = to === null ? MAX_KEY : keyOf(to) + ASSUMED_SLOTS;
    const sureLow = from === null ? 0 : low + ASSUMED_SLOTS;
    const sureHigh = to === null ? MAX_KEY : keyOf(to);
    const where: string[] = [];
    const parameters: Bindable[] = [];
    let empty = from !== null && to !== null && from >= to;

    // The key decides without the row, except near the ends of the range.
    if (from !== null) {
      where.push('(m.id >= ? OR m.sent_at >= ?)');
      parameters.push(sureLow, from);
    }
    if (to !== null) {
      where.push('(m.id < ? OR m.sent_at < ?)');
      parameters.push(sureHigh, to);
    }

    const tokens: string[] = [];
    /** Those of `tokens` that say whose the row is. */
    const owners: string[][] = [];
    const ownedBy = (choices: string[]): void => {
      tokens.push(oneOf(choices));
      owners.push(choices);
    };
    /** Excluded from `tokens`. */
    const notTokens: string[] = [];
    let complete = true;

    let agents: number[] | null = null;
    if (present(query.agents)) {
      const names = JSON.stringify(query.agents);
      agents = agentsByName.all(names, names);
      empty ||= agents.length === 0;
      where.push(agents.length === 1 ? 'm.agent = ?' : 'm.agent IN (SELECT value FROM json_each(?))');
      parameters.push(agents.length === 1 ? (agents[0] as number) : JSON.stringify(agents));
      if (agents.length <= MAX_TOKEN_CHOICES) ownedBy(agents.map(agentToken));
      else complete = false;
    }
    let shops: readonly number[] | null = visibleShops;
    if (present(query.shops)) {
      const named = shopsByName.all(JSON.stringify(query.shops), JSON.stringify(query.shops));
      shops = visibleShops === null ? named : named.filter((shop) => visibleShops.includes(shop));
    }
    if (shops !== null) {
      empty ||= shops.length === 0;
      where.push('(SELECT shop FROM conversations WHERE id = m.conversation) IN (SELECT value FROM json_each(?))');
      parameters.push(JSON.stringify(shops));
      if (shops.length <= MAX_TOKEN_CHOICES) ownedBy(shops.map(shopToken));
      else complete = false;
    }
    if (query.direction !== undefined) {
      const role = query.direction === 'from_consumer' ? SENDER_CODES.consumer : SENDER_CODES.agent;
      where.push('m.sender_role = ?');
      parameters.push(role);
      tokens.push(oneOf([senderToken(role)]));
    }
    if (present(query.kinds)) {
      const kinds = [...new Set(query.kinds.map((kind) => KIND_CODES[kind]))];
      where.push('m.kind IN (SELECT value FROM json_each(?))');
      parameters.push(JSON.stringify(kinds));
      // Text has no token of its own: it is what has none of the others.
      if (kinds.includes(KIND_CODES.text)) {
        for (const code of Object.values(KIND_CODES)) if (!kinds.includes(code)) notTokens.push(kindToken(code));
      } else {
        tokens.push(oneOf(kinds.map(kindToken)));
      }
    }

    let stateFlags: number | null = null;
    let unanswered = false;
    if (present(query.states)) {
      complete = false;
      let mask = 0;
      let readUnreplied = false;
      for (const state of query.states) {
        switch (state) {
          case 'recalled':
            mask |= Flag.RECALLED;
            break;
          case 'corrected':
            mask |= Flag.CORRECTED;
            break;
          case 'sensitive':
            mask |= Flag.SENSITIVE;
            break;
          case 'incident':
            mask |= Flag.INCIDENT;
            break;
          case 'reviewed':
            mask |= Flag.REVIEWED;
            break;
          case 'unanswered':
            unanswered = true;
            break;
          case 'read_unreplied':
            readUnreplied = true;
            break;
        }
      }
      if (!unanswered) {
        const either = [];
        if (mask !== 0) {
          either.push('(m.flags & ?) <> 0');
          parameters.push(mask);
        }
        if (readUnreplied) either.push(READ_UNREPLIED);
        where.push(`(${either.join(' OR ')})`);
        if (!readUnreplied) stateFlags = mask;
      }
    }

    let conversations: number[] | null = null;
    const narrow = (list: readonly number[]): void => {
      const set = new Set(list);
      conversations = conversations === null ? [...set] : conversations.filter((key) => set.has(key));
    };
    if (present(query.conversations)) narrow(query.conversations);
    if (present(query.consumers)) {
      const names = JSON.stringify(query.consumers);
      narrow(conversationsOfConsumers.all(JSON.stringify(consumersByName.all(names, names))));
    }
    const links = createLinks(db, asked);
    if (present(query.orders)) narrow(links('order', query.orders).map(([, conversation]) => conversation));
    if (present(query.violations)) narrow(links('violation', query.violations).map(([, conversation]) => conversation));
    const set = conversations as number[] | null;
    if (set !== null) {
      empty ||= set.length === 0;
      set.sort((a, b) => a - b);
    }
    const limited = visibility.kind === 'limited';
    const filtersAsked = complete;
    if (limited || set !== null) complete = false;

    return {
      query,
      visibility,
      empty,
      text,
      from,
      to,
      low,
      high,
      sureLow,
      sureHigh,
      where: where.map((condition) => ` AND ${condition}`).join(''),
      parameters,
      conversations: set,
      conversationSet: set === null ? null : new Set(set),
      stateFlags,
      unanswered,
      limited,
      agents,
      shops,
      rowFilters:
        text.terms.length > 0 ||
        text.nots.length > 0 ||
        query.direction !== undefined ||
        present(query.kinds) ||
        present(query.states) ||
        limited,
      index: question(text, tokens, owners, notTokens, complete, filtersAsked),
    };
  };
}

/** 已读未回: the agent has read the consumer's newest message and not answered it. */
const READ_UNREPLIED = `EXISTS (SELECT 1 FROM conversations r WHERE r.id = m.conversation
  AND r.last_consumer_seq > r.last_agent_seq AND r.agent_read_seq >= r.last_consumer_seq)`;

function question(
  text: TextQuery,
  tokens: readonly string[],
  owners: readonly (readonly string[])[],
  notTokens: readonly string[],
  filtersComplete: boolean,
  filtersAsked: boolean,
): IndexQuestion | null {
  const cut = text.terms.map(termTokens);
  const anyStrong = cut.some((term) => term.strong);
  // One character is in the index' own prefix list; two ASCII ones have to be put together from many tokens.
  const cheap = (prefix: string | null): boolean => prefix === null || [...prefix].length === 1;
  const parts: string[] = [];
  let textExact = true;
  let weak = false;
  for (const term of cut) {
    if (!term.exact) textExact = false;
    if (cheap(term.prefix)) {
      parts.push(phrase(term.phrase, term.prefix));
    } else if (term.strong) {
      parts.push(phrase(term.phrase, null));
      textExact = false;
    } else if (anyStrong) {
      textExact = false;
    } else {
      parts.push(phrase(term.phrase, term.prefix));
      weak = true;
    }
  }
  const excluded = notTokens.map((token) => `"${token}"`);
  for (const term of text.nots.map(termTokens)) {
    if (cheap(term.prefix) && term.exact) excluded.push(phrase(term.phrase, term.prefix));
    else textExact = false;
  }
  const filters = tokens.join(' AND ');
  const positive = [...parts, ...tokens].join(' AND ');
  if (positive === '') {
    // Only exclusions, or nothing at all: the index has no list to start from.
    const nothing = excluded.length === 0 && text.nots.length === 0;
    return nothing && filtersComplete
      ? { strict: '', strictComplete: true, strictChecksText: false, loose: null, lists: null, filters, filtersAsked }
      : null;
  }
  const grams = [...new Set(cut.flatMap((term) => term.phrase))];
  const without = excluded.length === 0 ? '' : ` NOT (${excluded.join(' OR ')})`;
  return {
    strict: without === '' ? positive : `(${positive})${without}`,
    strictComplete: filtersComplete && textExact,
    strictChecksText: !textExact,
    loose: weak ? filters : null,
    lists: weak || grams.length < 2 ? null : { grams, owners, everything: EVERY_SENDER },
    filters,
    filtersAsked,
  };
}

const EVERY_SENDER = Object.values(SENDER_CODES).map(senderToken);

const oneOf = (choices: readonly string[]): string =>
  choices.length === 1 ? `"${choices[0]}"` : `(${choices.map((choice) => `"${choice}"`).join(' OR ')})`;

function phrase(tokens: readonly string[], prefix: string | null): string {
  const quoted = `"${(prefix === null ? tokens : [...tokens, prefix]).join(' ')}"`;
  return prefix === null ? quoted : `${quoted} *`;
}

export type NumberKind = 'order' | 'violation';

/**
 * Which conversations a list of numbers selects (SR2), as [index into the list, conversation], each pair once, in the
 * list's order. For a limited person a message that they can't see links nothing.
 */
export function createLinks(
  db: ReadableDatabase,
  visibility: Visibility,
): (kind: NumberKind, numbers: readonly string[]) => (readonly [number, number])[] {
  const limit = visibility.kind === 'limited' ? createVisibleUntil(db, visibility) : null;
  return (kind, numbers) => {
    const pairs = db
      .readRaw<[number, number]>(
        `SELECT j.key, l.conversation FROM json_each(?) j CROSS JOIN ${kind}_conversations l ON l.number = j.value`,
      )
      .all(JSON.stringify(numbers.map(normaliseNumber)));
    if (limit === null) return pairs;
    const platform = db.readOne<number>(
      `SELECT EXISTS (SELECT 1 FROM conversations c, json_each(c.${kind}_nos) j WHERE c.id = ? AND j.value = ?)`,
    );
    const carried = db.readOne<number>(
      `SELECT min(m.sent_at) FROM ${kind}_messages l CROSS JOIN messages m ON m.id = l.message WHERE l.number = ? AND m.conversation = ?`,
    );
    return pairs.filter(([index, conversation]) => {
      const until = limit(conversation);
      if (until === -Infinity) return false;
      const number = normaliseNumber(numbers[index] as string);
      if (platform.get(conversation, number) === 1) return true;
      const first = carried.get(number, conversation) ?? null;
      return first !== null && first < until;
    });
  };
}

/**
 * Until when (exclusive, server time) a limited person sees the messages of a conversation (IN4): the end of the last of
 * their own assignments, Infinity while one is open or where the source is seen whole, −Infinity when there is none.
 */
export function createVisibleUntil(
  db: ReadableDatabase,
  visibility: Extract<Visibility, { kind: 'limited' }>,
): (conversation: number) => number {
  const whole = new Set(visibility.sources);
  const own = new Map<string, Set<string>>();
  for (const { source, agent_id } of visibility.agents) {
    let ids = own.get(source);
    if (ids === undefined) own.set(source, (ids = new Set()));
    ids.add(agent_id);
  }
  const read = db.readRaw<[string, string, string | null]>(
    'SELECT s.name, c.assignments, c.removed_by FROM conversations c JOIN sources s ON s.id = c.source WHERE c.id = ?',
  );
  const known = new Map<number, number>();
  return (conversation) => {
    let until = known.get(conversation);
    if (until !== undefined) return until;
    until = -Infinity;
    const row = read.get(conversation);
    if (row !== undefined) {
      const [source, assignments, removedBy] = row;
      const ids = own.get(source);
      if (whole.has(source)) until = Infinity;
      // A group on its way out (AD2) is out of the agents' use; who sees the source whole still finds its records.
      else if (ids !== undefined && removedBy === null) {
        for (const assignment of JSON.parse(assignments) as { agent_id: string; to: number | null }[]) {
          if (ids.has(assignment.agent_id)) until = Math.max(until, assignment.to ?? Infinity);
        }
      }
    }
    known.set(conversation, until);
    return until;
  };
}
