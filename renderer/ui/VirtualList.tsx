import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

/**
 * A list of any length with one row selected: arrow keys, Home, End and Page keys move, Enter opens. Only what is visible
 * is in the document (IN1: 100,000 rows).
 */
export function VirtualList<T>(props: {
  label: string;
  items: readonly T[];
  /** All there are, where `items` is only the loaded beginning. */
  total?: number;
  rowHeight: number;
  itemKey: (item: T) => string | number;
  selectedKey: string | number | null;
  onSelect: (item: T) => void;
  renderRow: (item: T, selected: boolean) => ReactNode;
  onNearEnd?: () => void;
  className?: string;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const listId = useId();
  const rowId = (key: string | number): string => `${listId}-${key}`;
  const virtualizer = useVirtualizer({
    count: props.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => props.rowHeight,
    overscan: 8,
    getItemKey: (index) => {
      const item = props.items[index];
      return item === undefined ? index : props.itemKey(item);
    },
  });
  useEffect(() => virtualizer.measure(), [virtualizer, props.rowHeight]);
  const rows = virtualizer.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  const { onNearEnd } = props;
  useEffect(() => {
    if (last >= props.items.length - 10) onNearEnd?.();
  }, [last, props.items.length, onNearEnd]);

  const selectedIndex = props.items.findIndex((item) => props.itemKey(item) === props.selectedKey);
  const moveTo = (index: number): void => {
    const item = props.items[Math.max(0, Math.min(props.items.length - 1, index))];
    if (item === undefined) return;
    props.onSelect(item);
    virtualizer.scrollToIndex(Math.max(0, index), { align: 'auto' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / props.rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) moveTo(selectedIndex < 0 ? 0 : selectedIndex + step);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(props.items.length - 1);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className={`ui-list ${props.className ?? ''}`}
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
      aria-activedescendant={selectedIndex >= 0 && props.selectedKey !== null ? rowId(props.selectedKey) : undefined}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
        {rows.map((row) => {
          const item = props.items[row.index];
          if (item === undefined) return null;
          const selected = props.itemKey(item) === props.selectedKey;
          return (
            <div
              key={row.key}
              id={rowId(props.itemKey(item))}
              role="option"
              aria-selected={selected}
              aria-setsize={props.total ?? props.items.length}
              aria-posinset={row.index + 1}
              className={`ui-list-row ${selected ? 'is-selected' : ''}`}
              style={{ height: row.size, transform: `translateY(${row.start}px)` }}
              onClick={() => props.onSelect(item)}
            >
              {props.renderRow(item, selected)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
