import { memo } from 'react';
import type { Unfilled } from '#shared/domain/composer/variables.ts';
import { GUARD_ACTIONS, type GuardAction } from '#shared/domain/guard/words.ts';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';

interface Span {
  readonly start: number;
  readonly end: number;
  readonly mark: GuardAction | 'unfilled';
}
const STRENGTH = [...GUARD_ACTIONS, 'unfilled'];

/** Cuts a text where marks begin and end; where they overlap the strongest shows. */
export function cut(
  text: string,
  spans: readonly Span[],
): { readonly text: string; readonly mark: Span['mark'] | null }[] {
  const inside = spans.filter(({ start, end }) => start < end && end <= text.length);
  const edges = [...new Set([0, text.length, ...inside.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  );
  return edges.slice(0, -1).map((start, index) => {
    const end = edges[index + 1] as number;
    let mark: Span['mark'] | null = null;
    for (const span of inside)
      if (span.start <= start && span.end >= end && STRENGTH.indexOf(span.mark) > STRENGTH.indexOf(mark ?? ''))
        mark = span.mark;
    return { text: text.slice(start, end), mark };
  });
}

/**
 * Underlines behind the field (PV3): the same text in the same type at the same place, itself invisible. The field stays a
 * plain one, so input methods, undo and spell checkers work as everywhere.
 */
export const FieldMarks = memo(function FieldMarks(props: {
  text: string;
  hits: readonly GuardHit[];
  unfilled: readonly Unfilled[];
  ref: React.Ref<HTMLDivElement>;
}) {
  const spans: Span[] = [
    ...props.hits.map(({ start, end, action }) => ({ start, end, mark: action })),
    ...props.unfilled.map(({ start, end }) => ({ start, end, mark: 'unfilled' as const })),
  ];
  return (
    <div ref={props.ref} className="composer-marks" aria-hidden="true">
      {spans.length > 0 &&
        cut(props.text, spans).map((piece, index) =>
          piece.mark === null ? (
            piece.text
          ) : (
            <span key={index} className={`composer-mark is-${piece.mark}`}>
              {piece.text}
            </span>
          ),
        )}
      {/* A last empty line has its height in a field, and none in a block. */}
      {'\u200b'}
    </div>
  );
});
