import { normaliseNumber } from '#shared/search/numbers.ts';

/**
 * Cells as other programs leave them. Our own CSV puts an apostrophe in front of what a spreadsheet would run as a
 * formula (EX2); reading takes it away again, so a file that was exported and imported carries the same text.
 */
const GUARDED = /^'+[=+\-@\t\r＝＋－＠]/u;

/** Message text: only our guard goes; a NUL, which no storage or screen agrees on, becomes U+FFFD. */
export function cleanText(cell: string): string {
  const text = GUARDED.test(cell) ? cell.slice(1) : cell;
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text;
}

/** Ids, names, numbers: also Excel's text marks (`'123`, `="123"`, a tab in front) and blanks go. */
export function cleanName(cell: string): string {
  let text = cleanText(cell).replaceAll('\ufffd', '').trim();
  const formula = /^="(.*)"$/su.exec(text);
  if (formula?.[1] !== undefined) text = formula[1].trim();
  if (text.startsWith("'")) text = text.slice(1).trim();
  return text;
}

/** Order and violation numbers of one cell; several may stand there with any separator. Blank marks are none. */
export function splitNumbers(cell: string): string[] {
  const found = new Set<string>();
  for (const part of cell.split(/[\s,;|、，；]+/u)) {
    // The form in which the store keeps numbers and searches ask for them.
    const number = normaliseNumber(cleanName(part));
    if (number === '' || BLANKS.has(number.toLowerCase())) continue;
    found.add(number);
  }
  return [...found];
}

const BLANKS = new Set(['-', '--', '—', '无', '/', 'null', 'none', 'nan', 'n/a', '\\n', 'undefined']);

/** A cell that stands for nothing. */
export function isBlank(cell: string): boolean {
  const text = cell.trim();
  return text === '' || BLANKS.has(text.toLowerCase());
}
