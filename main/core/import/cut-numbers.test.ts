import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { cutNumbersNote } from '#shared/i18n/cut-numbers.ts';
import { parseNumbers } from '#shared/search/numbers.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { open, temporaryFolder } from '#test/support/store-fixtures.ts';
import { readSheetRows, workbookParts, zipOf } from '#test/support/xlsx.ts';
import { createJobs } from '../jobs/jobs.ts';
import { readNumberText } from '../search/number-file.ts';
import { createImportService } from './import-service.ts';

const HEADER = ['会话', '时间', '角色', '内容', '订单号'];
const files = createFiles({ resolve: (handle) => handle });
const spreadsheets = createXlsxReader();

async function service() {
  const clock = createFakeClock();
  const jobs = createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} });
  const store = await open();
  return createImportService({
    store,
    files,
    csv: createCsvReader(),
    spreadsheets,
    clock,
    jobs,
    localOffsetMinutes: () => 480,
  });
}

function fileOf(name: string, content: string | Uint8Array): string {
  const file = path.join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** `order`: the cell as it stands in the sheet's XML. */
function workbook(orders: readonly string[]): Promise<Buffer> {
  const text = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
  const rows = orders.map(
    (order, at) =>
      `<row>${['c-1', `2026-09-01 10:00:${String(at).padStart(2, '0')}`, '买家', `第${at}条`].map(text).join('')}${order}</row>`,
  );
  return zipOf(workbookParts(`<row>${HEADER.map(text).join('')}</row>${rows.join('')}`));
}

test('[SR11] a figure of more than 15 digits in a spreadsheet: read as it is shown, and said to be cut', async () => {
  const cells: readonly (readonly [xml: string, shown: string, cut: boolean])[] = [
    // As Excel writes 6920211234567890123 after it has cut it.
    ['<c><v>6.9202112345678899E+18</v></c>', '6920211234567890000', true],
    ['<c><v>1234567890123450</v></c>', '1234567890123450', true],
    ['<c><v>20260901123456800000</v></c>', '20260901123456800000', true],
    ['<c><v>1.2345678901234567E+18</v></c>', '1234567890123460000', true],
    // A program wrote these: more digits than a machine's number has, or one that it holds.
    ['<c><v>6920211234567890123</v></c>', '6920211234567890123', false],
    ['<c><v>1234567890123456</v></c>', '1234567890123456', false],
    ['<c><v>123456789012345</v></c>', '123456789012345', false],
    ['<c><v>1.5E+3</v></c>', '1500', false],
    ['<c t="str"><v>6920211234567890000</v></c>', '6920211234567890000', false],
    ['<c t="inlineStr"><is><t>6920211234567890000</t></is></c>', '6920211234567890000', false],
  ];
  const rows = await readSheetRows(spreadsheets, await workbook(cells.map(([xml]) => xml)));
  expect(rows.slice(1).map((row) => [row.cells[4], row.cut ?? []])).toEqual(
    cells.map(([, shown, cut]) => [shown, cut ? [4] : []]),
  );
});

test('[SR11] preview and report count the rows of each column whose numbers a spreadsheet has cut, and import them', async () => {
  const { 'import.preview': preview, run, propose } = await service();
  const orders = ['6.9202112345678899E+18', '6.9202112345678899E+18', '6920211234567890123'].map(
    (value) => `<c><v>${value}</v></c>`,
  );
  const file = fileOf('chat.xlsx', await workbook(orders));
  const expected = [{ field: 'order_no', column: '订单号', rows: 2 }];
  expect((await preview({ file })).cut).toEqual(expected);
  const report = await run(file, (await propose(file)).mapping);
  expect(report).toMatchObject({ imported: 3, rejected_total: 0, cut: expected });
  for (const locale of ['zh-CN', 'en'] as const) {
    expect(cutNumbersNote(report.cut[0]!, 'all', locale)).toContain('订单号');
    expect(cutNumbersNote(report.cut[0]!, 'all', locale)).toMatch(/文本|as text/);
  }
});

test.each([
  ['an exponent, as a spreadsheet saves what it shows', ['6.92021E+18', '1E+11', '260901-805320551362352'], 2],
  ['zeros behind the fifteenth digit', ['6920211234567890000', '6920211234567890000', '12345'], 2],
  [
    'most long numbers keep their digits: one ends in zeros',
    ['6920211234567890000', '6920211234567890123', '692021123456789012'],
    0,
  ],
  ['short numbers with zeros', ['100000000000000', '2026090100000', 'A6920211234567890000'], 0],
] as const)('[SR11] in a CSV: %s', async (_name, orders, rows) => {
  const { 'import.preview': preview, run, propose } = await service();
  const lines = orders.map((order, at) => `c-1,2026-09-01 10:00:0${at},买家,第${at}条,${order}`);
  const file = fileOf('chat.csv', `${HEADER.join(',')}\n${lines.join('\n')}\n`);
  const expected = rows === 0 ? [] : [{ field: 'order_no', column: '订单号', rows }];
  expect((await preview({ file })).cut).toEqual(expected);
  expect(await run(file, (await propose(file)).mapping)).toMatchObject({ imported: 3, cut: expected });
});

test('[SR11] JSONL: a number without quotes keeps all its digits', async () => {
  const store = await open();
  const clock = createFakeClock();
  const jobs = createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} });
  const { run, propose } = createImportService({
    store,
    files,
    csv: createCsvReader(),
    clock,
    jobs,
    localOffsetMinutes: () => 480,
  });
  const file = fileOf(
    'chat.jsonl',
    '{"sent_at":1788226613000,"sender":"buyer","text":"12345678901234567890 在吗","order_no":6920211234567890123,"consumer":[20260901123456789012,-9007199254740993],"price":1.5}\n',
  );
  expect(await run(file, (await propose(file)).mapping)).toMatchObject({ imported: 1, cut: [] });
  const { rows } = await store.search(
    { orders: ['6920211234567890123'] },
    { kind: 'all' },
    { limit: 10, cursor: null },
  );
  expect(rows.map(({ order_nos, consumer, text }) => [order_nos, consumer, text])).toEqual([
    [['6920211234567890123'], '20260901123456789012 -9007199254740993', '12345678901234567890 在吗'],
  ]);
});

test('[SR2] a file of numbers: figures that a spreadsheet has cut are listed as malformed, not looked up', async () => {
  const numbersOf = async (...cells: readonly string[]) =>
    parseNumbers(
      await readNumberText(
        files,
        spreadsheets,
        fileOf('n.xlsx', await zipOf(workbookParts(cells.map((cell) => `<row>${cell}</row>`).join('')))),
      ),
    );
  const figure = (value: string): string => `<c><v>${value}</v></c>`;
  expect(
    await numbersOf(figure('6.9202112345678899E+18'), figure('20260901'), figure('1234567890123450')),
  ).toMatchObject({
    numbers: ['20260901'],
    invalid: [
      { line: 1, text: '≈6920211234567890000' },
      { line: 3, text: '≈1234567890123450' },
    ],
  });
  // Their digits are there; one of them does end in a zero.
  expect(
    await numbersOf(figure('1234567890123451'), figure('1234567890123450'), figure('1234567890123452')),
  ).toMatchObject({ numbers: ['1234567890123451', '1234567890123450', '1234567890123452'], invalid: [] });
});
