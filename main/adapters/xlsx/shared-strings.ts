import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { AppFailure } from '#shared/contract/errors.ts';
import { unescapeText } from './xml-text.ts';
import { createXmlReader } from './xml-reader.ts';

export interface SharedStrings {
  /** Reads on until that string is there. FILE_FORMAT where there is no such string. */
  ensure(index: number): Promise<void>;
  /** Of an index that `ensure` has seen. Null: longer than any message. */
  get(index: number): string | null;
  close(): Promise<void>;
}

export interface SharedStringsOptions {
  /** Pages beyond this many bytes are kept packed. */
  readonly plainBytes?: number;
  /** FILE_TOO_LARGE beyond. */
  readonly packedBytes?: number;
}

const PAGE_BYTES = 64 * 1024;
const PLAIN_BYTES = 64 * 1024 ** 2;
const PACKED_BYTES = 256 * 1024 ** 2;
const MAX_STRING = 1024 * 1024;
const CACHED_PAGES = 128;
const CACHED_STRINGS = 4_096;

interface Page {
  readonly first: number;
  /** Ends of the strings in the page's bytes. */
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
  readonly packed: boolean;
  /** Positions of strings that were too long to keep. */
  readonly omitted: ReadonlySet<number>;
}

/**
 * The strings of a workbook, read only as far as rows ask for them: a preview of a file with a million strings reads a
 * few. They stand in pages outside of the JavaScript heap, the later ones packed (chat packs three to five times), so
 * that nothing readable is put on disk and memory stays bounded.
 */
export function createSharedStrings(
  xml: AsyncIterable<Uint8Array> | null,
  options: SharedStringsOptions = {},
): SharedStrings {
  const plainLimit = options.plainBytes ?? PLAIN_BYTES;
  const packedLimit = options.packedBytes ?? PACKED_BYTES;
  const pages: Page[] = [];
  let count = 0;
  let plainBytes = 0;
  let packedBytes = 0;

  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let ends: number[] = [];
  let omitted = new Set<number>();

  let text = '';
  let inItem = false;
  let inText = false;
  let inPhonetic = false;
  const reader = createXmlReader({
    open(name) {
      if (name === 'si') {
        text = '';
        inItem = true;
      } else if (name === 'rPh') inPhonetic = true;
      else if (name === 't') inText = inItem && !inPhonetic;
    },
    close(name) {
      if (name === 't') inText = false;
      else if (name === 'rPh') inPhonetic = false;
      else if (name === 'si') {
        inItem = false;
        add(unescapeText(text));
        text = '';
      }
    },
    text(part) {
      if (inText && text.length <= MAX_STRING) text += part;
    },
  });

  function add(value: string): void {
    if (value.length > MAX_STRING) omitted.add(ends.length);
    else {
      const bytes = Buffer.from(value, 'utf8');
      waiting.push(bytes);
      waitingBytes += bytes.length;
    }
    ends.push(waitingBytes);
    count++;
    if (waitingBytes >= PAGE_BYTES || ends.length >= PAGE_BYTES) closePage();
  }

  function closePage(): void {
    if (ends.length === 0) return;
    const whole = Buffer.concat(waiting, waitingBytes);
    const packed = plainBytes + whole.length > plainLimit;
    const bytes = packed ? deflateRawSync(whole, { level: 1 }) : whole;
    if (packed) packedBytes += bytes.length;
    else plainBytes += bytes.length;
    // The ends of a thousand million empty strings would be memory too.
    packedBytes += ends.length * 4;
    if (packedBytes > packedLimit) throw new AppFailure('FILE_TOO_LARGE', 'too many texts', { format: 'xlsx' });
    pages.push({ first: count - ends.length, ends: Uint32Array.from(ends), bytes, packed, omitted });
    waiting = [];
    waitingBytes = 0;
    ends = [];
    omitted = new Set();
  }

  const chunks = xml?.[Symbol.asyncIterator]() ?? null;
  let atEnd = chunks === null;

  const unpacked = new Map<Page, Uint8Array>();
  function bytesOf(page: Page): Uint8Array {
    if (!page.packed) return page.bytes;
    const known = unpacked.get(page);
    if (known !== undefined) {
      // Moved to the end: the first is the one not asked for longest.
      unpacked.delete(page);
      unpacked.set(page, known);
      return known;
    }
    const bytes = inflateRawSync(page.bytes);
    unpacked.set(page, bytes);
    if (unpacked.size > CACHED_PAGES) unpacked.delete(unpacked.keys().next().value as Page);
    return bytes;
  }

  /** Names and words that stand in every row are made once. */
  let recent = new Map<number, string>();

  return {
    async ensure(index) {
      while (index >= pagedCount()) {
        if (atEnd || chunks === null) throw new AppFailure('FILE_FORMAT', 'a text is missing', { format: 'xlsx' });
        const next = await chunks.next();
        if (next.done === true) {
          reader.end();
          closePage();
          atEnd = true;
        } else reader.write(next.value);
      }
    },
    get(index) {
      const known = recent.get(index);
      if (known !== undefined) return known;
      const page = pages[findPage(pages, index)];
      if (page === undefined) throw new AppFailure('INTERNAL', 'a text that was not read yet');
      const at = index - page.first;
      if (page.omitted.has(at)) return null;
      const start = page.ends[at - 1] ?? 0;
      const end = page.ends[at] ?? start;
      const bytes = bytesOf(page);
      const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
      if (recent.size >= CACHED_STRINGS) recent = new Map();
      recent.set(index, value);
      return value;
    },
    async close() {
      atEnd = true;
      await chunks?.return?.();
    },
  };

  function pagedCount(): number {
    return count - ends.length;
  }
}

function findPage(pages: readonly Page[], index: number): number {
  let low = 0;
  let high = pages.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((pages[middle]?.first ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
