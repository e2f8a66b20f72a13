import { AppFailure } from '#shared/contract/errors.ts';
import { fold } from '#shared/search/normalise.ts';
import { matchesFolded } from '#shared/search/match.ts';
import type { Bindable, ReadableDatabase } from '../connection.ts';
import { createDrivers, WALKED_COLUMNS, type Driver, type WalkedRow } from './drivers.ts';
import { INDEX_SCHEMA, isIndexReadable, monthKeys, readAppliedSeq, readMonths, type IndexMonth } from './index-file.ts';
import { createVisibleUntil, type IndexQuestion, type Plan } from './plan.ts';
import { rarestOf, type Rarest } from './rarest.ts';
import { createReadUnreplied, createUnanswered, unansweredMask } from './unanswered.ts';

/**
 * Walks the rows that match a plan, newest first, in windows of keys: between two windows a search can be cancelled, as a
 * running statement cannot be interrupted (store.md).
 *
 * Where candidates come from (the driver): the conversations of the plan, the partial index of states, the full-text
 * index, or the messages themselves. Which one is chosen never changes the answer.
 */

/** True when the search is to end; asked between windows. `share`: how far it has come, 0 to 1, where that is known. */
export type Cancelled = (share?: number) => boolean | void;

export function checkCancelled(cancelled: Cancelled, share?: number): void {
  if (cancelled(share) === true) throw new AppFailure('CANCELLED', 'the search was cancelled');
}

/** The full-text index as one snapshot sees it. */
export interface IndexView {
  /** Newest first. */
  readonly months: readonly IndexMonth[];
  /** Queued messages whose index entry is missing or old, ascending. */
  readonly pending: readonly number[];
  readonly pendingSet: ReadonlySet<number>;
}

/**
 * Reads the state of the index within the current snapshot. The records' snapshot must be older than the index': so the
 * queue is read first, and an entry that is no longer in it is certainly in the index.
 */
export function readIndexView(db: ReadableDatabase, tuning: WalkTuning = WALK_TUNING): IndexView | null {
  const last = db.readOne<number>("SELECT seq FROM sqlite_sequence WHERE name = 'index_queue'").get() ?? 0;
  // A file that was only just made, or that another version fills, says nothing yet.
  if (!isIndexReadable(db)) return null;
  const applied = readAppliedSeq(db, INDEX_SCHEMA);
  if (applied === null || last - applied > tuning.maxPending) return null;
  const pending =
    last > applied
      ? db.readOne<number>('SELECT DISTINCT message FROM index_queue WHERE seq > ? ORDER BY message').all(applied)
      : [];
  return { months: readMonths(db, INDEX_SCHEMA), pending, pendingSet: new Set(pending) };
}

/** Sizes that decide which way is taken, never what is answered. Tests make them small to go every way. */
export interface WalkTuning {
  /** Candidates of a first window, and of later ones at most. */
  readonly firstWindow: number;
  readonly lastWindow: number;
  /** Rows looked at for a weak text before the index is asked after all; at least so many before that is decided. */
  readonly looseRows: number;
  readonly looseProbe: number;
  /** What the index needs for a weak text is worth this many rows looked at. */
  readonly looseWorth: number;
  /** Rows that may be looked at for each leaf of the index that the rarest gram alone saves. */
  readonly leafWorth: number;
  /** A month with fewer leaves doesn't say which gram is rare. */
  readonly knownLeaves: number;
  /** Conversations up to which they are the better way in, even beside a selective text. */
  readonly fewConversations: number;
  readonly fewOwnConversations: number;
  /** With more queued messages than this, scanning is the better way. */
  readonly maxPending: number;
}

export const WALK_TUNING: WalkTuning = {
  firstWindow: 256,
  lastWindow: 8_192,
  looseRows: 4_000,
  looseProbe: 128,
  looseWorth: 2_000,
  // In memory six rows take as long as a leaf; a row that isn't there costs more than a piece of a list.
  leafWorth: 3,
  knownLeaves: 64,
  fewConversations: 500,
  fewOwnConversations: 2_000,
  maxPending: 100_000,
};

export interface Walk {
  /** Matching rows with keys in [low, high) of the plan and below `below`, newest first, in pieces. Pieces may be empty. */
  pieces(below: number, options: WalkOptions): Generator<WalkedRow[]>;
  /** Matching rows; stops at `cap`, if there is one. */
  count(cap: number | null): number;
  /** What is asked of the driver, for tests and the slow-query log. */
  readonly driver: DriverName;
}

export type DriverName = 'nothing' | 'conversations' | 'states' | 'index' | 'scan';

export interface WalkOptions {
  readonly text: boolean;
  /** Rows that the caller will take; null = all. */
  readonly wanted: number | null;
}

interface Attempt {
  /** Rows of the first look. */
  readonly firstSize: number;
  /** What a month's table is asked, "" for all its rows; null: nothing easier than the whole question. */
  expression(table: string): string | null;
  goesOn(): boolean;
  looked(rows: number, matching: number): void;
}

interface Segment {
  readonly low: number;
  readonly high: number;
  readonly kind: 'index' | 'scan';
  /** Null: no table, only queued rows. */
  readonly table: string | null;
}

export function createWalk(
  db: ReadableDatabase,
  plan: Plan,
  view: IndexView | null,
  cancelled: Cancelled,
  tuning: WalkTuning = WALK_TUNING,
): Walk {
  const textChecked = plan.text.terms.length > 0 || plan.text.nots.length > 0;
  const visibleUntil = plan.visibility.kind === 'limited' ? createVisibleUntil(db, plan.visibility) : null;
  const isUnanswered = plan.unanswered ? createUnanswered(db, plan) : null;
  const stateMask = unansweredMask(plan);
  const readUnreplied =
    plan.unanswered && (plan.query.states?.includes('read_unreplied') ?? false) ? createReadUnreplied(db) : null;
  const where = plan.where;
  const parameters = plan.parameters;
  const set = plan.conversationSet;

  /** What SQL can't decide. `checkText` false where the index has. */
  const passes = (row: WalkedRow, checkText: boolean): boolean => {
    if (set !== null && !set.has(row[1])) return false;
    if (checkText && !matchesFolded(fold(row[6] ?? ''), plan.text)) return false;
    if (visibleUntil !== null && row[3] >= visibleUntil(row[1])) return false;
    if (
      isUnanswered !== null &&
      (row[4] & stateMask) === 0 &&
      !isUnanswered(row[1], row[2]) &&
      !(readUnreplied?.(row[1]) ?? false)
    )
      return false;
    return true;
  };
  /** True where `passes` has to see each row. */
  const checksRows = set !== null || visibleUntil !== null || isUnanswered !== null;

  // -- drivers ---------------------------------------------------------------------------------------------------------

  const { scan, states, conversationsDriver, indexDriver } = createDrivers(db, plan);

  // -- choice ----------------------------------------------------------------------------------------------------------

  const question = view === null ? null : plan.index;
  const strongText = question !== null && plan.text.terms.length > 0 && question.loose === null;
  let own: number[] | null = null;
  let driver: DriverName;
  if (plan.empty || plan.high <= plan.low) driver = 'nothing';
  else if (plan.conversations !== null && (!strongText || plan.conversations.length <= tuning.fewConversations))
    driver = 'conversations';
  else if ((own = strongText ? null : ownConversations(db, plan, tuning.fewOwnConversations)) !== null)
    driver = 'conversations';
  else if (plan.stateFlags !== null && !strongText) driver = 'states';
  else driver = question !== null && question.strict !== '' ? 'index' : 'scan';

  /** The range cut at the months of the index, newest first. */
  const segments = (high: number): Segment[] => {
    if (view === null) return [{ low: plan.low, high, kind: 'scan', table: null }];
    const cut: Segment[] = [];
    let top = high;
    for (const { month, name, built } of view.months) {
      const [from, to] = monthKeys(month);
      if (top <= plan.low) break;
      if (to < top) {
        // Between two months of the index: nothing but what is queued.
        cut.push({ low: Math.max(plan.low, to), high: top, kind: 'index', table: null });
        top = Math.max(plan.low, to);
      }
      if (from < top && top > plan.low) {
        cut.push({
          low: Math.max(plan.low, from),
          high: top,
          kind: built ? 'index' : 'scan',
          table: built ? name : null,
        });
        top = Math.max(plan.low, from);
      }
    }
    if (top > plan.low) cut.push({ low: plan.low, high: top, kind: 'index', table: null });
    return cut;
  };

  /** How much of the range lies at or above `key`: newest first, that is what has been looked at. */
  let bounds: readonly [number, number] | null = null;
  const shareAt = (key: number): number => {
    // Two statements in one: asked for together, both ends would take a scan of everything.
    bounds ??= db
      .readRaw<[number, number]>(
        'SELECT coalesce((SELECT min(id) FROM messages), 0), coalesce((SELECT max(id) FROM messages), 0)',
      )
      .get() ?? [0, 0];
    const low = Math.max(plan.low, bounds[0]);
    const high = Math.min(plan.high, bounds[1] + 1);
    return high <= low ? 1 : Math.min(1, Math.max(0, (high - key) / (high - low)));
  };

  /** Queued rows that match, newest first; read once. */
  let pendingMatches: WalkedRow[] | null = null;
  const pendingIn = (low: number, high: number): WalkedRow[] => {
    if (view === null || view.pending.length === 0) return [];
    pendingMatches ??= db
      .readRaw<[...WalkedRow]>(
        `SELECT ${WALKED_COLUMNS}, m.text FROM json_each(?) j CROSS JOIN messages m ON m.id = j.value WHERE m.id >= ? AND m.id < ?${where} ORDER BY m.id DESC`,
      )
      .all(JSON.stringify(view.pending), plan.low, plan.high, ...parameters)
      .filter((row) => passes(row, textChecked));
    return pendingMatches.filter(([id]) => id >= low && id < high);
  };
  const notPending = (rows: readonly WalkedRow[]): WalkedRow[] =>
    view === null || view.pending.length === 0 ? [...rows] : rows.filter(([id]) => !view.pendingSet.has(id));
  const merge = (indexed: WalkedRow[], queued: WalkedRow[]): WalkedRow[] =>
    queued.length === 0 ? indexed : [...indexed, ...queued].sort((a, b) => b[0] - a[0]);

  function* windows(
    walked: Driver,
    low: number,
    high: number,
    checkText: boolean,
    text: boolean,
    first: number,
    queued: boolean,
  ): Generator<WalkedRow[]> {
    let size = first;
    let top = high;
    while (top > low) {
      checkCancelled(cancelled, shareAt(top));
      const bottom = walked.boundary(low, top, size);
      let rows = walked.rows(bottom, top, text || checkText);
      if (queued) rows = notPending(rows);
      if (checkText || checksRows) rows = rows.filter((row) => passes(row, checkText));
      yield queued ? merge(rows, pendingIn(bottom, top)) : rows;
      top = bottom;
      size = Math.min(size * 4, tuning.lastWindow);
    }
  }

  function* recordPieces(walked: Driver, below: number, options: WalkOptions): Generator<WalkedRow[]> {
    const first =
      options.wanted === null ? tuning.lastWindow : Math.min(tuning.lastWindow, Math.max(64, options.wanted));
    yield* windows(
      walked,
      plan.low,
      Math.min(below, plan.high),
      textChecked,
      options.text,
      textChecked ? Math.max(first, tuning.firstWindow) : first,
      false,
    );
  }

  /** About `size` candidates of an easier question below `high`, with their texts, and the key down to which they are all. */
  const newestOf = (
    table: string,
    expression: string,
    low: number,
    high: number,
    size: number,
  ): { readonly rows: WalkedRow[]; readonly looked: number; readonly bottom: number } => {
    if (expression !== '' && question?.filtersAsked === true) {
      const rows = indexDriver(table, expression).take(low, high, true, size);
      return { rows, looked: rows.length, bottom: rows.length < size ? low : (rows.at(-1) as WalkedRow)[0] };
    }
    const candidates = expression === '' ? scan : indexDriver(table, expression);
    const bottom = candidates.boundary(low, high, size);
    return { rows: candidates.rows(bottom, high, true), looked: size, bottom };
  };

  /**
   * What is tried before the whole question where only a page is wanted: a question that gives more rows and is answered
   * sooner, whose texts are looked at, as long as that promises to be the shorter way. The newest rows for a weak text,
   * the rarest gram for another.
   */
  const createAttempt = (asking: IndexQuestion, wanted: number): Attempt => {
    const { loose, lists, filters } = asking;
    let looked = 0;
    let found = 0;
    let goesOn = loose !== null || lists !== null;
    let rarest: Rarest | null = null;
    let worth = tuning.looseProbe;
    return {
      firstSize: lists === null ? 128 : Math.max(16, wanted),
      expression: (table) => {
        if (!goesOn || lists === null) return goesOn ? loose : null;
        rarest ??= rarestOf(db, table, lists, tuning);
        if (rarest === null) return null;
        goesOn = rarest.worth > 0;
        worth += rarest.worth;
        const gram = `"${rarest.gram}"`;
        return !goesOn ? null : filters === '' ? gram : `${gram} AND ${filters}`;
      },
      goesOn: () => goesOn,
      looked: (rows, matching) => {
        looked += rows;
        found += matching;
        if (lists !== null) goesOn = looked - found <= worth;
        else if (looked >= tuning.looseRows) goesOn = false;
        else if (looked >= tuning.looseProbe)
          goesOn = found > 0 && ((wanted - found) * looked) / found <= tuning.looseWorth;
      },
    };
  };

  function* indexPieces(below: number, options: WalkOptions): Generator<WalkedRow[]> {
    const asking = question as NonNullable<typeof question>;
    const { strict, strictComplete, strictChecksText } = asking;
    const attempt = options.wanted === null ? null : createAttempt(asking, options.wanted);
    let found = 0;
    for (const segment of segments(Math.min(below, plan.high))) {
      if (segment.kind === 'scan') {
        yield* windows(scan, segment.low, segment.high, textChecked, options.text, tuning.firstWindow, false);
        continue;
      }
      if (segment.table === null) {
        const rows = pendingIn(segment.low, segment.high);
        if (rows.length > 0) yield rows;
        continue;
      }
      let top = segment.high;
      const easier = attempt?.expression(segment.table) ?? null;
      if (attempt !== null && easier !== null) {
        let size = Math.min(tuning.lastWindow, attempt.firstSize);
        while (attempt.goesOn() && top > segment.low) {
          checkCancelled(cancelled, shareAt(top));
          const { rows: candidates, looked, bottom } = newestOf(segment.table, easier, segment.low, top, size);
          const rows = notPending(candidates).filter((row) => passes(row, true));
          attempt.looked(looked, rows.length);
          found += rows.length;
          yield merge(rows, pendingIn(bottom, top));
          top = bottom;
          size = Math.min(size * 2, 1_024);
        }
      }
      if (top > segment.low) {
        const asked = indexDriver(segment.table, strict);
        if (strictComplete) {
          // Every candidate matches but for the ends of the range: what is wanted can be taken at once.
          let size =
            options.wanted === null
              ? tuning.lastWindow
              : Math.min(tuning.lastWindow, Math.max(16, options.wanted - found));
          while (top > segment.low) {
            checkCancelled(cancelled, shareAt(top));
            const taken = asked.take(segment.low, top, options.text, size);
            const bottom = taken.length < size ? segment.low : (taken.at(-1) as WalkedRow)[0];
            const rows = merge(notPending(taken), pendingIn(bottom, top));
            found += rows.length;
            yield rows;
            top = bottom;
            size = Math.min(size * 4, tuning.lastWindow);
          }
          continue;
        }
        const first = options.wanted === null ? tuning.lastWindow : tuning.firstWindow;
        for (const rows of windows(asked, segment.low, top, strictChecksText, options.text, first, true)) {
          found += rows.length;
          yield rows;
        }
      }
    }
  }

  const recordDriver = (): Driver => {
    switch (driver) {
      case 'conversations':
        return conversationsDriver(own ?? (plan.conversations as readonly number[]));
      case 'states':
        return states;
      default:
        return scan;
    }
  };

  /** Counts by key range alone, where the index answers everything but the ends of the range. */
  const countIndexed = (
    asked: Driver,
    table: string,
    expression: string,
    low: number,
    high: number,
    cap: number | null,
  ): number => {
    const bare = expression === '' ? `${INDEX_SCHEMA}.${table}_docsize` : `${INDEX_SCHEMA}.${table}`;
    const key = expression === '' ? 'id' : 'rowid';
    const match = expression === '' ? '1' : `${table} MATCH ?`;
    const bound: Bindable[] = expression === '' ? [] : [expression];
    const from = Math.max(low, plan.sureLow);
    const to = Math.min(high, plan.sureHigh);
    let counted = 0;
    if (from < to) {
      counted +=
        (cap === null
          ? db
              .readOne<number>(`SELECT count(*) FROM ${bare} WHERE ${match} AND ${key} >= ? AND ${key} < ?`)
              .get(...bound, BigInt(from), BigInt(to))
          : db
              .readOne<number>(
                `SELECT count(*) FROM (SELECT 1 FROM ${bare} WHERE ${match} AND ${key} >= ? AND ${key} < ? LIMIT ?)`,
              )
              .get(...bound, BigInt(from), BigInt(to), BigInt(cap + (view?.pending.length ?? 0)))) ?? 0;
      if (low < from) counted += asked.count(low, from);
      if (to < high) counted += asked.count(to, high);
    } else {
      counted += asked.count(low, high);
    }
    // Queued rows may be in the index with what they were before.
    if (view !== null && view.pending.length > 0) {
      const old = view.pending.filter((id) => id >= low && id < high);
      if (old.length > 0) {
        const stale = db
          .readOne<number>(
            `SELECT j.value FROM json_each(?) j CROSS JOIN ${INDEX_SCHEMA}.${table}_docsize d ON d.id = j.value`,
          )
          .all(JSON.stringify(old));
        for (const id of stale) {
          // Within the sure part it was counted whatever it is now, beside it only if it still fulfils the plan's SQL.
          const sure = id >= from && id < to;
          if (sure)
            counted -=
              expression === ''
                ? 1
                : (db
                    .readOne<number>(`SELECT count(*) FROM ${bare} WHERE ${match} AND rowid = ?`)
                    .get(...bound, BigInt(id)) ?? 0);
          else counted -= asked.count(id, id + 1);
        }
      }
    }
    return counted;
  };

  const count = (cap: number | null): number => {
    if (driver === 'nothing') return 0;
    const enough = (n: number): boolean => cap !== null && n >= cap;
    let counted = 0;
    const countWindows = (walked: Driver, low: number, high: number, checkText: boolean, queued: boolean): void => {
      if (checkText || checksRows || queued) {
        for (const rows of windows(
          walked,
          low,
          high,
          checkText,
          false,
          cap === null ? tuning.lastWindow : Math.min(1_024, tuning.lastWindow),
          queued,
        )) {
          counted += rows.length;
          if (enough(counted)) return;
        }
        return;
      }
      let top = high;
      while (top > low && !enough(counted)) {
        checkCancelled(cancelled, shareAt(top));
        const bottom = walked.boundary(low, top, 65_536);
        counted += walked.count(bottom, top);
        top = bottom;
      }
    };
    // Without any question the docsize tables of the index count faster than the messages.
    const counting =
      question !== null &&
      (driver === 'index' || (driver === 'scan' && question.strict === '' && question.strictComplete));
    if (!counting) {
      countWindows(recordDriver(), plan.low, plan.high, textChecked, false);
    } else {
      for (const segment of segments(plan.high)) {
        checkCancelled(cancelled, shareAt(segment.high));
        if (enough(counted)) break;
        if (segment.kind === 'scan') {
          countWindows(scan, segment.low, segment.high, textChecked, false);
        } else if (segment.table === null) {
          counted += pendingIn(segment.low, segment.high).length;
        } else if (question.strictComplete) {
          counted += countIndexed(
            indexDriver(segment.table, question.strict),
            segment.table,
            question.strict,
            segment.low,
            segment.high,
            cap === null ? null : cap - counted,
          );
          counted += pendingIn(segment.low, segment.high).length;
        } else {
          countWindows(
            indexDriver(segment.table, question.strict),
            segment.low,
            segment.high,
            question.strictChecksText,
            true,
          );
        }
      }
    }
    return cap === null ? counted : Math.min(counted, cap);
  };

  return {
    driver,
    *pieces(below, options) {
      if (driver === 'nothing') return;
      yield* driver === 'index' ? indexPieces(below, options) : recordPieces(recordDriver(), below, options);
    },
    count,
  };
}

/** Where a limited person has few conversations, they are the way in. Null where that is no help. */
function ownConversations(db: ReadableDatabase, plan: Plan, few: number): number[] | null {
  if (plan.visibility.kind !== 'limited' || plan.visibility.sources.length > 0) return null;
  const list = JSON.stringify(plan.visibility.agents.map(({ source, agent_id }) => [source, agent_id]));
  const conversations = db
    .readOne<number>(
      `SELECT DISTINCT p.conversation FROM json_each(?) j CROSS JOIN sources s ON s.name = j.value ->> 0
       CROSS JOIN agents a ON a.source = s.id AND a.agent_id = j.value ->> 1
       CROSS JOIN agent_conversations p ON p.agent = a.id LIMIT ?`,
    )
    .all(list, BigInt(few + 1));
  return conversations.length > few ? null : conversations;
}
