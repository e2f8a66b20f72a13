/**
 * How folded text is cut for the full-text index (docs/decisions, store.md): every character gives one token.
 *
 * - In a run of ASCII letters and digits: the character and up to two after it in the same run (trigrams, then the two tails).
 * - In a run of anything else (ideographs, other letters, emoji, punctuation, white space): the character and the one
 *   after it in the same run (bigrams, then the last character alone).
 *
 * So a query's characters give the same tokens as the row's at the same places, except at the query's right end, where
 * the row may go on. A query is therefore a phrase of its complete tokens, and, where its last run is too short for one,
 * a prefix. That is exact: no text has to be looked at.
 *
 * Tokens are separated by spaces and cut by FTS5's `ascii` tokenizer, for which ASCII letters and digits and everything
 * beyond ASCII belong to tokens. ASCII punctuation, white space and control characters are therefore written as
 * private-use characters U+E000 + code. Private-use characters U+E000–E1FF of the text itself all become U+E1FF: the one
 * case where the index gives candidates only (`exact: false`).
 */

/** Begins tokens that aren't text: owner, shop, direction, kind. Folded text never gives it beside letters or digits. */
const MARK = '\ue1fe';
const OTHER = '\ue1ff';

export const agentToken = (agent: number | null): string => `${MARK}a${agent ?? 'none'}`;
export const shopToken = (shop: number): string => `${MARK}s${shop}`;
export const senderToken = (senderRole: number): string => `${MARK}r${senderRole}`;
export const kindToken = (kind: number): string => `${MARK}k${kind}`;

const ASCII_SYMBOLS: readonly string[] = Array.from({ length: 128 }, (_, code) => String.fromCharCode(0xe000 + code));

const isAlphanumeric = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
const isPrivate = (unit: number): boolean => unit >= 0xe000 && unit <= 0xe1ff;

/** The character at an offset as it stands in a token, and how many UTF-16 units it has. */
function symbol(text: string, at: number, unit: number): string {
  if (unit < 0x80) return ASCII_SYMBOLS[unit] as string;
  if (unit >= 0xd800 && unit <= 0xdbff) return text.slice(at, at + 2);
  return isPrivate(unit) ? OTHER : text.charAt(at);
}

const width = (unit: number): number => (unit >= 0xd800 && unit <= 0xdbff ? 2 : 1);

/** Tokens of a row's folded (so well-formed) text, separated by spaces. */
export function rowTokens(folded: string): string {
  const length = folded.length;
  let out = '';
  let at = 0;
  // What a run of other characters has read ahead, so that each character is looked at once.
  let current = '';
  while (at < length) {
    const unit = folded.charCodeAt(at);
    if (isAlphanumeric(unit)) {
      let end = at + 1;
      while (end < length && isAlphanumeric(folded.charCodeAt(end))) end++;
      for (let i = at; i < end; i++) out += ` ${folded.slice(i, i + 3 < end ? i + 3 : end)}`;
      at = end;
      current = '';
      continue;
    }
    if (current === '') current = symbol(folded, at, unit);
    at += width(unit);
    if (at < length) {
      const next = folded.charCodeAt(at);
      if (!isAlphanumeric(next)) {
        const following = symbol(folded, at, next);
        out += ` ${current}${following}`;
        current = following;
        continue;
      }
    }
    out += ` ${current}`;
    current = '';
  }
  return out;
}

/** One term of a query as the index is asked for it. */
export interface TermTokens {
  /** Complete tokens in order: a phrase. */
  readonly phrase: readonly string[];
  /** What the token after the phrase begins with, or null. */
  readonly prefix: string | null;
  /** Has at least one whole bigram or trigram: selective enough to ask the index for without its prefix. */
  readonly strong: boolean;
  /** Phrase and prefix together say exactly "contains the term". Otherwise they give candidates. */
  readonly exact: boolean;
}

/** Longer phrases cost more than they select: the rest is left to the check of the text. */
const MAX_PHRASE = 48;

/** Tokens of a folded, non-empty term. */
export function termTokens(term: string): TermTokens {
  const phrase: string[] = [];
  let prefix: string | null = null;
  let strong = false;
  let exact = true;
  let at = 0;
  const length = term.length;
  let afterOther = false;
  while (at < length) {
    if (phrase.length >= MAX_PHRASE) {
      exact = false;
      break;
    }
    const unit = term.charCodeAt(at);
    if (isAlphanumeric(unit)) {
      let end = at + 1;
      while (end < length && isAlphanumeric(term.charCodeAt(end))) end++;
      const open = end === length;
      for (let i = at; i < end; i++) {
        if (i + 3 <= end) {
          phrase.push(term.slice(i, i + 3));
          strong = true;
        } else if (!open) {
          phrase.push(term.slice(i, end));
        } else {
          // Covered by the trigram before it, if there is one; otherwise the beginning of an unknown token.
          if (i === at) prefix = term.slice(i, end);
          break;
        }
      }
      at = end;
      afterOther = false;
      continue;
    }
    if (isPrivate(unit)) exact = false;
    const here = symbol(term, at, unit);
    const next = at + width(unit);
    if (next < length) {
      const following = term.charCodeAt(next);
      if (isAlphanumeric(following)) {
        phrase.push(here);
      } else {
        phrase.push(here + symbol(term, next, following));
        strong = true;
      }
    } else if (!afterOther) {
      prefix = here;
    }
    afterOther = true;
    at = next;
  }
  return { phrase, prefix, strong, exact };
}
