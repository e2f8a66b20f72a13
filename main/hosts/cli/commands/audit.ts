import { Option, type Command } from 'commander';
import { actorOf, permitProfile } from '#main/core/accounts/acting.ts';
import { exportAudit } from '#main/core/administration/audit-log.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { isoWithOffset, localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { createClock } from '../../clock.ts';
import { integer } from '../filters.ts';
import { commandLineFiles } from '../files.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';

interface ListOptions {
  readonly action?: readonly string[];
  readonly actor?: readonly string[];
  readonly text?: string;
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
    .option('--limit <n>', words.options.limit, '100')
    .action(
      action(async ({ output, global }, options: ListOptions & { readonly limit: string }) => {
        const limit = integer('--limit', options.limit, 1, 1_000, words);
        return withStore(
          global,
          async ({ store }) => {
            await permitProfile(store, 'audit.read');
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
        );
      }),
    );

  filtered(audit.command('export').description(words.audit.export))
    .requiredOption('--out <file>', words.options.out)
    .addOption(new Option('--format <format>', words.options.format).choices(['csv', 'jsonl']).default('jsonl'))
    .action(
      action(
        async ({ output, global }, options: ListOptions & { readonly out: string; readonly format: 'csv' | 'jsonl' }) =>
          withStore(global, async ({ store }) => {
            await permitProfile(store, 'audit.read');
            const { format } = options;
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
