import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyTools } from '#main/adapters/crypto/verify-tools.ts';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { loadPackage } from '#main/core/packages/load-package.ts';
import type { ImportRecord, Store } from '#main/core/ports/store.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { FILE } from '#shared/package/format.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { inMemory, unpack } from '#test/support/package-bytes.ts';
import { packaging, verifyBytes } from '#test/support/packages.ts';
import { importRecord, open, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import { readSheetRows } from '#test/support/xlsx.ts';

/** The same hostile records in every format: nothing escapes, everything reads back. */
const HOSTILE = [
  '=HYPERLINK("http://a.invalid","x")',
  "'=already guarded",
  '@SUM(1)|cmd',
  '-2+3',
  '\t=tab first',
  'quotes " "" \' and\r\nlines\nand\rreturns',
  'NUL \0 inside',
  '\u202ereversed\u2066 \u200f',
  '</script><script>window.hacked=1</script><!--',
  ']]></t></is></c><c>',
  '\u2028 and \u2029 are lines to old scripts',
  '`${process.exit()}` {{x}} %s \\u0000',
  '../../etc/passwd',
  '长'.repeat(350_000),
];
/** What no text file carries. */
const carried = (text: string): string => text.replaceAll('\0', '\ufffd');

async function hostileStore(): Promise<Store> {
  const store = await open();
  await store.importRecords(
    HOSTILE.map((text, index) =>
      importRecord({
        message_id: `m-${index}`,
        conversation_id: `c/..\\${index}</script>`,
        shop: '=shop',
        consumer: text.slice(0, 200),
        sent_at: T0 + index * 1_000,
        text,
      }),
    ),
  );
  return store;
}

async function exported(store: Store, format: 'csv' | 'jsonl' | 'xlsx'): Promise<string> {
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
  await service.run({ query: {}, format, target, reason: '</script>=1' });
  return target;
}

/** RFC 4180, written from its text alone: the reader of the program is not asked about its own writer. */
function csvCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    let cell = '';
    if (text[at] === '"') {
      for (at++; ; at++) {
        if (text[at] !== '"') cell += text[at];
        else if (text[at + 1] === '"') cell += text[at++];
        else break;
      }
      at++;
    } else {
      const end = /,|\r\n/g;
      end.lastIndex = at;
      const stop = end.exec(text)?.index ?? text.length;
      cell = text.slice(at, stop);
      at = stop;
    }
    row.push(cell);
    if (text[at] === ',') at++;
    else {
      rows.push(row);
      row = [];
      at += 2;
    }
  }
  return rows;
}

test('[EX2] [SE2] CSV: no cell begins a formula, and taking off the guard gives the text back', async () => {
  const [header, ...rows] = csvCells(readFileSync(await exported(await hostileStore(), 'csv'), 'utf8').slice(1));
  const column = header!.indexOf('text');
  expect(rows.flat().filter((cell) => /^[=+\-@\t\r＝＋－＠]/u.test(cell))).toEqual([]);
  const plain = (cell: string): string => (/^'+[=+\-@\t\r＝＋－＠]/u.test(cell) ? cell.slice(1) : cell);
  expect(rows.toReversed().map((row) => plain(row[column]!))).toEqual(HOSTILE.map(carried));
});

test('[EX2] [SE2] JSONL: one line a record, whatever stands in it', async () => {
  const lines = readFileSync(await exported(await hostileStore(), 'jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const texts = lines
    .map((line) => JSON.parse(line) as { readonly type: string; readonly text?: string })
    .filter(({ type }) => type === 'message')
    .map(({ text }) => text);
  expect(texts.toReversed()).toEqual(HOSTILE);
});

test('[EX2] [SE2] XLSX: text cells alone; what is longer than a cell can be is cut, and the file says so', async () => {
  const file = readFileSync(await exported(await hostileStore(), 'xlsx'));
  const [header, ...rows] = (await readSheetRows(createXlsxReader(), file)).map((row) => [...row.cells]);
  const texts = rows.toReversed().map((row) => row[header!.indexOf('text')]);
  expect(texts.slice(0, -1)).toEqual(HOSTILE.slice(0, -1).map(carried));
  expect(texts.at(-1)!.length).toBeLessThanOrEqual(32_767);
  expect(HOSTILE.at(-1)!.startsWith(texts.at(-1)!.slice(0, 32_000))).toBe(true);
  const context = (await readSheetRows(createXlsxReader(), file, 1)).map((row) => [...row.cells].join(' '));
  expect(context.join('\n')).toContain(`m-${HOSTILE.length - 1}`);
});

test('[EX3] [EX7] [SE2] package: verified, no script of theirs in the page’s data, and read back as it was', async () => {
  const { build } = packaging(await hostileStore());
  const { bytes } = await build({}, undefined, '</script><script>1</script>');
  expect((await verifyBytes(bytes)).problems).toEqual([]);
  const files = await unpack(bytes);
  for (const [name, content] of files)
    if (name.startsWith('data/')) {
      // Each is a script file of its own: what ends one early is a bare line separator or a quote, which JSON escapes.
      const call = /^(package[A-Z][a-z]+)\(([\s\S]*)\);\n$/.exec(new TextDecoder().decode(content));
      expect([name, call === null]).toEqual([name, false]);
      expect(() => JSON.parse(`[${call![2]}]`) as unknown).not.toThrow();
    }
  const lines = new TextDecoder().decode(files.get(FILE.records)).trimEnd().split('\n');
  expect(lines).toHaveLength(HOSTILE.length * 2);
  const put: ImportRecord[] = [];
  const loaded = await loadPackage({
    source: inMemory(bytes),
    tools: verifyTools,
    put: async (records) => void put.push(...records),
    check: () => {},
    progress: () => {},
  });
  expect(loaded.report).toMatchObject({ ok: true, messages: HOSTILE.length, unreadable: 0 });
  expect(put.map(({ text }) => text)).toEqual(HOSTILE);
});
