/** What stands where in a record's line, in bytes from the beginning of the array that was looked at. */
export interface RecordLine {
  n: number;
  /** First of the 64 characters of `prev`. */
  prevAt: number;
  /** First of the 64 characters of `hash`. */
  hashAt: number;
  /** The comma before the member `hash`; the member ends with the quote behind its 64 characters. */
  hashMemberAt: number;
  typeAt: number;
  typeLength: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/** Ours are four deep. */
const MAX_DEPTH = 16;
/** Digits that are below 2^53 in any case. */
const MAX_DIGITS = 15;
const HEX_LENGTH = 64;

/** 1: stands in a string as it is, one byte. Everything else is looked at closer. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
/** Letters behind a backslash that JSON.stringify writes: `"`, `\`, b, f, n, r, t. */
const ESCAPED = Uint8Array.from({ length: 256 }, (_, byte) => ('"\\bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0));
/** Control characters that have a letter of their own are not written by number. */
const NUMBERED = Uint8Array.from({ length: 32 }, (_, unit) => ([8, 9, 10, 12, 13].includes(unit) ? 0 : 1));
const WORDS = ['true', 'false', 'null'].map((word) => Uint8Array.from(word, (letter) => letter.charCodeAt(0)));

/**
 * A quick look at one record's line as bytes, that makes no value and no text of it. `scan` says yes only where the bytes are
 * well-formed UTF-8 and the canonical JSON of an object with `n`, `prev`, `hash` and `type`, in the notation that the
 * exporter's own lines have; `found` then says where these stand. No means only that it can't tell: parseCanonicalJson can.
 */
export function createRecordScanner() {
  const found: RecordLine = { n: 0, prevAt: 0, hashAt: 0, hashMemberAt: 0, typeAt: 0, typeLength: 0 };
  let bytes: Uint8Array = new Uint8Array(0);
  let end = 0;
  let at = 0;

  const isContinuation = (place: number): boolean => place < end && ((bytes[place] as number) & 0xc0) === 0x80;

  /** Passes over characters that need no closer look: most of every line, so in variables of its own. */
  function pass(): void {
    const all = bytes;
    const last = end;
    let place = at;
    while (place < last && PLAIN[all[place] as number] === 1) place++;
    at = place;
  }

  /** Behind the opening quote; ends behind the closing one. */
  function string(): boolean {
    for (;;) {
      pass();
      if (at >= end) return false;
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        at++;
        return true;
      }
      if (byte >= 0x80) {
        if (!wide(byte)) return false;
      } else if (byte !== BACKSLASH || !escaped()) return false;
    }
  }

  /** A character of two to four bytes: no overlong form, no half of a pair, nothing above U+10FFFF. */
  function wide(byte: number): boolean {
    if (byte >= 0xe0 && byte < 0xf0) {
      if (!isContinuation(at + 1) || !isContinuation(at + 2)) return false;
      const second = bytes[at + 1] as number;
      if ((byte === 0xe0 && second < 0xa0) || (byte === 0xed && second > 0x9f)) return false;
      at += 3;
      return true;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
      if (!isContinuation(at + 1)) return false;
      at += 2;
      return true;
    }
    if (byte < 0xf0 || byte > 0xf4) return false;
    if (!isContinuation(at + 1) || !isContinuation(at + 2) || !isContinuation(at + 3)) return false;
    const second = bytes[at + 1] as number;
    if ((byte === 0xf0 && second < 0x90) || (byte === 0xf4 && second > 0x8f)) return false;
    at += 4;
    return true;
  }

  function escaped(): boolean {
    const letter = at + 1 < end ? (bytes[at + 1] as number) : 0;
    if (ESCAPED[letter] === 1) {
      at += 2;
      return true;
    }
    // \u0000 to \u001f; halves of pairs are left to the parser.
    if (letter !== 0x75 || at + 6 > end || bytes[at + 2] !== ZERO || bytes[at + 3] !== ZERO) return false;
    const high = (bytes[at + 4] as number) - ZERO;
    const last = bytes[at + 5] as number;
    const low = last >= ZERO && last <= NINE ? last - ZERO : last >= 0x61 && last <= 0x66 ? last - 0x61 + 10 : -1;
    if ((high !== 0 && high !== 1) || low < 0 || NUMBERED[16 * high + low] === 0) return false;
    at += 6;
    return true;
  }

  /** A whole number from 0; -1 where it is another one. */
  function number(): number {
    const first = at;
    let value = 0;
    while (at < end && (bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE)
      value = 10 * value + (bytes[at++] as number) - ZERO;
    const digits = at - first;
    return digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[first] === ZERO) ? -1 : value;
  }

  function word(): boolean {
    for (const letters of WORDS) {
      if (bytes[at] !== letters[0] || at + letters.length > end) continue;
      for (let i = 1; i < letters.length; i++) if (bytes[at + i] !== letters[i]) return false;
      at += letters.length;
      return true;
    }
    return false;
  }

  function value(depth: number): boolean {
    switch (bytes[at]) {
      case QUOTE:
        at++;
        return string();
      case OPEN_OBJECT:
        return depth < MAX_DEPTH && object(depth + 1);
      case OPEN_LIST:
        return depth < MAX_DEPTH && list(depth + 1);
      default:
        return number() >= 0 || word();
    }
  }

  function list(depth: number): boolean {
    at++;
    if (bytes[at] === CLOSE_LIST) {
      at++;
      return true;
    }
    for (;;) {
      if (at >= end || !value(depth)) return false;
      const byte = at < end ? bytes[at++] : 0;
      if (byte === CLOSE_LIST) return true;
      if (byte !== COMMA) return false;
    }
  }

  function object(depth: number): boolean {
    at++;
    if (bytes[at] === CLOSE_OBJECT) {
      at++;
      return true;
    }
    let before = 0;
    let beforeEnd = 0;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return false;
      const memberAt = at - 1;
      const name = at + 1;
      // A letter first: names that look like numbers would be put in another order by the parser.
      const letter = name < end ? (bytes[name] as number) : 0;
      if (letter < 0x61 || letter > 0x7a) return false;
      at = name;
      pass();
      const nameEnd = at;
      if (at + 1 >= end || bytes[at] !== QUOTE || bytes[at + 1] !== COLON) return false;
      if (before !== 0 && !isAscending(before, beforeEnd, name, nameEnd)) return false;
      before = name;
      beforeEnd = nameEnd;
      at += 2;
      if (at >= end || !(depth === 1 ? member(name, nameEnd - name, memberAt) : value(depth))) return false;
      const byte = at < end ? bytes[at++] : 0;
      if (byte === CLOSE_OBJECT) return true;
      if (byte !== COMMA) return false;
    }
  }

  function isAscending(a: number, aEnd: number, b: number, bEnd: number): boolean {
    while (a < aEnd && b < bEnd) {
      const difference = (bytes[a++] as number) - (bytes[b++] as number);
      if (difference !== 0) return difference < 0;
    }
    return a === aEnd && b < bEnd;
  }

  /** A member of the record itself. */
  function member(name: number, length: number, memberAt: number): boolean {
    if (length === 1 && bytes[name] === 0x6e) {
      found.n = number();
      return found.n > 0;
    }
    if (length !== 4 || bytes[at] !== QUOTE) return value(1);
    const first = at + 1;
    if (isName(name, 'prev')) {
      found.prevAt = first;
      return text() === HEX_LENGTH;
    }
    if (isName(name, 'hash')) {
      found.hashAt = first;
      found.hashMemberAt = memberAt;
      // Before it stands a comma: as the first member it would leave one behind.
      return bytes[memberAt] === COMMA && text() === HEX_LENGTH;
    }
    if (isName(name, 'type')) {
      found.typeAt = first;
      found.typeLength = text();
      return found.typeLength >= 0;
    }
    return value(1);
  }

  function isName(place: number, name: string): boolean {
    for (let i = 0; i < name.length; i++) if (bytes[place + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  /** A string that needs no closer look; its length, or -1. */
  function text(): number {
    const first = ++at;
    pass();
    if (at >= end || bytes[at] !== QUOTE) return -1;
    return at++ - first;
  }

  return {
    found: found as Readonly<RecordLine>,
    scan(of: Uint8Array, from: number, to: number): boolean {
      bytes = of;
      at = from;
      end = to;
      found.n = 0;
      found.prevAt = 0;
      found.hashAt = 0;
      found.typeAt = 0;
      return (
        from < to &&
        bytes[at] === OPEN_OBJECT &&
        object(1) &&
        at === end &&
        found.n > 0 &&
        found.prevAt > 0 &&
        found.hashAt > 0 &&
        found.typeAt > 0
      );
    },
  };
}
