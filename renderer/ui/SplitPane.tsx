import { useRef, useState, type ReactNode } from 'react';

/**
 * Two panes and a handle between them; the handle moves by pointer and by arrow keys. Remembers its place under `id`; where
 * the window is too small for it, the first pane gives way.
 */
export function SplitPane(props: {
  id: string;
  label: string;
  initial: number;
  min: number;
  max: number;
  first: ReactNode;
  second: ReactNode;
}) {
  const [size, setSize] = useState(() => {
    const stored = Number(localStorage.getItem(`split.${props.id}`));
    return stored >= props.min && stored <= props.max ? stored : props.initial;
  });
  const start = useRef<{ x: number; size: number } | null>(null);
  const apply = (next: number): void => {
    const bounded = Math.max(props.min, Math.min(props.max, Math.round(next)));
    setSize(bounded);
    localStorage.setItem(`split.${props.id}`, String(bounded));
  };
  return (
    <div className="ui-split" style={{ gridTemplateColumns: `minmax(0, ${size}px) 1px minmax(min(260px, 50%), 1fr)` }}>
      <div className="ui-split-pane">{props.first}</div>
      <div
        className="ui-split-handle"
        role="separator"
        aria-orientation="vertical"
        aria-label={props.label}
        aria-valuenow={size}
        aria-valuemin={props.min}
        aria-valuemax={props.max}
        tabIndex={0}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          start.current = { x: event.clientX, size };
        }}
        onPointerMove={(event) => start.current && apply(start.current.size + event.clientX - start.current.x)}
        onLostPointerCapture={() => (start.current = null)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') apply(size - 16);
          else if (event.key === 'ArrowRight') apply(size + 16);
        }}
      />
      <div className="ui-split-pane">{props.second}</div>
    </div>
  );
}
