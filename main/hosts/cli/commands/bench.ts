import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import type { CliWords } from '#shared/i18n/cli.ts';
import { choice } from '../filters.ts';
import type { Action } from '../program.ts';

/** Seen from the sources; a packaged program has no benchmarks. */
const BENCHES = fileURLToPath(new URL('../../../../test/bench', import.meta.url));
const SUFFIX = '.bench.ts';

/** Runs benchmarks, each in a process of its own so that none warms another's caches, and gathers their tables. */
export function addBench(program: Command, words: CliWords, action: Action): void {
  program
    .command('bench')
    .description(words.commands.bench)
    .argument('[names...]')
    .option('--out <file>', words.options.benchOut)
    .allowUnknownOption()
    .action(
      action(async ({ output, global, signal }, args: string[], options: { out?: string }) => {
        if (!existsSync(BENCHES)) throw new AppFailure('UNSUPPORTED', 'benchmarks come with the sources only');
        const known = readdirSync(BENCHES)
          .filter((name) => name.endsWith(SUFFIX))
          .map((name) => name.slice(0, -SUFFIX.length))
          .toSorted();
        // What isn't ours is the benchmark's own; each checks its options by itself.
        const end = args.findIndex((arg) => arg.startsWith('-'));
        const names = end < 0 ? args : args.slice(0, end);
        const own = [...(global.data === undefined ? [] : ['--data', global.data]), ...args.slice(names.length)];
        const wanted = names.length === 0 ? known : names.map((name) => choice('bench', known, name, words));
        const results: { name: string; table: string }[] = [];
        for (const name of wanted) {
          output.say(name);
          const { code, stdout } = await runBench(path.join(BENCHES, name + SUFFIX), own, signal);
          if (signal.aborted) throw new AppFailure('CANCELLED', 'stopped');
          if (code !== 0) throw new AppFailure('INTERNAL', `benchmark ${name} ended with ${code}`);
          results.push({ name, table: stdout });
          if (!output.json) output.line(stdout.trimEnd());
        }
        if (options.out !== undefined)
          writeFileSync(
            path.resolve(options.out),
            results.map(({ name, table }) => `## ${name}\n\n${table.trimEnd()}\n`).join('\n'),
          );
        if (output.json) output.result({ benches: results });
        return 0;
      }),
    );
}

function runBench(
  file: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, stdout }));
    signal.addEventListener('abort', () => child.kill(), { once: true });
  });
}
