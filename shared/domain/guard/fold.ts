import { SIMPLIFIED } from './variants.ts';

/**
 * Normalised text with a way back (PV3). Not the search's folding (`shared/search/normalise.ts`): that one has to keep the
 * meaning of a substring, this one has to see through disguises, and so forgets more. Folding, per character and independent of its neighbours, so that text and word
 * always fold alike: compatibility forms (NFKD: full width, circled, mathematical letters …), case, accents and other
 * combining marks, traditional characters; characters that show nothing (zero width, bidi controls, variation selectors,
 * soft hyphen) disappear. Separators stay: the word automaton skips them, the detectors need them.
 */
export interface Folded {
  /** The text as it came. */
  readonly source: string;
  /** The folded text. Same as `source`, unit for unit in place, when `starts` is null. */
  readonly text: string;
  /** UTF-16 offset in `source` at which the character of a folded unit begins. Null: the unit's own index. */
  readonly starts: Uint32Array | null;
  /** … and ends, its dropped combining marks included. Null: the unit's own index + 1. */
  readonly ends: Uint32Array | null;
}

/** Longest expansion that is followed (㎏ → kg); a longer one (a whole Arabic blessing in one character) stays as it is. */
const MAX_EXPANSION = 8;

const UNKNOWN = 0xffff;
const SLOW = 0xfffe;

/** Folded unit by code unit; filled when a character is first seen. */
const units = new Uint16Array(0x10000).fill(UNKNOWN);
/** Characters that don't fold to exactly one unit; '' disappears. */
const slow = new Map<number, string>();
const marks = new Set<number>();

const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\p{Cf}\u0000-\u0008\u000e-\u001f\u007f]$/u;
/**
 * Marks that decorate letters: Latin and symbol marks, Hebrew and Arabic points, enclosing marks. Not the vowel signs of
 * other scripts, nor the Japanese voicing marks: they are letters in all but name.
 */
const MARKS: readonly (readonly [from: number, to: number])[] = [
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0591, 0x05bd],
  [0x05bf, 0x05bf],
  [0x05c1, 0x05c2],
  [0x05c4, 0x05c5],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x0670, 0x0670],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0x302a, 0x302d],
  [0xfe20, 0xfe2f],
];

function isMark(codePoint: number): boolean {
  return MARKS.some(([from, to]) => codePoint >= from && codePoint <= to);
}

function foldCharacter(character: string): string {
  if (INVISIBLE.test(character)) return '';
  let folded = '';
  // Lower, upper, lower: ς σ, ß ss, ſ s, ı i meet whatever the writer's capitals.
  const cased = character.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase().normalize('NFKD');
  for (const part of cased) {
    if (INVISIBLE.test(part) || isMark(part.codePointAt(0) ?? 0)) continue;
    const simplified = part.length === 1 ? SIMPLIFIED.get(part.charCodeAt(0)) : undefined;
    folded += simplified === undefined ? part : String.fromCharCode(simplified);
  }
  return folded.length > MAX_EXPANSION ? character : folded;
}

/** Fills the tables for one character; its folded unit, or SLOW. */
function learn(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  const folded = foldCharacter(character);
  if (folded === '' && isMark(codePoint)) marks.add(codePoint);
  const value = folded.length === 1 && codePoint < 0x10000 ? folded.charCodeAt(0) : SLOW;
  if (value >= SLOW) slow.set(codePoint, folded);
  if (codePoint < 0x10000) units[codePoint] = value === UNKNOWN ? SLOW : value;
  return value >= SLOW ? SLOW : value;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** Room for short texts; used within one call only. */
const scratch = new Uint16Array(512);

/** Folds a text. Linear; texts in which nothing changes are returned without a copy. */
export function fold(source: string): Folded {
  const length = source.length;
  let index = 0;
  let changed: Uint16Array | null = null;
  for (; index < length; index++) {
    const unit = source.charCodeAt(index);
    if (isSurrogate(unit)) break;
    let folded = units[unit] as number;
    if (folded === UNKNOWN) folded = learn(unit);
    if (folded === SLOW) break;
    if (folded !== unit && changed === null) {
      changed = length <= scratch.length ? scratch : new Uint16Array(length);
      for (let before = 0; before < index; before++) changed[before] = source.charCodeAt(before);
    }
    if (changed !== null) changed[index] = folded;
  }
  if (index === length)
    return { source, text: changed === null ? source : stringOf(changed, length), starts: null, ends: null };
  return foldSlowly(source, changed, index);
}

/** From the first character on that isn't one unit for one unit. */
function foldSlowly(source: string, prefix: Uint16Array | null, from: number): Folded {
  const length = source.length;
  let capacity = length + 16;
  let codes = new Uint16Array(capacity);
  let starts = new Uint32Array(capacity);
  let ends = new Uint32Array(capacity);
  let count = 0;
  for (; count < from; count++) {
    codes[count] = prefix === null ? source.charCodeAt(count) : (prefix[count] as number);
    starts[count] = count;
    ends[count] = count + 1;
  }
  let index = from;
  while (index < length) {
    const codePoint = source.codePointAt(index) as number;
    const next = index + (codePoint > 0xffff ? 2 : 1);
    if (count + MAX_EXPANSION > capacity) {
      capacity *= 2;
      const grown = {
        codes: new Uint16Array(capacity),
        starts: new Uint32Array(capacity),
        ends: new Uint32Array(capacity),
      };
      grown.codes.set(codes);
      grown.starts.set(starts);
      grown.ends.set(ends);
      ({ codes, starts, ends } = grown);
    }
    let folded = codePoint < 0x10000 ? (units[codePoint] as number) : UNKNOWN;
    if (folded === UNKNOWN) folded = slow.has(codePoint) ? SLOW : learn(codePoint);
    if (folded !== SLOW) {
      codes[count] = folded;
      starts[count] = index;
      ends[count] = next;
      count++;
    } else {
      const text = slow.get(codePoint) ?? String.fromCodePoint(codePoint);
      for (let unit = 0; unit < text.length; unit++) {
        codes[count] = text.charCodeAt(unit);
        starts[count] = index;
        ends[count] = next;
        count++;
      }
      if (text === '' && marks.has(codePoint)) {
        // A mark belongs to the character before it: marking that one marks both.
        const owner = count > 0 ? (starts[count - 1] as number) : 0;
        for (let unit = count - 1; unit >= 0 && starts[unit] === owner; unit--) ends[unit] = next;
      }
    }
    index = next;
  }
  return { source, text: stringOf(codes, count), starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
}

/**
 * Whether a text can have a folded unit at all, without folding it: never no where its fold has it. True too often is only
 * slower.
 */
export function mayHaveFolded(text: string, wanted: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const folded = units[unit] as number;
    if (folded === wanted || folded >= SLOW || isSurrogate(unit)) return true;
  }
  return false;
}

function stringOf(codes: Uint16Array, count: number): string {
  let text = '';
  for (let from = 0; from < count; from += 8_192)
    // `apply` reads a typed array as it is; spreading it would go through its iterator, at ten times the cost.
    text += String.fromCharCode.apply(null, codes.subarray(from, Math.min(count, from + 8_192)) as unknown as number[]);
  return text;
}

/** Range in the original text, UTF-16, of the folded units [start, end); end > start. */
export function originalRange(folded: Folded, start: number, end: number): { start: number; end: number } {
  if (folded.starts === null || folded.ends === null) return { start, end };
  return { start: folded.starts[start] as number, end: folded.ends[end - 1] as number };
}

/** The folded form of a short text: a word, a name, a query. */
export function foldedText(text: string): string {
  return fold(text).text;
}
