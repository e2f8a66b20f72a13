import { en } from './en.ts';
import { zhCN } from './zh-CN.ts';

/** The shape that every language fills: the same keys, any words. */
type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Words<T[K]> };
export type Catalogue = Words<typeof zhCN>;

export type Locale = 'zh-CN' | 'en';
export const catalogues: Readonly<Record<Locale, Catalogue>> = { 'zh-CN': zhCN, en };

/** The language of a system that reports `tag` (BCP 47): Chinese in all its forms, English for everything else. */
export function localeFor(tag: string): Locale {
  return /^zh\b/i.test(tag) ? 'zh-CN' : 'en';
}

export { en, zhCN };
