import type { GuardHit } from '#shared/domain/guard/inspect.ts';

/**
 * Hits of the text before, as far as they still stand in the text after one change: what lies before or behind it, moved.
 * Shown for the one or two milliseconds until the worker has looked, so that no mark flickers.
 */
export function carryHits(hits: readonly GuardHit[], before: string, after: string): readonly GuardHit[] {
  if (hits.length === 0 || before === after) return hits;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before.charCodeAt(head) === after.charCodeAt(head)) head++;
  let tail = 0;
  while (
    tail < shorter - head &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail++;
  const moved = after.length - before.length;
  const behind = before.length - tail;
  return hits.flatMap((hit) =>
    hit.end <= head ? [hit] : hit.start >= behind ? [{ ...hit, start: hit.start + moved, end: hit.end + moved }] : [],
  );
}
