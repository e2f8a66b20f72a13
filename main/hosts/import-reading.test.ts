import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createImportReading, type ImportBatch, type ImportReading } from '#main/core/import/reading.ts';
import { proposeFor } from '#main/core/import/import-service.ts';
import type { ImportRecord } from '#main/core/ports/store.ts';
import type { ImportMapping } from '#shared/contract/views.ts';
import { createThreadedImportReading } from './import-reading.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const resolve = (handle: string): string | undefined => (handle.startsWith('/') ? handle : undefined);

function file(rows: number): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'import-reading-'));
  folders.push(folder);
  const target = path.join(folder, '记录.csv');
  const lines = Array.from({ length: rows }, (_, n) =>
    n % 500 === 499
      ? `不是时间,小李,甲,消费者,坏行,`
      : `2026-09-01 10:00:${String(n % 60).padStart(2, '0')},小李,买家${n % 90},消费者,"第${n}句，
换行",A${10_000 + n}`,
  );
  writeFileSync(target, `时间,客服,消费者,发送方,内容,订单号\n${lines.join('\n')}\n`);
  return target;
}

/** What the writer makes of a batch. */
function opened({ records }: ImportBatch): readonly ImportRecord[] {
  return 'json' in records ? (JSON.parse(new TextDecoder().decode(records.json)) as ImportRecord[]) : records;
}

async function all(reading: ImportReading, from: string, mapping: ImportMapping): Promise<ImportBatch[]> {
  const batches: ImportBatch[] = [];
  for await (const batch of reading.records(from, mapping, undefined)) batches.push(batch);
  return batches;
}

it('[SR11] a thread reads the same heads, records and bad rows as reading in place', async () => {
  const from = file(3_300);
  const inPlace = createImportReading({ files: createFiles({ resolve }), csv: createCsvReader() });
  const threaded = createThreadedImportReading({ resolve });
  const head = await threaded.look(from);
  expect(head).toEqual(await inPlace.look(from));
  const mapping = proposeFor(head, 'S', () => 480);
  const batches = await all(threaded, from, mapping);
  // Packed, and the same rows.
  for (const batch of batches) expect(batch.records).toHaveProperty('json');
  for (const batch of batches) expect(batch.records.length).toBe(opened(batch).length);
  expect(batches.map((batch) => ({ ...batch, records: opened(batch) }))).toEqual(await all(inPlace, from, mapping));
  expect(batches.map((batch) => batch.rows)).toEqual([1_000, 1_000, 1_000, 300]);
  expect(batches.flatMap((batch) => batch.rejected)).toHaveLength(6);
});

it('[SR11] a batch of long rows ends early, so that what is under way is bounded by its text', async () => {
  const from = file(0);
  const long = '长'.repeat(400_000);
  writeFileSync(
    from,
    `时间,客服,消费者,发送方,内容\n${Array.from({ length: 8 }, (_, n) => `2026-09-01 10:00:0${n},小李,甲,消费者,${n % 4 === 3 ? '短' : long}${n}`).join('\n')}\n`,
  );
  const reading = createImportReading({ files: createFiles({ resolve }), csv: createCsvReader() });
  const batches = await all(
    reading,
    from,
    proposeFor(await reading.look(from), 'S', () => 480),
  );
  expect(batches.map((batch) => batch.rows)).toEqual([3, 4, 1]);
  expect(batches.flatMap((batch) => opened(batch)).map((record) => record.text.slice(-1))).toEqual([...'01234567']);
});

it('[SR8] a read that is cancelled, or that nobody listens to any more, ends its thread; failures keep their code', async () => {
  const from = file(20_000);
  const threaded = createThreadedImportReading({ resolve });
  const mapping = proposeFor(await threaded.look(from), 'S', () => 480);
  const abort = new AbortController();
  const failed = (async () => {
    for await (const batch of threaded.records(from, mapping, abort.signal)) {
      expect(batch.rows).toBe(1_000);
      abort.abort();
    }
  })();
  await expect(failed).rejects.toMatchObject({ error: { code: 'CANCELLED' } });
  // The generator waits for its thread's end.
  for await (const batch of threaded.records(from, mapping, undefined)) {
    expect(batch.rows).toBe(1_000);
    break;
  }
  const empty = path.join(path.dirname(from), 'leer.csv');
  writeFileSync(empty, '');
  await expect(threaded.look(empty)).rejects.toMatchObject({ error: { code: 'FILE_EMPTY' } });
  await expect(threaded.look('unknown')).rejects.toMatchObject({ error: { code: 'FILE_NOT_FOUND' } });
  await expect(all(threaded, from, { ...mapping, columns: { text: '内容' } })).rejects.toMatchObject({
    error: { code: 'NO_TIME_COLUMN' },
  });
});
