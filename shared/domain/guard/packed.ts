import { GUARD_ACTIONS, type GuardAction, type SensitiveWord } from './words.ts';

/**
 * A list of words as one string, for the way between threads and to the window: 60,000 small objects take several frames
 * to clone, one string none. The separators can't be missed in a word: folding drops control characters anyway (fold.ts).
 */
const FIELD = '\u001f';
const ROW = '\u001e';
const CONTROL = /[\u001e\u001f]/g;

export function packWords(words: readonly SensitiveWord[]): string {
  return words.map(({ word, category, action }) => packWord(word, category, action)).join(ROW);
}

/** One row. `action` as its place in GUARD_ACTIONS or its name. */
export function packWord(word: string, category: string, action: GuardAction): string {
  return `${word.replace(CONTROL, '')}${FIELD}${category.replace(CONTROL, '')}${FIELD}${GUARD_ACTIONS.indexOf(action)}`;
}

/** The way back. A row that is none (cannot happen between our own threads) is taken at its strongest: fail closed. */
export function unpackWords(packed: string): SensitiveWord[] {
  if (packed === '') return [];
  return packed.split(ROW).map((row) => {
    const [word = '', category = '', action = ''] = row.split(FIELD);
    return { word, category, action: GUARD_ACTIONS[Number(action)] ?? 'block' };
  });
}
