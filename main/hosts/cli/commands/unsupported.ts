import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import type { CliWords } from '#shared/i18n/cli.ts';
import type { Action } from '../program.ts';

/** Commands whose part of the program does not exist yet: said plainly, with exit code 3. */
export function addUnsupported(program: Command, words: CliWords, action: Action): void {
  const review = program.command('review').description(words.commands.review);
  review
    .command('merge')
    .description(words.commands.reviewMerge)
    .argument('<files...>')
    .action(
      action(async () => {
        throw new AppFailure('UNSUPPORTED', 'review merge');
      }),
    );
}
