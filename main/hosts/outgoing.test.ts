import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createFiles } from '#main/adapters/files/files.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { rowsOf, writeExport, type ExportMaker } from '#main/core/export/write-export.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import type { JobView } from '#shared/contract/views.ts';
import { importRecord, open, T0, temporaryFolder } from '#test/support/store-fixtures.ts';
import { createClock } from './clock.ts';
import { exportMaker } from './export-maker.ts';
import { createFileHandles } from './file-handles.ts';
import { tidyOutgoing } from './outgoing.ts';
import { openProfile } from './profile.ts';

const clock = createClock();

test('[EX6] the browser host: an unfinished export outlives the program, goes on, and its file can be fetched', async () => {
  const profile = openProfile({ directory: temporaryFolder(), kind: 'real' });
  expect(statSync(profile.outgoing).mode & 0o077).toBe(0);
  const store = await open();
  await store.importRecords(
    Array.from({ length: 3_000 }, (_, i) => importRecord({ message_id: `m-${i}`, sent_at: T0 + i, text: `第${i}条` })),
  );
  const place = path.join(profile.outgoing, 'a', '聊天记录.csv');
  for (const name of ['a', 'b']) mkdirSync(path.join(profile.outgoing, name));
  const fetched = path.join(profile.outgoing, 'b', 'fetched.csv');
  writeFileSync(fetched, 'long fetched');

  const handles = createFileHandles();
  const ended: JobView[] = [];
  const serviceOf = (stopAt: number) => {
    const maker: ExportMaker = {
      ...exportMaker('zh-CN'),
      files: createFiles({ resolve: (handle) => (handle === 'target' ? place : undefined) }),
      clock,
      checkpointMs: 0,
    };
    let id = 0;
    const jobs = createJobs({
      clock,
      ids: { next: () => `j${id++}`, random: () => 0 },
      publish: (job) => ended.push(job),
    });
    const service = createExportService({
      ...maker,
      clock,
      store,
      jobs,
      visibility: () => ({ kind: 'all' }),
      actor: () => 'a-7',
      made: 'test',
      fetchedFrom: (where) => `files/download/${handles.offer(where)}`,
      runner: {
        run: (plan, checkpoint, key, hooks) =>
          writeExport(plan, checkpoint, rowsOf(store), maker, key, {
            ...hooks,
            progress(rows, bytes) {
              hooks.progress(rows, bytes);
              if (rows >= stopAt) {
                service.stop();
                stopping.abort();
              }
            },
          }),
      },
    });
    const stopping = new AbortController();
    return { service, jobs, signal: stopping.signal };
  };

  const first = serviceOf(2_000);
  await expect(
    first.service.run({ query: {}, format: 'csv', target: 'target', reason: '', masks: [] }, { signal: first.signal }),
  ).rejects.toMatchObject({ error: { code: 'CANCELLED' } });
  expect(existsSync(place)).toBe(false);

  // The next start: what was fetched goes, what goes on stays.
  await tidyOutgoing(profile.outgoing, store);
  expect(existsSync(fetched)).toBe(false);
  const second = serviceOf(Number.POSITIVE_INFINITY);
  expect(await second.service.resumeAll()).toBe(1);
  const { state, result } = await second.jobs.finished('j0');
  expect(state).toBe('done');
  expect(result).toMatchObject({ rows: 3_000, resumed: true, name: '聊天记录.csv' });
  const handle = /^files\/download\/([\w-]{22})$/.exec(String(result?.['download']))?.[1];
  expect(handles.offered(String(handle))).toBe(place);
  expect(readFileSync(place, 'utf8').split('\r\n').length).toBe(3_002);

  // And the start after that: nothing is unfinished any more.
  await tidyOutgoing(profile.outgoing, store);
  expect(existsSync(place)).toBe(false);
  profile.release();
});
