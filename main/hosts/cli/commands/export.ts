import path from 'node:path';
import { Option, type Command } from 'commander';
import type { ExportFormat } from '#shared/contract/export.ts';
import { chosenMasks, MASK_KINDS, parseMaskChoices, type MaskKind } from '#shared/domain/mask/choices.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { viewerWords } from '#shared/i18n/viewer.ts';
import { actorOf } from '#main/core/accounts/acting.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { visibilityOf } from '#main/core/search/visibility.ts';
import { createClock } from '../../clock.ts';
import { exportMaker, madeBy } from '../../export-maker.ts';
import { createExportRunner } from '../../export-runner.ts';
import { createIds } from '../../ids.ts';
import { addFilters, checkFilters, readFilters, type FilterOptions } from '../filters.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';
import { UsageError } from '../usage.ts';

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly mask?: string;
  readonly reason?: string;
  readonly resume?: boolean;
}

/** EX1–EX6, EX8. `--resume` goes on with an unfinished export to the same file as it was asked for; without one it begins. */
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
      action(async ({ output, global, signal }, options: ExportOptions) => {
        const { format } = options;
        // Asked for and not done would be an unmasked file in the wrong hands.
        const masks = readMasks(options.mask, words);
        const files = commandLineFiles();
        checkFilters(options, words);
        return withStore(global, async ({ store, profile, key, secrets }) => {
          const { query, nothing } = await readFilters(options, files, words, Date.now(), store);
          const clock = createClock();
          const service = createExportService({
            ...exportMaker(output.locale),
            store,
            files,
            clock,
            secrets,
            jobs: createJobs({ clock, ids: createIds(), publish: () => {} }),
            visibility: () => visibilityOf(store),
            actor: () => actorOf(store),
            made: madeBy(output.locale),
            runner: createExportRunner({
              store: profile.store,
              key,
              attachments: path.join(profile.folder, 'attachments'),
              locale: output.locale,
            }),
          });
          const watching = {
            signal,
            progress: (rows: number, total?: number): void => output.progress(rows, total ?? null),
          };
          const resumed = options.resume === true ? await service.resume(options.out, watching) : null;
          const report =
            resumed ??
            (await service.run(
              // A list of numbers without a single number finds nothing; an empty filter would export everything.
              {
                query: nothing ? { ...query, orders: [NO_NUMBER] } : query,
                format,
                target: options.out,
                reason: options.reason ?? '',
                masks,
              },
              watching,
            ));
          if (output.json) output.result(report);
          else {
            const { file, rows, bytes, sha256, fingerprint } = report;
            output.line(fill(words.exported, { file, rows, bytes, sha256 }));
            if (typeof fingerprint === 'string')
              output.line(`${viewerWords[output.locale].verify.fingerprint}: ${fingerprint}`);
          }
          return 0;
        });
      }),
    );
}

function readMasks(text: string | undefined, words: CliWords): readonly MaskKind[] {
  if (text === undefined) return [];
  const parsed = parseMaskChoices(text);
  if (parsed.ok) return chosenMasks(parsed.value);
  throw new UsageError(
    fill(words.usage.choice, { option: '--mask', choices: [...MASK_KINDS, 'all', 'none'].join(' | '), value: text }),
  );
}

/** No number contains a blank. */
const NO_NUMBER = ' ';
