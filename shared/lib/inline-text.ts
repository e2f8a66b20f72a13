/** Marks, embeddings, overrides and isolates of direction. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Somebody else's text as it may stand inside of one of our sentences (SE2): without what turns the words behind it round.
 * Letters keep their own direction.
 */
export function inlineText(text: string): string {
  return text.replaceAll(DIRECTION, '');
}
