/**
 * Order and violation numbers as people paste and load them (SR2): one function for the screen, the command line and
 * the store, so that a number that is stored and a number that is asked for meet in the same form.
 */

/** A number is 4 to 64 of letters, digits, hyphen and underscore, with at least one digit. */
const NUMBER = /^(?=[^0-9]*[0-9])[0-9A-Za-z_-]{4,64}$/;

/** Everything people type as a hyphen, also where an input method or a word processor made a dash of it. */
const DASHES = /[\u2010-\u2015\u2212\u30fc\ufe58\ufe63\uff0d]/g;

/** Never visible, often pasted along: byte order mark, zero-width characters, bidi controls. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/**
 * What stands between numbers: white space and control characters, commas, 顿号, full stops of Chinese, semicolons,
 * colons, bars, slashes, brackets and quotes of every kind (also Excel's leading apostrophe). Applied after NFKC, which
 * folds the full-width forms of most of them.
 */
const BETWEEN = /[\s\p{Cc},、。;:=|/\\()[\]{}<>"'`´“”„‟‘’‚‛«»‹›「」『』【】《》〈〉〔〕·•…]+/u;

/** Malformed entries are shown, not stored: so much of one is enough to find it. */
const SHOWN = 128;

/** What `normaliseNumber` leaves as it is: nearly every number. */
const IN_FORM = /^[0-9A-Za-z_-]*$/;

export const NUMBERS_LIMIT = 10_000;

export interface ParsedNumbers {
  /** Each number once, in the order of first appearance. May be longer than NUMBERS_LIMIT: see `tooMany`. */
  readonly numbers: string[];
  /** Numbers that appeared more than once, each listed once. */
  readonly duplicates: string[];
  /** What is no number, with its line (from 1). */
  readonly invalid: { line: number; text: string }[];
  /** More than NUMBERS_LIMIT different numbers: the caller answers TOO_MANY_NUMBERS rather than cutting silently. */
  readonly tooMany: boolean;
}

/**
 * The one form of a number, for storing and for asking: full-width forms folded, dashes to hyphens, invisible characters
 * and white space around it dropped. Letters keep their case: platforms tell them apart.
 */
export function normaliseNumber(text: string): string {
  if (IN_FORM.test(text)) return text;
  return text.normalize('NFKC').replace(INVISIBLE, '').replace(DASHES, '-').trim();
}

/**
 * Cuts pasted or loaded text into numbers (SR2): any separator, duplicates merged, malformed ones listed with their
 * line. Lines end with LF, CR LF or CR.
 */
export function parseNumbers(text: string): ParsedNumbers {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  const invalid: { line: number; text: string }[] = [];
  let line = 0;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    line++;
    if (raw === '') continue;
    for (const part of normaliseNumber(raw).split(BETWEEN)) {
      if (part === '') continue;
      if (!NUMBER.test(part)) {
        invalid.push({ line, text: part.length > SHOWN ? `${part.slice(0, SHOWN)}…` : part });
      } else if (seen.has(part)) {
        repeated.add(part);
      } else {
        seen.add(part);
      }
    }
  }
  return { numbers: [...seen], duplicates: [...repeated], invalid, tooMany: seen.size > NUMBERS_LIMIT };
}

/** Shorter runs of digits in a text are prices, sizes and times, not numbers that link a conversation. */
const MENTION_LENGTH = 8;
const MENTION_DIGITS = 6;
const MENTION = /[0-9A-Za-z](?:[0-9A-Za-z_-]*[0-9A-Za-z])?/g;
const MENTION_POSSIBLE = /[0-9０-９]/;
/** ASCII, common ideographs and the marks between them: nothing in it turns into a part of a number, or out of one. */
const PLAIN = /^[\t\n\r -~\u4e00-\u9fff\u3000-\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f]*$/;
const LONG_RUN = /[0-9A-Za-z_-]{8}/;

/**
 * Numbers that a message's text carries (SR2, IN9): whole runs of letters, digits, hyphens and underscores, 8 to 64
 * long with at least 6 digits. Each once.
 */
export function mentionedNumbers(text: string): string[] {
  if (text.length < MENTION_LENGTH || !MENTION_POSSIBLE.test(text)) return [];
  const plain = PLAIN.test(text);
  if (plain && !LONG_RUN.test(text)) return [];
  const found: string[] = [];
  for (const [run] of (plain ? text : normaliseNumber(text)).matchAll(MENTION)) {
    if (run.length < MENTION_LENGTH || run.length > 64) continue;
    let digits = 0;
    for (let i = 0; i < run.length; i++) {
      const unit = run.charCodeAt(i);
      if (unit >= 48 && unit <= 57) digits++;
    }
    if (digits >= MENTION_DIGITS && !found.includes(run)) found.push(run);
  }
  return found;
}
