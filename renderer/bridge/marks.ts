import { useCallback, useEffect, useMemo, useState } from 'react';
import type { AppError } from '#shared/contract/errors.ts';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { useAsk } from './ask.ts';
import { stepMatch } from './step-match.ts';

export type Matches = readonly (readonly [number, number])[];

export interface Marks {
  /** All matches of the conversation, also those that are not here. */
  readonly total: number;
  /** Which of them is looked at, from 0, oldest first; null = none. */
  readonly index: number | null;
  /** Its message; null also while its part of the marks is on its way. */
  readonly key: MessageKey | null;
  /** Of the messages around it. */
  readonly matches: ReadonlyMap<MessageKey, Matches>;
  readonly error: AppError | null;
  /** True until the first answer to the present question. */
  readonly loading: boolean;
  readonly step: (by: 1 | -1) => void;
  readonly reload: () => void;
}

/** Of a part asked for anew, so much lies before the mark that is wanted. */
const LEAD = 400;

/**
 * The matches of a search in one conversation, with next and previous (SR6): a part of them at a time, however many there
 * are. Begins at the first, at the last, or at a message; where that one is no match, at none.
 */
export function useMarks(
  slot: string,
  query: SearchQuery | null,
  conversation: ConversationKey | null,
  begin: 'first' | 'last' | MessageKey,
  /** Of an opened package (EX7) instead of the records. */
  packageId?: string,
): Marks {
  const question =
    query === null || conversation === null ? null : JSON.stringify([query, conversation, begin, packageId]);
  const [place, setPlace] = useState<{ question: string | null; index: number | null; start: number | null }>({
    question: null,
    index: null,
    start: null,
  });
  const own = place.question === question ? place : null;
  const where =
    own !== null && own.start !== null
      ? { start: own.start }
      : begin === 'first'
        ? { start: 0 }
        : begin === 'last'
          ? {}
          : { around: begin };
  const asked = useAsk(
    'search.marks',
    query === null || conversation === null
      ? null
      : {
          slot,
          query,
          conversation_key: conversation,
          ...where,
          ...(packageId === undefined ? {} : { package: packageId }),
        },
  );
  // What was there stays on the screen while the next part is on its way.
  const [kept, setKept] = useState<{ question: string | null; data: NonNullable<typeof asked.data> } | null>(null);
  useEffect(() => {
    if (asked.data !== null) setKept({ question, data: asked.data });
  }, [asked.data, question]);
  const data = asked.data ?? (kept?.question === question ? kept.data : null);
  const { marks, start, total } = data ?? NONE;

  const beginning = useMemo(() => {
    if (total === 0) return null;
    if (begin === 'first') return 0;
    if (begin === 'last') return total - 1;
    const at = marks.findIndex((mark) => mark.message_key === begin);
    return at < 0 ? null : start + at;
  }, [begin, marks, start, total]);
  const index = own === null || own.index === null || own.index >= total ? beginning : own.index;

  const step = useCallback(
    (by: 1 | -1) => {
      if (total === 0) return;
      const next = stepMatch(index, total, by) ?? 0;
      const here = next >= start && next < start + marks.length;
      setPlace({ question, index: next, start: here ? start : Math.max(0, next - LEAD) });
    },
    [question, index, total, start, marks.length],
  );
  const matches = useMemo(() => new Map(marks.map((mark) => [mark.message_key, mark.matches] as const)), [marks]);
  return {
    total,
    index,
    key: index === null ? null : (marks[index - start]?.message_key ?? null),
    matches,
    error: asked.error,
    loading: question !== null && data === null && asked.error === null,
    step,
    reload: asked.reload,
  };
}

const NONE = { marks: [], start: 0, total: 0 } as const;
