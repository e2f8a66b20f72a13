import { setImmediate } from 'node:timers/promises';
import type { CsvReader, FileRow } from '#main/core/ports/csv.ts';

/** UTF-16 units. A message of 1 MiB of any characters fits; an unclosed quote swallows no more than this before it is given up. */
const MAX_RECORD_UNITS = 4 * 1024 * 1024;
/** Cut in one go, about a millisecond; then whatever else the process has to do has its turn. */
const PIECE_UNITS = 64 * 1024;
const LF = 10;
const CR = 13;
const QUOTE = 34;

/** RFC 4180, strict but for line ends (CRLF, LF, CR mixed) and the number of cells; what is broken costs its own line (docs/decisions/0020). */
export function createCsvReader(): CsvReader {
  return {
    async *read(text, { delimiter }) {
      const cutter = createCutter(delimiter);
      for await (const chunk of text) {
        for (let start = 0; start < chunk.length; start += PIECE_UNITS) {
          const rows = cutter.push(chunk.slice(start, start + PIECE_UNITS));
          if (rows.length > 0) yield rows;
          await setImmediate();
        }
      }
      const rows = cutter.end();
      if (rows.length > 0) yield rows;
    },
  };
}

/** `more`: the text ends inside the record; `record`: a whole one was cut; else why its first line has to be given up. */
type Cut = 'more' | 'record' | 'open quote' | 'text behind quote' | 'quote in text';

/**
 * One pass over the text. A broken record costs its first physical line, reading goes on behind that one: a line that is
 * looked at again was inside quotes before and is outside now, and none is looked at a third time, since whether quotes
 * stand open behind a line follows from how many it has. So the cost is that of the text, whatever it holds.
 */
function createCutter(delimiter: string) {
  if (delimiter.length !== 1) throw new Error('a delimiter is one character');
  const separator = delimiter.charCodeAt(0);
  /** Begins with the record under way. */
  let held = '';
  /** Of the record under way in `held`: its first unit, what comes next, the first unit of its cell under way. */
  let start = 0;
  let at = 0;
  let cell = 0;
  let cells: string[] = [];
  /** The cell under way began with a quote that was not closed yet; it holds doubled ones. */
  let quoted = false;
  let doubled = false;
  /** Line ends inside of its quoted cells. */
  let breaks = 0;
  /** Why its first line has to be given up, and how far that line has been followed, while its end is not there yet. */
  let broken: Cut | null = null;
  let followed = 0;
  let line = 1;
  /** In the rest of a line that is longer than any record may be. */
  let skipping = false;

  function beginRecord(next: number): void {
    start = next;
    at = next;
    cell = next;
    cells = [];
    quoted = false;
    doubled = false;
    breaks = 0;
    broken = null;
    followed = next;
  }

  /** Reads on from `at`. */
  function cut(atEnd: boolean): Cut {
    const { length } = held;
    for (;;) {
      if (!quoted && at === cell && held.charCodeAt(at) === QUOTE) {
        quoted = true;
        at += 1;
      }
      if (quoted) {
        const quote = held.indexOf('"', at);
        if (quote === -1) {
          at = length;
          return atEnd ? 'open quote' : 'more';
        }
        at = quote;
        if (quote + 1 === length && !atEnd) return 'more';
        const behind = held.charCodeAt(quote + 1);
        if (behind === QUOTE) {
          doubled = true;
          at = quote + 2;
          continue;
        }
        if (quote + 1 < length && behind !== separator && behind !== LF && behind !== CR) return 'text behind quote';
        const text = held.slice(cell + 1, quote);
        cells.push(doubled ? text.replaceAll('""', '"') : text);
        breaks += lineEndsIn(text);
        quoted = false;
        doubled = false;
        at = quote + 1;
      } else {
        while (at < length) {
          const unit = held.charCodeAt(at);
          if (unit === separator || unit === LF || unit === CR) break;
          if (unit === QUOTE) return 'quote in text';
          at += 1;
        }
        if (at === length && !atEnd) return 'more';
        cells.push(held.slice(cell, at));
      }
      // Behind a cell: the next one, or the end of the record.
      const unit = held.charCodeAt(at);
      if (at < length && unit === separator) {
        at += 1;
        cell = at;
        continue;
      }
      return 'record';
    }
  }

  /** The unit behind the line end at `end`; -1 where the text must go on before that is known. */
  function behindLineEnd(end: number, atEnd: boolean): number {
    if (held.charCodeAt(end) !== CR) return Math.min(end + 1, held.length);
    if (end + 1 === held.length && !atEnd) return -1;
    return held.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  }

  function lineEnd(from: number): number {
    let end = from;
    while (end < held.length && held.charCodeAt(end) !== LF && held.charCodeAt(end) !== CR) end += 1;
    return end;
  }

  /** Gives up the first physical line of the record under way. Whether its end is there is known. */
  function giveUpLine(rows: FileRow[], end: number, next: number, why: Cut | 'too long'): void {
    const given = held.slice(start, end).split(delimiter);
    rows.push({
      line,
      cells: given,
      // A quote in the middle of an unquoted cell is a plain character to most programs that write such files.
      problem:
        why === 'too long'
          ? 'ROW_TOO_LARGE'
          : why === 'quote in text' && !given.some((one) => one.startsWith('"'))
            ? null
            : 'QUOTE_BROKEN',
    });
    line += 1;
    beginRecord(next);
  }

  function feed(rows: FileRow[], atEnd: boolean): void {
    while (start < held.length) {
      if (skipping) {
        const end = lineEnd(at);
        const next = end === held.length ? -1 : behindLineEnd(end, atEnd);
        beginRecord(next === -1 ? end : next);
        if (next === -1) return;
        skipping = false;
        continue;
      }
      let outcome = broken ?? cut(atEnd);
      if (outcome === 'record') {
        // A cell is pushed again when its line end turns out to be cut in two.
        const next = behindLineEnd(at, atEnd);
        if (next === -1) {
          beginRecord(start);
          return;
        }
        // An empty line is no row.
        if (cells.length > 1 || cells[0] !== '') rows.push({ line, cells, problem: null });
        line += 1 + breaks;
        beginRecord(next);
        continue;
      }
      const tooLong = held.length - start > MAX_RECORD_UNITS && !atEnd;
      if (outcome === 'more') {
        if (!tooLong) return;
        outcome = 'open quote';
      }
      const end = lineEnd(followed);
      if (end < held.length) {
        const next = behindLineEnd(end, atEnd);
        if (next === -1) {
          beginRecord(start);
          return;
        }
        giveUpLine(rows, end, next, outcome);
      } else if (atEnd) {
        giveUpLine(rows, end, end, outcome);
      } else if (tooLong) {
        skipping = true;
        giveUpLine(rows, end, end, 'too long');
      } else {
        broken = outcome;
        followed = end;
        return;
      }
    }
  }

  function run(piece: string, atEnd: boolean): readonly FileRow[] {
    held = start === 0 ? held + piece : held.slice(start) + piece;
    at -= start;
    cell -= start;
    followed -= start;
    start = 0;
    const rows: FileRow[] = [];
    feed(rows, atEnd);
    return rows;
  }

  return { push: (piece: string) => run(piece, false), end: () => run('', true) };
}

function lineEndsIn(text: string): number {
  let ends = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === LF || (unit === CR && text.charCodeAt(at + 1) !== LF)) ends += 1;
  }
  return ends;
}
