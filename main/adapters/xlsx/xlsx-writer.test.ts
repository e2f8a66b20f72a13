import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { AppFailure } from '#shared/contract/errors.ts';
import type { SpreadsheetCell, SpreadsheetLayout, SpreadsheetSummary } from '#main/core/ports/spreadsheet.ts';
import { readSheetRows, sourceOf } from '#test/support/xlsx.ts';
import { createXlsxReader } from './xlsx-reader.ts';
import { createXlsxWriter, type XlsxWriterOptions } from './xlsx-writer.ts';
import { openZipParts } from './zip-parts.ts';

const AT = Date.UTC(2026, 8, 1, 9, 36, 53);

const LAYOUT: SpreadsheetLayout = {
  columns: [
    { header: 'id', kind: 'text', width: 20 },
    { header: '时间', kind: 'time', width: 20 },
    { header: 'text', kind: 'text', width: 60 },
    { header: 'recalled', kind: 'flag', width: 8 },
  ],
  sheetName: (index) => (index === 1 ? '记录' : `记录 ${index}`),
  cutMark: (length) => `…[${length}]`,
  program: 'Test <1>',
  madeAt: AT,
};

const CONTEXT = {
  name: '说明',
  widths: [20, 60],
  rows: [
    ['项', '值'],
    ['筛选', '=1+1'],
  ],
};

async function write(
  rows: readonly (readonly SpreadsheetCell[])[],
  options: XlsxWriterOptions = {},
  layout = LAYOUT,
): Promise<{ readonly file: Buffer; readonly summary: SpreadsheetSummary }> {
  const chunks: Uint8Array[] = [];
  const sheet = createXlsxWriter(options).create({ write: async (chunk) => void chunks.push(chunk) }, layout);
  for (let at = 0; at < rows.length; at += 7) await sheet.writeRows(rows.slice(at, at + 7));
  const summary = await sheet.endRows();
  await sheet.close(CONTEXT);
  return { file: Buffer.concat(chunks), summary };
}

async function partOf(file: Buffer, name: string): Promise<string> {
  const parts = await openZipParts(sourceOf(file));
  const chunks: Uint8Array[] = [];
  for await (const chunk of parts.read(name)) chunks.push(chunk);
  parts.close();
  return Buffer.concat(chunks).toString('utf8');
}

async function cellsOf(file: Buffer, sheet = 0): Promise<string[][]> {
  return (await readSheetRows(createXlsxReader(), file, sheet)).map((row) => [...row.cells]);
}

/** As the context sheet describes it; cells left out at a row's end are empty. */
function hashOf(rows: readonly (readonly string[])[]): string {
  let chained = '';
  for (let at = 0; at < Math.max(1, rows.length); at += 1_000) {
    const lines = rows
      .slice(at, at + 1_000)
      .map((row) => `${JSON.stringify(LAYOUT.columns.map((_column, index) => row[index] ?? ''))}\n`);
    chained = createHash('sha256')
      .update(chained + lines.join(''), 'utf8')
      .digest('hex');
  }
  return chained;
}

const HOSTILE = [
  '=1+1',
  "=cmd|' /C calc'!A0",
  '+86 138',
  '-1',
  '@SUM(A1)',
  '＝1+1',
  '\t=1',
  '\r\n=1\n',
  '0012',
  '20260901123456789012',
  '1E5',
  '2026-09-01',
  'TRUE',
  '#N/A',
  '<script>alert(1)</script></t></is></c>',
  ']]>&amp;&#0;&lt;!ENTITY x "y">',
  'quotes " \' ‘’',
  '_x0041_ _x005F_ _xZZZZ_ _x',
  '\u0001\u0008\u000b\u001f\u007f\u0085',
  '\ufffe\uffff',
  ' blanks at both ends  ',
  ' ',
  '\n',
  'tab\there',
  '\u202egnp.exe \u2066bidi\u2069',
  'z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́O',
  '😀👨‍👩‍👧‍👦𠮷',
  '长'.repeat(30_000),
];

test('[EX2] [SE2] hostile texts are cells of text and read back the same; the hash can be computed from the file', async () => {
  const rows = HOSTILE.map((text, index): SpreadsheetCell[] => [
    `m-${index}`,
    AT + index * 1_001,
    text,
    index % 2 === 0,
  ]);
  const { file, summary } = await write(rows);
  const [header, ...cells] = await cellsOf(file);
  expect(header).toEqual(['id', '时间', 'text', 'recalled']);
  expect(cells.map((row) => row[2])).toEqual(HOSTILE);
  expect(cells[1]).toEqual(['m-1', '2026-09-01 09:36:54.001', HOSTILE[1], 'FALSE']);
  expect(summary).toMatchObject({ rows: HOSTILE.length, sheets: ['记录'], cut: [], cut_total: 0 });
  expect(summary.sha256).toBe(hashOf(cells));
});

test('[EX2] what no text file carries becomes U+FFFD, as in every format', async () => {
  const { file, summary } = await write([['a\0b', AT, 'half \ud83d pair', false]]);
  const cells = await cellsOf(file);
  expect(cells[1]).toEqual(['a\ufffdb', '2026-09-01 09:36:53', 'half \ufffd pair', 'FALSE']);
  expect(summary.sha256).toBe(hashOf(cells.slice(1)));
});

test('[EX2] [SE2] no formula, no number among texts, nothing that loads: only inline text in text format, dates and flags', async () => {
  const { file } = await write(HOSTILE.map((text, index) => [`${index}`, AT, text, true]));
  const xml = await partOf(file, 'xl/worksheets/sheet1.xml');
  const kinds = new Set(
    [...xml.matchAll(/<c r="([A-Z]+)\d+"([^>]*)>/gu)].map(([, column, rest]) => `${column}${rest}`),
  );
  // The header is bold text (3); 1 is text, 2 a date.
  expect([...kinds].sort()).toEqual([
    'A s="1" t="inlineStr"',
    'A s="3" t="inlineStr"',
    'B s="2"',
    'B s="3" t="inlineStr"',
    'C s="1" t="inlineStr"',
    'C s="3" t="inlineStr"',
    'D s="3" t="inlineStr"',
    'D t="b"',
  ]);
  expect(xml).not.toMatch(/<f[ >]|hyperlink|drawing|<script/u);
  const styles = await partOf(file, 'xl/styles.xml');
  expect(styles).toContain('<xf numFmtId="49"');
  expect(styles).toContain('formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"');
});

test('[EX2] widths, a frozen header, a filter over all rows, a second sheet of context', async () => {
  const { file } = await write(Array.from({ length: 20 }, (_, index) => [`${index}`, AT, 'x', false]));
  const xml = await partOf(file, 'xl/worksheets/sheet1.xml');
  expect(xml).toContain('<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>');
  expect(xml).toContain('<col min="3" max="3" width="60" customWidth="1"/>');
  expect(xml).toContain('<autoFilter ref="A1:D21"/>');
  const workbook = await partOf(file, 'xl/workbook.xml');
  expect(workbook).toContain(`'记录'!$A$1:$D$21`);
  expect([...workbook.matchAll(/<sheet name="([^"]*)"/gu)].map((found) => found[1])).toEqual(['记录', '说明']);
  expect(await cellsOf(file, 1)).toEqual([
    ['项', '值'],
    ['筛选', '=1+1'],
  ]);
});

test.each([
  ['nothing', 0, ['记录']],
  ['one row', 1, ['记录']],
  ['exactly a sheet', 9, ['记录']],
  ['one more', 10, ['记录', '记录 2']],
  ['several', 45, ['记录', '记录 2', '记录 3', '记录 4', '记录 5']],
])('[EX2] split below the limit of a sheet, each with its header: %s', async (_name, count, sheets) => {
  const rows = Array.from({ length: count }, (_, index): SpreadsheetCell[] => [`${index}`, AT, `第${index}条`, false]);
  const { file, summary } = await write(rows, { maxRows: 10 });
  expect(summary.sheets).toEqual(sheets);
  const found: string[][] = [];
  for (const [index] of sheets.entries()) {
    const [header, ...cells] = await cellsOf(file, index);
    expect(header).toEqual(['id', '时间', 'text', 'recalled']);
    expect(cells.length).toBeLessThanOrEqual(9);
    found.push(...cells);
  }
  expect(found.map((row) => row[0])).toEqual(rows.map((row) => row[0]));
  expect(summary.sha256).toBe(hashOf(found));
});

test('[EX2] the limit that holds without a test is below 1,048,576 rows with the header', async () => {
  // A sheet of 1,048,575 rows in all: the last cell of the first sheet and the first of the second.
  const total = 1_048_575;
  const chunks: Uint8Array[] = [];
  const sheet = createXlsxWriter().create(
    { write: async (chunk) => void chunks.push(chunk) },
    { ...LAYOUT, columns: [{ header: 'id', kind: 'text', width: 9 }] },
  );
  for (let at = 0; at < total; at += 4_095)
    await sheet.writeRows(Array.from({ length: Math.min(4_095, total - at) }, (_, index) => [String(at + index)]));
  const summary = await sheet.endRows();
  await sheet.close(CONTEXT);
  expect(summary).toMatchObject({ rows: total, sheets: ['记录', '记录 2'] });
  const second = await cellsOf(Buffer.concat(chunks), 1);
  expect(second).toEqual([['id'], ['1048574']]);
}, 120_000);

test('[EX2] a sheet also ends before its XML is too long for a plain zip', async () => {
  const rows = Array.from({ length: 100 }, (_, index): SpreadsheetCell[] => [`${index}`, AT, '长'.repeat(100), false]);
  const { file, summary } = await write(rows, { maxSheetBytes: 20_000 });
  expect(summary.sheets.length).toBeGreaterThan(2);
  const ids: (string | undefined)[] = [];
  for (const index of summary.sheets.keys()) {
    expect((await partOf(file, `xl/worksheets/sheet${index + 1}.xml`)).length).toBeLessThan(20_000);
    ids.push(...(await cellsOf(file, index)).slice(1).map((row) => row[0]));
  }
  expect(ids).toEqual(rows.map((row) => row[0]));
});

test('[EX2] a text longer than a cell is cut with a mark and listed with length and hash of the whole', async () => {
  const long = `${'a'.repeat(32_757)}😀${'b'.repeat(20)}`;
  const { file, summary } = await write([
    ['short', AT, 'x'.repeat(32_767), false],
    ['long', AT, long, false],
  ]);
  const cells = await cellsOf(file);
  expect(cells[1]?.[2]).toBe('x'.repeat(32_767));
  const shown = cells[2]?.[2] ?? '';
  expect(shown.length).toBeLessThanOrEqual(32_767);
  expect(shown.endsWith(`…[${long.length}]`)).toBe(true);
  expect(shown.isWellFormed()).toBe(true);
  expect(summary.cut).toEqual([
    {
      sheet: '记录',
      line: 3,
      row: 'long',
      column: 'text',
      length: long.length,
      sha256: createHash('sha256').update(long, 'utf8').digest('hex'),
    },
  ]);
  expect(summary.sha256).toBe(hashOf(cells.slice(1)));
});

test('[EX2] times a spreadsheet cannot name stay text', async () => {
  const { file } = await write([['a', Date.UTC(1850, 0, 1), 'x', false]]);
  expect((await cellsOf(file))[1]).toEqual(['a', String(Date.UTC(1850, 0, 1)), 'x', 'FALSE']);
});

test('[EX2] sheet names that no spreadsheet takes are made into some', async () => {
  const layout = { ...LAYOUT, sheetName: () => "'a[b]:*?/\\\u0001" + '长'.repeat(40) };
  const { summary } = await write(
    Array.from({ length: 25 }, (_, index) => [`${index}`, AT, 'x', false]),
    { maxRows: 10 },
    layout,
  );
  expect(new Set(summary.sheets).size).toBe(3);
  for (const name of summary.sheets) {
    expect(name.length).toBeLessThanOrEqual(31);
    expect(name).not.toMatch(/[[\]:*?/\\\u0001]|^'|'$/u);
  }
});

test('[EX6] the same rows at the same time give the same bytes', async () => {
  const rows = HOSTILE.map((text, index): SpreadsheetCell[] => [`m-${index}`, AT, text, true]);
  const [first, second] = [await write(rows), await write(rows)];
  expect(first.file.equals(second.file)).toBe(true);
});

test('[EX6] memory is bounded: while the target does not take anything, no more than a few batches are', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const chunks: Uint8Array[] = [];
  const sheet = createXlsxWriter().create(
    {
      async write(chunk) {
        await held;
        chunks.push(chunk);
      },
    },
    LAYOUT,
  );
  // Random, so that it does not pack away.
  const batch = Array.from({ length: 100 }, (_, index): SpreadsheetCell[] => [
    `${index}`,
    AT,
    createHash('sha512').update(`${index}`).digest('base64').repeat(40),
    false,
  ]);
  let accepted = 0;
  const writing = (async () => {
    for (let count = 0; count < 200; count++) {
      await sheet.writeRows(batch);
      accepted++;
    }
  })();
  let before = -1;
  // Until nothing moves any more.
  while (accepted !== before) {
    before = accepted;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(30);
  release();
  await writing;
  expect((await sheet.endRows()).rows).toBe(20_000);
  await sheet.close(CONTEXT);
  expect((await cellsOf(Buffer.concat(chunks))).length).toBe(20_001);
});

test('[EX6] a full disk is said to whoever writes, at once or at the end, and nothing hangs', async () => {
  for (const allowed of [0, 3, 40]) {
    let writes = 0;
    const sheet = createXlsxWriter().create(
      {
        async write() {
          if (writes++ >= allowed) throw new AppFailure('DISK_FULL', 'ENOSPC');
        },
      },
      LAYOUT,
    );
    const text = createHash('sha512').update('x').digest('base64');
    const work = (async () => {
      for (let at = 0; at < 400; at++)
        await sheet.writeRows(
          Array.from({ length: 200 }, (_, index) => [`${at}-${index}`, AT, `${text}${at * index}`, false]),
        );
      await sheet.endRows();
      await sheet.close(CONTEXT);
    })();
    await expect(work).rejects.toMatchObject({ error: { code: 'DISK_FULL' } });
    await sheet.abort();
  }
});

test('[EX6] an export that is given up ends, with rows on their way', async () => {
  const sheet = createXlsxWriter().create({ write: async () => {} }, LAYOUT);
  await sheet.writeRows([['a', AT, 'x', false]]);
  await sheet.abort();
  await expect(sheet.writeRows([['b', AT, 'x', false]])).rejects.toMatchObject({ error: { code: 'CANCELLED' } });
});
