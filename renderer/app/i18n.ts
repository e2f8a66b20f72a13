import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { inlineText } from '#shared/lib/inline-text.ts';
import { catalogues, localeFor, type Locale } from '#shared/i18n/index.ts';
import { pseudoWords, wantsPseudo } from './pseudo.ts';

export function resolveLocale(setting: 'system' | Locale | undefined): Locale {
  return setting === undefined || setting === 'system' ? localeFor(navigator.language) : setting;
}

/** Both catalogues are in the program, so switching needs no load and nothing flashes. */
export function startI18n(locale: Locale): void {
  void i18next.use(initReactI18next).init({
    lng: locale,
    fallbackLng: 'zh-CN',
    resources: Object.fromEntries(
      Object.entries(catalogues).map(([name, words]) => [
        name,
        { translation: name === 'en' && wantsPseudo() ? pseudoWords(words) : words },
      ]),
    ),
    // React escapes; names and texts show as they are, but never turn the sentence around them (SE2).
    interpolation: { escapeValue: true, escape: inlineText },
    returnNull: false,
    initAsync: false,
  });
}
