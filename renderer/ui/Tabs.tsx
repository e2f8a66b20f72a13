import type { ReactNode } from 'react';

/** Tabs of a list or panel; arrow keys move between them. */
export function Tabs<T extends string>(props: {
  label: string;
  value: T;
  /** A count that is null is on its way: the tabs are not drawn before it is known, since it would move them. */
  tabs: readonly { value: T; label: ReactNode; count?: number | null; attention?: boolean }[];
  onChange: (value: T) => void;
  formatCount?: (count: number) => string;
}) {
  const move = (index: number, element: HTMLElement): void => {
    const tab = props.tabs[(index + props.tabs.length) % props.tabs.length];
    if (!tab) return;
    props.onChange(tab.value);
    const sibling = element.parentElement?.children[(index + props.tabs.length) % props.tabs.length];
    if (sibling instanceof HTMLElement) sibling.focus();
  };
  return (
    <div
      role="tablist"
      aria-label={props.label}
      className={`ui-tabs ${props.tabs.some(({ count }) => count === null) ? 'is-unknown' : ''}`}
    >
      {props.tabs.map((tab, index) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          aria-selected={tab.value === props.value}
          tabIndex={tab.value === props.value ? 0 : -1}
          onClick={() => props.onChange(tab.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') move(index + 1, event.currentTarget);
            else if (event.key === 'ArrowLeft') move(index - 1, event.currentTarget);
          }}
        >
          {tab.label}
          {typeof tab.count === 'number' && (
            <span className={`ui-tab-count num ${tab.attention && tab.count > 0 ? 'is-attention' : ''}`}>
              {props.formatCount ? props.formatCount(tab.count) : tab.count}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}
