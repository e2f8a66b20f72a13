/**
 * Times as other systems write them (SR11). A format names how the column is written; values that clearly are something
 * else (a year first, an epoch) are still read, only the order of day and month is never guessed a row at a time.
 */
export const TIME_FORMATS = [
  'iso',
  'yyyy-MM-dd HH:mm:ss',
  'yyyy/MM/dd HH:mm:ss',
  'yyyy.MM.dd HH:mm:ss',
  'yyyy年MM月dd日 HH:mm:ss',
  'yyyyMMddHHmmss',
  'epoch_s',
  'epoch_ms',
  'excel',
  'MM/dd/yyyy HH:mm:ss',
  'dd/MM/yyyy HH:mm:ss',
] as const;
export type TimeFormat = (typeof TIME_FORMATS)[number];

export function isTimeFormat(format: string): format is TimeFormat {
  return (TIME_FORMATS as readonly string[]).includes(format);
}

const MIN_TIME = Date.UTC(1990, 0, 1);
const MAX_TIME = Date.UTC(2100, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;
/** Day 0 of Excel's calendar, with its leap day that never was already taken into account. */
const EXCEL_EPOCH = Date.UTC(1899, 11, 30);

const CLOCK = String.raw`(?:[T\s,]*(?:(?:星期|周|週)[一二三四五六日天]\s*)?(上午|下午|凌晨|早上|中午|晚上|AM|PM)?\s*(\d{1,2})\s*(?::|时|時|点|點)\s*(\d{1,2})(?:\s*(?::|分)\s*(\d{1,2})(?:[.,:](\d{1,9}))?)?\s*[秒分]?\s*(上午|下午|AM|PM)?)?`;
const ZONE_NAMES: Readonly<Record<string, number>> = {
  // China's; where these files come from nobody means the American one.
  CST: 480,
  北京时间: 480,
  中国标准时间: 480,
  HKT: 480,
  SGT: 480,
  JST: 540,
  KST: 540,
  EST: -300,
  EDT: -240,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  CET: 60,
  CEST: 120,
};
/** Behind it may stand what the zone is called: `+08:00[Asia/Shanghai]`, `GMT+0800 (中国标准时间)`. */
const ZONE = String.raw`\s*(Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?|${Object.keys(ZONE_NAMES).join('|')})?(?:\s?(?:\[[^\]]{1,40}\]|\([^)]{1,40}\)))?`;
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})\s*([-/.年])\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?${CLOCK}${ZONE}$`,
  'i',
);
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})${CLOCK}${ZONE}$`, 'i');
const MONTHS = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const WEEKDAY = '(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? )?';
const MONTH = `(${MONTHS})[a-z]{0,6}\\.?`;
/** Tue, 1 Sep 2026 10:00:00 +0800 */
const NAMED_DAY_FIRST = new RegExp(String.raw`^${WEEKDAY}(\d{1,2})[ -]${MONTH}[ -](\d{4}),?${CLOCK}${ZONE}$`, 'i');
/** Tue Sep 01 2026 10:00:00 GMT+0800; Sep 1, 2026, 10:00:00 AM */
const NAMED_MONTH_FIRST = new RegExp(
  String.raw`^${WEEKDAY}${MONTH} (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}),?${CLOCK}${ZONE}$`,
  'i',
);
/** Tue Sep 01 10:00:00 CST 2026 */
const NAMED_YEAR_LAST = new RegExp(
  String.raw`^${WEEKDAY}${MONTH} (\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})${ZONE} (\d{4})$`,
  'i',
);
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2})(\d{2})(\d{2})?(\d{3})?)?$/;
const NUMBER = /^\d+(?:\.\d+)?(?:E\+?\d{1,2})?$/i;

/**
 * Milliseconds since 1970 UTC, or null where the value is no time between 1990 and 2100. `offsetMinutes` (east of UTC)
 * holds for values that carry no zone of their own.
 */
export function parseTime(value: string, format: string, offsetMinutes: number): number | null {
  return readTime(value, format, offsetMinutes)?.at ?? null;
}

/** The format that reads most of the values, and which share it reads; null where none reads any. */
export function proposeTimeFormat(
  values: readonly string[],
): { readonly format: TimeFormat; readonly share: number } | null {
  const counts = new Map<TimeFormat, number>();
  let filled = 0;
  let read = 0;
  let dayFirst = 0;
  let monthFirst = 0;
  for (const value of values) {
    if (clean(value) === '') continue;
    filled++;
    const asMonth = readTime(value, 'MM/dd/yyyy HH:mm:ss', 0);
    const asDay = readTime(value, 'dd/MM/yyyy HH:mm:ss', 0);
    if (asMonth === null && asDay === null) continue;
    read++;
    if (asMonth?.format === 'MM/dd/yyyy HH:mm:ss' || asDay?.format === 'dd/MM/yyyy HH:mm:ss') {
      if (asMonth !== null) monthFirst++;
      if (asDay !== null) dayFirst++;
    } else {
      const found = asMonth ?? asDay;
      if (found !== null) counts.set(found.format, (counts.get(found.format) ?? 0) + 1);
    }
  }
  if (read === 0) return null;
  if (monthFirst > 0 || dayFirst > 0) {
    const format = dayFirst > monthFirst ? 'dd/MM/yyyy HH:mm:ss' : 'MM/dd/yyyy HH:mm:ss';
    counts.set(format, Math.max(dayFirst, monthFirst));
  }
  const most = [...counts].sort((left, right) => right[1] - left[1])[0];
  return most === undefined ? null : { format: most[0], share: read / filled };
}

function readTime(
  value: string,
  format: string,
  offsetMinutes: number,
): { readonly at: number; readonly format: TimeFormat } | null {
  const text = clean(value);
  if (text === '') return null;
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst !== null) {
    const [, year = '', separator = '', month = '', day = '', ...rest] = yearFirst;
    const at = build(year, month, day, rest, offsetMinutes);
    return at === null ? null : { at, format: formatOf(separator, text) };
  }
  const yearLast = YEAR_LAST.exec(text);
  if (yearLast !== null) {
    const [, first = '', second = '', year = '', ...rest] = yearLast;
    const dayFirst = format.startsWith('dd');
    const at = dayFirst
      ? build(year, second, first, rest, offsetMinutes)
      : build(year, first, second, rest, offsetMinutes);
    return at === null ? null : { at, format: dayFirst ? 'dd/MM/yyyy HH:mm:ss' : 'MM/dd/yyyy HH:mm:ss' };
  }
  const named = readNamed(text, offsetMinutes);
  if (named !== null) return { at: named, format: 'iso' };
  const compact = COMPACT.exec(text);
  if (compact !== null && format !== 'epoch_s' && format !== 'epoch_ms') {
    const [, year = '', month = '', day = '', hour, minute, second, fraction] = compact;
    const at = build(year, month, day, [undefined, hour, minute, second, fraction], offsetMinutes);
    if (at !== null) return { at, format: 'yyyyMMddHHmmss' };
  }
  if (!NUMBER.test(text)) return null;
  return readNumber(Number(text), format, offsetMinutes);
}

/** With the month's name in English, as programs write times that nobody formatted. Null where it is none. */
function readNamed(text: string, offsetMinutes: number): number | null {
  if (!/[a-z]{3}/i.test(text)) return null;
  const numberOf = (month: string): string => String(MONTHS.split('|').indexOf(month.toLowerCase()) + 1);
  const dayFirst = NAMED_DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const [, day = '', month = '', year = '', ...rest] = dayFirst;
    return build(year, numberOf(month), day, rest, offsetMinutes);
  }
  const monthFirst = NAMED_MONTH_FIRST.exec(text);
  if (monthFirst !== null) {
    const [, month = '', day = '', year = '', ...rest] = monthFirst;
    return build(year, numberOf(month), day, rest, offsetMinutes);
  }
  const yearLast = NAMED_YEAR_LAST.exec(text);
  if (yearLast === null) return null;
  const [, month = '', day = '', hour, minute, second, zone, year = ''] = yearLast;
  return build(
    year,
    numberOf(month),
    day,
    [undefined, hour, minute, second, undefined, undefined, zone],
    offsetMinutes,
  );
}

function readNumber(
  number: number,
  format: string,
  offsetMinutes: number,
): { readonly at: number; readonly format: TimeFormat } | null {
  const inRange = (at: number): number | null => (at >= MIN_TIME && at < MAX_TIME ? at : null);
  const asSeconds = inRange(Math.round(number * 1_000));
  if (asSeconds !== null && format !== 'epoch_ms') return { at: asSeconds, format: 'epoch_s' };
  // Milli-, micro- and nanoseconds differ by so much that the size tells them apart.
  for (const divisor of [1, 1e3, 1e6]) {
    const at = inRange(Math.floor(number / divisor));
    if (at !== null) return { at, format: 'epoch_ms' };
  }
  if (number >= 30_000 && number < 75_000) {
    const at = EXCEL_EPOCH + number * DAY;
    const second = Math.round(at / 1_000) * 1_000;
    // A day's fraction can't name a second exactly.
    const local = Math.abs(at - second) <= 500 && !Number.isInteger(number * DAY) ? second : Math.round(at);
    const result = inRange(local - offsetMinutes * MINUTE);
    if (result !== null) return { at: result, format: 'excel' };
  }
  return null;
}

function formatOf(separator: string, text: string): TimeFormat {
  if (separator === '年') return 'yyyy年MM月dd日 HH:mm:ss';
  if (separator === '/') return 'yyyy/MM/dd HH:mm:ss';
  if (separator === '.') return 'yyyy.MM.dd HH:mm:ss';
  return /[tz]|[+-]\d{2}:?\d{2}(?:\s?[[(]|$)/i.test(text.slice(10)) ? 'iso' : 'yyyy-MM-dd HH:mm:ss';
}

/** `rest`: day part, hour, minute, second, fraction, day part, zone. */
function build(
  year: string,
  month: string,
  day: string,
  rest: readonly (string | undefined)[],
  offsetMinutes: number,
): number | null {
  const [before, hourText, minute = '0', second = '0', fraction = '', after, zone] = rest;
  let hour = Number(hourText ?? '0');
  const part = (before ?? after ?? '').toUpperCase();
  if (part === 'PM' || part === '下午' || part === '晚上') {
    if (hour < 12) hour += 12;
  } else if ((part === 'AM' || part === '上午' || part === '凌晨') && hour === 12) hour = 0;
  else if (part === '中午' && hour < 3) hour += 12;
  if (hour > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const check = new Date(midnight);
  // The 30th of February is no day, and must not become the 2nd of March.
  if (check.getUTCMonth() !== Number(month) - 1 || check.getUTCDate() !== Number(day)) return null;
  const local =
    midnight +
    hour * 3_600_000 +
    Number(minute) * MINUTE +
    Number(second) * 1_000 +
    Number(fraction.padEnd(3, '0').slice(0, 3));
  const at = local - (zoneMinutes(zone) ?? offsetMinutes) * MINUTE;
  return at >= MIN_TIME && at < MAX_TIME ? at : null;
}

const HEADER_ZONE =
  /(?<![a-z])(?:utc|gmt)(?:\s?([+-])(\d{1,2})(?::?(00|30|45))?|(?![a-z]))|(北京时间|北京時間|中国标准时间)/i;

/** The zone that a header names for its column (`Time (UTC)`, `发送时间（UTC+9）`), minutes east of UTC; null where it names none. */
export function zoneOfHeader(header: string): number | null {
  const found = HEADER_ZONE.exec(header.normalize('NFKC'));
  if (found === null) return null;
  const [, sign, hours, minutes = '0', named] = found;
  if (named !== undefined) return 480;
  if (hours === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function zoneMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone === '') return null;
  const named = ZONE_NAMES[zone.toUpperCase()];
  if (named !== undefined) return named;
  const found = /([+-])(\d{1,2}):?(\d{2})?$/.exec(zone);
  if (found === null) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? '0'));
}

/** UTF-16 units; with every mark and blank around it. */
const LONGEST_TIME = 256;

/**
 * Full-width digits and colons, Excel's text mark and formula-injection guards, quotes and blanks around the value. Nothing
 * is left of what is too long for a time: a pattern that looks for an end takes the square of a run of quotes (SE6).
 */
function clean(value: string): string {
  if (value.length > LONGEST_TIME) return '';
  return value
    .normalize('NFKC')
    .replace(/^[\s'"=\u200b\ufeff]+|[\s'"\u200b\ufeff]+$/gu, '')
    .replace(/\s+/gu, ' ');
}
