import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter, type XlsxWriterOptions } from '#main/adapters/xlsx/xlsx-writer.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { codeOf, importRecord, open, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import { readSheetRows, workbookParts, zipOf } from '#test/support/xlsx.ts';
import { createExportService } from '../export/export-service.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Store } from '../ports/store.ts';
import { createImportService } from './import-service.ts';
import { openTable } from './table.ts';

function services(store: Store, options: XlsxWriterOptions = {}) {
  const clock = createFakeClock();
  const jobs = createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} });
  const files = createFiles({ resolve: (handle) => handle });
  const shared = { store, files, clock, jobs, localOffsetMinutes: () => 480, cryptography: createCryptography() };
  return {
    imports: createImportService({ ...shared, csv: createCsvReader(), spreadsheets: createXlsxReader() }),
    exports: createExportService({
      ...shared,
      visibility: () => ({ kind: 'all' }),
      actor: () => 'a-7',
      spreadsheet: { writer: createXlsxWriter(options), words: spreadsheetWords['zh-CN'], program: 'Workbench 1.2.3' },
    }),
    withoutSpreadsheets: createExportService({ ...shared, visibility: () => ({ kind: 'all' }), actor: () => 'a-7' }),
  };
}

async function textsOf(store: Store): Promise<unknown[]> {
  const { rows } = await store.search({}, { kind: 'all' }, { limit: 1_000, cursor: null });
  return rows.map(({ shop, conversation_id, agent, consumer, order_nos, sent_at, sender, kind, text, recalled }) => [
    shop,
    conversation_id,
    agent,
    consumer,
    order_nos,
    sent_at,
    sender,
    kind,
    text,
    recalled,
  ]);
}

async function fileOf(parts: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const file = path.join(temporaryFolder(), 'chat.xlsx');
  writeFileSync(file, await zipOf(parts));
  return file;
}

const cell = (text: string): string => `<c t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
const row = (...texts: string[]): string => `<row>${texts.map(cell).join('')}</row>`;
const HEADER = row('会话', '客服', '买家', '时间', '角色', '内容', '订单号');

test('[SR11] [EX2] an exported workbook of several sheets is imported whole; a second time nothing is added', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 57 }, (_, index) =>
      importRecord({
        message_id: `m-${index}`,
        conversation_id: `00${index % 5}`,
        order_nos: index % 3 === 0 ? [`0020260901${index}`] : [],
        sent_at: T0 + index * 61_007,
        sender: index % 2 === 0 ? 'consumer' : 'agent',
        text: index === 7 ? '=1+1\n  _x0041_ 😀 ' : `第${index}条`,
        recalled: index === 9,
      }),
    ),
  );
  const target = path.join(temporaryFolder(), 'all.xlsx');
  const report = await services(store, { maxRows: 20 }).exports.run({
    query: {},
    format: 'xlsx',
    target,
    reason: '抽查',
  });
  expect(report.rows).toBe(57);

  const other = await open();
  const { imports } = services(other);
  const { mapping, table } = await imports.propose(target);
  expect(table.otherSheets).toEqual(['导出说明']);
  const first = await imports.run(target, mapping);
  expect(first).toMatchObject({ rows: 57, imported: 57, duplicates: 0, rejected: [], other_sheets: ['导出说明'] });
  expect(await imports.run(target, mapping)).toMatchObject({ rows: 57, imported: 0, duplicates: 57 });
  expect(await textsOf(other)).toEqual(await textsOf(store));
});

test('[SR11] bad rows are named by their row and sheet, good ones are kept; other tables are named', async () => {
  const parts = workbookParts(
    row('客服聊天记录导出') +
      HEADER +
      row('1', '小美', 'tom', '2026-09-01 09:36:53', '买家', '在吗', '00123') +
      row('1', '小美', 'tom', '昨天', '客服', '在的') +
      row('1', '小美', 'tom', '2026-09-01 09:36:55', '客服', '有的'),
    {
      workbook:
        '<workbook xmlns:r="r"><sheets><sheet name="一" sheetId="1" r:id="rId1"/><sheet name="二" sheetId="2" r:id="rId4"/><sheet name="杂" sheetId="3" r:id="rId5"/></sheets></workbook>',
    },
  );
  const relations = String(parts['xl/_rels/workbook.xml.rels']);
  const sheet = (id: number, part: number): string =>
    `<Relationship Id="rId${id}" Type="x/worksheet" Target="worksheets/sheet${part}.xml"/>`;
  parts['xl/_rels/workbook.xml.rels'] = relations.replace(
    '</Relationships>',
    `${sheet(4, 2)}${sheet(5, 3)}</Relationships>`,
  );
  parts['xl/worksheets/sheet2.xml'] =
    `<worksheet><sheetData>${HEADER}${row('2', '小美', 'ann', '2026-09-02 09:36:53', '路人', '谁')}${row('2', '小美', 'ann', '2026-09-02 09:36:53', '买家', '我')}</sheetData></worksheet>`;
  parts['xl/worksheets/sheet3.xml'] =
    `<worksheet><sheetData>${row('商品', '价格')}${row('杯子', '12')}</sheetData></worksheet>`;
  const file = await fileOf(parts);
  const store = await open();
  const { imports } = services(store);
  const preview = await imports['import.preview']({ file });
  expect(preview.columns.map((column) => column.header)).toEqual([
    '会话',
    '客服',
    '买家',
    '时间',
    '角色',
    '内容',
    '订单号',
  ]);
  expect(preview.rows.map(({ line, problem }) => [line, problem])).toEqual([
    [3, null],
    [4, 'TIME_UNREADABLE'],
    [5, null],
  ]);
  const report = await imports.run(file, (await imports.propose(file)).mapping);
  expect(report).toMatchObject({
    rows: 5,
    imported: 3,
    rejected: [
      { line: 4, reason: 'TIME_UNREADABLE' },
      { line: 2, sheet: '二', reason: 'SENDER_UNKNOWN' },
    ],
    other_sheets: ['杂'],
  });
});

test('[SR11] a cover sheet and empty sheets are passed over; a hidden one only where there is no other', async () => {
  const parts = workbookParts(row('客服聊天记录') + row('2026 年'), {
    workbook:
      '<workbook xmlns:r="r"><sheets><sheet name="封面" sheetId="1" r:id="rId1"/><sheet name="藏" sheetId="2" state="hidden" r:id="rId4"/><sheet name="空" sheetId="4" r:id="rId6"/><sheet name="数据" sheetId="3" r:id="rId5"/></sheets></workbook>',
  });
  const sheet = (id: number, part: number): string =>
    `<Relationship Id="rId${id}" Type="x/worksheet" Target="worksheets/sheet${part}.xml"/>`;
  parts['xl/_rels/workbook.xml.rels'] = String(parts['xl/_rels/workbook.xml.rels']).replace(
    '</Relationships>',
    `${sheet(4, 2)}${sheet(5, 3)}${sheet(6, 4)}</Relationships>`,
  );
  const data = (text: string): string =>
    `<worksheet><sheetData>${HEADER}${row('1', '小美', 'tom', '2026-09-01 09:36:53', '买家', text)}</sheetData></worksheet>`;
  parts['xl/worksheets/sheet2.xml'] = data('藏').replaceAll('会话', '对话');
  parts['xl/worksheets/sheet3.xml'] = data('在吗');
  parts['xl/worksheets/sheet4.xml'] = '<worksheet><sheetData/></worksheet>';
  const store = await open();
  const { imports } = services(store);
  const { table } = await imports.propose(await fileOf(parts));
  expect(table.sample.map((found) => found.cells[5])).toEqual(['在吗']);
  expect(table.otherSheets).toEqual(['封面', '藏']);
});

test.each([
  ['no rows at all', '', 'FILE_EMPTY'],
  ['only blank rows', '<row><c t="inlineStr"><is><t></t></is></c></row><row/>', 'FILE_EMPTY'],
  ['no times', row('会话', '内容') + row('1', '在吗'), 'NO_TIME_COLUMN'],
  ['half XML', '<row><c t="inlineStr"><is>', 'FILE_FORMAT'],
])('[SR11] [SE6] a workbook with %s is refused with its own code', async (_name, rows, code) => {
  const { imports } = services(await open());
  const file = await fileOf(workbookParts(rows));
  expect(
    await codeOf(
      imports['import.preview']({ file })
        .then(() => imports.propose(file))
        .then(({ mapping }) => imports.run(file, mapping)),
    ),
  ).toBe(code);
});

test('[EX2] the sheet of context says what the rows are: filter, masks, time, operator, reason, version, rows, hash', async () => {
  const store = await open();
  await store.importRecords([
    importRecord({ message_id: 'm-1', text: '优惠' }),
    importRecord({ message_id: 'm-2', text: `优惠${'长'.repeat(40_000)}` }),
    importRecord({ message_id: 'm-3', text: '别的' }),
  ]);
  const target = path.join(temporaryFolder(), 'some.xlsx');
  const orders = Array.from({ length: 5_000 }, (_, index) => `20260901${index}`);
  await services(store).exports.run({ query: { text: '优惠' }, format: 'xlsx', target, reason: '=十一月抽查' });
  const context = (await readSheetRows(createXlsxReader(), readFileSync(target), 1)).map((found) => found.cells);
  const valueOf = (item: string): string | undefined => context.find((cells) => cells[0] === item)?.[1];
  expect(valueOf('程序')).toBe('Workbench 1.2.3');
  expect(valueOf('导出时间')).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+08:00$/u);
  expect(valueOf('时区')).toMatch(/^UTC\+08:00/u);
  expect(valueOf('操作人')).toBe('a-7');
  expect(valueOf('用途')).toBe('=十一月抽查');
  expect(valueOf('筛选条件')).toBe('{"text":"优惠"}');
  expect(valueOf('遮盖项')).toBe('无');
  expect(valueOf('记录行数')).toBe('2');
  expect(valueOf('行数据 SHA-256')).toMatch(/^[0-9a-f]{64}$/u);
  expect(context.at(-1)?.slice(2, 5)).toEqual(['m-2', 'text', '40002']);

  // A filter longer than a cell goes on in the next.
  await services(store).exports.run({ query: { orders }, format: 'xlsx', target, reason: '' });
  const again = (await readSheetRows(createXlsxReader(), readFileSync(target), 1)).map((found) => found.cells);
  const filter = again.filter((cells) => cells[0] === '筛选条件').map((cells) => cells[1]);
  expect(filter.length).toBeGreaterThan(1);
  expect(JSON.parse(filter.join(''))).toEqual({ orders });
});

test('[EX6] an XLSX export that is cancelled leaves nothing; [EX2] without a writer it is UNSUPPORTED', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 2_500 }, (_, index) => importRecord({ message_id: `m-${index}`, sent_at: T0 + index })),
  );
  const folder = temporaryFolder();
  const target = path.join(folder, 'all.xlsx');
  const { exports, withoutSpreadsheets } = services(store);
  const abort = new AbortController();
  const work = exports.run(
    { query: {}, format: 'xlsx', target, reason: '' },
    { signal: abort.signal, progress: (rows) => (rows > 0 ? abort.abort() : undefined) },
  );
  expect(await codeOf(work)).toBe('CANCELLED');
  expect(readdirSync(folder)).toEqual([]);
  expect(await codeOf(withoutSpreadsheets.run({ query: {}, format: 'xlsx', target, reason: '' }))).toBe('UNSUPPORTED');
  expect(existsSync(target)).toBe(false);
});

test('[EX1] the estimate of a workbook is close to what is written', async () => {
  const store = await open();
  await store.importRecords(
    Array.from({ length: 2_500 }, (_, index) =>
      importRecord({
        message_id: `m-${index}-${index * 7_919}`,
        sent_at: T0 + index * 977,
        text: `请问第${index}个有优惠吗`,
      }),
    ),
  );
  const target = path.join(temporaryFolder(), 'all.xlsx');
  const { exports } = services(store);
  const estimate = await exports['export.estimate']({ query: {}, format: 'xlsx' });
  const report = await exports.run({ query: {}, format: 'xlsx', target, reason: '' });
  expect(estimate.rows).toBe(2_500);
  expect(estimate.bytes).toBeGreaterThan(report.bytes / 2);
  expect(estimate.bytes).toBeLessThan(report.bytes * 2);
});

test('[SR11] how far a sheet has been read grows with its rows', async () => {
  const noise = (at: number): string => createHash('sha512').update(String(at)).digest('hex');
  const rows = Array.from({ length: 6_000 }, (_, at) =>
    row('c-1', '小美', 'tom', '2026-09-01 09:36:53', '买家', noise(at), ''),
  );
  const file = await fileOf(workbookParts(HEADER + rows.join('')));
  const files = createFiles({ resolve: (handle) => handle });
  const { bytes } = await files.describe(file);
  const table = await openTable(files, createCsvReader(), file, createXlsxReader());
  const seen: number[] = [];
  let now = 0;
  for await (const _batch of table.rows((read) => (now = read))) seen.push(now / bytes);
  expect(seen.length).toBeGreaterThan(5);
  expect(seen[0]).toBeLessThan(0.3);
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
  expect(seen.at(-1)).toBeGreaterThan(0.8);
});
