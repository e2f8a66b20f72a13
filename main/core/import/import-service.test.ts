import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import {
  ACCOUNT,
  addAccount,
  conversation,
  created,
  events,
  importRecord,
  message,
  open,
  openWithAccount,
  recalled,
  T0,
  temporaryFolder,
  upserted,
} from '#test/support/store-fixtures.ts';
import { createExportService } from '../export/export-service.ts';
import { visibilityOf } from '../search/visibility.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Store } from '../ports/store.ts';
import { createImportService } from './import-service.ts';

function importing(store: Store) {
  const clock = createFakeClock();
  let next = 0;
  const jobs = createJobs({ clock, ids: { next: () => `job-${++next}`, random: () => 0 }, publish: () => {} });
  const files = createFiles({ resolve: (handle) => handle });
  const service = createImportService({
    store,
    files,
    csv: createCsvReader(),
    clock,
    jobs,
    localOffsetMinutes: () => 480,
  });
  return { service, jobs };
}

function fileOf(text: string): string {
  const target = path.join(temporaryFolder(), 'chat.csv');
  writeFileSync(target, text);
  return target;
}

const TEXT =
  '会话,客服,买家,时间,角色,内容\n1,小美,tom,2026-09-01 09:36:53,买家,在吗\n1,小美,tom,何时,客服,在的\n1,小美,tom,2026-09-01 09:36:55,客服,在的\n';

test('[SR11] the preview shows file, columns, proposed mapping, and the first rows as they will be read', async () => {
  const { service } = importing(await open());
  const file = fileOf(TEXT);
  const preview = await service['import.preview']({ file });
  expect(preview.file).toEqual({ handle: file, name: 'chat.csv', bytes: Buffer.byteLength(TEXT) });
  expect([preview.encoding, preview.delimiter]).toEqual(['utf-8', ',']);
  expect(preview.columns.map((column) => column.header)).toEqual(['会话', '客服', '买家', '时间', '角色', '内容']);
  expect(preview.mapping).toMatchObject({
    utc_offset_minutes: 480,
    time_format: 'yyyy-MM-dd HH:mm:ss',
    senders: { 买家: 'consumer', 客服: 'agent' },
  });
  expect(preview.rows.map(({ line, sent_at, sender, problem }) => [line, sent_at, sender, problem])).toEqual([
    [2, Date.UTC(2026, 8, 1, 1, 36, 53), 'consumer', null],
    [3, null, 'agent', 'TIME_UNREADABLE'],
    [4, Date.UTC(2026, 8, 1, 1, 36, 55), 'agent', null],
  ]);
});

test('[SR11] the job imports, reports bad rows, and the mapping is remembered for files of the same header', async () => {
  const store = await open();
  const { service, jobs } = importing(store);
  const file = fileOf(TEXT);
  const { mapping } = await service['import.preview']({ file });
  const changed = { ...mapping, shop: '小店', senders: { ...mapping.senders } };
  const { job_id } = await service['import.start']({ file, mapping: changed });
  expect(await jobs.finished(job_id)).toMatchObject({
    kind: 'import',
    title: 'chat.csv',
    state: 'done',
    result: {
      rows: 3,
      imported: 2,
      duplicates: 0,
      rejected: [{ line: 3, reason: 'TIME_UNREADABLE' }],
      rejected_total: 1,
    },
  });
  const again = fileOf(`${TEXT}2,小美,ann,2026-09-02 09:36:55,买家,你好\n`);
  expect((await service['import.preview']({ file: again })).mapping.shop).toBe('小店');
  const second = await service['import.start']({ file: again, mapping: changed });
  expect(await jobs.finished(second.job_id)).toMatchObject({ result: { imported: 1, duplicates: 2 } });
});

test('[SR11] what is wrong with file or mapping as a whole is said at once, not by a failed job', async () => {
  const { service, jobs } = importing(await open());
  const { mapping } = await service['import.preview']({ file: fileOf(TEXT) });
  const wrong = { ...mapping, columns: { ...mapping.columns, text: '不存在' } };
  await expect(service['import.start']({ file: fileOf(TEXT), mapping: wrong })).rejects.toMatchObject({
    error: { code: 'MAPPING_INVALID' },
  });
  await expect(service['import.start']({ file: fileOf(''), mapping })).rejects.toMatchObject({
    error: { code: 'FILE_EMPTY' },
  });
  await expect(service['import.preview']({ file: '/no/such/file' })).rejects.toMatchObject({
    error: { code: 'FILE_NOT_FOUND' },
  });
  expect(jobs.list()).toEqual([]);
});

test('[SR11] thousands of rows in batches: what the report says is what is stored', async () => {
  const store = await open();
  const { service } = importing(store);
  let text = '会话,客服,买家,时间,角色,内容\n';
  // Every tenth row is told twice: said twice in the same second, not a duplicate.
  for (let index = 0; index < 9_000; index++) {
    const line = `${index % 100},小美,tom${index % 100},${1_788_226_613 + index},买家,第${index}句\n`;
    text += index % 10 === 0 ? line + line : line;
  }
  const file = fileOf(text);
  const { mapping } = await service.propose(file);
  const report = await service.run(file, mapping);
  expect(report).toMatchObject({ rows: 9_900, imported: 9_900, duplicates: 0, rejected_total: 0 });
  expect(await service.run(file, mapping)).toMatchObject({ rows: 9_900, imported: 0, duplicates: 9_900 });
  expect(await store.count({}, { kind: 'all' }, null)).toEqual({ count: 9_900, exact: true });
});

/** The store, and what was written into its audit log. */
function audited(store: Store) {
  const entries: { readonly actor: string; readonly action: string; readonly details: object }[] = [];
  const recording: Store = {
    ...store,
    async appendAudit(entry) {
      await store.appendAudit(entry);
      entries.push(entry);
    },
  };
  return { recording, entries };
}

test('[AD4] an import is in the audit log before its first row, with what came of it, also where it was cut short', async () => {
  const { recording, entries } = audited(await open());
  const { service } = importing(recording);
  const file = fileOf(TEXT);
  const { mapping } = await service.propose(file);
  await service.run(file, mapping);
  const about = { file: 'chat.csv', bytes: Buffer.byteLength(TEXT), shop: 'import' };
  expect(entries).toEqual([
    expect.objectContaining({ actor: 'local', action: 'records.imported', details: { ...about, state: 'started' } }),
    expect.objectContaining({
      details: { ...about, state: 'done', rows: 3, imported: 2, duplicates: 0, rejected: 1, skipped: 0 },
    }),
  ]);
  await expect(service.run(file, mapping, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    error: { code: 'CANCELLED' },
  });
  expect(entries.at(-1)?.details).toMatchObject({ state: 'failed', imported: 0 });
});

test('[AD1] import and export ask the role, behind the door: an account that was never welcomed has none and may nothing', async () => {
  const store = await open();
  await store.importRecords([importRecord({ text: '本地导入' })]);
  const { service } = importing(store);
  const file = fileOf(TEXT);
  // Without any account the profile is its person's own.
  const { mapping } = await service['import.preview']({ file });
  await store.putAccount({
    account_id: ACCOUNT,
    label: '店',
    source: 'wss://gateway.example',
    gateway_url: 'wss://gateway.example',
    device_id: 'd-1',
    practice: false,
  });
  const refused = { error: { code: 'NO_PERMISSION', details: { permission: 'records.import', roles: [] } } };
  await expect(service['import.preview']({ file })).rejects.toMatchObject(refused);
  await expect(service['import.start']({ file, mapping })).rejects.toMatchObject(refused);
  await expect(service.run(file, mapping)).rejects.toMatchObject(refused);
  const target = path.join(temporaryFolder(), 'out.csv');
  const exports = exporting(store);
  const request = { query: {}, format: 'csv', target, reason: '' } as const;
  for (const asked of [exports.run(request), exports['export.start'](request), exports['export.estimate'](request)])
    await expect(asked).rejects.toMatchObject({
      error: { code: 'NO_PERMISSION', details: { permission: 'records.export' } },
    });
  // Seen all the same: who can open the profile put it there.
  expect(
    (await store.search({ text: '本地' }, await visibilityOf(store), { limit: 9, cursor: null })).rows,
  ).toHaveLength(1);
  await addAccount(store);
  expect(await service.run(file, mapping)).toMatchObject({ imported: 2 });
  expect(await exports.run(request)).toMatchObject({ rows: 3 });
});

function exporting(store: Store) {
  const clock = createFakeClock();
  const jobs = createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} });
  return createExportService({
    store,
    files: createFiles({ resolve: (handle) => handle }),
    clock,
    jobs,
    cryptography: createCryptography(),
    visibility: () => visibilityOf(store),
    actor: () => 'a-7',
    localOffsetMinutes: () => 480,
  });
}

test('[EX2] our own JSONL can be imported again: nothing is rejected, and agent, consumer, numbers, kind and recall survive', async () => {
  const store = await openWithAccount();
  const order = '240101-556677889900';
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c1')),
      created(message('c1', 1, 'consumer', { text: `订单 ${order}`, order_nos: [order], violation_nos: ['WG-1001'] })),
      created(message('c1', 2, 'agent', { text: '发错了' })),
      created(message('c1', 3, 'agent', { text: '原话' })),
      created(message('c1', 4, 'agent', { text: '【更正】改过的话', correction_of: 'c1-m3' })),
      created(message('c1', 5, 'system', { kind: 'system', text: '已转接' })),
      recalled('c1', 'c1-m2'),
    ),
  );
  const target = path.join(temporaryFolder(), 'records.jsonl');
  await exporting(store).run({ query: {}, format: 'jsonl', target, reason: '' });
  const other = await open();
  const { service } = importing(other);
  const { mapping } = await service.propose(target);
  expect(await service.run(target, mapping)).toMatchObject({
    rows: 5,
    imported: 5,
    rejected: [],
    rejected_total: 0,
    skipped: 2,
  });
  const rowsOf = async (from: Store) =>
    (await from.search({}, { kind: 'all' }, { limit: 50, cursor: null })).rows.map((row) => [
      row.message_id,
      row.conversation_id,
      row.shop,
      row.agent,
      row.consumer,
      row.order_nos,
      row.violation_nos,
      row.sent_at,
      row.sender,
      row.sender_name,
      row.kind,
      row.text,
      row.recalled,
    ]);
  expect(await rowsOf(other)).toEqual(await rowsOf(store));
  expect(await service.run(target, mapping)).toMatchObject({ imported: 0, duplicates: 5, skipped: 2 });
  expect(await other.searchNumbers({ orders: [order] }, { kind: 'all' })).toMatchObject([
    { hit: true, conversations: 1 },
  ]);
});

test('[SR11] two files of one shop that count their conversations alike: two consumers never share one', async () => {
  const store = await open();
  await store.importRecords([
    importRecord({ conversation_id: '1', consumer: '张三', text: '张三的话' }),
    importRecord({ conversation_id: '1', consumer: '张三', text: '在的', sender: 'agent', sent_at: T0 + 1_000 }),
  ]);
  const second = [
    importRecord({ conversation_id: '1', consumer: '李四', text: '李四的话' }),
    importRecord({ conversation_id: '1', consumer: '李四', text: '您好', sender: 'agent', sent_at: T0 + 1_000 }),
  ];
  expect(await store.importRecords(second)).toEqual({ imported: 2, duplicates: 0 });
  expect(await store.importRecords(second)).toEqual({ imported: 0, duplicates: 2 });
  const { rows } = await store.search({}, { kind: 'all' }, { limit: 9, cursor: null });
  const keys = new Map(rows.map((row) => [row.text, row.conversation_key]));
  expect(new Set(keys.values()).size).toBe(2);
  expect(keys.get('张三的话')).toBe(keys.get('在的'));
  expect(keys.get('李四的话')).toBe(keys.get('您好'));
  const { consumers } = await store.searchConsumers({}, { kind: 'all' }, { limit: 9, cursor: null });
  expect(consumers.map(({ consumer, messages }) => [consumer, messages]).sort()).toEqual([
    ['张三', 2],
    ['李四', 2],
  ]);
});
