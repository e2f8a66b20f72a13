import i18next, { type TFunction } from 'i18next';
import { useSyncExternalStore } from 'react';
import type { Locale } from '#shared/i18n/index.ts';
import { currentLocale } from '#renderer/ui/words.ts';

interface Words {
  readonly t: TFunction;
  readonly locale: Locale;
}

let present: { readonly language: string; readonly words: Words } | null = null;

function wordsNow(): Words {
  const { language } = i18next;
  if (present?.language === language) return present.words;
  const fixed = i18next.getFixedT(language);
  const plain = new Map<string, string>();
  const t = (key: string, options?: unknown): string => {
    if (options !== undefined) return (fixed as (key: string, options: unknown) => string)(key, options);
    let word = plain.get(key);
    if (word === undefined) plain.set(key, (word = (fixed as (key: string) => string)(key)));
    return word;
  };
  const words = { t: t as unknown as TFunction, locale: currentLocale(language) };
  present = { language, words };
  return words;
}

function subscribe(listener: () => void): () => void {
  i18next.on('languageChanged', listener);
  return () => i18next.off('languageChanged', listener);
}

/**
 * What `useTranslation` gives, for the parts of a row: there are hundreds of them, made and dropped with every message.
 * That hook copies all of i18next for each component and looks each word up anew; here both happen once a language.
 */
export function useWords(): Words {
  return useSyncExternalStore(subscribe, wordsNow);
}
