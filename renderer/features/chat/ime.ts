/**
 * PV1: Enter that belongs to an input method never sends. Three signs, each of which some system lacks: `isComposing`, key
 * code 229, and the Enter that ends a composition and arrives just after `compositionend` (Safari, some Windows methods).
 */
export interface KeyFacts {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** Milliseconds, same clock as `compositionEndedAt`; KeyboardEvent.timeStamp. */
  readonly timeStamp: number;
}

/** Enter within this many milliseconds after `compositionend` still belongs to it. */
export const COMPOSITION_TAIL_MS = 120;

export function enterBelongsToInputMethod(
  event: KeyFacts,
  composing: boolean,
  compositionEndedAt: number | null,
): boolean {
  if (composing || event.isComposing || event.keyCode === 229) return true;
  return compositionEndedAt !== null && event.timeStamp - compositionEndedAt < COMPOSITION_TAIL_MS;
}

/** What Enter does in the composer. Everything that isn't a plain answer to "send" is left to the text field. */
export function enterAction(
  event: KeyFacts,
  composing: boolean,
  compositionEndedAt: number | null,
  enterSends: boolean,
): 'send' | 'break' | 'ignore' | 'none' {
  if (event.key !== 'Enter') return 'none';
  if (enterBelongsToInputMethod(event, composing, compositionEndedAt)) {
    // During composition the method itself handles the key; its trailing Enter must not break the line either.
    return composing || event.isComposing || event.keyCode === 229 ? 'none' : 'ignore';
  }
  if (event.altKey) return 'none';
  if (event.ctrlKey || event.metaKey) return 'send';
  if (event.shiftKey) return 'break';
  return enterSends ? 'send' : 'break';
}
