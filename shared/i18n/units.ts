import type { Locale } from './index.ts';

/** Short words of a duration's units: days, hours, minutes, seconds. */
export const durationUnits: Readonly<Record<Locale, readonly [string, string, string, string]>> = {
  'zh-CN': ['天', '小时', '分', '秒'],
  en: ['d', 'h', 'm', 's'],
};

/** The day as a consumer reads it in a quick reply, `11月22日`: what is written to consumers is Chinese in any window. */
export function consumerDay(month: number, day: number): string {
  return `${month}月${day}日`;
}
