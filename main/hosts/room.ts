import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { AppFailure } from '#shared/contract/errors.ts';

/** What the records need to go on with while a copy lies beside them. Bytes. */
const LEFT_OVER = 64 * 1024 * 1024;

/** Bytes that this person may still write there; null where the file system doesn't say. */
export async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** About what a copy of the records takes; null: there are none. A log beside the file is part of it. */
export function recordsBytes(records: string): number | null {
  const size = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return size(records) === 0 ? null : size(records) + size(`${records}-wal`);
}

/**
 * Looked at before a copy, or another store, is begun: one that fills the disk would stop the records too. AppFailure DISK_FULL with
 * `details.needed` and `details.free`.
 */
export async function requireRoom(
  folder: string,
  bytes: number | null,
  free: (folder: string) => Promise<number | null> = freeBytes,
): Promise<void> {
  const there = await free(folder);
  if (bytes !== null && there !== null && there < bytes + LEFT_OVER)
    throw new AppFailure('DISK_FULL', 'no room for what was to be written', { needed: bytes + LEFT_OVER, free: there });
}
