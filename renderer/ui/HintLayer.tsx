import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import './hint-layer.css';

export type HintSide = 'top' | 'bottom' | 'right' | 'left';

/** What an element says when the pointer rests on it, or the keyboard comes to it; shown by the one layer below. */
export interface HintMarks {
  readonly 'data-hint'?: string;
  readonly 'data-hint-side'?: HintSide;
}

const SHOW_AFTER_MS = 400;
/** Time to get from the element onto the hint, which stays while the pointer is on it. */
const HIDE_AFTER_MS = 120;
const GAP_PX = 6;

interface Shown {
  readonly element: Element;
  readonly text: string;
}

/**
 * The hints of the whole window: one element and one set of listeners, however many buttons there are. A component around
 * each button would be made and drawn anew with every row of a chat. Escape, a press, and scrolling put a hint away.
 */
export function HintLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wanted: Element | null = null;
    const hide = (): void => {
      clearTimeout(timer);
      wanted = null;
      setShown(null);
    };
    const want = (element: Element | null, after: number): void => {
      if (element === wanted) return;
      clearTimeout(timer);
      wanted = element;
      const text = element?.getAttribute('data-hint') ?? '';
      timer = setTimeout(
        () => setShown(element === null || text === '' || !element.isConnected ? null : { element, text }),
        element === null ? HIDE_AFTER_MS : after,
      );
    };
    const marked = (target: EventTarget | null): Element | null =>
      target instanceof Element ? target.closest('[data-hint]') : null;
    const onOver = (event: PointerEvent): void => {
      if (event.pointerType === 'touch') return;
      if (event.target instanceof Element && event.target.closest('.ui-hint')) {
        clearTimeout(timer);
        return;
      }
      want(marked(event.target), SHOW_AFTER_MS);
    };
    const onFocus = (event: FocusEvent): void => {
      const element = marked(event.target);
      // Only for the keyboard: what was pressed with the pointer needs no hint.
      if (element?.matches(':focus-visible')) want(element, SHOW_AFTER_MS);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    const onLeave = (): void => want(null, 0);
    const onScroll = (event: Event): void => {
      if (wanted !== null && event.target instanceof Node && event.target.contains(wanted)) hide();
    };
    document.addEventListener('pointerover', onOver);
    document.documentElement.addEventListener('pointerleave', onLeave);
    document.addEventListener('focusin', onFocus);
    document.addEventListener('focusout', hide);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('keydown', onKey);
    document.addEventListener('scroll', onScroll, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener('pointerover', onOver);
      document.documentElement.removeEventListener('pointerleave', onLeave);
      document.removeEventListener('focusin', onFocus);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('scroll', onScroll, { capture: true });
    };
  }, []);

  useLayoutEffect(() => {
    if (!shown || !box.current) return;
    const { style, offsetWidth: width, offsetHeight: height } = box.current;
    const at = shown.element.getBoundingClientRect();
    const side = (shown.element.getAttribute('data-hint-side') ?? 'top') as HintSide;
    const { clientWidth, clientHeight } = document.documentElement;
    const middle = { x: at.left + (at.width - width) / 2, y: at.top + (at.height - height) / 2 };
    const places: Readonly<Record<HintSide, { x: number; y: number }>> = {
      top: { x: middle.x, y: at.top - height - GAP_PX },
      bottom: { x: middle.x, y: at.bottom + GAP_PX },
      left: { x: at.left - width - GAP_PX, y: middle.y },
      right: { x: at.right + GAP_PX, y: middle.y },
    };
    const opposite = { top: 'bottom', bottom: 'top', left: 'right', right: 'left' } as const;
    const fits = ({ x, y }: { x: number; y: number }): boolean =>
      side === 'top' || side === 'bottom' ? y >= 0 && y + height <= clientHeight : x >= 0 && x + width <= clientWidth;
    const place = fits(places[side]) ? places[side] : places[opposite[side]];
    style.left = `${Math.round(Math.max(4, Math.min(place.x, clientWidth - width - 4)))}px`;
    style.top = `${Math.round(Math.max(4, Math.min(place.y, clientHeight - height - 4)))}px`;
  }, [shown]);

  if (!shown) return null;
  return (
    <div ref={box} className="ui-hint foreign" role="tooltip">
      {shown.text}
    </div>
  );
}
