/** A piece of text, marked or not. */
export interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

/** Cuts a text at its matches (SR4: marks are exactly the matches). UTF-16 offsets; overlaps are joined, bad ones dropped. */
export function pieces(text: string, matches: readonly (readonly [number, number])[]): readonly Piece[] {
  const out: Piece[] = [];
  let end = 0;
  for (const [start, stop] of matches.toSorted((a, b) => a[0] - b[0])) {
    const from = Math.max(start, end);
    const to = Math.min(stop, text.length);
    if (to <= from) continue;
    if (from > end) out.push({ text: text.slice(end, from), marked: false });
    const last = out.at(-1);
    if (last?.marked && from === end) out[out.length - 1] = { text: last.text + text.slice(from, to), marked: true };
    else out.push({ text: text.slice(from, to), marked: true });
    end = to;
  }
  if (end < text.length) out.push({ text: text.slice(end), marked: false });
  return out;
}

/** The part around the first match that a one-line cell shows, with its matches shifted. */
export function excerpt(
  text: string,
  matches: readonly (readonly [number, number])[],
  lead: number,
): { text: string; matches: readonly (readonly [number, number])[] } {
  const first = matches[0]?.[0] ?? 0;
  if (first <= lead) return { text, matches };
  let start = first - lead;
  // Never between the halves of one character.
  const code = text.charCodeAt(start);
  if (code >= 0xdc00 && code <= 0xdfff) start--;
  return {
    text: `…${text.slice(start)}`,
    matches: matches.map(([from, to]) => [from - start + 1, to - start + 1] as const).filter(([, to]) => to > 1),
  };
}
