import type { Command } from 'commander';
import { openStore } from '#main/adapters/sqlite/index.ts';
import type { SalvageReport } from '#main/adapters/sqlite/salvage.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { backupCheck } from '#main/core/upkeep/doctor.ts';
import { createBackupFolder } from '../../backup-folder.ts';
import { createClock } from '../../clock.ts';
import { keysOfBackup } from '../../keys/key-profile.ts';
import { finishRestore, prepareSalvage } from '../../restoring.ts';
import { withProfile, withStore } from '../open-store.ts';
import type { Output } from '../output.ts';
import type { Action, GlobalOptions } from '../program.ts';

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
    .option('--salvage', words.options.salvage)
    .action(
      action(async ({ output, global }, options: { repair?: boolean; salvage?: boolean }) => {
        const checks: Check[] = [{ name: 'node', ok: true, detail: process.version }];
        const salvaged = options.salvage === true ? await salvage(global, output) : null;
        try {
          await withStore(global, async ({ profile, key, secrets, store }) => {
            checks.push({ name: 'profile', ok: true, detail: profile.kind });
            const all = async (): Promise<Check[]> => [
              ...(await store.check()),
              await backupCheck(
                createBackupFolder({ profile, key, store, otherKeys: (file) => keysOfBackup(secrets, file) }),
                createClock(),
              ),
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
        if (output.json) output.result({ ok, checks, ...(salvaged === null ? {} : { salvage: salvaged }) });
        else
          for (const check of checks)
            output.line([check.ok ? words.ok : words.problem, check.name, check.detail].join('\t'));
        return ok ? 0 : 1;
      }),
    );
}

/** Null where the records are whole. The damaged ones are moved aside only when the new ones have passed their checks. */
async function salvage(
  global: GlobalOptions,
  output: Output,
): Promise<(SalvageReport & { readonly kept: string | null }) | null> {
  return withProfile(global, async ({ profile, key }) => {
    if (!profile.databaseExists || !(await isDamaged(profile.store, key))) {
      output.say(output.words.salvageNotNeeded);
      return null;
    }
    const report = await prepareSalvage(profile, key);
    const kept = finishRestore(profile)?.kept ?? null;
    for (const { table, lost, ...counts } of report.tables)
      if (counts.kept > 0 || lost !== 0 || counts.dangling > 0)
        output.say(fill(output.words.salvageTable, { table, lost: lost ?? '?', ...counts }));
    output.say(fill(output.words.salvaged, { kept: kept ?? '-' }));
    return { ...report, kept };
  });
}

async function isDamaged(directory: string, key: Uint8Array): Promise<boolean> {
  try {
    const store = await openStore({ directory, key, readers: 1 });
    try {
      return (await store.check()).some(({ name, ok }) => name === 'store.integrity' && !ok);
    } finally {
      await store.close();
    }
  } catch (thrown) {
    if (thrown instanceof AppFailure && thrown.error.code === 'STORE_DAMAGED') return true;
    throw thrown;
  }
}
