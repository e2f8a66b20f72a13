/** ISO 8601 with offset, e.g. `2026-09-01T09:36:53.000+08:00`. `offsetMinutes`: east of UTC. */
export function isoWithOffset(at: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const minutes = Math.abs(offsetMinutes);
  const hours = Math.floor(minutes / 60);
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes - hours * 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** Minutes east of UTC of this machine's time zone at that moment. */
export function localOffsetMinutes(at: number): number {
  return -new Date(at).getTimezoneOffset();
}
