import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { Icon, type IconName } from './Icon.tsx';
import { focusOrigin, noteMenu, useReturnFocus } from './return-focus.ts';

export interface MenuItem {
  readonly id: string;
  readonly label: ReactNode;
  readonly icon?: IconName;
  /** Live value at the right of the label, such as a countdown. */
  readonly trailing?: ReactNode;
  /** Under the label: for a blocked item the reason why. */
  readonly note?: ReactNode;
  readonly danger?: boolean;
  /** Stays visible and reachable by keyboard, so that its reason can be read (RC9). */
  readonly disabled?: boolean;
  readonly separatorBefore?: boolean;
  readonly checked?: boolean;
  /** Choosing it leaves the menu open: one of several switches. */
  readonly stays?: boolean;
  /** A line above it that names what follows. */
  readonly heading?: ReactNode;
  readonly onSelect: () => void;
}

export interface MenuAnchor {
  readonly x: number;
  readonly y: number;
  /** Opened without a pointer: the first item is focused visibly. */
  readonly byKeyboard?: boolean;
}

/** Where a menu opened by an event belongs: at the pointer, or at the element for the keyboard's menu key. */
export function menuAnchor(event: {
  clientX: number;
  clientY: number;
  currentTarget: EventTarget & Element;
}): MenuAnchor {
  if (event.clientX > 0 || event.clientY > 0) return { x: event.clientX, y: event.clientY };
  const box = event.currentTarget.getBoundingClientRect();
  return { x: box.left + Math.min(24, box.width / 2), y: Math.min(box.bottom, innerHeight - 8), byKeyboard: true };
}

/** A context menu at a point. Arrow keys move, Enter chooses, Esc closes and gives the focus back. */
export function Menu(props: {
  anchor: MenuAnchor;
  label: string;
  items: readonly MenuItem[];
  onClose: () => void;
  header?: ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<{ left: number; top: number } | null>(null);
  const [current, setCurrent] = useState(0);
  const [from] = useState(focusOrigin);
  useReturnFocus();

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    noteMenu(element, from);
    const { width, height } = element.getBoundingClientRect();
    const left = Math.max(8, Math.min(props.anchor.x, innerWidth - width - 8));
    const top = props.anchor.y + height > innerHeight - 8 ? Math.max(8, props.anchor.y - height) : props.anchor.y;
    setPlace({ left, top });
  }, [props.anchor.x, props.anchor.y, props.items.length, from]);

  useEffect(() => {
    if (place) box.current?.querySelectorAll<HTMLElement>('[role^=menuitem]')[current]?.focus();
  }, [place, current]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const count = props.items.length;
    if (event.key === 'ArrowDown') setCurrent((index) => (index + 1) % count);
    else if (event.key === 'ArrowUp') setCurrent((index) => (index + count - 1) % count);
    else if (event.key === 'Home') setCurrent(0);
    else if (event.key === 'End') setCurrent(count - 1);
    else if (event.key === 'Escape' || event.key === 'Tab') props.onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return createPortal(
    <div
      className="ui-menu-scrim"
      onPointerDown={(event) => event.target === event.currentTarget && props.onClose()}
      onContextMenu={(event) => {
        event.preventDefault();
        if (event.target === event.currentTarget) props.onClose();
      }}
    >
      <div
        ref={box}
        role="menu"
        aria-label={props.label}
        className="ui-menu"
        style={{
          left: place?.left ?? props.anchor.x,
          top: place?.top ?? props.anchor.y,
          visibility: place ? 'visible' : 'hidden',
        }}
        onKeyDown={onKeyDown}
      >
        {props.header}
        {props.items.map((item, index) => (
          <div key={item.id} role="none">
            {item.separatorBefore && <hr className="ui-menu-separator" />}
            {item.heading !== undefined && (
              <p className="ui-menu-heading" role="presentation">
                {item.heading}
              </p>
            )}
            <button
              type="button"
              role={item.checked === undefined ? 'menuitem' : item.stays ? 'menuitemcheckbox' : 'menuitemradio'}
              aria-checked={item.checked}
              aria-disabled={item.disabled || undefined}
              tabIndex={index === current ? 0 : -1}
              className={`ui-menu-item ${item.danger ? 'is-danger' : ''}`}
              onPointerMove={() => current !== index && setCurrent(index)}
              onClick={() => {
                if (item.disabled) return;
                if (!item.stays) props.onClose();
                item.onSelect();
              }}
            >
              <span className="ui-menu-line">
                {item.icon ? (
                  <Icon name={item.icon} />
                ) : (
                  <span className="ui-menu-gap">{item.checked && <Icon name="check" />}</span>
                )}
                <span className="ui-menu-label">{item.label}</span>
                {item.trailing !== undefined && <span className="ui-menu-trailing num">{item.trailing}</span>}
              </span>
              {item.note !== undefined && <span className="ui-menu-note">{item.note}</span>}
            </button>
          </div>
        ))}
      </div>
    </div>,
    document.body,
  );
}
