import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { unfinishedPlaces } from '#main/core/export/export-service.ts';
import type { Store } from '#main/core/ports/store.ts';

/**
 * Files that the browser host's page was to fetch, below the profile and readable by its owner alone. At a start the handles
 * of the last run are gone, and with them the files; only exports that go on keep what they have written (EX6).
 */
export async function tidyOutgoing(folder: string, store: Pick<Store, 'setting'>): Promise<void> {
  const kept = new Set((await unfinishedPlaces(store)).map((place) => path.dirname(place)));
  const inside = await readdir(folder).catch(() => []);
  await Promise.all(
    inside
      .map((name) => path.join(folder, name))
      .filter((own) => !kept.has(own))
      .map((own) => rm(own, { recursive: true, force: true })),
  );
}
