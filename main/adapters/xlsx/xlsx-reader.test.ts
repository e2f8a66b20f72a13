import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeOfReading, readSheetRows, sourceOf, workbookParts, zipOf } from '#test/support/xlsx.ts';
import { createXlsxReader } from './xlsx-reader.ts';
import { createXlsxWriter } from './xlsx-writer.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures/xlsx');
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const reader = createXlsxReader();

async function cellsOf(parts: Readonly<Record<string, string | Uint8Array>>): Promise<[number, ...string[]][]> {
  const rows = await readSheetRows(reader, await zipOf(parts));
  expect(rows.every((row) => row.problem === null)).toBe(true);
  return rows.map((row) => [row.line, ...row.cells]);
}

const HEADER = ['会话ID', '客服', '买家', '订单号', '时间', '发送者', '内容', '已撤回'];
/** openpyxl and exceljs leave what looks like an escape as it is, and so it is one to every program that reads it. */
const records = (literal: string) => [
  [
    'c-1',
    '小美',
    'tom',
    '20260901123456789012',
    '2026-09-01 09:36:53',
    '买家',
    `=1+1 在吗？\n第二行 ${literal} <b>&"'`,
    'FALSE',
  ],
  ['c-1', '小美', 'tom', '20260901', '2026-09-01 09:37:54', '客服', '在的亲 😀', 'TRUE'],
  ['c-2', '小美', 'ann', '00123', '2026-09-02 23:36:53', '客服', '  前后有空格  ', 'FALSE'],
];

test.each([
  ['openpyxl.xlsx', 1, 'A', [['c-3', '', '', '', '2026-09-01 09:36:53', '买家', '12.5']]],
  ['xlsxwriter.xlsx', 0, '_x0041_', []],
  ['xlsxwriter-inline.xlsx', 0, '_x0041_', []],
  ['exceljs.xlsx', 0, 'A', [['', '', '', '#DIV/0!', '', '', 'ab']]],
])('[SR11] %s, written by another library', async (file, sheet, literal, further) => {
  const rows = await readSheetRows(reader, readFileSync(path.join(FIXTURES, file)), sheet);
  expect(rows.map((row) => row.cells)).toEqual([HEADER, ...records(literal), ...further]);
});

test('[SR11] of merged cells only the first has a value; empty rows are left out and keep their numbers', async () => {
  const rows = await readSheetRows(reader, readFileSync(path.join(FIXTURES, 'openpyxl.xlsx')), 0);
  expect(rows).toEqual([{ line: 1, cells: ['聊天记录导出'], problem: null }]);
  const data = await readSheetRows(reader, readFileSync(path.join(FIXTURES, 'openpyxl.xlsx')), 1);
  expect(data.map((row) => row.line)).toEqual([1, 2, 3, 4, 6]);
});

test('[SR11] cells merged over several rows hold the same in each: conversation, agent and number of all its messages', async () => {
  const cell = (at: string, text: string): string => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
  const rows =
    `<row r="1">${cell('A1', '会话')}${cell('B1', '消息')}</row>` +
    `<row r="2"><c r="A2"/>${cell('B2', '时间')}${cell('C2', '&lt;mergeCell ref="B2:B9"')}</row>` +
    `<row r="3">${cell('A3', 'c-1')}${cell('B3', '一')}</row><row r="4">${cell('B4', '二')}</row>` +
    `<row r="5">${cell('A5', '己')}${cell('B5', '三')}</row><row r="7">${cell('A7', 'c-2')}</row><row r="8">${cell('D8', '四')}</row>` +
    `<row r="9"><c r="A9"/></row><row r="10">${cell('B10', '五')}</row>`;
  const merged = ['A1:A2', 'B1:C1', 'A3:A6', 'C3:C4', 'A7:B9'].map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  const parts = workbookParts(rows);
  const sheet = 'xl/worksheets/sheet1.xml';
  const padding = `<!-- ${' '.repeat(70_000)} -->`;
  parts[sheet] = String(parts[sheet]).replace(
    '</worksheet>',
    `${padding}<mergeCells count="5">${merged}</mergeCells></worksheet>`,
  );
  expect(await cellsOf(parts)).toEqual([
    [1, '会话', '消息'],
    [2, '会话', '时间', '<mergeCell ref="B2:B9"'],
    [3, 'c-1', '一'],
    [4, 'c-1', '二'],
    [5, '己', '三'],
    [7, 'c-2'],
    [8, 'c-2', '', '', '四'],
    [10, '', '五'],
  ]);
});

test('[SR11] every kind of cell', async () => {
  const rows =
    '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v> 1 </v></c><c r="C2" t="inlineStr"><is><r><t>rich </t></r><r><t xml:space="preserve"> text</t></r><rPh><t>no</t></rPh></is></c></row>' +
    '<row r="4"><c r="A4"><v>1.5</v></c><c r="B4"><v>0.10000000000000001</v></c><c r="C4"><v>1.2345E+18</v></c><c r="D4"><v>12345678901234567890</v></c><c r="E4"><v>-7</v></c></row>' +
    '<row r="5"><c r="A5" t="b"><v>1</v></c><c r="B5" t="b"><v>0</v></c><c r="C5" t="e"><v>#REF!</v></c><c r="D5" t="str"><f>A1&amp;"x"</f><v>a_x000D_b</v></c><c r="E5" t="d"><v>2026-09-01T09:36:53</v></c></row>' +
    '<row r="6"><c r="C6"><v>3</v></c><c r="A6"><v>1</v></c><c r="E6"/><c r="F6" t="s"/></row>' +
    '<row r="7"/><row r="8"><c r="A8" s="1"/><c r="B8" t="inlineStr"><is><t></t></is></c></row>';
  expect(
    await cellsOf(
      workbookParts(rows, {
        strings: '<si><t>&lt;b&gt;</t></si><si><r><t>一</t></r><r><t>二</t></r><rPh sb="0" eb="1"><t>yi</t></rPh></si>',
      }),
    ),
  ).toEqual([
    [2, '<b>', '一二', 'rich  text'],
    [4, '1.5', '0.1', '1234500000000000000', '12345678901234567890', '-7'],
    [5, 'TRUE', 'FALSE', '#REF!', 'a\rb', '2026-09-01 09:36:53'],
    [6, '1', '', '3'],
  ]);
});

test('[SR11] rows and cells without references, prefixed names, the strict form, UTF-16', async () => {
  const sheet =
    '<?xml version="1.0"?><x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>一</x:t></x:is></x:c><x:c><x:v>2</x:v></x:c></x:row><x:row><x:c><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>';
  const parts = workbookParts('');
  parts['_rels/.rels'] =
    '<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/xl/workbook.xml"/></Relationships>';
  for (const content of [sheet, Buffer.from(`\ufeff${sheet}`, 'utf16le')]) {
    parts['xl/worksheets/sheet1.xml'] = content;
    expect(await cellsOf(parts)).toEqual([
      [1, '一', '2'],
      [2, '3'],
    ]);
  }
});

test.each([
  // format, number, 1900, 1904
  ['14', '46266', '2026-09-01', '2030-09-02'],
  ['22', '46266.400613425925', '2026-09-01 09:36:53', '2030-09-02 09:36:53'],
  ['21', '0.400613425925926', '09:36:53', '09:36:53'],
  ['31', '46266', '2026-09-01', '2030-09-02'],
  ['0', '46266', '46266', '46266'],
  ['2', '46266.5', '46266.5', '46266.5'],
  ['yyyy\\-mm\\-dd\\ hh:mm:ss', '46266.40062', '2026-09-01 09:36:54', '2030-09-02 09:36:54'],
  ['yyyy/m/d\\ h:mm;@', '46266', '2026-09-01 00:00:00', '2030-09-02 00:00:00'],
  ['[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy', '46266', '2026-09-01', '2030-09-02'],
  ['[Red]#,##0.00\\ "yd"', '12.5', '12.5', '12.5'],
  ['General', '46266', '46266', '46266'],
  ['0.00E+00', '46266', '46266', '46266'],
  ['000000', '123', '000123', '000123'],
  ['[h]:mm:ss', '0.5', '12:00:00', '12:00:00'],
  ['yyyy"年"m"月"d"日"', '46266', '2026-09-01', '2030-09-02'],
  ['hh:mm:ss.000', '46266.400613437', '2026-09-01 09:36:53.001', '2030-09-02 09:36:53.001'],
  ['14', '59', '1900-02-28', '1904-02-29'],
  ['14', '-5', '-5', '-5'],
  ['14', '3000000', '3000000', '3000000'],
])('[SR11] a number in the format %s: %s', async (format, value, in1900, in1904) => {
  const builtIn = /^\d{1,2}$/u.test(format);
  const styles =
    (builtIn ? '' : `<numFmts><numFmt numFmtId="200" formatCode="${format.replaceAll('"', '&quot;')}"/></numFmts>`) +
    `<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="${builtIn ? format : 200}"/></cellXfs>`;
  const rows = `<row r="1"><c r="A1" s="1"><v>${value}</v></c></row>`;
  expect(await cellsOf(workbookParts(rows, { styles }))).toEqual([[1, in1900]]);
  const workbook = `<workbook xmlns:r="${RELATIONS}"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`;
  expect(await cellsOf(workbookParts(rows, { styles, workbook }))).toEqual([[1, in1904]]);
});

test('[SR11] a time that was exported reads back to the millisecond', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2099, 11, 31) }), async (at) => {
      const chunks: Uint8Array[] = [];
      const sheet = createXlsxWriter().create(
        { write: async (chunk) => void chunks.push(chunk) },
        {
          columns: [{ header: 't', kind: 'time', width: 20 }],
          sheetName: () => 'S',
          cutMark: () => '',
          program: '',
          madeAt: 0,
        },
      );
      await sheet.writeRows([[at]]);
      await sheet.endRows();
      await sheet.close({ name: 'C', widths: [], rows: [] });
      const rows = await readSheetRows(reader, Buffer.concat(chunks));
      expect(Date.parse(`${rows[1]?.cells[0]?.replace(' ', 'T')}Z`)).toBe(at);
    }),
    { numRuns: 100 },
  );
});

test('[SR11] shared strings beyond the memory for them are packed, and found again in any order', async () => {
  const count = 20_000;
  const strings = Array.from(
    { length: count },
    (_, index) => `<si><t>第${index}句话，讲的是${index * 7}</t></si>`,
  ).join('');
  let state = 1;
  const order = Array.from({ length: count }, () => (state = (state * 48_271) % 2_147_483_647) % count);
  const rows = order.map((index) => `<row><c t="s"><v>${index}</v></c></row>`).join('');
  const file = await zipOf(workbookParts(rows, { strings }));
  const small = createXlsxReader({ strings: { plainBytes: 100_000 } });
  const found = await readSheetRows(small, file);
  expect(found.map((row) => row.cells[0])).toEqual(order.map((index) => `第${index}句话，讲的是${index * 7}`));
  const tiny = createXlsxReader({ strings: { plainBytes: 0, packedBytes: 50_000 } });
  expect(await codeOfReading(tiny, file)).toBe('FILE_TOO_LARGE');
});

test('[SR11] a look at the first rows reads neither the rest of the rows nor of the strings', async () => {
  const count = 200_000;
  let state = 7;
  const next = (): number => (state = (state * 48_271) % 2_147_483_647);
  const strings = Array.from({ length: count }, () => `<si><t>${next()}${next()}${next()}</t></si>`).join('');
  const rows = Array.from({ length: count }, (_, index) => `<row><c t="s"><v>${index}</v></c></row>`).join('');
  const file = await zipOf(workbookParts(rows, { strings }));
  let read = 0;
  const source = sourceOf(file, 65_536);
  const book = await reader.open({
    bytes: file.length,
    async *read(range) {
      for await (const chunk of source.read(range)) {
        read += chunk.length;
        yield chunk;
      }
    },
  });
  for await (const batch of book.rows(0)) {
    expect(batch.length).toBeGreaterThan(0);
    break;
  }
  await book.close();
  expect(read).toBeLessThan(file.length / 2);
});

const ROW = '<row r="1"><c r="A1"><v>1</v></c></row>';
const with_ = (changes: Readonly<Record<string, string | Uint8Array | undefined>>) => {
  const parts = { ...workbookParts(ROW), ...changes };
  for (const [name, content] of Object.entries(changes)) if (content === undefined) delete parts[name];
  return zipOf(parts as Record<string, string | Uint8Array>);
};
const SHEET = 'xl/worksheets/sheet1.xml';
const inSheet = (rows: string): Promise<Buffer> => zipOf(workbookParts(rows));

test.each<[string, () => Promise<Uint8Array>, string]>([
  ['whole', () => inSheet(ROW), 'none'],
  ['no zip', async () => Buffer.from(`PK\u0003\u0004${'x'.repeat(500)}`), 'FILE_FORMAT'],
  ['half a file', async () => (await inSheet(ROW)).subarray(0, 900), 'FILE_FORMAT'],
  ['a document', () => with_({ 'xl/workbook.xml': '<document><body/></document>' }), 'FILE_FORMAT'],
  ['an OpenDocument', () => zipOf({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet' }), 'FILE_FORMAT'],
  ['any zip', () => zipOf({ 'a.txt': 'a' }), 'FILE_FORMAT'],
  ['no sheet part', () => with_({ [SHEET]: undefined }), 'FILE_FORMAT'],
  ['no sheets', () => with_({ 'xl/workbook.xml': '<workbook><sheets/></workbook>' }), 'FILE_FORMAT'],
  ['not XML', () => with_({ [SHEET]: '\u0000\u0001\u0002' }), 'FILE_FORMAT'],
  ['half XML', () => with_({ [SHEET]: '<worksheet><sheetData><row r="1"><c r="A1"><v>1' }), 'FILE_FORMAT'],
  [
    'a document type with an entity',
    () => with_({ [SHEET]: '<!DOCTYPE x [<!ENTITY e "boom">]><worksheet><sheetData/></worksheet>' }),
    'FILE_FORMAT',
  ],
  [
    'an external entity',
    () =>
      with_({
        'xl/workbook.xml':
          '<!DOCTYPE x SYSTEM "file:///etc/passwd"><workbook><sheets><sheet name="&e;"/></sheets></workbook>',
      }),
    'FILE_FORMAT',
  ],
  ['an unknown entity', () => inSheet('<row><c t="str"><v>&boom;</v></c></row>'), 'FILE_FORMAT'],
  ['endless depth', () => with_({ [SHEET]: `<worksheet><sheetData>${'<a>'.repeat(100_000)}` }), 'FILE_FORMAT'],
  [
    'endless attributes',
    () => inSheet(`<row ${Array.from({ length: 5_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`),
    'FILE_FORMAT',
  ],
  ['an endless name', () => inSheet(`<${'a'.repeat(300_000)}/>`), 'FILE_FORMAT'],
  ['a column too many', () => inSheet('<row><c r="XFE1"><v>1</v></c></row>'), 'FILE_FORMAT'],
  ['a row too many', () => inSheet('<row r="1048577"><c><v>1</v></c></row>'), 'FILE_FORMAT'],
  ['the last row and column', () => inSheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), 'none'],
  ['a row in a row', () => inSheet('<row><row/></row>'), 'FILE_FORMAT'],
  ['a text that is not there', () => inSheet('<row><c t="s"><v>5</v></c></row>'), 'FILE_FORMAT'],
  ['a text without number', () => inSheet('<row><c t="s"><v>-1</v></c></row>'), 'FILE_FORMAT'],
  [
    'an endless string',
    () =>
      zipOf(
        workbookParts('<row><c t="s"><v>0</v></c></row>', { strings: `<si><t>${'长'.repeat(3_000_000)}</t></si>` }),
      ),
    'none',
  ],
  ['a bomb of blanks', () => inSheet(' '.repeat(300_000_000)), 'FILE_TOO_LARGE'],
  [
    'a bomb among the strings',
    () =>
      zipOf(
        workbookParts('<row><c t="s"><v>1</v></c></row>', {
          strings: `<si><t>${'0'.repeat(200_000_000)}</t></si><si/>`,
        }),
      ),
    'FILE_TOO_LARGE',
  ],
  ['a bomb among the styles', () => with_({ 'xl/styles.xml': ' '.repeat(50_000_000) }), 'FILE_TOO_LARGE'],
  [
    'a part twice',
    async () => {
      // The same length, so that the directory can be changed in place.
      const file = await with_({ 'xl/worksheets/sheet2.xml': '<worksheet/>' });
      return Buffer.from(file.toString('latin1').replaceAll('sheet2.xml', 'sheet1.xml'), 'latin1');
    },
    'FILE_FORMAT',
  ],
  [
    'a path out of the package',
    () =>
      with_({
        'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="../../../../etc/passwd"/></Relationships>`,
      }),
    'FILE_FORMAT',
  ],
  [
    'a sheet on the network',
    () =>
      with_({
        'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" TargetMode="External" Type="${RELATIONS}/worksheet" Target="http://127.0.0.1/x"/></Relationships>`,
      }),
    'FILE_FORMAT',
  ],
])('[SE6] %s', async (_name, make, code) => {
  expect(await codeOfReading(reader, await make())).toBe(code);
});

test('[SE6] a row that is longer than any is given up, the others are kept', async () => {
  const long = '长'.repeat(1_000_000);
  const row = `<row>${`<c t="inlineStr"><is><t>${long}</t></is></c>`.repeat(5)}</row>`;
  const rows = await readSheetRows(reader, await zipOf(workbookParts(`${ROW}${row}${ROW.replaceAll('1"', '3"')}`)));
  expect(rows).toEqual([
    { line: 1, cells: ['1'], problem: null },
    { line: 2, cells: [], problem: 'ROW_TOO_LARGE' },
    { line: 3, cells: ['1'], problem: null },
  ]);
});

test('[SE6] a few bytes that name one long text many times stay small', async () => {
  const strings = `<si><t>${'长'.repeat(1_000_000)}</t></si>`;
  const rows = `<row>${'<c t="s"><v>0</v></c>'.repeat(16_000)}</row>${'<row><c t="s"><v>0</v></c></row>'.repeat(2_000)}`;
  const found = await readSheetRows(reader, await zipOf(workbookParts(rows, { strings })));
  expect(found[0]).toEqual({ line: 1, cells: [], problem: 'ROW_TOO_LARGE' });
  expect(found.length).toBe(2_001);
  expect(found[2_000]?.cells[0]?.length).toBe(1_000_000);
});

test('[SE6] whatever byte is changed or wherever the file ends: the rows as they were, or a refusal, never a crash', async () => {
  const file = readFileSync(path.join(FIXTURES, 'xlsxwriter.xlsx'));
  const whole = JSON.stringify(await readSheetRows(reader, file));
  let refused = 0;
  const check = async (bytes: Uint8Array): Promise<void> => {
    const code = await codeOfReading(reader, bytes);
    expect(['none', 'FILE_FORMAT', 'FILE_TOO_LARGE']).toContain(code);
    // Parts that say nothing about cells (theme, properties) may change unnoticed.
    if (code === 'none') expect(JSON.stringify(await readSheetRows(reader, bytes))).toBe(whole);
    else refused++;
  };
  for (let at = 0; at < file.length; at += 11) {
    const changed = Buffer.from(file);
    changed[at] = changed[at]! ^ (1 << (at % 8));
    await check(changed);
  }
  for (let length = 0; length < file.length; length += 97) await check(file.subarray(0, length));
  expect(refused).toBeGreaterThan(200);
});
