import type { Command } from 'commander';
import { actorOf, permitProfile } from '#main/core/accounts/acting.ts';
import { exportAudit } from '#main/core/administration/audit-log.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { isoWithOffset, localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { createClock } from '../../clock.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';

interface ListOptions {
  readonly action?: readonly string[];
  readonly actor?: readonly string[];
  readonly text?: string;
  readonly limit?: string;
}

const filterOf = ({ action, actor, text }: ListOptions) => ({
  ...(action === undefined ? {} : { actions: [...action] }),
  ...(actor === undefined ? {} : { actors: [...actor] }),
  ...(text === undefined ? {} : { text }),
});

/** AD4: the audit log from a shell. `audit verify` needs no permission: it says whether the log is whole, not what is in it. */
export function addAudit(program: Command, words: CliWords, action: Action): void {
  const audit = program.command('audit').description(words.commands.audit);

  audit
    .command('verify')
    .description(words.audit.verify)
    .action(
      action(async ({ output, global }) =>
        withStore(
          global,
          async ({ store }) => {
            const report = await store.verifyAudit();
            if (output.json) output.result(report);
            else
              output.line(
                report.ok
                  ? fill(words.audit.whole, { entries: report.entries })
                  : report.broken_at === null
                    ? fill(words.audit.missing, { count: report.missing_at_end })
                    : fill(words.audit.broken, { seq: report.broken_at }),
              );
            return report.ok ? 0 : 1;
          },
          { reading: true },
        ),
      ),
    );

  const filtered = (command: Command): Command =>
    command
      .option('--action <action...>', words.audit.action)
      .option('--actor <actor...>', words.audit.actor)
      .option('--text <text>', words.audit.text);

  filtered(audit.command('list').description(words.audit.list))
    .option('--limit <n>', words.options.limit)
    .action(
      action(async ({ output, global }, options: ListOptions) =>
        withStore(
          global,
          async ({ store }) => {
            await permitProfile(store, 'audit.read');
            const limit = options.limit === undefined ? 100 : Number(options.limit);
            if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
              throw new AppFailure('BAD_INPUT', '--limit: 1 to 1000', { field: 'limit' });
            const { rows } = await store.auditPage(filterOf(options), { limit, before: null });
            if (output.json) output.result({ rows });
            else
              for (const row of rows)
                output.line(
                  [
                    row.seq,
                    isoWithOffset(row.at, localOffsetMinutes(row.at)),
                    row.actor,
                    row.action,
                    JSON.stringify(row.details),
                  ].join('\t'),
                );
            return 0;
          },
          { reading: true },
        ),
      ),
    );

  filtered(audit.command('export').description(words.audit.export))
    .requiredOption('--out <file>', words.options.out)
    .option('--format <format>', words.audit.format, 'jsonl')
    .action(
      action(async ({ output, global }, options: ListOptions & { readonly out: string; readonly format: string }) =>
        withStore(global, async ({ store }) => {
          await permitProfile(store, 'audit.read');
          const { format } = options;
          if (format !== 'csv' && format !== 'jsonl')
            throw new AppFailure('BAD_INPUT', '--format: csv or jsonl', { field: 'format' });
          const result = await exportAudit(
            { store, files: commandLineFiles(), clock: createClock(), localOffsetMinutes },
            await actorOf(store),
            { filter: filterOf(options), format, target: options.out },
          );
          if (output.json) output.result({ file: options.out, ...result });
          else output.line(fill(words.audit.exported, { entries: result.entries, file: options.out }));
          return 0;
        }),
      ),
    );
}
