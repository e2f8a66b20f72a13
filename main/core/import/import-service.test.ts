import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { open, temporaryFolder } from '#test/support/store-fixtures.ts';
import { createJobs } from '../jobs/jobs.ts';
import type { Store } from '../ports/store.ts';
import { createImportService } from './import-service.ts';

function importing(store: Store) {
  const clock = createFakeClock();
  let next = 0;
  const jobs = createJobs({ clock, ids: { next: () => `job-${++next}`, random: () => 0 }, publish: () => {} });
  const files = createFiles({ resolve: (handle) => handle });
  const service = createImportService({ store, files, csv: createCsvReader(), jobs, localOffsetMinutes: () => 480 });
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
