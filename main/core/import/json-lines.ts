import type { FileRow } from '../ports/csv.ts';

const MAX_LINE = 4 * 1024 * 1024;
const BATCH = 1_000;
/** Our own JSONL also tells what happened to a message, as events of their own; the message carries it already. */
const EVENTS: ReadonlySet<string> = new Set(['recall', 'correction', 'transfer']);

/** Keys of the first objects, those of nested objects as `outer.inner`. */
export function jsonKeys(text: string, maxLines: number): string[] {
  const keys = new Set<string>();
  for (const line of text.split('\n', maxLines)) for (const key of flatten(line)?.keys() ?? []) keys.add(key);
  return [...keys].slice(0, MAX_KEYS);
}

/** One object a line, cells in the order of `keys`. A line that is no object is a row with a problem. */
export async function* readJsonLines(
  text: AsyncIterable<string>,
  keys: readonly string[],
): AsyncIterable<readonly FileRow[]> {
  let rest = '';
  let line = 0;
  let tooLarge = false;
  let rows: FileRow[] = [];
  function take(content: string): void {
    line++;
    if (tooLarge || content.length > MAX_LINE) rows.push({ line, cells: [], problem: 'ROW_TOO_LARGE' });
    else if (content.trim() !== '') {
      const object = flatten(content);
      if (object === null) rows.push({ line, cells: [], problem: 'JSON_BROKEN' });
      else if (EVENTS.has(object.get('type') ?? '') && !object.has('text'))
        rows.push({ line, cells: [], problem: 'NOT_A_MESSAGE' });
      else rows.push({ line, cells: keys.map((key) => object.get(key) ?? ''), problem: null });
    }
    tooLarge = false;
  }
  for await (const part of text) {
    let at = 0;
    for (let end = part.indexOf('\n'); end !== -1; end = part.indexOf('\n', at)) {
      take(rest + part.slice(at, end));
      rest = '';
      at = end + 1;
      if (rows.length >= BATCH) {
        yield rows;
        rows = [];
      }
    }
    rest += part.slice(at);
    if (rest.length > MAX_LINE) {
      tooLarge = true;
      rest = '';
    }
  }
  if (rest !== '' || tooLarge) take(rest);
  if (rows.length > 0) yield rows;
}

/** Perhaps a number of more digits than this machine's numbers have. */
const MANY_DIGITS = /\d{16}/u;

/** Order numbers that stand without quotes keep all their digits, as the file has them. */
function inFull(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const { source = '' } = context ?? {};
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/u.test(source) ? source : value;
}

function flatten(line: string): Map<string, string> | null {
  let parsed: unknown;
  try {
    parsed = MANY_DIGITS.test(line) ? JSON.parse(line, inFull) : JSON.parse(line);
  } catch {
    // Also nesting too deep for the parser.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const cells = new Map<string, string>();
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, innerValue] of Object.entries(value)) cells.set(`${key}.${inner}`, scalar(innerValue));
    } else cells.set(key, scalar(value));
  }
  return cells;
}

/** Lists of numbers may stand in a cell; deeper ones are nobody's data, and a hundred thousand levels would end the stack (SE6). */
const MAX_DEPTH = 4;
const MAX_KEYS = 2_000;

function scalar(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && depth < MAX_DEPTH)
    return value
      .map((item) => scalar(item, depth + 1))
      .filter((item) => item !== '')
      .join(' ');
  return '';
}
