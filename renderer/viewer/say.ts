import type { Locale } from '#shared/i18n/index.ts';

/** Puts values into `{name}` places. */
export function fill(words: string, values: Readonly<Record<string, string | number>>): string {
  return words.replaceAll(/\{(\w+)\}/g, (place, name: string) => (name in values ? String(values[name]) : place));
}

/** Numbers and moments in the page's language; moments in the reader's own time zone. */
export function formatters(locale: Locale) {
  const numbers = new Intl.NumberFormat(locale);
  const days = new Intl.DateTimeFormat(locale, { year: 'numeric', month: '2-digit', day: '2-digit' });
  const moments = new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
  return {
    number: (value: number) => numbers.format(value),
    day: (at: number) => days.format(at),
    moment: (iso: string) => {
      const at = Date.parse(iso);
      return Number.isNaN(at) ? iso : moments.format(at);
    },
  };
}
