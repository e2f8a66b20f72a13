import type { Command } from 'commander';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { seed } from '#main/adapters/sqlite/seed.ts';
import { integer } from '../filters.ts';
import { withProfile } from '../open-store.ts';
import type { Action } from '../program.ts';

/** Realistic volume, the same for the same seed. */
export function addSeed(program: Command, words: CliWords, action: Action): void {
  program
    .command('seed')
    .description(words.commands.seed)
    .requiredOption('--messages <n>', words.options.messages)
    .option('--seed <n>', words.options.seed, '1')
    .action(
      action(async ({ output, global, signal }, options: { messages: string; seed: string }) => {
        const messages = integer('--messages', options.messages, 1, 100_000_000, words);
        const from = integer('--seed', options.seed, 0, 4_294_967_295, words);
        return withProfile(
          global,
          async ({ profile, key }) => {
            const report = await seed({
              directory: profile.store,
              key,
              messages,
              seed: from,
              signal,
              progress: ({ done, total }) => output.progress(done, total),
            });
            if (output.json) output.result(report);
            else output.line(fill(words.seeded, { count: report.messages }));
            return 0;
          },
          { needs: null },
        );
      }),
    );
}
