import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { JobView } from '#shared/contract/views.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import {
  ACCOUNT,
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
import { createJobs } from '../jobs/jobs.ts';
import type { Files } from '../ports/files.ts';
import type { Store, Visibility } from '../ports/store.ts';
import { createExportService } from './export-service.ts';

const ALL: Visibility = { kind: 'all' };

function exporting(
  store: Store,
  files: Files = createFiles({ resolve: (handle) => handle }),
  visibility: Visibility = ALL,
) {
  const clock = createFakeClock();
  const published: JobView[] = [];
  let next = 0;
  const jobs = createJobs({
    clock,
    ids: { next: () => `job-${++next}`, random: () => 0 },
    publish: (job) => published.push(job),
  });
  const service = createExportService({
    store,
    files,
    clock,
    jobs,
    visibility: () => visibility,
    actor: () => 'a-7',
    localOffsetMinutes: () => 480,
  });
  return { service, jobs, published };
}

async function withRecords(count: number): Promise<Store> {
  const store = await open();
  const records = Array.from({ length: count }, (_, index) =>
    importRecord({
      message_id: `m-${index}`,
      conversation_id: `c-${index % 7}`,
      sent_at: T0 + index * 1_000,
      text: `第${index}条`,
    }),
  );
  await store.importRecords(records);
  return store;
}

/** What the store was asked to write into the audit log, beside writing it. */
function recordingAudit(store: Store) {
  const entries: { action: string; actor: string; details: Readonly<Record<string, unknown>> }[] = [];
  const recording: Store = {
    ...store,
    async appendAudit(entry) {
      await store.appendAudit(entry);
      entries.push(entry);
    },
  };
  return { recording, entries };
}

test('[EX1] the estimate: exact rows, bytes close to what is written', async () => {
  const store = await withRecords(2_500);
  const { service } = exporting(store);
  for (const format of ['csv', 'jsonl'] as const) {
    const target = path.join(temporaryFolder(), `all.${format}`);
    const estimate = await service['export.estimate']({ query: {}, format });
    const report = await service.run({ query: {}, format, target, reason: '' });
    expect(estimate.rows).toBe(2_500);
    expect(report.rows).toBe(2_500);
    expect(estimate.bytes).toBeGreaterThan(report.bytes / 2);
    expect(estimate.bytes).toBeLessThan(report.bytes * 2);
  }
});

test('[EX1] several pages: every row once, newest first; [EX8] the audit log says who, what, why, rows and hash', async () => {
  const { recording, entries } = recordingAudit(await withRecords(2_500));
  const { service, jobs } = exporting(recording);
  const target = path.join(temporaryFolder(), 'all.jsonl');
  const { job_id } = await service['export.start']({ query: {}, format: 'jsonl', target, reason: '十一月抽查' });
  const job = await jobs.finished(job_id);
  const content = readFileSync(target);
  const sha256 = createHash('sha256').update(content).digest('hex');
  expect(job).toMatchObject({
    state: 'done',
    unit: 'rows',
    done: 2_500,
    total: 2_500,
    result: { file: target, rows: 2_500, bytes: content.length, sha256 },
  });
  const ids = content
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { message_id: string }).message_id);
  expect(ids).toEqual(Array.from({ length: 2_500 }, (_, index) => `m-${2_499 - index}`));
  expect(entries.map((entry) => [entry.actor, entry.action, entry.details['state']])).toEqual([
    ['a-7', 'records.exported', 'started'],
    ['a-7', 'records.exported', 'done'],
  ]);
  expect(entries[1]!.details).toMatchObject({
    file: 'all.jsonl',
    format: 'jsonl',
    query: {},
    reason: '十一月抽查',
    masks: [],
    rows: 2_500,
    sha256,
  });
});

test('[EX2] JSONL tells recalls and corrections as events; [RC19] what was recalled is not in it', async () => {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c-1')),
      created(message('c-1', 1, 'agent', { text: '九块九' })),
      created(message('c-1', 2, 'agent', { text: '秘密报价' })),
      recalled('c-1', 'c-1-m2', { effect: 'maybe_seen', reason: '报错价' }),
      created(message('c-1', 3, 'agent', { text: '【更正】九十九', correction_of: 'c-1-m1' })),
    ),
  );
  const { service } = exporting(store);
  const target = path.join(temporaryFolder(), 'events.jsonl');
  await service.run({ query: {}, format: 'jsonl', target, reason: '' });
  const text = readFileSync(target, 'utf8');
  expect(text).not.toContain('秘密报价');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map((line) => [line['type'], line['message_id']])).toEqual([
    ['message', 'c-1-m3'],
    ['message', 'c-1-m2'],
    ['recall', 'c-1-m2'],
    ['message', 'c-1-m1'],
    ['correction', 'c-1-m3'],
  ]);
  expect(lines[1]).toMatchObject({ recalled: true, text: '' });
  expect(lines[2]).toMatchObject({
    recall_id: 'r-c-1-m2',
    effect: 'maybe_seen',
    reason: '报错价',
    operator: { id: 'a-7' },
  });
  expect(lines[4]).toMatchObject({ correction_of: 'c-1-m1' });
});

test('[SR10] an export holds what its person may see, and nothing else', async () => {
  const store = await openWithAccount();
  await store.ingest(ACCOUNT, events(1, upserted(conversation('c-1')), created(message('c-1', 1))));
  await store.importRecords([importRecord({ text: '导入的' })]);
  const { service } = exporting(store, undefined, { kind: 'limited', sources: ['import'], agents: [] });
  const target = path.join(temporaryFolder(), 'some.jsonl');
  expect((await service.run({ query: {}, format: 'jsonl', target, reason: '' })).rows).toBe(1);
  expect(readFileSync(target, 'utf8')).toContain('导入的');
});

test('[EX6] cancelled between two pages: no file, nothing left, an older file as it was', async () => {
  const store = await withRecords(5_000);
  const folder = temporaryFolder();
  const target = path.join(folder, 'all.csv');
  writeFileSync(target, 'before');
  const abort = new AbortController();
  const { service } = exporting(store);
  const running = service.run(
    { query: {}, format: 'csv', target, reason: '' },
    { signal: abort.signal, progress: (rows) => rows >= 2_000 && abort.abort() },
  );
  await expect(running).rejects.toMatchObject({ error: { code: 'CANCELLED' } });
  expect(readdirSync(folder)).toEqual(['all.csv']);
  expect(readFileSync(target, 'utf8')).toBe('before');
});

test('[EX6] a disk that fills up in the middle: DISK_FULL, nothing left, and it works again afterwards', async () => {
  const store = await withRecords(3_000);
  const folder = temporaryFolder();
  const target = path.join(folder, 'all.csv');
  const real = createFiles({ resolve: (handle) => handle });
  let room = 1;
  const failing: Files = {
    ...real,
    async create(handle) {
      const sink = await real.create(handle);
      return {
        ...sink,
        async write(chunk) {
          if (room-- <= 0) throw new AppFailure('DISK_FULL', 'ENOSPC');
          await sink.write(chunk);
        },
      };
    },
  };
  const { service, jobs } = exporting(store, failing);
  const { job_id } = await service['export.start']({ query: {}, format: 'csv', target, reason: '' });
  expect(await jobs.finished(job_id)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
  room = 1_000;
  expect((await service.run({ query: {}, format: 'csv', target, reason: '' })).rows).toBe(3_000);
});

test('[EX8] what cannot be audited is not exported', async () => {
  const store = await withRecords(10);
  const folder = temporaryFolder();
  const { service } = exporting({
    ...store,
    appendAudit: async () => {
      throw new AppFailure('DISK_FULL', 'no room for the audit log');
    },
  });
  await expect(
    service.run({ query: {}, format: 'csv', target: path.join(folder, 'a.csv'), reason: '' }),
  ).rejects.toMatchObject({ error: { code: 'DISK_FULL' } });
  expect(readdirSync(folder)).toEqual([]);
});
