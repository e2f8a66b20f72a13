import { fold } from '../../search/normalise.ts';

/** A name with its pinyin, ready to be compared with what is typed; made once per list. */
export interface SpelledName {
  readonly name: string;
  /** Pinyin without blanks, and for each of its letters 1 where a syllable begins. */
  readonly letters: string;
  readonly begins: Uint8Array;
  readonly initials: string;
}

/** `spelled`: syllables joined by one blank, "" where nobody can tell. */
export function spelledName(name: string, spelled: string, initials: string): SpelledName {
  const syllables = spelled === '' ? [] : spelled.split(' ');
  const letters = syllables.join('');
  const begins = new Uint8Array(letters.length + 1);
  let at = 0;
  for (const syllable of syllables) {
    begins[at] = 1;
    at += syllable.length;
  }
  return { name: fold(name), letters, begins, initials };
}

export interface Term {
  readonly term: string;
  readonly latin: boolean;
}

/** What is typed, as terms. An input method writes what is being composed with apostrophes between syllables. */
export function termsOf(query: string): Term[] {
  return fold(query)
    .replace(/['’]/g, '')
    .split(/\s+/)
    .filter((term) => term !== '')
    .map((term) => ({ term, latin: /^[a-z0-9]+$/.test(term) }));
}

/** How well a term fits the name, its pinyin or its initials: smaller is better, 0 to 7; -1: not at all. */
export function rankName(entry: SpelledName, { term, latin }: Term): number {
  const inName = entry.name.indexOf(term);
  if (inName === 0) return entry.name.length === term.length ? 0 : 1;
  if (latin) {
    const initial = entry.initials.indexOf(term);
    if (initial === 0) return 2;
    for (let at = entry.letters.indexOf(term); at !== -1; at = entry.letters.indexOf(term, at + 1))
      if (entry.begins[at] === 1) return at === 0 ? 3 : 7;
    if (inName > 0) return 4;
    if (initial > 0) return 6;
  } else if (inName > 0) return 4;
  return -1;
}
