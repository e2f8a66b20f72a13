/** Days of a spreadsheet between its day 0 (30 December 1899) and 1970. */
const DAYS_TO_1970 = 25_569;
const DAY_MS = 86_400_000;
/** From 1 March 1900, before which the calendar of spreadsheets has a day too many, to the end of 9999. */
const FIRST_SERIAL = 61;
const LAST_SERIAL = 2_958_466;

/**
 * The number by which a spreadsheet names a moment, as text, or null where it cannot. Never with so few digits that it
 * could be taken for a rounded one. `at`: milliseconds since 1970, local time.
 */
export function serialOf(at: number): string | null {
  const serial = at / DAY_MS + DAYS_TO_1970;
  if (serial < FIRST_SERIAL || serial >= LAST_SERIAL) return null;
  const text = String(serial);
  return text.length > 15 || Number.isInteger(serial) ? text : serial.toFixed(11);
}

/** `yyyy-MM-dd HH:mm:ss`, with `.SSS` unless zero. `at`: milliseconds since 1970, local time. */
export function timeText(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, iso.endsWith('.000Z') ? 19 : 23)}`;
}

/** timeText for times close to each other, as rows have them: the day is only worked out when it changes. */
export function createTimeText(): (at: number) => string {
  let day = Number.NaN;
  let date = '';
  return (at) => {
    const inDay = ((at % DAY_MS) + DAY_MS) % DAY_MS;
    if (at - inDay !== day) {
      day = at - inDay;
      date = new Date(day).toISOString().slice(0, 10);
    }
    const seconds = Math.floor(inDay / 1_000);
    const minutes = Math.floor(seconds / 60);
    const millis = inDay % 1_000;
    const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
    return millis === 0 ? `${date} ${clock}` : `${date} ${clock}.${String(millis).padStart(3, '0')}`;
  };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

export type DateParts = 'date' | 'time' | 'both';

/**
 * What a number formatted as a date shows. `raw`: the number as the file has it, whose digits say how exact it is.
 * Null where it is no date.
 */
export function dateText(raw: string, shows: DateParts, since1904: boolean): string | null {
  const serial = Number(raw);
  if (!Number.isFinite(serial) || serial < 0 || serial >= LAST_SERIAL) return null;
  const decimals = raw.length - 1 - raw.indexOf('.');
  const exact = raw.includes('.') && (decimals > 8 || /e/iu.test(raw));
  // Eight digits of a day are about a millisecond: a shorter fraction can't mean more than the second.
  const inDay = exact ? Math.round(serial * DAY_MS) : Math.round((serial * DAY_MS) / 1_000) * 1_000;
  // A duration or a time of day.
  if (serial < 1 && shows === 'time') return timeText(inDay).slice(11);
  const leapDay = since1904 ? 1_462 : serial < FIRST_SERIAL - 1 ? 1 : 0;
  const text = timeText(inDay - (DAYS_TO_1970 - leapDay) * DAY_MS);
  return shows === 'date' && Number.isInteger(serial) ? text.slice(0, 10) : text;
}
