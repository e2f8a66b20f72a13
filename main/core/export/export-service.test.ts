import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { JobView } from '#shared/contract/views.ts';
import { MASK_KINDS } from '#shared/domain/mask/choices.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
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
import { readSheetRows } from '#test/support/xlsx.ts';
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
    cryptography: createCryptography(),
    visibility: () => visibility,
    actor: () => 'a-7',
    localOffsetMinutes: () => 480,
    pseudonymLabel: '买家',
    spreadsheet: { writer: createXlsxWriter(), words: spreadsheetWords['zh-CN'], program: 'Workbench 1.2.3' },
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
    ['correction', 'c-1-m3'],
    ['message', 'c-1-m2'],
    ['recall', 'c-1-m2'],
    ['message', 'c-1-m1'],
  ]);
  expect(lines[0]).toMatchObject({ correction_of: 'c-1-m1' });
  expect(lines[4]).toMatchObject({ corrected_by: 'c-1-m3' });
  expect(lines[2]).toMatchObject({ recalled: true, text: '' });
  expect(lines[3]).toMatchObject({
    recall_id: 'r-c-1-m2',
    effect: 'maybe_seen',
    reason: '报错价',
    operator: { id: 'a-7' },
  });
  expect(lines[1]).toMatchObject({ correction_of: 'c-1-m1' });
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
    async part(...args) {
      const part = await real.part(...args);
      return (
        part && {
          ...part,
          async write(chunk) {
            if (room-- <= 0) throw new AppFailure('DISK_FULL', 'ENOSPC');
            await part.write(chunk);
          },
        }
      );
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

const PERSONAL = [
  '13812348000',
  '110105197503136677',
  '景甜甜',
  '6222028820018263304',
  '文一西路969号',
  'jing@example.com',
  'jing_88888',
];

async function withPersonalData(): Promise<Store> {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c-1', { consumer: { consumer_id: 'k-13812348000', name: '景甜甜' } })),
      created(message('c-1', 1, 'consumer', { sender: { role: 'consumer', id: 'k-13812348000', name: '景甜甜' } })),
      recalled('c-1', 'c-1-m1', {
        operator: { role: 'consumer', id: 'k-13812348000', name: '景甜甜' } as never,
        reason: '电话13812348000写错了',
      }),
      created(message('c-1', 2, 'agent', { text: '景甜甜您好，改寄浙江省杭州市余杭区文一西路969号，电话13812348000' })),
    ),
  );
  await store.importRecords([
    importRecord({ consumer: '景甜甜', text: '我是景甜甜，电话 138-1234-8000，卡号6222028820018263304' }),
    importRecord({
      consumer: '景甜甜',
      sent_at: T0 + 1_000,
      text: '身份证110105197503136677，订单号260901-123456，138元',
    }),
    importRecord({ consumer: '13812348000', sent_at: T0 + 2_000, text: '邮箱jing@example.com，微信jing_88888' }),
  ]);
  return store;
}

test.each(['csv', 'jsonl', 'xlsx'] as const)(
  '[EX5] %s: what is masked is nowhere in the file, not even in what is said about it; [EX8] the masks are in the audit log',
  async (format) => {
    const { recording, entries } = recordingAudit(await withPersonalData());
    const { service } = exporting(recording);
    const folder = temporaryFolder();
    const read = async (name: string): Promise<string> => {
      const bytes = readFileSync(path.join(folder, name));
      if (format !== 'xlsx') return bytes.toString('utf8');
      const sheets = [
        await readSheetRows(createXlsxReader(), bytes, 0),
        await readSheetRows(createXlsxReader(), bytes, 1),
      ];
      return JSON.stringify(sheets);
    };
    const run = (name: string, masks: readonly (typeof MASK_KINDS)[number][], query = {}) =>
      service.run({ query, format, target: path.join(folder, name), reason: '给景甜甜，电话13812348000', masks });
    await run('plain', []);
    const plain = await read('plain');
    // The recalled one is sealed anyway; everything else stands there as it was written.
    for (const value of PERSONAL.slice(1)) expect([value, plain.includes(value)]).toEqual([value, true]);
    await run('masked', MASK_KINDS, { consumers: ['景甜甜', '13812348000'] });
    const masked = await read('masked');
    for (const value of PERSONAL) expect([value, masked.includes(value)]).toEqual([value, false]);
    expect(masked).not.toContain('138-1234-8000');
    expect(masked).toContain('138****8000');
    expect(masked).toContain('260901-123456');
    expect(masked).toContain('138元');
    const pseudonyms = new Set(masked.match(/买家-[A-Z]{10}/gu));
    // The same name in two shops is two people.
    expect(pseudonyms.size).toBe(3);
    await run('again', MASK_KINDS);
    const again = new Set((await read('again')).match(/买家-[A-Z]{10}/gu));
    expect([...again].some((pseudonym) => pseudonyms.has(pseudonym))).toBe(false);
    await run('phones', ['phone']);
    const phones = await read('phones');
    expect(phones).not.toContain('13812348000');
    expect(phones).toContain('景甜甜');
    expect(entries.at(-1)?.details).toMatchObject({ state: 'done', masks: ['phone'] });
    if (format === 'xlsx') expect(phones).toContain(JSON.stringify([spreadsheetWords['zh-CN'].masks, 'phone']));
  },
);

test('[EX2] JSONL tells transfers before the conversation they belong to, up to its newest message (IN4)', async () => {
  const store = await openWithAccount();
  const held = { agent_id: 'a-7', name: '小美' };
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(
        conversation('c-1', {
          assignments: [
            { ...held, from: T0 - 10_000, to: T0 - 5_000, how: 'routed' },
            { agent_id: 'a-8', name: '小丽', from: T0 - 5_000, to: T0 + 3_600_000, how: 'transferred' },
            { ...held, from: T0 + 3_600_000, to: null, how: 'transferred' },
          ] as never,
        }),
      ),
      created(message('c-1', 1, 'consumer')),
      created(message('c-1', 2, 'agent')),
    ),
  );
  const { service } = exporting(store);
  const target = path.join(temporaryFolder(), 'events.jsonl');
  await service.run({ query: {}, format: 'jsonl', target, reason: '' });
  const lines = readFileSync(target, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ type }) => type)).toEqual(['transfer', 'message', 'message']);
  expect(lines[0]).toMatchObject({
    conversation_id: 'c-1',
    from: { id: 'a-7', name: '小美' },
    to: { id: 'a-8', name: '小丽' },
  });
});

test('[RM2] CSV names the correction and what it corrects, both ways', async () => {
  const store = await openWithAccount();
  await store.ingest(
    ACCOUNT,
    events(
      1,
      upserted(conversation('c-1')),
      created(message('c-1', 1, 'agent', { text: '九块九' })),
      created(message('c-1', 2, 'agent', { text: '【更正】九十九', correction_of: 'c-1-m1' })),
    ),
  );
  const { service } = exporting(store);
  const target = path.join(temporaryFolder(), 'all.csv');
  await service.run({ query: {}, format: 'csv', target, reason: '' });
  const [head, correction, original] = readFileSync(target, 'utf8').split('\r\n');
  expect(head?.endsWith(',recalled,correction_of,corrected_by')).toBe(true);
  expect(correction?.endsWith(',false,c-1-m1,')).toBe(true);
  expect(original?.endsWith(',false,,c-1-m2')).toBe(true);
});
