import type { Settings } from '#shared/contract/views.ts';

/** What decides the first frame, kept beside the page so that boot.js can apply it before anything is asked (UX3). */
export type Look = Pick<Settings, 'theme' | 'density' | 'locale'>;

const KEY = 'look';
const FIRST: Look = { theme: 'system', density: 'compact', locale: 'system' };

export function storedLook(): Look {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof value !== 'object' || value === null) return FIRST;
    const read = <T extends string>(name: string, allowed: readonly T[], other: T): T => {
      const found = (value as Record<string, unknown>)[name];
      return allowed.find((one) => one === found) ?? other;
    };
    return {
      theme: read('theme', ['system', 'light', 'dark'], FIRST.theme),
      density: read('density', ['compact', 'comfortable'], FIRST.density),
      locale: read('locale', ['system', 'zh-CN', 'en'], FIRST.locale),
    };
  } catch {
    return FIRST;
  }
}

export function storeLook(look: Look): void {
  localStorage.setItem(KEY, JSON.stringify({ theme: look.theme, density: look.density, locale: look.locale }));
}
