import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallAnswer } from '#shared/contract/door.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { bridge } from './index.ts';

interface Page<Row, Cursor> {
  readonly rows: readonly Row[];
  /** Where the next page begins; null at the end. */
  readonly cursor: Cursor | null;
}

export interface Listing<P extends Page<unknown, unknown>> {
  /** The last page that came, with the rows of all pages so far; null before the first. Kept while asking again. */
  readonly page: P | null;
  readonly error: AppError | null;
  /** The next page, where there is one; asked once, however often it is called. */
  readonly more: () => void;
  /** From the start, as far as it was read. */
  readonly reload: () => void;
}

/**
 * A list that grows by pages. Another `ask` is another question: what is still on its way to an older one is dropped.
 * Asks again whenever the host comes back.
 */
export function useListing<Row, Cursor, P extends Page<Row, Cursor>>(
  ask: (cursor: Cursor | null) => Promise<CallAnswer<P>>,
): Listing<P> {
  const [page, setPage] = useState<P | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const latest = useRef(0);
  const shown = useRef<P | null>(null);
  const running = useRef(false);

  const read = useCallback(
    async (from: P | null, atLeast: number): Promise<void> => {
      const turn = ++latest.current;
      running.current = true;
      let rows: readonly Row[] = from?.rows ?? [];
      let cursor: Cursor | null = from === null ? null : from.cursor;
      do {
        const answer = await ask(cursor);
        if (turn !== latest.current) return;
        running.current = false;
        setError(answer.ok ? null : answer.error);
        if (!answer.ok) return;
        rows = [...rows, ...answer.result.rows];
        ({ cursor } = answer.result);
        shown.current = { ...answer.result, rows };
      } while (rows.length < atLeast && cursor !== null);
      setPage(shown.current);
    },
    [ask],
  );
  const reload = useCallback(() => void read(null, shown.current?.rows.length ?? 0), [read]);
  const more = useCallback(() => {
    const from = shown.current;
    if (from !== null && from.cursor !== null && !running.current) void read(from, 0);
  }, [read]);

  useEffect(() => {
    void read(null, 0);
    const drop = latest;
    return () => void drop.current++;
  }, [read]);
  useEffect(() => bridge.onHostState((host) => host === 'connected' && reload()), [reload]);
  return { page, error, more, reload };
}
