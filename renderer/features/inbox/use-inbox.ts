import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { ConversationView } from '#shared/contract/views.ts';
import type { AccountId, ConversationKey, ShopId } from '#shared/domain/ids.ts';
import type { Intake } from '#shared/protocol/entities.ts';
import { bridge } from '#renderer/bridge/index.ts';

const PAGE = 200;

interface InboxState {
  readonly question: string;
  readonly conversations: readonly ConversationView[] | null;
  readonly total: number;
  readonly cursor: string | null;
  readonly error: AppError | null;
}

/** One of the three lists, as far as it has been scrolled, renewed when the core says that rows changed. */
export function useInbox(accountId: AccountId | null, shopId: ShopId | null, intake: Intake) {
  const question = JSON.stringify([accountId, shopId, intake]);
  const [state, setState] = useState<InboxState>({
    question,
    conversations: null,
    total: 0,
    cursor: null,
    error: null,
  });
  const [counts, setCounts] = useState<Record<Intake, number> | null>(null);
  const loaded = useRef(PAGE);
  const turn = useRef(0);
  const loadingMore = useRef(false);

  const reload = useCallback(async () => {
    const own = ++turn.current;
    const [list, numbers] = await Promise.all([
      bridge.call('conversations.list', {
        account_id: accountId,
        ...(shopId === null ? {} : { shop_id: shopId }),
        intake,
        limit: Math.min(1_000, loaded.current),
        cursor: null,
      }),
      bridge.call('conversations.counts', { account_id: accountId }),
    ]);
    if (own !== turn.current) return;
    if (numbers.ok) setCounts(numbers.result);
    setState((before) =>
      list.ok
        ? {
            question,
            conversations: list.result.conversations,
            total: list.result.total,
            cursor: list.result.cursor,
            error: null,
          }
        : {
            ...(before.question === question ? before : { question, conversations: null, total: 0, cursor: null }),
            error: list.error,
          },
    );
  }, [accountId, shopId, intake, question]);

  useEffect(() => {
    loaded.current = PAGE;
    void reload();
  }, [reload]);

  useEffect(() => {
    // Hints may come every 50 ms; one question at a time is enough.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hint = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void reload();
      }, 60);
    };
    const stop = [
      bridge.subscribe('conversations', hint),
      bridge.onHostState((host) => host === 'connected' && hint()),
    ];
    return () => {
      clearTimeout(timer);
      for (const end of stop) end();
    };
  }, [reload]);

  const more = useCallback(async () => {
    if (state.cursor === null || loadingMore.current) return;
    loadingMore.current = true;
    const own = turn.current;
    const answer = await bridge.call('conversations.list', {
      account_id: accountId,
      ...(shopId === null ? {} : { shop_id: shopId }),
      intake,
      limit: PAGE,
      cursor: state.cursor,
    });
    loadingMore.current = false;
    if (own !== turn.current || !answer.ok) return;
    setState((before) => {
      const known = new Set(before.conversations?.map((conversation) => conversation.key));
      const fresh = answer.result.conversations.filter((conversation) => !known.has(conversation.key));
      const conversations = [...(before.conversations ?? []), ...fresh];
      loaded.current = conversations.length;
      return { ...before, conversations, cursor: answer.result.cursor, total: answer.result.total };
    });
  }, [accountId, shopId, intake, state.cursor]);

  const current = state.question === question;
  return {
    conversations: current ? state.conversations : null,
    total: current ? state.total : 0,
    error: current ? state.error : null,
    counts,
    reload,
    more,
  };
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
