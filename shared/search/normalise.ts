/**
 * The one folding of texts for search (SR4): NFKC, then lower case. Rows and queries pass through the same function, in
 * the index, in scans and in highlights; nothing else decides what equals what.
 *
 * Two details where plain NFKC and lower case are not functions of the substring alone: the Greek final sigma becomes an
 * ordinary one (lower case otherwise depends on what follows), and half a surrogate pair becomes U+FFFD (as it does in
 * the database).
 */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  const folded = text.toWellFormed().normalize('NFKC').toLowerCase();
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded;
}

/** ASCII, common ideographs and the punctuation beside them that NFKC leaves alone: most messages. */
const PLAIN = /^[\t\n\r\u0020-\u007e\u4e00-\u9fff\u3001\u3002\u3008-\u3011\u2018\u2019\u201c\u201d\u2014\u00b7]*$/;

/**
 * What may combine with what stands before it, and so can't be folded by itself: marks, Hangul vowels and finals, Kirat
 * Rai vowels. Tested on the first character of the compatibility decomposition.
 */
const COMBINES = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7ff\u{16d63}-\u{16d6a}]/u;

/**
 * Beside the plain ones, characters that fold one to one by themselves and combine with nothing: full-width forms of
 * ASCII, the ideographic space, the common emoji.
 */
const ONE_TO_ONE =
  /^[\t\n\r\u0020-\u007e\u4e00-\u9fff\u3000-\u3002\u3008-\u3011\u2018\u2019\u201c\u201d\u2014\u00b7\uff01-\uff5e\u{1f300}-\u{1faff}]*$/u;

export interface FoldedText {
  readonly text: string;
  /**
   * Where each UTF-16 unit of the folded text comes from in the original, [start, end); null where both are the same.
   * A character that expands (Ⅳ, ﬁ, ㍿) or several that compose (e + ◌́) give the same pair for all their units.
   */
  readonly origin: { readonly start: Uint32Array; readonly end: Uint32Array } | null;
}

/** `fold`, with the way back to UTF-16 offsets of the original. */
export function foldWithOrigin(original: string): FoldedText {
  if (PLAIN.test(original)) return { text: original.toLowerCase(), origin: null };
  const text = fold(original);
  if (ONE_TO_ONE.test(original)) return { text, origin: null };
  const start = new Uint32Array(text.length);
  const end = new Uint32Array(text.length);
  let at = 0;
  const put = (piece: string, from: number, to: number): void => {
    for (let i = 0; i < piece.length; i++) {
      // The concatenation of the pieces is `text`; never written past it should that be wrong somewhere.
      if (at >= text.length) return;
      start[at] = from;
      end[at] = to;
      at++;
    }
  };
  let from = 0;
  while (from < original.length) {
    let to = from + unitsAt(original, from);
    let parts = 1;
    while (to < original.length) {
      const units = unitsAt(original, to);
      if (!COMBINES.test(original.slice(to, to + units).normalize('NFKD'))) break;
      to += units;
      parts++;
    }
    const piece = fold(original.slice(from, to));
    if (parts > 1) {
      // A mark that composes with nothing keeps its own place.
      const single: string[] = [];
      for (let i = from; i < to; i += unitsAt(original, i))
        single.push(fold(original.slice(i, i + unitsAt(original, i))));
      if (single.join('') === piece) {
        let i = from;
        for (const part of single) {
          const units = unitsAt(original, i);
          put(part, i, i + units);
          i += units;
        }
        from = to;
        continue;
      }
    }
    put(piece, from, to);
    from = to;
  }
  return { text, origin: { start, end } };
}

function unitsAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff) return 1;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}
