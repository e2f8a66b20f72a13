/** Spells Chinese; which library does it is the adapter's business. */
export interface Pinyin {
  /**
   * Syllables without tones and in lower case (ü as v), joined by one blank, runs of letters and digits as they are; and the
   * first letter of each. Readings follow the context (重庆 chong, 重量 zhong).
   */
  spell(text: string): { readonly spelled: string; readonly initials: string };
}
