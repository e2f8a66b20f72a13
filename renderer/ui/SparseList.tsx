import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

/**
 * A list of any length of which only the rows around the visible ones are loaded (IN1: 100,000 rows): `count` says how many
 * there are, `at` gives a row or undefined while it isn't here. Arrow, Home, End and Page keys move; Enter and a click open.
 */
export function SparseList<T>(props: {
  label: string;
  count: number;
  at: (index: number) => T | undefined;
  rowHeight: number;
  itemKey: (item: T) => string | number;
  selectedKey: string | number | null;
  /** `opened`: by a click or Enter, where the arrows only pass by. */
  onSelect: (item: T, opened: boolean) => void;
  /** Rows [first, last] are on screen, or soon will be. */
  onRange: (first: number, last: number) => void;
  renderRow: (item: T, selected: boolean) => ReactNode;
  renderMissing: (index: number) => ReactNode;
  /** Keys that the list itself doesn't use, with the selected row. Answers whether it was used. */
  onKey?: (event: KeyboardEvent, item: T | undefined) => boolean;
  onRowMenu?: (item: T, event: React.MouseEvent<HTMLElement>) => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const listId = useId();
  const rowId = (index: number): string => `${listId}-${index}`;
  const virtualizer = useVirtualizer({
    count: props.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => props.rowHeight,
    overscan: 8,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, props.rowHeight]);
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;
  const { onRange } = props;
  useEffect(() => onRange(first, last), [first, last, onRange]);

  const selectedRow = rows.find((row) => {
    const item = props.at(row.index);
    return item !== undefined && props.itemKey(item) === props.selectedKey;
  });
  /** Where the keyboard is: it may have left what is loaded. */
  const cursor = useRef(0);
  if (selectedRow !== undefined) cursor.current = selectedRow.index;
  const moveTo = (wanted: number, opened = false): void => {
    const index = Math.max(0, Math.min(props.count - 1, wanted));
    cursor.current = index;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    const item = props.at(index);
    if (item !== undefined) props.onSelect(item, opened);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / props.rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined && !event.altKey) moveTo(props.selectedKey === null ? 0 : cursor.current + step);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(props.count - 1);
    else if (event.key === 'Enter') moveTo(cursor.current, true);
    else if (!props.onKey?.(event, selectedRow === undefined ? undefined : props.at(selectedRow.index))) return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className="ui-list"
      role="listbox"
      aria-label={props.label}
      tabIndex={0}
      aria-activedescendant={selectedRow === undefined ? undefined : rowId(selectedRow.index)}
      onKeyDown={onKeyDown}
    >
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
        {rows.map((row) => {
          const item = props.at(row.index);
          const selected = item !== undefined && props.itemKey(item) === props.selectedKey;
          return (
            <div
              key={item === undefined ? `row-${row.index}` : props.itemKey(item)}
              id={rowId(row.index)}
              role="option"
              aria-selected={selected}
              aria-setsize={props.count}
              aria-posinset={row.index + 1}
              className={`ui-list-row ${selected ? 'is-selected' : ''}`}
              style={{ height: row.size, transform: `translateY(${row.start}px)` }}
              onClick={() => item !== undefined && props.onSelect(item, true)}
              onContextMenu={(event) => {
                if (item === undefined || !props.onRowMenu) return;
                event.preventDefault();
                props.onRowMenu(item, event);
              }}
            >
              {item === undefined ? props.renderMissing(row.index) : props.renderRow(item, selected)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
