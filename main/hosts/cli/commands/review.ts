import type { Command } from 'commander';
import { catalogues } from '#shared/i18n/index.ts';
import type { MergeReport } from '#shared/contract/reviews.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { createAudit } from '#main/core/audit/audit.ts';
import { createReviewing } from '#main/core/review/review.ts';
import { createClock } from '../../clock.ts';
import { createIds } from '../../ids.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';

/**
 * QA4: brings review files back. Exit code 0 where everything is here now, 1 where something was kept out (conflicts are
 * listed; nothing is overwritten). A file that can't be merged at all ends the command with its code; those before it stay.
 */
export function addReview(program: Command, words: CliWords, action: Action): void {
  const review = program.command('review').description(words.commands.review);
  review
    .command('merge')
    .description(words.commands.reviewMerge)
    .argument('<files...>')
    .action(
      action(({ output, global, signal }, names: readonly string[]) =>
        withStore(global, async ({ store }) => {
          const clock = createClock();
          const { handlers } = createReviewing({
            store,
            files: commandLineFiles(),
            ids: createIds(),
            audit: createAudit(store, clock),
            now: () => clock.wallNow(),
            localOffsetMinutes: (at) => -new Date(at).getTimezoneOffset(),
            locale: output.locale,
            program: 'merchant-workbench',
            onChanged: () => undefined,
          });
          const said = catalogues[output.locale].reviews.merge.outcome;
          const reports: MergeReport[] = [];
          for (const file of names) {
            if (signal.aborted) break;
            const report = await handlers['reviews.merge']({ file });
            reports.push(report);
            if (output.json) continue;
            const { reviewer, added, same, conflicts } = report;
            output.line(fill(words.merged, { file: report.file, reviewer, added, same, conflicts }));
            for (const { conversation_id, agent, outcome, score, here } of report.lines)
              if (outcome !== 'added' && outcome !== 'same')
                output.line(
                  `  ${conversation_id} ${agent}: ${said[outcome]} [${outcome}] ${score ?? '–'} / ${here ?? '–'}`,
                );
          }
          if (output.json) output.result({ files: reports });
          return reports.some(({ conflicts }) => conflicts > 0) ? 1 : 0;
        }),
      ),
    );
}
