/** Keys of the whole window (UX2). `mod` is Ctrl, or ⌘ on a Mac. */
export type ShortcutId =
  | 'palette'
  | 'reception'
  | 'records'
  | 'review'
  | 'incidents'
  | 'knowledge'
  | 'administration'
  | 'connection'
  | 'longest'
  | 'unreplied'
  | 'next'
  | 'previous'
  | 'panel'
  | 'settings'
  | 'help';

interface Shortcut {
  readonly id: ShortcutId;
  readonly mod: boolean;
  readonly alt: boolean;
  readonly key: string;
  readonly shown: readonly string[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'palette', mod: true, alt: false, key: 'k', shown: ['mod', 'K'] },
  { id: 'reception', mod: true, alt: false, key: '1', shown: ['mod', '1'] },
  { id: 'records', mod: true, alt: false, key: '2', shown: ['mod', '2'] },
  { id: 'review', mod: true, alt: false, key: '3', shown: ['mod', '3'] },
  { id: 'incidents', mod: true, alt: false, key: '4', shown: ['mod', '4'] },
  { id: 'knowledge', mod: true, alt: false, key: '5', shown: ['mod', '5'] },
  { id: 'administration', mod: true, alt: false, key: '6', shown: ['mod', '6'] },
  { id: 'connection', mod: true, alt: false, key: '7', shown: ['mod', '7'] },
  { id: 'settings', mod: true, alt: false, key: ',', shown: ['mod', ','] },
  { id: 'panel', mod: true, alt: false, key: '\\', shown: ['mod', '\\'] },
  { id: 'longest', mod: false, alt: false, key: 'F8', shown: ['F8'] },
  { id: 'unreplied', mod: false, alt: false, key: 'F9', shown: ['F9'] },
  { id: 'next', mod: false, alt: true, key: 'ArrowDown', shown: ['Alt', '↓'] },
  { id: 'previous', mod: false, alt: true, key: 'ArrowUp', shown: ['Alt', '↑'] },
  { id: 'help', mod: false, alt: false, key: 'F1', shown: ['F1'] },
];

export interface ShortcutKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
}

/** Which shortcut a key press is, if any. Never one that an input method is using (PV1). */
export function shortcutOf(event: ShortcutKey, mac: boolean): ShortcutId | null {
  if (event.isComposing || event.shiftKey) return null;
  const mod = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  if (other) return null;
  return (
    SHORTCUTS.find(
      (one) => one.mod === mod && one.alt === event.altKey && one.key.toLowerCase() === event.key.toLowerCase(),
    )?.id ?? null
  );
}

/** `?` where nothing is being written: the list of keys. */
export function asksForKeys(event: ShortcutKey, target: EventTarget | null): boolean {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || (event.key !== '?' && event.key !== '？'))
    return false;
  return !(target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable=true]'));
}

export const isMac = (): boolean => /mac/i.test(navigator.userAgent) && !/windows/i.test(navigator.userAgent);

export function shownKeys(id: ShortcutId, mac: boolean): readonly string[] {
  const keys = SHORTCUTS.find((one) => one.id === id)?.shown ?? [];
  return keys.map((key) => (key === 'mod' ? (mac ? '⌘' : 'Ctrl') : key === 'Alt' && mac ? '⌥' : key));
}
