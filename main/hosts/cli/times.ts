import { localOffsetMinutes } from '#shared/lib/iso-time.ts';
import { parseTime } from '#main/core/import/time-format.ts';

const DAY_ONLY = /^(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8})$/u;

/**
 * A point in time as people type it: a date (local midnight), a date and time (local), ISO 8601 with its zone, or
 * milliseconds or seconds since 1970. Milliseconds since 1970 UTC, null where it is none.
 */
export function parseMoment(text: string): { readonly at: number; readonly dayOnly: boolean } | null {
  const value = text.trim();
  const asUtc = parseTime(value, 'iso', 0);
  if (asUtc === null) return null;
  // One that carries its own zone does not move with ours.
  if (parseTime(value, 'iso', 60) === asUtc) return { at: asUtc, dayOnly: false };
  const first = asUtc - localOffsetMinutes(asUtc) * 60_000;
  // Across a change of summer time the offset of the result counts.
  return { at: asUtc - localOffsetMinutes(first) * 60_000, dayOnly: DAY_ONLY.test(value) };
}

/** Local midnight `days` calendar days after the one of `at`. */
export function localMidnight(at: number, days: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}
