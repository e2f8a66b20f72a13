import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import type { ImportMapping } from '#shared/contract/views.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { cutNumbersNote } from '#shared/i18n/cut-numbers.ts';
import { localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { createCsvReader } from '#main/adapters/csv/csv-reader.ts';
import { createXlsxReader } from '#main/adapters/xlsx/xlsx-reader.ts';
import {
  createImportService,
  NO_SHOP,
  parseMapping,
  proposeFor,
  type ImportReport,
} from '#main/core/import/import-service.ts';
import { createRowMapper } from '#main/core/import/map-rows.ts';
import { openTable } from '#main/core/import/table.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { createClock } from '../../clock.ts';
import { createIds } from '../../ids.ts';
import { explain } from '../explain.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';
import { UsageError } from '../usage.ts';

interface ImportOptions {
  readonly map?: string;
  readonly propose?: boolean;
  readonly shop?: string;
}

const SHOWN_REJECTED = 20;

/** SR11. */
export function addImport(program: Command, words: CliWords, action: Action): void {
  program
    .command('import')
    .description(words.commands.import)
    .argument('<files...>')
    .option('--map <file>', words.options.map)
    .option('--propose', words.options.propose)
    .option('--shop <name>', words.options.importShop)
    .action(
      action(async ({ output, global, signal }, names: string[], options: ImportOptions) => {
        if (options.map !== undefined && options.propose === true) throw new UsageError(words.usage.mapOrPropose);
        const files = commandLineFiles();
        const csv = createCsvReader();
        const spreadsheets = createXlsxReader();

        if (options.propose === true) {
          // Needs no data folder: the mapping is there to be looked at, changed and given back with --map.
          const mappings: ImportMapping[] = [];
          for (const name of names) {
            const table = await openTable(files, csv, name, spreadsheets);
            const mapping = proposeFor(table, options.shop ?? NO_SHOP, localOffsetMinutes);
            mappings.push(mapping);
            // Says now what would be missing at the import.
            createRowMapper(mapping, table.header, table.format === 'csv');
          }
          const result = mappings.length === 1 ? mappings[0] : mappings;
          if (output.json) output.result(result);
          else output.line(JSON.stringify(result, null, 2));
          return 0;
        }

        const given = options.map === undefined ? null : parseMapping(await textOf(files.read(options.map)));
        return withStore(
          global,
          async ({ store }) => {
            const clock = createClock();
            const jobs = createJobs({ clock, ids: createIds(), publish: () => {} });
            const service = createImportService({ store, files, csv, spreadsheets, clock, jobs, localOffsetMinutes });
            const results: Record<string, unknown>[] = [];
            let failed = false;
            for (const file of names) {
              try {
                const mapping = given ?? (await service.propose(file, options.shop)).mapping;
                const { bytes } = await files.describe(file);
                const report = await service.run(
                  file,
                  options.shop === undefined ? mapping : { ...mapping, shop: options.shop },
                  {
                    signal,
                    progress: (done) => output.progress(done, bytes),
                  },
                );
                results.push({ file, ...report });
                if (!output.json) tell(file, report);
              } catch (thrown) {
                if (!(thrown instanceof AppFailure) || thrown.error.code === 'CANCELLED') throw thrown;
                // One bad file does not keep the others out.
                failed = true;
                output.say(`${file}: ${explain(thrown.error, output)}`);
                results.push({
                  file,
                  rows: 0,
                  imported: 0,
                  duplicates: 0,
                  rejected: [],
                  error: { code: thrown.error.code },
                });
              }
            }
            if (output.json) output.result({ files: results });
            return failed ? 3 : 0;
          },
          { needs: null },
        );

        function tell(file: string, report: ImportReport): void {
          const { rows, imported, duplicates, rejected_total } = report;
          output.line(fill(words.imported, { file, rows, imported, duplicates, rejected: rejected_total }));
          for (const { line, reason, sheet } of report.rejected.slice(0, SHOWN_REJECTED))
            output.say(
              fill(words.rejectedLine, {
                line: sheet === undefined ? line : `${sheet}!${line}`,
                reason: `${words.importReasons[reason]} (${reason})`,
              }),
            );
          if (rejected_total > SHOWN_REJECTED)
            output.say(fill(words.rejectedMore, { count: rejected_total - SHOWN_REJECTED }));
          if (report.other_sheets.length > 0)
            output.say(fill(words.otherSheets, { sheets: report.other_sheets.join(', ') }));
          for (const cut of report.cut) output.say(`  ${cutNumbersNote(cut, 'all', output.locale)}`);
          if (report.damaged.length > 0) output.say(fill(words.damagedRows, { count: report.damaged.length }));
        }
      }),
    );
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
