import type { AccountId } from '#shared/domain/ids.ts';
import { SNAPSHOT_LIMIT } from '#shared/protocol/limits.ts';
import type { RequestName, RequestFields } from '#shared/protocol/requests.ts';
import { BUSY_DELAY_MS, busyDelay, MAX_BUSY, pause } from '../connection/patience.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** Messages asked for in one page: well below a frame's limit of 1 MiB for ordinary texts. */
const PULL_PAGE = 500;
const GAPS_AT_ONCE = 50;
/** Pulls on their way: a first login has thousands of conversations to fill, each a round trip. */
const PULLS_AT_ONCE = 4;
/** An empty page with more to come is legal (SY6); a gateway that says nothing else is asked again later, not for ever. */
const MAX_EMPTY_PAGES = 30;
const EMPTY_PAGE_DELAY_MS = 200;

export interface CatchUpOptions {
  readonly account: AccountId;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly request: <N extends RequestName>(name: N, fields: RequestFields<N>) => Promise<RequestOutcome<N>>;
  readonly onChanges: (changes: StoreChanges) => void;
}

/**
 * Pages the whole snapshot into the store (SY7). True when its last page is stored; false when the connection went or
 * `cancelled` says so: the next `welcome` begins it anew, which is harmless.
 */
export async function loadSnapshot(
  options: CatchUpOptions,
  cancelled: () => boolean,
  page: { readonly wentBack?: boolean } = {},
): Promise<boolean> {
  let cursor: string | null = null;
  const been = new Set<string>();
  let busy = 0;
  for (;;) {
    const outcome: RequestOutcome<'snapshot.get'> = await options.request('snapshot.get', {
      cursor,
      limit: SNAPSHOT_LIMIT,
    });
    if (cancelled()) return false;
    if (outcome.kind === 'error') {
      if (++busy > MAX_BUSY) return false;
      options.logger.log('warn', 'snapshot.refused', { account: options.account, code: outcome.error.code });
      await pause(options.clock, busyDelay(outcome.error.retry_after_ms), cancelled);
      if (cancelled()) return false;
      continue;
    }
    // Unanswered while the connection stands: reading a page again does no harm.
    if (outcome.kind === 'unknown' && outcome.cause !== 'connection-lost' && ++busy <= MAX_BUSY) {
      if (outcome.cause === 'bad-reply') await pause(options.clock, BUSY_DELAY_MS, cancelled);
      continue;
    }
    if (outcome.kind !== 'ok') return false;
    options.onChanges(await options.store.putSnapshotPage(options.account, outcome.result.conversations, page));
    if (cancelled()) return false;
    if (outcome.result.cursor === null) return true;
    // The same place again, or one passed before, is no way forward, however the page was filled.
    if (!been.has(outcome.result.cursor)) busy = 0;
    else if (++busy > MAX_BUSY) return false;
    else await pause(options.clock, EMPTY_PAGE_DELAY_MS, cancelled);
    if (cancelled()) return false;
    cursor = outcome.result.cursor;
    been.add(cursor);
  }
}

/**
 * Fills what is missing in conversations by pulling (SY6), newest conversations first, until nothing is missing or
 * `cancelled`. Each range is either filled or closed by the gateway's word, so this ends.
 */
export async function fillGaps(options: CatchUpOptions, cancelled: () => boolean): Promise<void> {
  /** Ranges that this run could not settle; left for the next one. */
  const givenUp = new Set<string>();
  for (;;) {
    const gaps = (await options.store.gaps(options.account, GAPS_AT_ONCE + givenUp.size)).filter(
      (gap) => !givenUp.has(`${gap.conversation_id} ${gap.to_seq}`),
    );
    if (gaps.length === 0 || cancelled()) return;
    const rest = gaps.values();
    const fillRest = async (): Promise<void> => {
      for (const gap of rest) {
        const settled = await fillGap(options, gap, cancelled);
        if (cancelled()) return;
        if (!settled) givenUp.add(`${gap.conversation_id} ${gap.to_seq}`);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: PULLS_AT_ONCE }, fillRest));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    if (cancelled()) return;
  }
}

type SequenceRange = Awaited<ReturnType<Store['gaps']>>[number];

async function fillGap(options: CatchUpOptions, gap: SequenceRange, cancelled: () => boolean): Promise<boolean> {
  if (!(await pullRange(options, gap, cancelled))) return false;
  // The gateway has no more than what it gave: what is still missing in this range isn't for us to see.
  const { conversation_id, from_seq, to_seq } = gap;
  options.onChanges(await options.store.closeGap(options.account, conversation_id, from_seq, to_seq));
  return true;
}

/** Stores whatever the gateway has in that range. False where it could not be asked to the end. */
export async function pullRange(
  options: CatchUpOptions,
  gap: SequenceRange,
  cancelled: () => boolean,
): Promise<boolean> {
  const { store, account, clock } = options;
  const { conversation_id, to_seq } = gap;
  let from = gap.from_seq;
  let empty = 0;
  let busy = 0;
  while (from <= to_seq) {
    const outcome: RequestOutcome<'conversation.pull'> = await options.request('conversation.pull', {
      conversation_id,
      from_seq: from,
      to_seq,
      limit: PULL_PAGE,
    });
    if (cancelled()) return false;
    if (outcome.kind === 'error') {
      const { code } = outcome.error;
      if (code === 'NOT_VISIBLE' || code === 'GONE' || code === 'NO_PERMISSION') break;
      if (++busy > MAX_BUSY || code === 'BAD_REQUEST') return false;
      await pause(clock, busyDelay(outcome.error.retry_after_ms), cancelled);
      if (cancelled()) return false;
      continue;
    }
    if (outcome.kind === 'unknown' && outcome.cause === 'timeout' && ++busy <= MAX_BUSY) continue;
    if (outcome.kind !== 'ok') return false;
    const messages = outcome.result.messages.filter((message) => message.conversation_id === conversation_id);
    const next = messages.reduce((seq, message) => Math.max(seq, message.conv_seq + 1), from);
    if (messages.length > 0) options.onChanges(await store.putMessages(account, messages));
    if (cancelled()) return false;
    if (!outcome.result.has_more) break;
    if (next > from) {
      from = next;
      empty = 0;
    } else if (outcome.left_out !== undefined) {
      // A page of nothing that can be read would come again: on to the number behind.
      from++;
    } else {
      if (++empty >= MAX_EMPTY_PAGES) return false;
      await pause(clock, EMPTY_PAGE_DELAY_MS, cancelled);
      if (cancelled()) return false;
    }
  }
  return true;
}
