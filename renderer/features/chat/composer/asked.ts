/** What is being looked up while typing: a quick reply after `/` (PV7), a member after `@`. */
export interface Asked {
  readonly kind: 'reply' | 'member';
  /** Range in the text that the choice replaces: the sign and what follows up to the caret. */
  readonly start: number;
  readonly end: number;
  readonly query: string;
}

const LONGEST_QUERY = 20;
/** `、` is what the slash key gives in a Chinese input method, `／` its full-width form. */
const SLASH = /(?:^|[\n\s])([/／]|(?<=^|\n)、)([^\n/／、]*)$/u;
const AT = /(?:^|[^a-zA-Z0-9._%+-])([@＠])([^\s@＠]*)$/u;

/** `caret` in UTF-16 units; null where nothing is looked up. A selection looks nothing up. */
export function askedAt(text: string, caret: number, inGroup: boolean): Asked | null {
  const before = text.slice(Math.max(0, caret - LONGEST_QUERY - 2), caret);
  for (const [kind, expression] of [
    ['reply', SLASH],
    ['member', AT],
  ] as const) {
    if (kind === 'member' && !inGroup) continue;
    // The piece may begin in the middle of a line: then its start is no line's start.
    const piece = caret - before.length === 0 ? before : `\u0001${before}`;
    const match = expression.exec(piece);
    if (match === null) continue;
    const query = match[2] as string;
    if (query.length > LONGEST_QUERY || (kind === 'reply' && /\s{2}/.test(query))) continue;
    const start = caret - query.length - 1;
    return { kind, start, end: caret, query };
  }
  return null;
}
