import type { AppError } from '#shared/contract/errors.ts';
import { explainError } from '#shared/i18n/errors.ts';
import { catalogues, type Locale } from '#shared/i18n/index.ts';

/** What happened, what it means for the consumer, what to do next (UX6). */
export interface ErrorWords {
  readonly title: string;
  readonly meaning: string;
  readonly next: string;
}

/** The window's language; use it for formatting beside `useTranslation`. */
export function currentLocale(language: string): Locale {
  return language === 'en' ? 'en' : 'zh-CN';
}

/** Words for an error's code, in the language that the window shows now. */
export function errorWords(
  error: { readonly code: AppError['code'] | (string & {}) },
  locale: Locale = currentLocale(document.documentElement.lang),
): ErrorWords {
  const { cause, effect, next } = explainError(error.code, locale);
  return { title: cause, meaning: effect, next };
}

/** What a gateway calls a platform, as people do; what nobody here knows as it came. */
export function platformName(platform: string, locale: Locale): string {
  const names: Readonly<Record<string, string>> = catalogues[locale].side.platforms;
  return (Object.hasOwn(names, platform) ? names[platform] : undefined) ?? platform;
}

/** What stands under the title of a notice. */
export function errorLine(words: ErrorWords): string {
  return `${words.meaning} ${words.next}`;
}
