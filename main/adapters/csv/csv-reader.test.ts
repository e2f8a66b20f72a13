import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FileRow } from '#main/core/ports/csv.ts';
import { createCsvReader } from './csv-reader.ts';

async function read(text: string, chunk = text.length, delimiter = ','): Promise<FileRow[]> {
  async function* pieces() {
    for (let at = 0; at < text.length; at += Math.max(1, chunk)) yield text.slice(at, at + Math.max(1, chunk));
  }
  const rows: FileRow[] = [];
  for await (const batch of createCsvReader().read(pieces(), { delimiter })) for (const row of batch) rows.push(row);
  return rows;
}

test('[SR11] line numbers are physical lines, also after quoted line breaks, empty lines and every kind of line end', async () => {
  const rows = await read('a,b\r\n1,"x\r\ny"\r\n\r\n2,"p\nq\n"\n3,z\r4,"""w"""');
  expect(rows).toEqual([
    { line: 1, cells: ['a', 'b'], problem: null },
    { line: 2, cells: ['1', 'x\r\ny'], problem: null },
    { line: 5, cells: ['2', 'p\nq\n'], problem: null },
    { line: 8, cells: ['3', 'z'], problem: null },
    { line: 9, cells: ['4', '"w"'], problem: null },
  ]);
});

test('[SR11] the same rows however the text is cut into pieces', async () => {
  const text = '会话,内容\r\n1,"好,的\r\n""嗯"""\r\n2,𠀀𠀀\r\n\r\n3,"半';
  const whole = await read(text);
  for (const chunk of [1, 2, 3, 5, 7]) expect(await read(text, chunk)).toEqual(whole);
});

test('[SR11] half a file: the open quote costs its own line, the rows before and after it stay', async () => {
  const rows = await read('a,b\n1,x\n2,"half\n3,y\n4,z');
  expect(rows).toEqual([
    { line: 1, cells: ['a', 'b'], problem: null },
    { line: 2, cells: ['1', 'x'], problem: null },
    { line: 3, cells: ['2', '"half'], problem: 'QUOTE_BROKEN' },
    { line: 4, cells: ['3', 'y'], problem: null },
    { line: 5, cells: ['4', 'z'], problem: null },
  ]);
});

test('[SR11] a quote inside an unquoted cell is text; text behind a closing quote is a broken row', async () => {
  const rows = await read('a,b\n1,5" screen\n2,"x" y\n3,z');
  expect(rows.map((row) => [row.line, row.cells[1], row.problem])).toEqual([
    [1, 'b', null],
    [2, '5" screen', null],
    [3, '"x" y', 'QUOTE_BROKEN'],
    [4, 'z', null],
  ]);
});

test('[SE6] a line without end and an unclosed quote before megabytes of rows are given up in bounded memory', async () => {
  const long = `a,b\n1,${'长'.repeat(4_300_000)}\n2,y\n`;
  const rows = await read(long, 100_000);
  expect(rows.map((row) => row.problem)).toContain('ROW_TOO_LARGE');
  expect(rows.at(-1)).toEqual({ line: 3, cells: ['2', 'y'], problem: null });
  const many = `a,b\n1,"open\n${'2,row\n'.repeat(1_000_000)}`;
  const after = await read(many, 100_000);
  expect(after.length).toBe(1_000_002);
  expect(after[1]).toEqual({ line: 2, cells: ['1', '"open'], problem: 'QUOTE_BROKEN' });
  expect(after.at(-1)).toEqual({ line: 1_000_002, cells: ['2', 'row'], problem: null });
});

/** csv-parse, strict, as the reference: null where it finds a quote broken. */
function reference(text: string): string[][] | null {
  try {
    const rows: string[][] = parse(text, { record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true });
    return rows.filter((cells) => cells.length > 1 || cells[0] !== '');
  } catch {
    return null;
  }
}

test('[SR11] whatever is made of quotes, commas and line ends reads as in csv-parse, and the same in any pieces', async () => {
  const parts = ['"', '"', ',', '\n', '\r', '\r\n', 'x', '好', '""', ',"', '",'];
  const texts = fc.array(fc.constantFrom(...parts), { maxLength: 24 }).map((list) => list.join(''));
  let whole = 0;
  let broken = 0;
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 9 }), async (text, chunk) => {
      const rows = await read(text);
      expect(await read(text, chunk)).toEqual(rows);
      const expected = reference(text);
      if (expected === null) {
        broken += 1;
        // What csv-parse stops at costs its lines only: none is lost, each row begins on a line of its own.
        const lines = text.split(/\r\n|\n|\r/u);
        for (const { line, cells, problem } of rows)
          if (problem !== null) expect(cells.join(',')).toBe(lines[line - 1]);
        expect(rows.map(({ line }) => line)).toEqual([...new Set(rows.map(({ line }) => line))].sort((a, b) => a - b));
      } else {
        whole += 1;
        expect(rows.map(({ cells }) => cells)).toEqual(expected);
        expect(rows.every(({ problem }) => problem === null)).toBe(true);
      }
    }),
    { numRuns: 4_000 },
  );
  expect(Math.min(whole, broken)).toBeGreaterThan(400);
});
