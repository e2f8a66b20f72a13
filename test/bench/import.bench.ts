import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { startChild } from './support/children.ts';
import { IMPORT_SHAPES, writeImportCsv, writeImportXlsx, type ImportShape } from './support/import-file.ts';
import { ms, table } from './support/statistics.ts';
import type { ThreadUse } from './support/threads.ts';

/**
 * Importing records of another system as the window does it (SR11): time, what the main thread felt, the processor each thread
 * took, and how the memory of the process grew.
 *
 *   node test/bench/import.bench.ts [FILE …]            default: the CrossWOZ file of the shared data, 30 MB of CSV, 100,000 rows of XLSX
 *     --csv MB[,MB …]    CSV files of these sizes (2000 takes some minutes, and 10 GB in the folder for temporary files)
 *     --xlsx ROWS        a workbook
 *     --shape usual|apart   apart: each row a conversation and a consumer of its own (support/import-file.ts)
 *     --against FOLDER   the same with the program in another folder too, one after the other
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    csv: { type: 'string' },
    xlsx: { type: 'string' },
    shape: { type: 'string', default: 'usual' },
    against: { type: 'string' },
  },
});
const shape = IMPORT_SHAPES.find((one) => one === values.shape) as ImportShape;
if (shape === undefined) throw new Error(`--shape ${IMPORT_SHAPES.join('|')}`);
const byDefault = positionals.length === 0 && values.csv === undefined && values.xlsx === undefined;
const shared = fileURLToPath(new URL('../../../shared/data/crosswoz-val.gb18030.csv', import.meta.url));
const megabytes = (values.csv ?? (byDefault ? '30' : ''))
  .split(',')
  .filter((text) => text !== '')
  .map(Number);
const rowsOfXlsx = Number(values.xlsx ?? (byDefault ? 100_000 : 0));
/** As build/launch.mjs starts it (HOST_FLAGS, hostEnvironment of build/setup.mjs). */
const HOST_FLAGS = ['--max-semi-space-size=16'];
process.env['MALLOC_TRIM_THRESHOLD_'] ??= '131072';
/** A larger file is not imported a second time. */
const AGAIN_BELOW = 100e6;
/** What a start leaves behind is given back by then, so that it doesn't hide what the import takes. */
const SETTLE_MS = 9_000;

interface Delay {
  readonly p99: number;
  readonly worst: number;
  readonly busy: number;
  readonly rssBeforeMb: number;
  readonly peakMb: number;
  readonly allUs: number;
}
interface Imported {
  readonly state: string;
  readonly ms: number;
  readonly result: {
    readonly rows: number;
    readonly imported: number;
    readonly duplicates: number;
    readonly rejected_total: number;
  };
}

/** What the machine alone does to a process that has nothing to do. */
const idle = monitorEventLoopDelay({ resolution: 1 });
const rows: string[][] = [];
const threads: string[][] = [];

async function measure(file: string, program: string | null): Promise<void> {
  // A profile of its own for each: none warms another's caches.
  const folder = mkdtempSync(path.join(tmpdir(), 'import-bench-'));
  const bytes = statSync(file).size;
  const child = program === null ? 'host.child.ts' : path.resolve(program, 'test/bench/support/host.child.ts');
  const host = await startChild(
    child,
    { directory: path.join(folder, 'p'), keyFile: path.join(folder, 'k'), real: true },
    HOST_FLAGS,
  );
  try {
    for (const again of bytes < AGAIN_BELOW ? [false, true] : [false]) {
      const name = `${path.basename(file)}${again ? ', again: all are there already' : ''}${program === null ? '' : ' (the other)'}`;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      await host.ask('begin');
      await host.ask('beginThreads');
      idle.reset();
      idle.enable();
      const { state, ms: took, result } = await host.ask<Imported>('import', file);
      const used = await host.ask<readonly ThreadUse[]>('endThreads');
      const delay = await host.ask<Delay>('end');
      if (state !== 'done') throw new Error(`the import ${state}`);
      const indexed = performance.now();
      while ((await host.ask<{ pending: number }>('indexStatus')).pending > 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      rows.push([
        name,
        `${(bytes / 1e6).toFixed(1)} MB, ${result.rows} rows: ${result.imported} new, ${result.duplicates} known, ${result.rejected_total} refused`,
        ms(took),
        `${Math.round(result.rows / (took / 1_000))}/s`,
        ms(performance.now() - indexed),
        `${ms(delay.p99)} / ${ms(delay.worst)}`,
        ms(Math.max(0, idle.max / 1e6 - 1)),
        `${(delay.busy * 100).toFixed(0)} %`,
        (delay.allUs / result.rows).toFixed(0),
        `${delay.rssBeforeMb.toFixed(0)} → ${delay.peakMb.toFixed(0)} MB: ${(delay.peakMb - delay.rssBeforeMb).toFixed(0)}`,
      ]);
      process.stderr.write(`${rows.at(-1)?.join(' | ')}\n`);
      for (const { name: thread, seconds, heapMb, takenMb, outsideMb } of used)
        if (!again && seconds > 0.05)
          threads.push([
            name,
            thread,
            ((seconds * 1e6) / result.rows).toFixed(1),
            `${heapMb.toFixed(0)} of ${takenMb.toFixed(0)} + ${outsideMb.toFixed(0)}`,
          ]);
    }
  } finally {
    await host.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

const made = mkdtempSync(path.join(tmpdir(), 'import-files-'));
try {
  const given = byDefault ? [shared] : positionals.map((file) => path.resolve(file));
  const missing = given.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`no such file: ${missing}`);
  const programs = [...(values.against === undefined ? [] : [values.against]), null];
  for (const file of given) for (const program of programs) await measure(file, program);
  for (const size of megabytes) {
    const file = path.join(made, `${shape}-${size}MB.csv`);
    writeImportCsv(file, shape, size * 1e6);
    for (const program of programs) await measure(file, program);
    rmSync(file);
  }
  if (rowsOfXlsx > 0) {
    const file = path.join(made, `${shape}-${rowsOfXlsx}.xlsx`);
    await writeImportXlsx(file, shape, rowsOfXlsx);
    for (const program of programs) await measure(file, program);
  }
} finally {
  rmSync(made, { recursive: true, force: true });
}

process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}. Milliseconds.\n\n${table(
    [
      'file',
      'rows',
      'time',
      'rate',
      'index behind by',
      'main thread held up: p99 / worst',
      'worst of an idle process beside',
      'main thread busy',
      'processor a row, all threads, µs',
      'memory of the process: before, at most, growth',
    ],
    rows,
  )}\n\n${table(['file', 'thread', 'processor a row, µs', 'JavaScript heap when the process was largest, MB: in use, taken, outside'], threads)}\n`,
);
