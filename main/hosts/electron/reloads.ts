import { MINUTE } from '#shared/lib/durations.ts';

const MOST_A_MINUTE = 3;

/**
 * Whether a page whose process has gone may be loaded once more. One that dies whenever it is loaded would otherwise be
 * loaded for ever; `now` in milliseconds.
 */
export function createReloads(): (now: number) => boolean {
  let recent: number[] = [];
  return (now) => {
    recent = recent.filter((at) => now - at < MINUTE);
    if (recent.length >= MOST_A_MINUTE) return false;
    recent.push(now);
    return true;
  };
}
