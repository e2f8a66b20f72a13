import { useEffect, useState } from 'react';

/** Menus are gone by the time what they led to closes: the focus goes back to where they came from. */
const cameFrom = new WeakMap<Element, Element>();

/** Where the focus is; for one inside a menu, where it was before. */
export function focusOrigin(): Element | null {
  const active = document.activeElement;
  const menu = active?.closest('[role=menu]');
  return (menu && cameFrom.get(menu)) ?? active;
}

export function noteMenu(menu: Element, from: Element | null): void {
  if (from !== null) cameFrom.set(menu, from);
}

/** How much is open that holds the focus, and what waits for the last of it to close. */
let open = 0;
let waiting: (() => void)[] = [];

/**
 * Does what moves the focus; where a dialog or a menu is open, as soon as the last of them has closed. What was told to
 * close is still there for a frame or two, and would take the focus back.
 */
export function whenFree(run: () => void): void {
  if (open > 0) waiting.push(run);
  else run();
}

/**
 * Gives the focus back to where it was when this was first drawn, once this is gone and nothing else has taken it (UX2).
 * `holds`: nothing outside can have the focus meanwhile, as with dialogs and menus.
 */
export function useReturnFocus(holds = true): void {
  const [before] = useState(focusOrigin);
  useEffect(() => {
    if (holds) open++;
    return () => {
      if (holds) open--;
      // When what goes in the same step is gone too, whichever goes first: a dialog's own hold of the focus, another dialog.
      queueMicrotask(() => giveBack(before));
    };
  }, [before, holds]);
}

function giveBack(before: Element | null): void {
  if (open === 0 && waiting.length > 0) {
    const runs = waiting;
    waiting = [];
    for (const run of runs) run();
    return;
  }
  const { activeElement } = document;
  if (activeElement !== null && activeElement !== document.body) return;
  if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
}

/** Focuses an element where nobody would lose it: nothing has the focus, or only the screen as a whole. */
export function focusIfFree(element: HTMLElement | null | undefined): void {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body || activeElement.id === 'content')
    element?.focus({ preventScroll: true });
}
