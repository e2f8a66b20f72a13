import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { ProcedureInput, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { inPackage, usePackage } from './packages.ts';

export interface Paged<T> {
  readonly rows: readonly T[] | null;
  readonly error: AppError | null;
  /** More can be asked for. */
  readonly more: boolean;
  readonly busy: boolean;
  readonly next: () => void;
  readonly retry: () => void;
}

type PagedName = 'search.page' | 'search.consumers';

/** Pages by key (SR5): the first at once, further ones as the person scrolls. A newer query drops the older (SR8). */
export function usePaged<N extends PagedName, T>(
  procedure: N,
  slot: string,
  query: SearchQuery | null,
  limit: number,
  rowsOf: (page: ProcedureOutput<N>) => readonly T[],
): Paged<T> {
  const from = usePackage();
  const question = query === null ? null : JSON.stringify({ query, ...inPackage(from) });
  const [state, setState] = useState<{
    question: string | null;
    rows: readonly T[] | null;
    cursor: string | null;
    error: AppError | null;
    busy: boolean;
  }>({
    question: null,
    rows: null,
    cursor: null,
    error: null,
    busy: false,
  });
  const turn = useRef(0);
  const drop = useCallback(() => void turn.current++, []);
  const busy = useRef(false);
  const read = useRef(rowsOf);
  read.current = rowsOf;

  const ask = useCallback(
    async (cursor: string | null) => {
      if (question === null) return;
      const own = cursor === null ? ++turn.current : turn.current;
      busy.current = true;
      setState((before) =>
        cursor === null ? { question, rows: null, cursor: null, error: null, busy: true } : { ...before, busy: true },
      );
      const asked = JSON.parse(question) as { readonly query: SearchQuery; readonly package?: string };
      const input = { slot, ...asked, limit, cursor };
      const answer = await bridge.call(procedure, input as ProcedureInput<N>);
      if (own !== turn.current) return;
      busy.current = false;
      setState((before) =>
        answer.ok
          ? {
              question,
              rows: [...(cursor === null ? [] : (before.rows ?? [])), ...read.current(answer.result)],
              cursor: (answer.result as { cursor: string | null }).cursor,
              error: null,
              busy: false,
            }
          : { ...before, error: answer.error, busy: false },
      );
    },
    [procedure, slot, question, limit],
  );
  useEffect(() => {
    void ask(null);
    return drop;
  }, [ask, drop]);

  const current = state.question === question;
  const cursor = current ? state.cursor : null;
  const next = useCallback(() => {
    if (cursor !== null && !busy.current) void ask(cursor);
  }, [ask, cursor]);
  const retry = useCallback(() => void ask(null), [ask]);
  return {
    rows: current ? state.rows : null,
    error: current ? state.error : null,
    more: cursor !== null,
    busy: question !== null && (!current || state.busy),
    next,
    retry,
  };
}

/** Stops what the slots are doing (SR8). */
export function cancelSearches(slots: readonly string[]): void {
  for (const slot of slots) void bridge.call('search.cancel', { slot });
}
