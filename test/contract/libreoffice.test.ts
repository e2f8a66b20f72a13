import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { openTable } from '#main/core/import/table.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { importRecord, open, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import { readSheetRows } from '#test/support/xlsx.ts';

/** Files of ours opened by another program, and files of another program opened by us. */

const SOFFICE = [
  '/usr/bin/soffice',
  '/usr/local/bin/soffice',
  '/Applications/LibreOffice.app/Contents/MacOS/soffice',
].find((file) => existsSync(file));
if (SOFFICE === undefined) process.stderr.write('SKIPPED: LibreOffice is not installed (Debian: libreoffice-calc)\n');
vi.setConfig({ testTimeout: 120_000 });

/** Each call with a profile of its own: two of them with one would wait for each other. */
function convert(file: string, to: string, infilter?: string): void {
  const profile = path.join(temporaryFolder(), 'profile');
  execFileSync(
    SOFFICE!,
    [
      `-env:UserInstallation=file://${profile}`,
      '--headless',
      ...(infilter === undefined ? [] : [`--infilter=${infilter}`]),
      '--convert-to',
      to,
      '--outdir',
      path.dirname(file),
      file,
    ],
    // Without a UTF-8 locale it can't name its files after our sheets.
    { stdio: 'ignore', timeout: 100_000, env: { ...process.env, LC_ALL: 'C.UTF-8' } },
  );
}

/** Comma, double quotes, UTF-8, every sheet into a file of its own, as shown. */
const AS_CSV = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1';

async function csvCells(file: string): Promise<string[][]> {
  const cells: string[][] = [];
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/u, '');
  for await (const batch of createCsvReader().read(
    (async function* () {
      yield text;
    })(),
    { delimiter: ',' },
  ))
    for (const row of batch) {
      expect(row.problem).toBeNull();
      cells.push([...row.cells]);
    }
  return cells;
}

const TEXTS = [
  '普通的一句话 😀👨‍👩‍👧‍👦𠮷',
  '=1+1',
  "=cmd|' /C calc'!A0",
  '+8613800138000',
  '-1',
  '@SUM(A1)',
  '＝1+1',
  '00123',
  '20260901123456789012',
  '1E5',
  '2026-09-01',
  '1/2',
  'TRUE',
  '#N/A',
  '50%',
  '¥12.50',
  'two\nlines',
  'quotes " \' and, commas; tabs\tand',
  '<script>alert(1)</script> </t></is></c> & &amp; ]]>',
  '_x0041_ _x005F_',
  '\u202ebidi\u2066',
  '  blanks  ',
  '长'.repeat(20_000),
];

async function exportOf(format: 'csv' | 'xlsx'): Promise<string> {
  const store = await open();
  await store.importRecords(
    TEXTS.map((text, index) =>
      importRecord({
        message_id: `00${index}`,
        conversation_id: `2026090112345678${String(index).padStart(4, '0')}`,
        order_nos: [`000${index}`, '20260901123456789012'],
        sent_at: T0 + index * 1_000,
        agent: '=2+2',
        text,
        recalled: index === 1,
      }),
    ),
  );
  const clock = createFakeClock();
  const service = createExportService({
    store,
    files: createFiles({ resolve: (handle) => handle }),
    clock,
    jobs: createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} }),
    cryptography: createCryptography(),
    visibility: () => ({ kind: 'all' }),
    actor: () => 'a-7',
    localOffsetMinutes: () => 480,
    spreadsheet: { writer: createXlsxWriter(), words: spreadsheetWords['zh-CN'], program: 'Test 1' },
  });
  const target = path.join(temporaryFolder(), `all.${format}`);
  await service.run({ query: {}, format, target, reason: '=抽查' });
  return target;
}

describe.skipIf(SOFFICE === undefined)('LibreOffice', () => {
  test('[EX2] [SE2] reads an exported XLSX cell for cell: texts as texts, times as times, nothing run', async () => {
    const file = await exportOf('xlsx');
    convert(file, AS_CSV);
    const [header, ...rows] = await csvCells(file.replace('.xlsx', '-聊天记录.csv'));
    expect(header).toContain('order_nos');
    const column = (name: string) => rows.toReversed().map((row) => row[header!.indexOf(name)]);
    expect(column('text').filter((_text, index) => index !== 1)).toEqual(TEXTS.filter((_text, index) => index !== 1));
    expect(column('message_id')).toEqual(TEXTS.map((_text, index) => `00${index}`));
    expect(column('conversation_id')[3]).toBe('20260901123456780003');
    expect(column('order_nos')[2]).toBe('0002 20260901123456789012');
    expect(column('agent')).toEqual(TEXTS.map(() => '=2+2'));
    expect(column('recalled').map((shown) => shown === 'TRUE')).toEqual(TEXTS.map((_text, index) => index === 1));
    expect(column('sent_at')).toEqual(
      TEXTS.map((_text, index) =>
        new Date(T0 + index * 1_000 + 480 * 60_000).toISOString().slice(0, 19).replace('T', ' '),
      ),
    );
    const context = new Map(
      (await csvCells(file.replace('.xlsx', '-导出说明.csv'))).map(([item, value]) => [item, value]),
    );
    expect(context.get('操作人')).toBe('a-7');
    expect(context.get('用途')).toBe('=抽查');
    expect(context.get('记录行数')).toBe(String(TEXTS.length));
    expect(context.get('行数据 SHA-256')).toMatch(/^[0-9a-f]{64}$/u);
  });

  test('[EX2] reads an exported CSV cell for cell, formulas guarded', async () => {
    const file = await exportOf('csv');
    const given = await csvCells(file);
    // Every column as text (2), as a careful person would open it.
    const columns = given[0]!.map((_name, index) => `${index + 1}/2`).join('/');
    convert(file, 'xlsx:Calc MS Excel 2007 XML', `Text - txt - csv (StarCalc):44,34,76,1,${columns}`);
    const read = await readSheetRows(createXlsxReader(), readFileSync(file.replace('.csv', '.xlsx')));
    const width = given[0]!.length;
    expect(read.map((row) => Array.from({ length: width }, (_, index) => row.cells[index] ?? ''))).toEqual(given);
    expect(given.flat().filter((cell) => /^[=+\-@＝]/u.test(cell))).toEqual([]);
  });

  test('[SR11] what it saves as XLSX is read: dates as numbers, merged cells, formulas, errors, several sheets', async () => {
    const folder = temporaryFolder();
    const source = path.join(folder, 'source.fods');
    const cell = (type: string, attributes: string, text = ''): string =>
      `<table:table-cell office:value-type="${type}" ${attributes}><text:p>${text}</text:p></table:table-cell>`;
    const text = (value: string): string => cell('string', 'calcext:value-type="string"', value);
    const row = (...cells: string[]): string => `<table:table-row>${cells.join('')}</table:table-row>`;
    writeFileSync(
      source,
      `<?xml version="1.0" encoding="UTF-8"?><office:document xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles><number:date-style style:name="N1"><number:year number:style="long"/><number:text>/</number:text><number:month/><number:text>/</number:text><number:day/><number:text> </number:text><number:hours/><number:text>:</number:text><number:minutes number:style="long"/><number:text>:</number:text><number:seconds number:style="long"/></number:date-style><style:style style:name="D" style:family="table-cell" style:data-style-name="N1"/></office:automatic-styles><office:body><office:spreadsheet>` +
        `<table:table table:name="封面">${row('<table:table-cell table:number-columns-spanned="3" office:value-type="string"><text:p>客服聊天记录</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="2"/>')}</table:table>` +
        `<table:table table:name="空"/><table:table table:name="数据">${row(...['会话', '客服', '买家', '订单号', '时间', '角色', '内容'].map(text))}` +
        row(
          text('c-1'),
          text('小美'),
          text('tom'),
          cell('float', 'office:value="20260901123456"'),
          cell('date', 'office:date-value="2026-09-01T09:36:53" table:style-name="D"'),
          text('买家'),
          text('在吗？'),
        ) +
        row('<table:table-cell/>') +
        row(
          text('c-1'),
          text('小美'),
          text('tom'),
          text('00123'),
          cell('date', 'office:date-value="2026-09-01T09:37:54" table:style-name="D"'),
          text('客服'),
          cell('string', 'table:formula="of:=&quot;在&quot;&amp;&quot;的&quot;" office:string-value="在的"', '在的'),
        ) +
        row(
          text('c-2'),
          text('小美'),
          text('ann'),
          cell('float', 'table:formula="of:=1/0" office:value="0"', '#DIV/0!'),
          cell('date', 'office:date-value="2026-09-02" table:style-name="D"'),
          text('客服'),
          text('<b>&amp;'.replace('<', '&lt;')),
        ) +
        '</table:table></office:spreadsheet></office:body></office:document>',
    );
    convert(source, 'xlsx:Calc MS Excel 2007 XML');
    const file = path.join(folder, 'source.xlsx');
    const table = await openTable(
      createFiles({ resolve: (handle) => handle }),
      createCsvReader(),
      file,
      createXlsxReader(),
    );
    expect(table).toMatchObject({
      format: 'xlsx',
      header: ['会话', '客服', '买家', '订单号', '时间', '角色', '内容'],
      otherSheets: ['封面'],
    });
    const rows = [];
    for await (const batch of table.rows()) rows.push(...batch);
    expect(rows.map(({ line, cells }) => [line, ...cells])).toEqual([
      [2, 'c-1', '小美', 'tom', '20260901123456', '2026-09-01 09:36:53', '买家', '在吗？'],
      [4, 'c-1', '小美', 'tom', '00123', '2026-09-01 09:37:54', '客服', '在的'],
      [5, 'c-2', '小美', 'ann', '#DIV/0!', '2026-09-02 00:00:00', '客服', '<b>&'],
    ]);
  });
});
