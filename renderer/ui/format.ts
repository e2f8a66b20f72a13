import { durationUnits } from '#shared/i18n/units.ts';

/**
 * Times, amounts and durations as the window shows them (UX1). Times come as milliseconds since 1970 UTC and are shown in
 * the local zone; formatters are kept, since making one costs more than using it a thousand times.
 */
export type Locale = 'zh-CN' | 'en';

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: Locale, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${name}`;
  let found = cache.get(key);
  if (!found) cache.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

/** `10:32` */
export function formatTime(ms: number, locale: Locale): string {
  return formatter(locale, 'time', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

/** `10:32:05` */
export function formatTimeSeconds(ms: number, locale: Locale): string {
  return formatter(locale, 'seconds', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(ms);
}

/** `2026-11-22 10:32:05`, the same in every language: what records show and what is copied. */
export function formatStamp(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Number of local calendar days between two moments. */
export function daysBetween(earlier: number, later: number): number {
  const midnight = (ms: number): number => {
    const date = new Date(ms);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}

/** Key of the local day that a moment belongs to, `2026-11-22`. */
export function dayKey(ms: number): string {
  return formatStamp(ms).slice(0, 10);
}

/** A day in words: weekday within the last week, with year where it is another one. */
export function formatDay(ms: number, now: number, locale: Locale): string {
  const days = daysBetween(ms, now);
  if (days >= 0 && days < 2) {
    const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-days, 'day');
    return locale === 'en' ? words.charAt(0).toUpperCase() + words.slice(1) : words;
  }
  if (days > 0 && days < 7)
    return formatter(locale, 'weekday', { weekday: 'long', month: 'short', day: 'numeric' }).format(ms);
  if (new Date(ms).getFullYear() === new Date(now).getFullYear())
    return formatter(locale, 'day', { month: 'short', day: 'numeric' }).format(ms);
  return formatter(locale, 'full-day', { year: 'numeric', month: 'short', day: 'numeric' }).format(ms);
}

/** The shortest that is still unambiguous, for list rows: time today, else the day. */
export function formatListTime(ms: number, now: number, locale: Locale): string {
  return daysBetween(ms, now) === 0 ? formatTime(ms, locale) : formatShortDay(ms, now, locale);
}

function formatShortDay(ms: number, now: number, locale: Locale): string {
  const days = daysBetween(ms, now);
  if (days === 1) return formatDay(ms, now, locale);
  if (days > 1 && days < 7) return formatter(locale, 'short-weekday', { weekday: 'short' }).format(ms);
  const sameYear = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return formatter(locale, sameYear ? 'short' : 'short-year', {
    month: 'numeric',
    day: 'numeric',
    ...(sameYear ? {} : { year: '2-digit' }),
  }).format(ms);
}

/**
 * What is left, rounded up so that 0:00 appears only when it is over: `1:23`, `12:03:09`.
 * Longer than two days counts in days and hours by the words given.
 */
export function formatCountdown(remainingMs: number): string {
  return clock(Math.max(0, Math.ceil(remainingMs / 1_000)));
}

/** What has passed, rounded down: `0:07`, `4:31`, `1:02:45`. */
export function formatElapsed(elapsedMs: number): string {
  return clock(Math.max(0, Math.floor(elapsedMs / 1_000)));
}

function clock(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** A duration in the two largest units, in the language's own short words: `4分31秒`, `2天3小时`, `4m 31s`. */
export function formatDuration(ms: number, locale: Locale): string {
  const words = durationUnits[locale];
  const total = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    Math.floor(total / 86_400),
    Math.floor((total % 86_400) / 3_600),
    Math.floor((total % 3_600) / 60),
    total % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  if (first < 0) return `0${words[3]}`;
  return parts
    .slice(first, first + 2)
    .map((part, index) => (part > 0 ? `${part}${words[first + index]}` : ''))
    .filter(Boolean)
    .join(locale === 'en' ? ' ' : '');
}

/** How long somebody has waited, running: a clock, from an hour on hours and minutes. */
export function formatWaited(ms: number, locale: Locale): string {
  return ms < 3_600_000 ? formatElapsed(ms) : formatDuration(ms, locale);
}

export function formatNumber(value: number, locale: Locale): string {
  return value.toLocaleString(locale);
}

export function formatBytes(bytes: number, locale: Locale): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${value.toLocaleString(locale, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`;
}
