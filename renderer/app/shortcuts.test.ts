import { describe, expect, it } from 'vitest';
import { shortcutOf, shownKeys, SHORTCUTS, type ShortcutKey } from './shortcuts.ts';

const press = (more: Partial<ShortcutKey>): ShortcutKey => ({
  key: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...more,
});

describe('shortcuts', () => {
  it('[UX2] Ctrl K, on a Mac ⌘ K, opens the palette; the other modifier does not', () => {
    expect(shortcutOf(press({ key: 'k', ctrlKey: true }), false)).toBe('palette');
    expect(shortcutOf(press({ key: 'K', metaKey: true }), true)).toBe('palette');
    expect(shortcutOf(press({ key: 'k', metaKey: true }), false)).toBeNull();
    expect(shortcutOf(press({ key: 'k', ctrlKey: true }), true)).toBeNull();
    expect(shortcutOf(press({ key: 'k' }), false)).toBeNull();
  });
  it('[UX2] Alt with an arrow walks through conversations', () => {
    expect(shortcutOf(press({ key: 'ArrowDown', altKey: true }), false)).toBe('next');
    expect(shortcutOf(press({ key: 'ArrowDown' }), false)).toBeNull();
  });
  it('[PV1] keys that an input method is using are no shortcuts', () => {
    expect(shortcutOf(press({ key: 'k', ctrlKey: true, isComposing: true }), false)).toBeNull();
  });
  it('[UX2] no two shortcuts share their keys, and each can be shown', () => {
    expect(new Set(SHORTCUTS.map((one) => JSON.stringify([one.mod, one.alt, one.key]))).size).toBe(SHORTCUTS.length);
    expect(shownKeys('palette', true)).toEqual(['⌘', 'K']);
    expect(shownKeys('next', false)).toEqual(['Alt', '↓']);
  });
});
