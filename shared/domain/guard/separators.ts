/**
 * What may stand between the characters of a sensitive word without hiding it (PV3). Sentences end a word; everything
 * that is neither letter nor digit is decoration; commas are something between.
 */
export const LETTER = 0;
/** Spaces, dashes, dots, stars, emoji …: 微 信, 微*信, 微😀信. */
const DECORATION = 1;
/** Commas and their kin: they part clauses in honest text ("你看，到家了"), so they hide only a word spread out whole. */
export const CLAUSE = 2;
/** Ends of sentences and lines: no word reaches across. */
export const SENTENCE = 3;
export type SeparatorClass = typeof LETTER | typeof DECORATION | typeof CLAUSE | typeof SENTENCE;

/** Longest run of separators inside a word that is still taken for a trick. */
export const MAX_SEPARATOR_RUN = 8;

const UNKNOWN = 0xff;
const classes = new Uint8Array(0x10000).fill(UNKNOWN);
const astral = new Map<number, SeparatorClass>();

const WORD_CHARACTER = /^[\p{L}\p{N}\p{M}\p{Co}\p{Cn}]$/u;
const SENTENCE_END = '。.!?;\n\r\u2028\u2029\u0085…‥';
// A lone dot is also a favourite decoration (微.信): it ends no sentence here, 。 does.
const CLAUSE_MARKS = ',、:';

function classify(character: string): SeparatorClass {
  if (WORD_CHARACTER.test(character)) return LETTER;
  if (character !== '.' && SENTENCE_END.includes(character)) return SENTENCE;
  if (CLAUSE_MARKS.includes(character)) return CLAUSE;
  return DECORATION;
}

/** Class of the code unit at `index` of a folded text. Halves of a surrogate pair have the class of their pair. */
export function separatorClassAt(text: string, index: number): SeparatorClass {
  const unit = text.charCodeAt(index);
  if ((unit & 0xf800) === 0xd800) {
    const first = (unit & 0xfc00) === 0xdc00 && index > 0 ? index - 1 : index;
    const codePoint = text.codePointAt(first) ?? unit;
    let known = astral.get(codePoint);
    if (known === undefined) {
      known = classify(String.fromCodePoint(codePoint));
      astral.set(codePoint, known);
    }
    return known;
  }
  let known = classes[unit] as number;
  if (known === UNKNOWN) {
    known = classify(String.fromCharCode(unit));
    classes[unit] = known;
  }
  return known as SeparatorClass;
}
