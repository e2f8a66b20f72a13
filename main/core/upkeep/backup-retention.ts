import type { BackupView } from '#shared/contract/upkeep.ts';
import { HOUR } from '#shared/lib/durations.ts';

/** So many daily ones stay, whatever they take: the newest may turn out to hold the mistake that one wants to go back behind. */
const LEAST = 2;
/** Of what is free on the disk or taken by daily backups, this share may be theirs: each is a whole copy of the records. */
const SHARE = 1 / 4;

/** The desktop's clock was wrong when it was made, or is now: its time says nothing. `now`: wall clock. */
export const isFromTheFuture = ({ made_at }: Pick<BackupView, 'made_at'>, now: number): boolean => made_at > now + HOUR;

/**
 * ST4: daily backups that go, oldest first to go: those beyond `keep`, and those beyond their share of the disk, at least two
 * staying. `daily` newest first; `free` bytes on their disk, null where nobody can say. One from the future counts as the oldest:
 * whichever clock was wrong, what is made now is newer.
 */
export function surplusBackups(
  daily: readonly BackupView[],
  keep: number,
  free: number | null,
  now: number,
): readonly BackupView[] {
  const budget =
    free === null ? Number.POSITIVE_INFINITY : (free + daily.reduce((sum, { bytes }) => sum + bytes, 0)) * SHARE;
  const inOrder = daily.toSorted((a, b) => Number(isFromTheFuture(a, now)) - Number(isFromTheFuture(b, now)));
  let taken = 0;
  return inOrder.filter(({ bytes }, index) => {
    taken += bytes;
    return index >= Math.max(1, keep) || (index >= LEAST && taken > budget);
  });
}
