import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent, MouseEvent, ReactNode, Ref } from 'react';
import { Icon } from './Icon.tsx';

export interface Column<T> {
  readonly id: string;
  readonly title: string;
  /** CSS grid track, such as `64px` or `minmax(96px, 1fr)`. */
  readonly track: string;
  readonly numeric?: boolean;
  /** What the column sorts by; without it, it doesn't. Nulls sort last. */
  readonly sortBy?: (row: T) => string | number | null;
  readonly render: (row: T) => ReactNode;
  /** What a copy of the cell holds; without it, what the column sorts by. */
  readonly text?: (row: T) => string | number | null;
}

/** Head and cells of rows as they are copied or counted. */
export interface TableContent {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface DataTableHandle {
  /** Every row, in the order shown. */
  content(): TableContent;
}

type Sort = { readonly column: string; readonly descending: boolean } | null;

/** Rows in the order of a column; stable, nulls last, text by locale (UX1). */
export function sortRows<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  sort: Sort,
  locale: string,
): readonly T[] {
  const by = columns.find((column) => column.id === sort?.column)?.sortBy;
  if (!sort || !by) return rows;
  const collator = new Intl.Collator(locale, { numeric: true });
  return rows.toSorted((a, b) => {
    const [left, right] = [by(a), by(b)];
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    const order =
      typeof left === 'string' || typeof right === 'string'
        ? collator.compare(String(left), String(right))
        : left - right;
    return sort.descending ? -order : order;
  });
}

/** The cells of some rows, column by column. */
export function contentOf<T>(columns: readonly Column<T>[], rows: readonly T[]): TableContent {
  return {
    head: columns.map((column) => column.title),
    rows: rows.map((row) => columns.map((column) => (column.text ?? column.sortBy)?.(row) ?? null)),
  };
}

/**
 * A dense table of any length: sortable columns; arrow keys, Page Up and Down, Home and End move the selected row, with
 * Shift they take in the rows between, Ctrl/⌘ A takes all, Ctrl/⌘ C copies them.
 */
export function DataTable<T>(props: {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  rowHeight: number;
  selectedKey: string | number | null;
  onSelect: (row: T) => void;
  locale: string;
  rowClass?: (row: T) => string;
  onNearEnd?: () => void;
  /** Below the last row, such as "loading more". */
  footer?: ReactNode;
  /** Ctrl/⌘ C on the chosen rows. */
  onCopy?: (content: TableContent) => void;
  ref?: Ref<DataTableHandle>;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sort, setSort] = useState<Sort>(null);
  const rows = useMemo(
    () => sortRows(props.rows, props.columns, sort, props.locale),
    [props.rows, props.columns, sort, props.locale],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => props.rowHeight,
    overscan: 12,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, props.rowHeight]);
  const tracks = props.columns.map((column) => column.track).join(' ');
  const visible = virtualizer.getVirtualItems();
  const last = visible.at(-1)?.index ?? 0;
  const { onNearEnd } = props;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - 20) onNearEnd?.();
  }, [last, rows.length, onNearEnd]);

  const selectedIndex = rows.findIndex((row) => props.rowKey(row) === props.selectedKey);
  /** The other end of a run of rows, by its key, so that it stays while rows are loaded behind it; null: only the selected one. */
  const [anchor, setAnchor] = useState<string | number | null>(null);
  const anchorIndex = anchor === null ? -1 : rows.findIndex((row) => props.rowKey(row) === anchor);
  const inRun = anchorIndex >= 0 && selectedIndex >= 0;
  const runStart = inRun ? Math.min(anchorIndex, selectedIndex) : selectedIndex;
  const runEnd = inRun ? Math.max(anchorIndex, selectedIndex) : selectedIndex;
  useEffect(() => setAnchor(null), [sort]);
  const keyAt = (index: number): string | number | null => {
    const row = rows[index];
    return row === undefined ? null : props.rowKey(row);
  };
  const { columns } = props;
  useImperativeHandle(props.ref, () => ({ content: () => contentOf(columns, rows) }), [columns, rows]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      const first = rows[0];
      if (event.key === 'a' && first !== undefined) {
        event.preventDefault();
        props.onSelect(rows.at(-1) ?? first);
        setAnchor(keyAt(0));
      } else if (event.key === 'c' && props.onCopy && selectedIndex >= 0 && getSelection()?.isCollapsed !== false) {
        event.preventDefault();
        props.onCopy(contentOf(columns, rows.slice(runStart, runEnd + 1)));
      }
      return;
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / props.rowHeight) - 2);
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: selectedIndex + 1,
      ArrowUp: selectedIndex - 1,
      PageDown: selectedIndex + page,
      PageUp: selectedIndex - page,
      Home: 0,
      End: rows.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined || rows.length === 0) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(rows.length - 1, target));
    const row = rows[index];
    if (row === undefined) return;
    setAnchor(event.shiftKey ? (anchor ?? keyAt(Math.max(0, selectedIndex))) : null);
    props.onSelect(row);
    virtualizer.scrollToIndex(index, { align: 'auto' });
  };
  const nextSort = (column: Column<T>): void =>
    setSort((now) => {
      if (now?.column !== column.id) return { column: column.id, descending: column.numeric ?? false };
      return now.descending === (column.numeric ?? false) ? { column: column.id, descending: !now.descending } : null;
    });

  return (
    <div
      className="ui-table"
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-multiselectable={props.onCopy !== undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="ui-table-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
        {props.columns.map((column) => {
          const active = sort?.column === column.id ? sort : null;
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={active ? (active.descending ? 'descending' : 'ascending') : undefined}
              className={column.numeric ? 'is-numeric' : ''}
            >
              {column.sortBy ? (
                <button type="button" onClick={() => nextSort(column)} title={column.title}>
                  <span className="ellipsis">{column.title}</span>
                  {active && <Icon name={active.descending ? 'arrowDown' : 'arrowUp'} size={10} />}
                </button>
              ) : (
                <span className="ellipsis">{column.title}</span>
              )}
            </div>
          );
        })}
      </div>
      <div style={{ height: virtualizer.getTotalSize(), position: 'relative' }} role="presentation">
        {visible.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const key = props.rowKey(row);
          const selected = key === props.selectedKey || (inRun && item.index >= runStart && item.index <= runEnd);
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={selected}
              className={`ui-table-row ${selected ? 'is-selected' : ''} ${props.rowClass?.(row) ?? ''}`}
              style={{ gridTemplateColumns: tracks, height: item.size, transform: `translateY(${item.start}px)` }}
              onMouseDown={(event: MouseEvent) => event.shiftKey && event.preventDefault()}
              onClick={(event) => {
                setAnchor(event.shiftKey && selectedIndex >= 0 ? (anchor ?? keyAt(selectedIndex)) : null);
                props.onSelect(row);
              }}
            >
              {props.columns.map((column) => (
                <div key={column.id} role="gridcell" className={`ellipsis ${column.numeric ? 'is-numeric num' : ''}`}>
                  {column.render(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}
