import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { cleanText } from '../import/cells.ts';
import { csvCell } from './csv-lines.ts';

test.each(["=cmd|'/C calc'!A0", '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1+1', "'=1", "''=1"])(
  '[EX2] %j is guarded: a spreadsheet shows it and runs nothing',
  (text) => {
    expect(csvCell(text).replace(/^"/, '').startsWith("'")).toBe(true);
  },
);

test.each(['普通文本', "'quoted'", '1+1=2', ''])('[EX2] %j stays as it is', (text) => {
  expect(csvCell(text)).toBe(text);
});

test('[EX2] whatever the texts, reading back gives the same', async () => {
  const nasty = fc.constantFrom(
    '=',
    '+',
    '-',
    '@',
    "'",
    '"',
    ',',
    ';',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '＝',
    '\u202e',
    '\ufeff',
    '你好',
    'a',
    ' ',
    '\u{1f600}',
  );
  const texts = fc.array(
    fc.oneof(
      fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.string({ unit: 'grapheme' }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (cells) => {
      const wanted = cells.map((cell) => cell.replaceAll('\0', '\ufffd'));
      async function* file() {
        yield cells.map((cell) => `x,${csvCell(cell)},y\r\n`).join('');
      }
      const read: string[] = [];
      for await (const batch of createCsvReader().read(file(), { delimiter: ',' }))
        for (const row of batch) {
          expect(row.problem).toBeNull();
          expect(row.cells.length).toBe(3);
          read.push(cleanText(row.cells[1]!));
        }
      expect(read).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});
