import { expect, test } from 'vitest';
import type { BackupView } from '#shared/contract/upkeep.ts';
import { surplusBackups } from './backup-retention.ts';

const daily = (...bytes: readonly number[]): readonly BackupView[] =>
  bytes.map((size, day) => ({ name: `day-${day}`, reason: 'daily', made_at: -day, bytes: size }));
const gone = (backups: readonly BackupView[], keep: number, free: number | null, now = 0): readonly string[] =>
  surplusBackups(backups, keep, free, now).map(({ name }) => name);

test('[ST4] daily backups: as many as are kept, within a quarter of the disk, two in any case', () => {
  expect(gone(daily(1, 1, 1, 1), 3, 1_000)).toEqual(['day-3']);
  expect(gone(daily(1, 1, 1, 1), 7, 1_000)).toEqual([]);
  // 400 of 1,600 are theirs.
  expect(gone(daily(150, 150, 150, 150), 7, 1_000)).toEqual(['day-2', 'day-3']);
  expect(gone(daily(100, 100, 100, 100), 7, 1_200)).toEqual([]);
  // A disk that is nearly full takes neither of the newest two.
  expect(gone(daily(500, 500, 500), 7, 0)).toEqual(['day-2']);
  // The person's own wish for fewer holds.
  expect(gone(daily(5, 5, 5), 1, null)).toEqual(['day-1', 'day-2']);
  expect(gone(daily(5, 5, 5), 0, null)).toEqual(['day-1', 'day-2']);
  expect(gone(daily(9e12, 9e12, 9e12), 7, null)).toEqual([]);
  expect(gone([], 7, 0)).toEqual([]);
});

test('[ST4] daily backups made under a clock that was ahead go before all others', () => {
  const year = 365 * 24 * 3_600_000;
  const [ahead, ...others] = daily(1, 1, 1, 1).map((backup, index) => ({
    ...backup,
    made_at: index === 0 ? year : backup.made_at,
  }));
  expect(gone([ahead as BackupView, ...others], 3, null)).toEqual(['day-0']);
  expect(gone([ahead as BackupView, ...others], 4, null)).toEqual([]);
  // Its time has come: it is the newest.
  expect(gone([ahead as BackupView, ...others], 3, null, year)).toEqual(['day-3']);
});
