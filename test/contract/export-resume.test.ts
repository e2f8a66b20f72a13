import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCryptography } from '#main/adapters/crypto/cryptography.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { openExportReader } from '#main/adapters/sqlite/export-rows.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { createExportService, type ExportService } from '#main/core/export/export-service.ts';
import { writeExport } from '#main/core/export/write-export.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import type { Store, Visibility } from '#main/core/ports/store.ts';
import { createClock } from '#main/hosts/clock.ts';
import { exportMaker } from '#main/hosts/export-maker.ts';
import { exportMemory } from '#main/hosts/export-memory.ts';
import { ExportFormat as ExportFormatSchema, ExportPlan, type ExportFormat } from '#shared/contract/export.ts';
import { createPrng } from '#shared/lib/prng.ts';
import { EXPORT_KEY } from '#test/support/export-plan.ts';
import { verifyBytes } from '#test/support/packages.ts';
import { temporaryFolder } from '#test/support/store-fixtures.ts';

/** `WORKBENCH_FUZZ`: more records, more deaths. */
const LONG = process.env['WORKBENCH_FUZZ'] !== undefined;
const MESSAGES = LONG ? 200_000 : 9_000;
const ROUNDS = LONG ? 10 : 1;
const CHILD = fileURLToPath(new URL('../support/export-child.ts', import.meta.url));
const SIGNING_KEY = createCryptography().newSigningKey();

interface Life {
  readonly lines: readonly string[];
  readonly done: boolean;
}

/** Runs the child; kills it some milliseconds after the n-th checkpoint of a format, or lets it finish. */
function live(
  directory: string,
  folder: string,
  killAt: { readonly format: ExportFormat; readonly checkpoint: number; readonly delay: number } | null,
): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, directory, folder, JSON.stringify(SIGNING_KEY)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    let text = '';
    let checkpoints = 0;
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const all = text.split('\n');
      text = all.pop() ?? '';
      for (const line of all) {
        lines.push(line);
        if (killAt === null || !line.startsWith(`${killAt.format} checkpoint`)) continue;
        if (++checkpoints === killAt.checkpoint) setTimeout(() => child.kill('SIGKILL'), killAt.delay);
      }
    });
    child.once('error', reject);
    child.once('exit', () => resolve({ lines, done: lines.includes('done') }));
  });
}

const stored = async (directory: string): Promise<ExportPlan[]> => {
  const store = await openStore({ directory, key: EXPORT_KEY, readers: 1 });
  try {
    return (
      ((await store.setting('export.queue')) as unknown[] | undefined)?.map((plan) => ExportPlan.parse(plan)) ?? []
    );
  } finally {
    await store.close();
  }
};

/** What the plan gives without any interruption. */
async function uninterrupted(plan: ExportPlan, directory: string, place: string): Promise<Buffer> {
  const reader = openExportReader(directory, EXPORT_KEY, exportMemory(plan.format).collecting);
  try {
    await writeExport(
      { ...plan, id: 'whole', place },
      null,
      reader,
      { ...exportMaker('zh-CN'), files: createFiles({ resolve: () => undefined }), clock: createClock() },
      SIGNING_KEY,
      {
        signal: new AbortController().signal,
        leaving: () => false,
        progress: () => {},
        checkpoint: async () => {},
      },
    );
  } finally {
    reader.close();
  }
  return readFileSync(place);
}

const FORMATS = ExportFormatSchema.options;

test(
  '[EX6] killed at random moments and taken up again, every format is byte for byte the file of an uninterrupted export',
  async () => {
    const prng = createPrng(LONG ? Date.now() : 11);
    const directory = temporaryFolder();
    await seed({ directory, key: EXPORT_KEY, messages: MESSAGES, seed: 3 });
    for (let round = 0; round < ROUNDS; round++) {
      const folder = temporaryFolder();
      const plans = new Map<string, ExportPlan>();
      const resumed = new Set<string>();
      const remember = async (life: Life): Promise<void> => {
        for (const line of life.lines) if (/ resumed [1-9]/u.test(line)) resumed.add(line.split(' ')[0] as string);
        for (const plan of await stored(directory)) plans.set(plan.format, plan);
      };
      for (const format of FORMATS) {
        const life = await live(directory, folder, {
          format,
          checkpoint: 1 + Math.floor(prng.next() * 4),
          delay: Math.floor(prng.next() * (LONG ? 100 : 5)),
        });
        await remember(life);
        if (life.done) break;
      }
      const last = await live(directory, folder, null);
      expect(last.done).toBe(true);
      await remember(last);
      // A life may be over before its killer comes; that all of them were is not by chance.
      expect(resumed.size).toBeGreaterThanOrEqual(LONG ? 1 : 3);
      for (const format of resumed) {
        const written = readFileSync(path.join(folder, `all.${format}`));
        const place = path.join(folder, 'whole');
        const whole = await uninterrupted(plans.get(format) as ExportPlan, directory, place);
        expect([format, written.equals(whole)]).toEqual([format, true]);
        if (format === 'package') expect((await verifyBytes(new Uint8Array(written))).ok).toBe(true);
        rmSync(place);
      }
      expect(readdirSync(folder).toSorted()).toEqual(FORMATS.map((format) => `all.${format}`).toSorted());
      expect(await stored(directory)).toEqual([]);
    }
  },
  LONG ? 3_600_000 : 300_000,
);

/** Writes in this thread, stops at a row, and leaves what it has for the next one. */
async function interrupted(store: Store, target: string, rows: number): Promise<ExportPlan> {
  const abort = new AbortController();
  const service = serviceOf(store);
  const running = service.run(
    { query: {}, format: 'csv', target, reason: '' },
    {
      signal: abort.signal,
      progress(done) {
        if (done < rows) return;
        service.stop();
        abort.abort();
      },
    },
  );
  await expect(running).rejects.toMatchObject({ error: { code: 'CANCELLED' } });
  return ExportPlan.parse(((await store.setting('export.queue')) as unknown[])[0]);
}

function serviceOf(store: Store, visibility: Visibility = { kind: 'all' }): ExportService {
  const clock = createClock();
  return createExportService({
    ...exportMaker('zh-CN'),
    store,
    files: createFiles({ resolve: (handle) => handle }),
    clock,
    jobs: createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} }),
    visibility: () => visibility,
    actor: () => 'a-7',
    checkpointMs: 0,
  });
}

test('[EX6] a program that ends leaves its export; where what lies there is not what was written, it begins anew', async () => {
  const directory = temporaryFolder();
  await seed({ directory, key: EXPORT_KEY, messages: 6_000, seed: 4 });
  const folder = temporaryFolder();
  const target = path.join(folder, 'all.csv');
  const store = await openStore({ directory, key: EXPORT_KEY, readers: 1 });
  for (const damage of ['none', 'changed', 'shorter', 'gone'] as const) {
    const plan = await interrupted(store, target, 4_000);
    const part = path.join(folder, `.all.csv.${plan.id}.part`);
    expect(existsSync(target)).toBe(damage !== 'none');
    if (damage === 'shorter') truncateSync(part, 10);
    else if (damage === 'gone') rmSync(part);
    else if (damage === 'changed') {
      const bytes = readFileSync(part);
      bytes[1_000] = (bytes[1_000] as number) ^ 1;
      writeFileSync(part, bytes);
    }
    const seen: number[] = [];
    const report = await serviceOf(store).resume(target, { progress: (rows) => seen.push(rows) });
    expect(report?.rows).toBe(6_000);
    // 0 is said before the file is looked at; then the first page that was written now.
    expect(seen[1]).toBe(damage === 'none' ? 5_000 : 1_000);
    const whole = await uninterrupted(plan, directory, path.join(folder, 'whole'));
    expect(readFileSync(target).equals(whole)).toBe(true);
  }
  await store.close();
}, 120_000);

test('[SR10] [EX6] what the person may see has changed meanwhile: nothing of before is in the file', async () => {
  const directory = temporaryFolder();
  await seed({ directory, key: EXPORT_KEY, messages: 3_000, seed: 5 });
  const target = path.join(temporaryFolder(), 'all.csv');
  const store = await openStore({ directory, key: EXPORT_KEY, readers: 1 });
  await interrupted(store, target, 2_000);
  const report = await serviceOf(store, { kind: 'limited', sources: [], agents: [] }).resume(target);
  await store.close();
  expect(report?.rows).toBe(0);
  expect(readFileSync(target, 'utf8').split('\r\n').length).toBe(2);
}, 120_000);
