import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers, ProcedureParsed } from '#shared/contract/procedures.ts';
import type { AccountId, ShopId } from '#shared/domain/ids.ts';
import type { RequestFields } from '#shared/protocol/requests.ts';
import { resultOf } from '../connection/answers.ts';
import { isTemporary } from '../connection/patience.ts';
import type { RequestOutcome } from '../connection/requests.ts';
import { throwIfCancelled, type JobContext, type Jobs } from '../jobs/jobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store, StoreChanges } from '../ports/store.ts';

/** Questions about one page that bring no answer, before it is given up. */
const MAX_TRIES = 10;
const LONGEST_WAIT_MS = 30_000;

export interface OlderRecordsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly jobs: Jobs;
  readonly title: () => string;
  readonly query: (
    account: AccountId,
    fields: RequestFields<'records.query'>,
  ) => Promise<RequestOutcome<'records.query'>>;
  readonly onChanges: (changes: StoreChanges) => void;
}

/**
 * Records that are older than this device, asked for page by page. Each page is stored as it comes, and storing one again
 * changes nothing, so it may end anywhere and be begun anew.
 */
export function createOlderRecords(options: OlderRecordsOptions): Pick<Handlers, 'records.fetch'> {
  const { store, clock, jobs } = options;

  async function pause(ms: number, signal: AbortSignal): Promise<void> {
    const until = clock.monotonicNow() + Math.min(ms, LONGEST_WAIT_MS);
    for (;;) {
      throwIfCancelled(signal);
      const left = until - clock.monotonicNow();
      if (left <= 0) return;
      await new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), Math.min(left, 200)));
    }
  }

  async function page(account: AccountId, fields: RequestFields<'records.query'>, signal: AbortSignal) {
    for (let tries = 1; ; tries++) {
      throwIfCancelled(signal);
      const outcome = await options.query(account, fields);
      const busy =
        outcome.kind === 'unknown' ||
        outcome.kind === 'not-sent' ||
        (outcome.kind === 'error' && isTemporary(outcome.error.code));
      if (!busy || tries >= MAX_TRIES) return resultOf(outcome);
      await pause((outcome.kind === 'error' ? outcome.error.retry_after_ms : undefined) ?? 1_000, signal);
    }
  }

  async function fetch(
    input: ProcedureParsed<'records.fetch'>,
    { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
  ): Promise<{ readonly messages: number; readonly pages: number }> {
    const { account_id, shop_id, agent_ids, order_nos, violation_nos, from, to } = input;
    const shops: readonly ShopId[] =
      shop_id === undefined ? (await store.shops(account_id)).map((shop) => shop.shop_id) : [shop_id];
    let messages = 0;
    let pages = 0;
    for (const shop of shops) {
      let cursor: string | null = null;
      const seen = new Set<string>();
      do {
        const result: { readonly messages: readonly { readonly msg_id: string }[]; readonly cursor: string | null } =
          await page(
            account_id,
            {
              shop_id: shop,
              ...(agent_ids === undefined ? {} : { agent_ids }),
              ...(order_nos === undefined ? {} : { order_nos }),
              ...(violation_nos === undefined ? {} : { violation_nos }),
              from,
              to,
              cursor,
            },
            signal,
          );
        pages++;
        if (result.messages.length > 0)
          options.onChanges(
            await store.putMessages(account_id, result.messages as Parameters<Store['putMessages']>[1]),
          );
        messages += result.messages.length;
        progress(messages);
        // A cursor that comes back would never end.
        if (result.cursor !== null && seen.has(result.cursor))
          throw new AppFailure('PROTOCOL_ERROR', 'records.query: the same page again');
        if (result.cursor !== null) seen.add(result.cursor);
        cursor = result.cursor;
      } while (cursor !== null);
    }
    return { messages, pages };
  }

  return {
    async 'records.fetch'(input) {
      if (input.from >= input.to) throw new AppFailure('BAD_INPUT', 'an empty range', { field: 'from' });
      const known = (await store.accounts()).some(({ account_id }) => account_id === input.account_id);
      if (!known) throw new AppFailure('NOT_FOUND', 'no such account');
      const { job_id } = jobs.start({
        kind: 'fetch',
        title: options.title(),
        unit: 'rows',
        total: null,
        run: async (context) => ({ ...(await fetch(input, context)) }),
      });
      return { job_id };
    },
  };
}
