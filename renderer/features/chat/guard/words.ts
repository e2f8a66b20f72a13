import type { TFunction } from 'i18next';
import type { GuardHit } from '#shared/domain/guard/inspect.ts';
import { composerZh } from '#shared/i18n/composer.ts';

type Category = keyof typeof composerZh.guard.category;

/** What a hit is, in words: of a word its category where it is a known one. */
export function hitWords(hit: Pick<GuardHit, 'kind' | 'category'>, t: TFunction): string {
  if (hit.kind !== 'word') return t(`compose.guard.kind.${hit.kind}`);
  return Object.hasOwn(composerZh.guard.category, hit.category)
    ? t(`compose.guard.category.${hit.category as Category}`)
    : hit.category || t('compose.guard.kind.word');
}

/** Each kind once, joined as a list. */
export function kindsOf(hits: readonly GuardHit[], t: TFunction, locale: string): string {
  const names = [...new Set(hits.map((hit) => hitWords(hit, t)))];
  return new Intl.ListFormat(locale, { type: 'conjunction' }).format(names);
}
