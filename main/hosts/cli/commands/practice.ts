import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import type { CliWords } from '#shared/i18n/cli.ts';
import { runPractice } from '#main/practice/run.ts';
import { integer } from '../filters.ts';
import type { Action } from '../program.ts';
import { UsageError } from '../usage.ts';
import { untilAskedToStop } from '../wait.ts';
import { fill } from '#shared/i18n/cli.ts';

interface PracticeOptions {
  readonly port: string;
  readonly seed?: string;
  readonly rate?: string;
  readonly faults?: string;
}

/** The practice gateway alone, for other programs to connect to. Its address and tokens are standard output's. */
export function addPractice(program: Command, words: CliWords, action: Action): void {
  program
    .command('practice')
    .description(words.commands.practice)
    .option('--port <n>', words.options.port, '0')
    .option('--seed <n>', words.options.seed)
    .option('--rate <n>', words.options.rate)
    .option('--faults <file>', words.options.faults)
    .action(
      action(async ({ output, signal }, options: PracticeOptions) => {
        const rate = options.rate === undefined ? undefined : Number(options.rate);
        if (rate !== undefined && !(rate >= 0 && rate <= 1_000))
          throw new UsageError(fill(words.usage.rate, { max: 1_000, value: options.rate ?? '' }));
        const started = await runPractice({
          port: integer('--port', options.port, 0, 65_535, words),
          seed: options.seed === undefined ? undefined : seedOf(options.seed),
          rate,
          faults: options.faults,
          print: (line) => {
            if (output.json) output.result(line);
            else for (const text of [line.url, line.token]) output.line(text);
          },
        });
        if (!started.ok) throw new AppFailure(started.error.code, started.error.detail);
        if (!output.json) output.say(words.stopHint);
        await untilAskedToStop(signal);
        await started.value.close();
        return 0;
      }),
    );
}

/** A number as it is, any other word by its hash. */
function seedOf(text: string): number {
  return /^\d{1,9}$/u.test(text) ? Number(text) : createHash('sha256').update(text).digest().readUInt32LE(0);
}
