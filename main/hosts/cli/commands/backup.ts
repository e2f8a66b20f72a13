import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { RECORDS_FILE } from '#main/adapters/sqlite/open-records.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { finishRestore, prepareRestore } from '../../restoring.ts';
import { copyRecoveryFile, keysOfBackup } from '../../keys/key-profile.ts';
import { recordsBytes, requireRoom } from '../../room.ts';
import { withProfile, withStore } from '../open-store.ts';
import type { Action } from '../program.ts';

/** ST4. A backup is a whole, encrypted copy of the records; the search index is made anew from it. */
export function addBackup(program: Command, words: CliWords, action: Action): void {
  program
    .command('backup')
    .description(words.commands.backup)
    .argument('<file>')
    .action(
      action(async ({ output, global }, name: string) =>
        withStore(
          global,
          async ({ store, profile }) => {
            const file = path.resolve(name);
            await requireRoom(path.dirname(file), recordsBytes(path.join(profile.store, RECORDS_FILE)));
            const { bytes } = await store.backup(file);
            copyRecoveryFile(profile, file);
            if (output.json) output.result({ file, bytes });
            else output.line(fill(words.backedUp, { file, bytes }));
            return 0;
          },
          { reading: true },
        ),
      ),
    );

  program
    .command('restore')
    .description(words.commands.restore)
    .argument('<file>')
    .action(
      action(async ({ output, global }, name: string) => {
        const file = path.resolve(name);
        if (!existsSync(file)) throw new AppFailure('FILE_NOT_FOUND', 'no backup of this name');
        return withProfile(
          global,
          async ({ profile, key, secrets }) => {
            // Opened and looked at under another name first: what is there now is only moved away for a good one.
            await prepareRestore(profile, key, file, undefined, await keysOfBackup(secrets, file));
            const kept = finishRestore(profile)?.kept ?? null;
            if (output.json) output.result({ file, kept });
            else output.line(fill(words.restored, { file, kept: kept ?? '-' }));
            return 0;
          },
          { needs: null },
        );
      }),
    );
}
