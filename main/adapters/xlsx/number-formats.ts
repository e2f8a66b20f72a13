import type { DateParts } from './local-time.ts';

/** How the numbers of a cell style are meant, as far as reading is concerned. */
export type NumberMeaning = 'number' | DateParts | { readonly digits: number };

/** Formats that files name by number only (ECMA-376 18.8.30; 27–36 and 50–58 are the Chinese and Japanese ones). */
function builtIn(id: number): NumberMeaning {
  if (id === 14 || id === 15 || id === 16 || id === 17) return 'date';
  if ((id >= 18 && id <= 21) || (id >= 45 && id <= 47) || (id >= 32 && id <= 35) || id === 55 || id === 56)
    return 'time';
  if (id === 22) return 'both';
  if ((id >= 27 && id <= 36) || (id >= 50 && id <= 58)) return 'date';
  return 'number';
}

/** What a style's numbers mean. `code`: the format as written in the file, absent for the built-in ones. */
export function meaningOf(id: number, code: string | undefined): NumberMeaning {
  if (code === undefined) return builtIn(id);
  const [first = ''] = withoutLiterals(code).split(';', 1);
  if (/^0{2,30}$/u.test(first)) return { digits: first.length };
  if (/general/iu.test(first) || /e[+-]/iu.test(first)) return 'number';
  const date = /[yd]|[年日]/iu.test(first) || /(?:^|[^hs:.])m{3,}/iu.test(first);
  const time = /[hs]/iu.test(first);
  if (date) return time ? 'both' : 'date';
  return time ? 'time' : 'number';
}

/** Without quoted and escaped characters, colours, conditions and locales; `[h]` is a duration and stays. */
function withoutLiterals(code: string): string {
  return code
    .slice(0, 1_024)
    .replace(/"[^"]*"?/gu, '')
    .replace(/\\.|_.|\*./gsu, '')
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]?/giu, '');
}
