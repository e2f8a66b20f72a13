import { startTransition, useCallback, useEffect, useRef, useState } from 'react';
import type { ListFilter, ListSort } from '#shared/contract/desk.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { Intake } from '#shared/protocol/entities.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';
import { steady } from '#renderer/bridge/steady.ts';
import { createPages, PAGE, type Pages } from './pages.ts';

/** Between an answer and the next question while rows keep changing: the first is shown at once, the rest is read by nobody faster. */
const RENEW_REST_MS = 150;

export interface ListQuestion {
  readonly accountId: AccountId | null;
  readonly shopId: ShopId | null;
  readonly intake: Intake;
  readonly sort: ListSort;
  readonly filter: ListFilter;
}

interface InboxState {
  readonly question: string;
  readonly pages: Pages<ConversationView> | null;
  readonly error: AppError | null;
}

/**
 * One of the three lists by row number: only pages around what is on screen are held, so that a list of 100,000 scrolls to
 * any place (IN1). When the core says that rows changed, the pages on screen are asked for again; the others are dropped.
 */
export function useInbox(ask: ListQuestion) {
  const question = JSON.stringify(ask);
  const [state, setState] = useState<InboxState>({ question, pages: null, error: null });
  const [counts, setCounts] = useState<Record<Intake, number> | null>(null);
  const pages = useRef<Pages<ConversationView>>(createPages());
  const range = useRef<readonly [number, number]>([0, PAGE - 1]);
  const turn = useRef(0);
  const drop = useCallback(() => void turn.current++, []);
  const asked = useRef(new Set<number>());

  const fetchPage = useCallback(
    async (page: number, own: number): Promise<void> => {
      const { accountId, shopId, intake, sort, filter } = JSON.parse(question) as ListQuestion;
      const answer = await bridge.call('conversations.list', {
        account_id: accountId,
        ...(shopId === null ? {} : { shop_id: shopId }),
        intake,
        limit: PAGE,
        cursor: null,
        offset: page * PAGE,
        sort,
        filter,
      });
      if (own !== turn.current) return;
      asked.current.delete(page);
      if (answer.ok) {
        const had = pages.current.has(page);
        const rows = unchanged(pages.current, page, answer.result.conversations);
        const next = pages.current.with(page, rows, answer.result.total, range.current);
        pages.current = next;
        const show = (): void =>
          setState((before) =>
            before.question === question && before.pages === next && before.error === null
              ? before
              : { question, pages: next, error: null },
          );
        // Rows that somebody waits for come at once; renewing them gives way to a key press.
        if (had) startTransition(show);
        else show();
      } else
        setState((before) => ({
          question,
          pages: before.question === question ? before.pages : null,
          error: answer.error,
        }));
    },
    [question],
  );

  const load = useCallback(
    (again: boolean): Promise<unknown> => {
      const own = again ? ++turn.current : turn.current;
      if (again) asked.current.clear();
      const [first, last] = range.current;
      const wanted: number[] = [];
      for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++)
        if (again || (!pages.current.has(page) && !asked.current.has(page))) wanted.push(page);
      for (const page of wanted) asked.current.add(page);
      return Promise.all(wanted.map((page) => fetchPage(page, own)));
    },
    [fetchPage],
  );

  const count = useCallback(async () => {
    const { accountId, shopId } = JSON.parse(question) as ListQuestion;
    const answer = await bridge.call('conversations.counts', {
      account_id: accountId,
      ...(shopId === null ? {} : { shop_id: shopId }),
    });
    if (answer.ok) setCounts(answer.result);
  }, [question]);

  const reload = useCallback(async () => {
    await Promise.all([load(true), count()]);
  }, [load, count]);

  useEffect(() => {
    pages.current = createPages();
    range.current = [0, PAGE - 1];
    void reload();
    return drop;
  }, [reload, drop]);

  useEffect(() => {
    // Hints may come every 50 ms; one question at a time is enough.
    const questions = spaced(reload, RENEW_REST_MS);
    const stop = [
      bridge.subscribe('conversations', questions.ask),
      bridge.onHostState((host) => host === 'connected' && questions.ask()),
    ];
    return () => {
      questions.stop();
      for (const end of stop) end();
    };
  }, [reload]);

  const onRange = useCallback(
    (first: number, last: number) => {
      range.current = [first, Math.max(first, last)];
      void load(false);
    },
    [load],
  );

  const current = state.question === question;
  return {
    pages: current ? state.pages : null,
    error: current ? state.error : null,
    counts,
    reload,
    onRange,
  };
}

/** What says the same as before stays the same object, so that its row is not drawn again. */
function unchanged(
  before: Pages<ConversationView>,
  page: number,
  rows: readonly ConversationView[],
): readonly ConversationView[] {
  const known = new Map<ConversationKey, ConversationView>();
  for (let index = page * PAGE; index < (page + 1) * PAGE; index++) {
    const row = before.at(index);
    if (row !== undefined) known.set(row.key, row);
  }
  return rows.map((row) => {
    const same = known.get(row.key);
    return same === undefined ? row : steady(same, row);
  });
}

export type ClaimResult =
  | { readonly outcome: 'assigned'; readonly conversation: ConversationView }
  | { readonly outcome: 'lost'; readonly winner: string | null }
  | { readonly outcome: 'failed'; readonly error: AppError };

/** IN2: the gateway decides. The name of the winner comes with the refusal. */
export async function claim(key: ConversationKey): Promise<ClaimResult> {
  const answer = await bridge.call('conversations.claim', { conversation_key: key });
  if (answer.ok) return { outcome: 'assigned', conversation: answer.result };
  if (answer.error.code !== 'ALREADY_CLAIMED') return { outcome: 'failed', error: answer.error };
  return { outcome: 'lost', winner: winnerName(answer.error.details?.['by']) };
}

/** `by` is a name, or an object with one. */
function winnerName(by: unknown): string | null {
  if (typeof by === 'string') return by;
  if (typeof by === 'object' && by !== null && 'name' in by && typeof by.name === 'string') return by.name;
  return null;
}
