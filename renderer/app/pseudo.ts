const LETTERS: Readonly<Record<string, string>> = {
  ...{ a: 'á', b: 'ƀ', c: 'ç', d: 'đ', e: 'é', f: 'ƒ', g: 'ğ', h: 'ĥ', i: 'í', j: 'ĵ', k: 'ķ', l: 'ł', m: 'ɱ' },
  ...{ n: 'ñ', o: 'ó', p: 'þ', q: 'ɋ', r: 'ŕ', s: 'š', t: 'ţ', u: 'ú', v: 'ṽ', w: 'ŵ', x: 'ẋ', y: 'ý', z: 'ž' },
};

/**
 * A language that nobody speaks, for finding what a longer one would break (UX1): accents on every letter, short words half
 * as long again, long ones by a quarter. What comes out without accents is no word of the catalogues; what doesn't fit would
 * not fit in German. The window shows it where `localStorage.pseudo` is "1".
 */
export function pseudo(text: string): string {
  const accented = text.replaceAll(/\{\{[^}]*\}\}|[a-z]/g, (piece) => LETTERS[piece] ?? piece);
  const letters = [...text.replaceAll(/\{\{[^}]*\}\}/g, '')].length;
  return accented + 'ẋ'.repeat(Math.ceil(letters * (letters < 12 ? 0.4 : 0.25)));
}

export function pseudoWords<T>(words: T): T {
  if (typeof words === 'string') return pseudo(words) as T;
  if (typeof words !== 'object' || words === null) return words;
  return Object.fromEntries(Object.entries(words).map(([key, value]) => [key, pseudoWords(value)])) as T;
}

export function wantsPseudo(): boolean {
  try {
    return localStorage.getItem('pseudo') === '1';
  } catch {
    return false;
  }
}
