import { Option, type Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { spreadsheetWords } from '#shared/i18n/spreadsheet.ts';
import { localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { createXlsxWriter } from '#main/adapters/xlsx/xlsx-writer.ts';
import { actorOf } from '#main/core/accounts/acting.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { visibilityOf } from '#main/core/search/visibility.ts';
import { appVersion } from '../../app-info.ts';
import { createClock } from '../../clock.ts';
import { createIds } from '../../ids.ts';
import { addFilters, readFilters, type FilterOptions } from '../filters.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';
import { exportPackage } from './export-package.ts';

interface ExportOptions extends FilterOptions {
  readonly format: 'csv' | 'xlsx' | 'jsonl' | 'package';
  readonly out: string;
  readonly mask?: string;
  readonly reason?: string;
  readonly resume?: boolean;
}

/** EX1, EX2, EX8. */
export function addExport(program: Command, words: CliWords, action: Action): void {
  addFilters(program.command('export').description(words.commands.export), words)
    .addOption(
      new Option('--format <format>', words.options.format)
        .choices(['csv', 'xlsx', 'jsonl', 'package'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <file>', words.options.out)
    .option('--mask <what>', words.options.mask)
    .option('--reason <text>', words.options.reason)
    .option('--resume', words.options.resume)
    .action(
      action(async (context, options: ExportOptions) => {
        const { output, global, signal } = context;
        const { format } = options;
        if (format === 'package') return exportPackage(context, options, words);
        // Asked for and not done would be an unmasked file in the wrong hands.
        if (options.mask !== undefined && options.mask !== 'none')
          throw new AppFailure('UNSUPPORTED', 'masking', { mask: options.mask });
        if (options.resume === true) throw new AppFailure('UNSUPPORTED', 'resuming an export');
        const files = commandLineFiles();
        const { query, nothing } = await readFilters(options, files, words, Date.now());
        return withStore(global, async ({ store }) => {
          const clock = createClock();
          const service = createExportService({
            store,
            files,
            clock,
            jobs: createJobs({ clock, ids: createIds(), publish: () => {} }),
            visibility: () => visibilityOf(store),
            actor: () => actorOf(store),
            localOffsetMinutes,
            spreadsheet: {
              writer: createXlsxWriter(),
              words: spreadsheetWords[output.locale],
              program: `Merchant Workbench ${appVersion()}`,
            },
          });
          const report = await service.run(
            // A list of numbers without a single number finds nothing; an empty filter would export everything.
            {
              query: nothing ? { ...query, orders: [NO_NUMBER] } : query,
              format,
              target: options.out,
              reason: options.reason ?? '',
            },
            { signal, progress: (rows, total) => output.progress(rows, total ?? null) },
          );
          if (output.json) output.result(report);
          else output.line(fill(words.exported, { ...report }));
          return 0;
        });
      }),
    );
}

/** No number contains a blank. */
const NO_NUMBER = ' ';
