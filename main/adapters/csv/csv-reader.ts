import { setImmediate } from 'node:timers/promises';
import { Parser } from 'csv-parse';
import type { CsvReader, FileRow } from '#main/core/ports/csv.ts';

/** A single message of 1 MiB of any characters fits; an unclosed quote swallows no more than this before it is given up. */
const MAX_RECORD_BYTES = 4 * 1024 * 1024;
/** Parsed in one go, some milliseconds; then whatever else the process has to do has its turn. */
const PIECE_BYTES = 16 * 1024;
const LF = 10;
const CR = 13;

/**
 * csv-parse in strict mode behind the CsvReader port. Around it: physical line numbers (the library counts a CRLF inside
 * quotes twice) and recovery after a broken quote (the library stops there). Both rest on `held`: the bytes from the end
 * of the last whole record on.
 */
export function createCsvReader(): CsvReader {
  return {
    async *read(text, { delimiter }) {
      const cutter = createCutter(delimiter);
      let carried = '';
      for await (const chunk of text) {
        let part = carried + chunk;
        carried = '';
        // A pair of surrogates cut in two would become two replacement characters.
        const last = part.charCodeAt(part.length - 1);
        if (last >= 0xd800 && last <= 0xdbff) {
          carried = part.slice(-1);
          part = part.slice(0, -1);
        }
        const bytes = Buffer.from(part, 'utf8');
        for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
          const rows = cutter.push(bytes.subarray(start, start + PIECE_BYTES));
          if (rows.length > 0) yield rows;
          await setImmediate();
        }
      }
      if (carried !== '') cutter.push(Buffer.from(carried, 'utf8'));
      const rows = await cutter.end();
      if (rows.length > 0) yield rows;
    },
  };
}

interface Attempt {
  readonly parser: Parser;
  /** Ends of the whole records, counted from the attempt's first byte, and their cells. */
  readonly records: { cells: string[]; end: number }[];
}

function begin(delimiter: string): Attempt {
  const records: Attempt['records'] = [];
  const parser = new Parser({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: false,
    // Collected here instead of through the stream: what was read before a broken quote survives the error.
    on_record: (cells: string[], context) => {
      records.push({ cells, end: context.bytes });
      return null;
    },
  });
  parser.on('error', () => {});
  return { parser, records };
}

function createCutter(delimiter: string) {
  let attempt = begin(delimiter);
  /** Bytes not yet part of a whole record, and how many of them the current attempt has seen. */
  let held: Buffer = Buffer.alloc(0);
  let seen = 0;
  /** Bytes of this attempt that are whole records already. */
  let done = 0;
  let line = 1;
  /** Inside the rest of a line that is longer than any record may be. */
  let skipping = false;

  function takeRecords(rows: FileRow[]): void {
    let at = 0;
    for (const record of attempt.records) {
      const length = record.end - done;
      const startLine = line;
      line += countLines(held, at, at + length);
      at += length;
      done = record.end;
      // An empty line is no row.
      if (record.cells.length > 1 || record.cells[0] !== '')
        rows.push({ line: startLine, cells: record.cells, problem: null });
    }
    attempt.records.length = 0;
    held = held.subarray(at);
    seen -= at;
  }

  /** Gives up the first physical line of `held` and starts anew behind it. */
  function giveUpLine(rows: FileRow[], problem: 'QUOTE_BROKEN' | 'ROW_TOO_LARGE', code: string | undefined): void {
    attempt.parser.destroy();
    attempt = begin(delimiter);
    let end = 0;
    while (end < held.length && held[end] !== LF && held[end] !== CR) end++;
    const text = held.subarray(0, Math.min(end, MAX_RECORD_BYTES)).toString('utf8');
    if (end === held.length && problem === 'ROW_TOO_LARGE') skipping = true;
    if (held[end] === CR && held[end + 1] === LF) end++;
    held = held.subarray(Math.min(end + 1, held.length));
    seen = 0;
    done = 0;
    const cells = text.split(delimiter);
    // A quote in the middle of an unquoted cell is a plain character to most programs that write such files.
    rows.push({
      line,
      cells,
      problem: code === 'INVALID_OPENING_QUOTE' && !cells.some((cell) => cell.startsWith('"')) ? null : problem,
    });
    if (!skipping) line += 1;
  }

  function skipRestOfLine(bytes: Buffer): Buffer {
    const end = bytes.indexOf(LF);
    if (end === -1) return bytes.subarray(bytes.length);
    skipping = false;
    line += 1;
    return bytes.subarray(end + 1);
  }

  function feed(rows: FileRow[], atEnd: boolean): void {
    while (seen < held.length) {
      const piece = held.subarray(seen, seen + PIECE_BYTES);
      seen += piece.length;
      attempt.parser.write(piece);
      takeRecords(rows);
      const error = attempt.parser.errored as (Error & { code?: string }) | null;
      if (error !== null) giveUpLine(rows, 'QUOTE_BROKEN', error.code);
      else if (held.length > MAX_RECORD_BYTES && !atEnd) {
        // Either one line without end or a quote that nobody closed.
        giveUpLine(rows, held.subarray(0, MAX_RECORD_BYTES).includes(LF) ? 'QUOTE_BROKEN' : 'ROW_TOO_LARGE', undefined);
      }
    }
  }

  return {
    push(bytes: Buffer): readonly FileRow[] {
      const rows: FileRow[] = [];
      const fresh = skipping ? skipRestOfLine(bytes) : bytes;
      held = held.length === 0 ? fresh : Buffer.concat([held, fresh]);
      feed(rows, false);
      return rows;
    },
    async end(): Promise<readonly FileRow[]> {
      const rows: FileRow[] = [];
      for (;;) {
        feed(rows, true);
        const { parser } = attempt;
        const finished = new Promise<void>((resolve) => {
          parser.once('finish', resolve);
          parser.once('error', () => resolve());
        });
        parser.end();
        await finished;
        takeRecords(rows);
        if (parser.errored === null || held.length === 0) return rows;
        giveUpLine(rows, 'QUOTE_BROKEN', undefined);
      }
    },
  };
}

function countLines(bytes: Buffer, start: number, end: number): number {
  let lines = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === LF) lines++;
    else if (byte === CR && bytes[at + 1] !== LF) lines++;
  }
  return lines;
}
