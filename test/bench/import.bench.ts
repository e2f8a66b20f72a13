import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { startChild } from './support/children.ts';
import { ms, table } from './support/statistics.ts';

/**
 * Importing records of another system as the window does it (SR11): time, what the main thread felt, the processor it took, and the memory of the process.
 *
 *   node test/bench/import.bench.ts [FILE …]     default: the CrossWOZ file of the shared data
 */
const { positionals } = parseArgs({ allowPositionals: true });
const shared = fileURLToPath(new URL('../../../shared/data/crosswoz-val.gb18030.csv', import.meta.url));
const files = positionals.length === 0 ? [shared] : positionals.map((file) => path.resolve(file));
const missing = files.find((file) => !existsSync(file));
if (missing !== undefined) throw new Error(`no such file: ${missing}`);

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
for (const file of files) {
  // A profile of its own for each: none warms another's caches.
  const folder = mkdtempSync(path.join(tmpdir(), 'import-bench-'));
  const host = await startChild('host.child.ts', {
    directory: path.join(folder, 'p'),
    keyFile: path.join(folder, 'k'),
    real: true,
  });
  try {
    for (const name of [path.basename(file), 'again: all are there already']) {
      await host.ask('begin');
      idle.reset();
      idle.enable();
      const { state, ms: took, result } = await host.ask<Imported>('import', file);
      const delay = await host.ask<Delay>('end');
      if (state !== 'done') throw new Error(`the import ${state}`);
      const indexed = performance.now();
      while ((await host.ask<{ pending: number }>('indexStatus')).pending > 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      rows.push([
        name,
        `${(statSync(file).size / 1e6).toFixed(1)} MB, ${result.rows} rows: ${result.imported} new, ${result.duplicates} known, ${result.rejected_total} refused`,
        ms(took),
        `${Math.round(result.rows / (took / 1_000))}/s`,
        ms(performance.now() - indexed),
        `${ms(delay.p99)} / ${ms(delay.worst)}`,
        ms(Math.max(0, idle.max / 1e6 - 1)),
        `${(delay.busy * 100).toFixed(0)} %`,
        (delay.allUs / result.rows).toFixed(0),
        `${delay.rssBeforeMb.toFixed(0)} → ${delay.peakMb.toFixed(0)} MB`,
      ]);
      process.stderr.write(`${rows.at(-1)?.join(' | ')}\n`);
    }
  } finally {
    await host.end();
    rmSync(folder, { recursive: true, force: true });
  }
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
      'memory of the process: before, at most',
    ],
    rows,
  )}\n`,
);
