import type { BackupView } from '#shared/contract/upkeep.ts';

/** So many daily ones stay, whatever they take: the newest may turn out to hold the mistake that one wants to go back behind. */
const LEAST = 2;
/** Of what is free on the disk or taken by daily backups, this share may be theirs: each is a whole copy of the records. */
const SHARE = 1 / 4;

/**
 * ST4: daily backups that go, oldest first to go: those beyond `keep`, and those beyond their share of the disk, at least two
 * staying. `daily` newest first; `free` bytes on their disk, null where nobody can say.
 */
export function surplusBackups(daily: readonly BackupView[], keep: number, free: number | null): readonly BackupView[] {
  const budget =
    free === null ? Number.POSITIVE_INFINITY : (free + daily.reduce((sum, { bytes }) => sum + bytes, 0)) * SHARE;
  let taken = 0;
  return daily.filter(({ bytes }, index) => {
    taken += bytes;
    return index >= Math.max(1, keep) || (index >= LEAST && taken > budget);
  });
}
