import type { Range } from '#shared/search/match.ts';

const LEAD = 16;
const EXCERPT = 160;

/** A text with its matches marked. `excerpt`: only what a short row shows, from shortly before the first match. */
export function Marked(props: { text: string; matches: readonly Range[]; excerpt?: boolean }) {
  const { text, matches, excerpt = false } = props;
  let start = excerpt ? Math.max(0, (matches[0]?.[0] ?? 0) - LEAD) : 0;
  // Never between the halves of one character.
  if (start > 0 && text.charCodeAt(start) >= 0xdc00 && text.charCodeAt(start) <= 0xdfff) start--;
  const end = excerpt ? Math.min(text.length, start + EXCERPT) : text.length;
  const pieces: { readonly text: string; readonly marked: boolean }[] = [];
  let at = start;
  for (const [from, to] of matches) {
    if (from >= end) break;
    if (to <= at) continue;
    if (from > at) pieces.push({ text: text.slice(at, from), marked: false });
    pieces.push({ text: text.slice(Math.max(from, at), Math.min(to, end)), marked: true });
    at = Math.min(to, end);
  }
  if (at < end) pieces.push({ text: text.slice(at, end), marked: false });
  return (
    <bdi>
      {start > 0 && '…'}
      {pieces.map((piece, index) => (piece.marked ? <mark key={index}>{piece.text}</mark> : piece.text))}
    </bdi>
  );
}
