import { openStore } from '#main/adapters/sqlite/index.ts';
import { createFiles } from '#main/adapters/files/files.ts';
import { createMemorySecrets } from '#main/adapters/secrets/memory.ts';
import { createExportService } from '#main/core/export/export-service.ts';
import { createJobs } from '#main/core/jobs/jobs.ts';
import { createClock } from '#main/hosts/clock.ts';
import { exportMaker } from '#main/hosts/export-maker.ts';
import { createExportRunner } from '#main/hosts/export-runner.ts';
import path from 'node:path';
import { existsSync } from 'node:fs';
import { ExportFormat } from '#shared/contract/export.ts';
import { MASK_KINDS } from '#shared/domain/mask/choices.ts';
import { EXPORT_KEY } from './export-plan.ts';

/**
 * Exports into a folder, one format after the other, each in the thread that the program uses, until it is done or killed;
 * goes on with what an earlier life left. Says `FORMAT checkpoint ROWS` after each checkpoint is stored, `FORMAT resumed
 * ROWS` where it goes on, `done` at the end.
 */
const [directory, folder, signingKey] = process.argv.slice(2) as [string, string, string];
let format: ExportFormat = 'csv';
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const store = await openStore({ directory, key: EXPORT_KEY, readers: 1 });
const clock = createClock();
const secrets = createMemorySecrets();
await secrets.set('package-signing-key', signingKey);
const service = createExportService({
  ...exportMaker('zh-CN'),
  store: {
    ...store,
    async setSetting(name, value) {
      await store.setSetting(name, value);
      if (name.startsWith('export.checkpoint.') && value !== undefined)
        say(`${format} checkpoint ${(value as { rows: number }).rows}`);
    },
    async appendAudit(entry) {
      await store.appendAudit(entry);
      if (entry.details['state'] === 'resumed') say(`${format} resumed ${String(entry.details['rows'])}`);
    },
  },
  files: createFiles({ resolve: (handle) => handle }),
  clock,
  secrets,
  jobs: createJobs({ clock, ids: { next: () => 'job', random: () => 0 }, publish: () => {} }),
  visibility: () => ({ kind: 'all' }),
  actor: () => 'a-7',
  made: 'test',
  runner: createExportRunner({ store: directory, key: EXPORT_KEY, locale: 'zh-CN', checkpointMs: 1 }),
});
for (format of ExportFormat.options) {
  const target = path.join(folder, `all.${format}`);
  if (existsSync(target)) continue;
  if ((await service.resume(target)) === null)
    await service.run({ query: {}, format, target, reason: '抽查', masks: MASK_KINDS });
}
await store.close();
say('done');
