import { fold } from './normalise.ts';

/**
 * The text of a search (SR4):
 *
 * - Terms stand between white space (of any script); a row must contain all of them, each as an exact substring of the
 *   folded text (normalise.ts).
 * - "…" and “…” at the start of a term are a phrase, taken as it stands with its spaces. What follows the closing quote is
 *   a term of its own. Empty quotes say nothing and are dropped. A quote without its closing one, or in the middle of a
 *   term, is an ordinary character.
 * - A hyphen or minus (-, −, －) before a term or phrase excludes it. One that stands alone or before another is an
 *   ordinary character.
 * - A term of nothing but punctuation is an exact substring like any other.
 */
export interface TextQuery {
  /** Folded, each once, never empty. A row must contain all. */
  readonly terms: readonly string[];
  /** Folded, each once, never empty. A row must contain none. */
  readonly nots: readonly string[];
}

export const NO_TEXT: TextQuery = { terms: [], nots: [] };

const SPACE = /\s/;
const MINUS = '-−－﹣';
/** Opening quote → what closes it. Input methods often give two closing ones. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"＂', '＂': '"＂', '“': '”“', '”': '”' };

export function parseTextQuery(text: string): TextQuery {
  const terms = new Set<string>();
  const nots = new Set<string>();
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text.charAt(at))) {
      at++;
      continue;
    }
    let into = terms;
    if (MINUS.includes(text.charAt(at)) && at + 1 < text.length) {
      const next = text.charAt(at + 1);
      if (!SPACE.test(next) && !MINUS.includes(next)) {
        into = nots;
        at++;
      }
    }
    const closing = QUOTES[text.charAt(at)];
    const close = closing === undefined ? -1 : indexOfAny(text, closing, at + 1);
    let end: number;
    let term: string;
    if (close >= 0) {
      term = text.slice(at + 1, close);
      end = close + 1;
    } else {
      end = at + 1;
      while (end < text.length && !SPACE.test(text.charAt(end))) end++;
      term = text.slice(at, end);
    }
    if (term !== '') into.add(fold(term));
    at = end;
  }
  return { terms: [...terms], nots: [...nots] };
}

function indexOfAny(text: string, characters: string, from: number): number {
  for (let i = from; i < text.length; i++) if (characters.includes(text.charAt(i))) return i;
  return -1;
}
