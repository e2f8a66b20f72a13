import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import { bridge } from './index.ts';

export interface Asked<T> {
  /** The last good answer; kept while asking again and when asking again fails. */
  readonly data: T | null;
  readonly error: AppError | null;
  /** True until the first answer to the present question. */
  readonly loading: boolean;
  readonly reload: () => void;
}

/**
 * Asks the core and holds the answer for a view. `input` null: don't ask. A new input drops the old answer; an answer
 * that comes after a newer question is dropped. Asks again whenever the host comes back.
 */
export function useAsk<N extends ProcedureName>(
  procedure: N,
  input: ProcedureInput<N> | null,
): Asked<ProcedureOutput<N>> {
  const question = input === null ? null : JSON.stringify(input);
  const [state, setState] = useState<{
    question: string | null;
    data: ProcedureOutput<N> | null;
    error: AppError | null;
  }>({
    question: null,
    data: null,
    error: null,
  });
  const latest = useRef(0);
  /** Whatever is still on its way is not wanted any more. */
  const drop = useCallback(() => void latest.current++, []);
  const reload = useCallback(() => {
    if (question === null) return;
    const turn = ++latest.current;
    void bridge.call(procedure, JSON.parse(question) as ProcedureInput<N>).then((answer) => {
      if (turn !== latest.current) return;
      setState((before) =>
        answer.ok
          ? { question, data: answer.result, error: null }
          : { question, data: before.question === question ? before.data : null, error: answer.error },
      );
    });
  }, [procedure, question]);
  useEffect(() => {
    reload();
    return drop;
  }, [reload, drop]);
  useEffect(() => bridge.onHostState((host) => host === 'connected' && reload()), [reload]);
  const current = state.question === question;
  return {
    data: current ? state.data : null,
    error: current ? state.error : null,
    loading: question !== null && !current,
    reload,
  };
}
