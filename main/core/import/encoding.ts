import { AppFailure } from '#shared/contract/errors.ts';

export type TextEncodingName = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be';

/** What the bytes turned out to be; known once the text has been read up to its first non-ASCII character or its end. */
export interface DecodedText {
  readonly text: AsyncIterable<string>;
  encoding(): TextEncodingName;
}

/** Enough to tell UTF-16 by its zeros. */
const HEAD_BYTES = 4 * 1024;
/** Bytes from the first non-ASCII one on that decide between UTF-8 and GB18030. */
const WINDOW_BYTES = 256 * 1024;
/** More damage than this share of the non-ASCII characters is no text in any encoding we know. */
const MAX_DAMAGE = 0.1;

/**
 * Decodes a file of unknown encoding in one pass and bounded memory (SR11). Nobody's declaration is believed: a byte-order
 * mark only says UTF-16 or is dropped, everything else is decided by the bytes. ASCII before the first other byte is the
 * same in UTF-8 and GB18030, so the decision can wait until there is something to decide on. Bytes that are invalid in the
 * encoding found become U+FFFD. Throws FILE_ENCODING (no such text), FILE_FORMAT (not a text file), UNSUPPORTED (XLSX).
 * `truncated`: the bytes are only the beginning of a file and may end inside a character.
 */
export function decodeText(
  bytes: AsyncIterable<Uint8Array>,
  options: { readonly truncated?: boolean } = {},
): DecodedText {
  let found: TextEncodingName = 'utf-8';
  return { text: decode(bytes, options.truncated === true, (name) => (found = name)), encoding: () => found };
}

async function* decode(
  bytes: AsyncIterable<Uint8Array>,
  truncated: boolean,
  report: (name: TextEncodingName) => void,
): AsyncIterable<string> {
  let pending: Uint8Array = new Uint8Array(0);
  let atStart = true;
  let decoder: TextDecoder | null = null;

  function decide(atEnd: boolean): string {
    const name = decideWindow(pending, atEnd);
    report(name);
    decoder = new TextDecoder(name, { ignoreBOM: true });
    const text = decoder.decode(pending, { stream: true });
    pending = new Uint8Array(0);
    return text;
  }

  for await (const chunk of bytes) {
    if (decoder !== null) {
      const text = (decoder as TextDecoder).decode(chunk, { stream: true });
      if (text !== '') yield text;
      continue;
    }
    pending = concat(pending, chunk);
    if (atStart) {
      if (pending.length < HEAD_BYTES) continue;
      atStart = false;
      decoder = start();
      if (decoder !== null) {
        yield (decoder as TextDecoder).decode(pending, { stream: true });
        pending = new Uint8Array(0);
        continue;
      }
    }
    const ascii = asciiLength(pending);
    if (ascii > 0) {
      yield ASCII.decode(pending.subarray(0, ascii));
      pending = pending.subarray(ascii);
    }
    if (pending.length >= WINDOW_BYTES) yield decide(false);
  }
  if (atStart) {
    decoder = start();
    if (decoder !== null) {
      yield (decoder as TextDecoder).decode(pending, { stream: truncated });
      return;
    }
  }
  if (decoder === null && pending.length > 0) yield decide(!truncated);
  if (truncated) return;
  const rest = (decoder as TextDecoder | null)?.decode() ?? '';
  if (rest !== '') yield rest;

  /** Byte-order marks, other formats and UTF-16. */
  function start(): TextDecoder | null {
    refuseOtherFormats(pending);
    const utf16 = detectUtf16(pending);
    if (utf16 !== null) {
      report(utf16.name);
      pending = pending.subarray(utf16.skip);
      return new TextDecoder(utf16.name, { ignoreBOM: true });
    }
    // A UTF-8 mark is dropped and not believed: some programs put one in front of GB18030.
    if (pending[0] === 0xef && pending[1] === 0xbb && pending[2] === 0xbf) pending = pending.subarray(3);
    return null;
  }
}

const ASCII = new TextDecoder('utf-8');

function asciiLength(bytes: Uint8Array): number {
  let at = 0;
  while ((bytes[at] ?? 0xff) < 0x80) at++;
  return at;
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

function refuseOtherFormats(bytes: Uint8Array): void {
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  if (magic.startsWith('PK\u0003\u0004')) throw new AppFailure('UNSUPPORTED', 'a zip or XLSX file', { format: 'xlsx' });
  if (magic.startsWith('\u00d0\u00cf\u0011\u00e0'))
    throw new AppFailure('FILE_FORMAT', 'an old Excel or Word file', { format: 'ole' });
  if (
    magic.startsWith('%PDF') ||
    magic.startsWith('SQLite f') ||
    magic.startsWith('\u0089PNG') ||
    magic.startsWith('\u001f\u008b')
  )
    throw new AppFailure('FILE_FORMAT', 'not a text file');
}

/**
 * UTF-16 by its mark, or without one by its zeros: separators, digits and line ends of a table are ASCII, so a good part
 * of one half of all byte pairs is zero and next to none of the other. A stray NUL in another encoding falls on both.
 */
function detectUtf16(bytes: Uint8Array): { readonly name: TextEncodingName; readonly skip: number } | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { name: 'utf-16le', skip: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { name: 'utf-16be', skip: 2 };
  const pairs = Math.floor(Math.min(bytes.length, HEAD_BYTES) / 2);
  if (pairs < 8) return null;
  let high = 0;
  let low = 0;
  for (let pair = 0; pair < pairs; pair++) {
    if (bytes[pair * 2] === 0) high++;
    if (bytes[pair * 2 + 1] === 0) low++;
  }
  if (low > pairs * 0.1 && high * 10 < low) return { name: 'utf-16le', skip: 0 };
  if (high > pairs * 0.1 && low * 10 < high) return { name: 'utf-16be', skip: 0 };
  return null;
}

function decideWindow(bytes: Uint8Array, atEnd: boolean): TextEncodingName {
  if (decodes('utf-8', bytes, atEnd)) return 'utf-8';
  if (decodes('gb18030', bytes, atEnd)) return 'gb18030';
  const utf8 = damage('utf-8', bytes);
  const gb18030 = damage('gb18030', bytes);
  if (Math.min(utf8, gb18030) > MAX_DAMAGE) throw new AppFailure('FILE_ENCODING', 'neither UTF-8, GB18030 nor UTF-16');
  return utf8 <= gb18030 ? 'utf-8' : 'gb18030';
}

function decodes(name: TextEncodingName, bytes: Uint8Array, atEnd: boolean): boolean {
  try {
    new TextDecoder(name, { fatal: true }).decode(bytes, { stream: !atEnd });
    return true;
  } catch {
    return false;
  }
}

/** Share of the non-ASCII characters that had to be replaced. */
function damage(name: TextEncodingName, bytes: Uint8Array): number {
  const text = new TextDecoder(name).decode(bytes, { stream: true });
  let other = 0;
  let replaced = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    other++;
    if (unit === 0xfffd) replaced++;
  }
  return other === 0 ? 0 : replaced / other;
}
