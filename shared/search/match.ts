import { foldWithOrigin } from './normalise.ts';
import type { TextQuery } from './query.ts';

/**
 * The definition of a match (SR4): every term is a substring of the folded text, no excluded term is. Index, scan and
 * review package answer exactly this.
 *
 * A match may begin or end inside a character that expands when folded (query "i" in "ﬁ"): it counts, and its highlight
 * covers the whole character of the original.
 */
export function matchesFolded(folded: string, query: TextQuery): boolean {
  for (const term of query.terms) if (!folded.includes(term)) return false;
  for (const term of query.nots) if (folded.includes(term)) return false;
  return true;
}

/** A range of UTF-16 offsets in the original text, [start, end). */
export type Range = readonly [number, number];

/**
 * Where the terms stand in the original text, in order, never overlapping. Matches of one term are found from left to
 * right, each after the end of the one before; matches of different terms that overlap become one range, those that only
 * touch stay apart. Says nothing about whether the text matches as a whole.
 */
export function highlightRanges(text: string, query: TextQuery): Range[] {
  if (query.terms.length === 0 || text === '') return [];
  const { text: folded, origin } = foldWithOrigin(text);
  const ranges: [number, number][] = [];
  for (const term of query.terms) {
    for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) {
      const last = at + term.length - 1;
      ranges.push(origin === null ? [at, last + 1] : [origin.start[at] as number, origin.end[last] as number]);
    }
  }
  if (ranges.length < 2) return ranges;
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged: [number, number][] = [];
  for (const range of ranges) {
    const previous = merged.at(-1);
    if (previous !== undefined && range[0] < previous[1]) previous[1] = Math.max(previous[1], range[1]);
    else merged.push(range);
  }
  return merged;
}
