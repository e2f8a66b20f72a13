import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import type { CliWords } from '#shared/i18n/cli.ts';
import { backupCheck } from '#main/core/upkeep/doctor.ts';
import { createBackupFolder } from '../../backup-folder.ts';
import { createClock } from '../../clock.ts';
import { withStore } from '../open-store.ts';
import type { Action } from '../program.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** ST4: says what is wrong with runtime, data folder, key and database; `--repair` rebuilds what can be derived. */
export function addDoctor(program: Command, words: CliWords, action: Action): void {
  program
    .command('doctor')
    .description(words.commands.doctor)
    .option('--repair', words.options.repair)
    .action(
      action(async ({ output, global }, options: { repair?: boolean }) => {
        const checks: Check[] = [{ name: 'node', ok: true, detail: process.version }];
        try {
          await withStore(global, async ({ profile, key, store }) => {
            checks.push({ name: 'profile', ok: true, detail: profile.kind });
            const all = async (): Promise<Check[]> => [
              ...(await store.check()),
              await backupCheck(createBackupFolder({ profile, key, store }), createClock()),
            ];
            checks.push(...(await all()));
            if (options.repair === true) {
              await store.rebuildIndex((done, total) => output.progress(done, total));
              output.say(words.repaired);
              // What stands in the result is the state after the repair.
              checks.splice(2, checks.length, ...(await all()));
            }
            return 0;
          });
        } catch (thrown) {
          if (!(thrown instanceof AppFailure)) throw thrown;
          checks.push({ name: 'open', ok: false, detail: thrown.error.code });
        }
        const ok = checks.every((check) => check.ok);
        if (output.json) output.result({ ok, checks });
        else
          for (const check of checks)
            output.line([check.ok ? words.ok : words.problem, check.name, check.detail].join('\t'));
        return ok ? 0 : 1;
      }),
    );
}
