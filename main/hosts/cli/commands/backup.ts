import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { AppFailure } from '#shared/contract/errors.ts';
import { fill, type CliWords } from '#shared/i18n/cli.ts';
import { openStore } from '#main/adapters/sqlite/index.ts';
import { RECORDS_FILE } from '#main/adapters/sqlite/open-records.ts';
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
          async ({ store }) => {
            const file = path.resolve(name);
            const { bytes } = await store.backup(file);
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
        return withProfile(global, async ({ profile, key }) => {
          // Opened and looked at under another name first: what is there now is only moved away for a good one.
          const trial = mkdtempSync(path.join(profile.folder, 'restore-'));
          try {
            copyFlushed(file, path.join(trial, RECORDS_FILE));
            const restored = await openStore({ directory: trial, key, readers: 1 });
            try {
              const failed = (await restored.check()).find((check) => !check.ok && check.name !== 'store.disk');
              if (failed !== undefined)
                throw new AppFailure('STORE_DAMAGED', 'the backup does not pass its checks', { check: failed.name });
            } finally {
              await restored.close();
            }
            mkdirSync(profile.backups, { recursive: true, mode: 0o700 });
            const kept = path.join(
              profile.backups,
              `before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`,
            );
            if (readdirSync(profile.store).length > 0) renameSync(profile.store, kept);
            else rmSync(profile.store, { recursive: true });
            renameSync(trial, profile.store);
            if (output.json) output.result({ file, kept });
            else output.line(fill(words.restored, { file, kept }));
            return 0;
          } finally {
            rmSync(trial, { recursive: true, force: true });
          }
        });
      }),
    );
}

function copyFlushed(from: string, to: string): void {
  cpSync(from, to);
  const file = openSync(to, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
