import { useEffect, useState, useSyncExternalStore } from 'react';
import { IconButton } from './Button.tsx';
import { Icon } from './Icon.tsx';

export interface ToastMessage {
  readonly tone: 'done' | 'failed' | 'info';
  readonly text: string;
  readonly note?: string;
  readonly action?: { readonly label: string; readonly onClick: () => void };
  /** Until it is closed or its action taken; others leave by themselves. */
  readonly stays?: boolean;
}

type Shown = ToastMessage & { readonly id: number };

const SHOWN_MS = 4_000;
const FAILED_SHOWN_MS = 9_000;
let lastId = 0;
let shown: readonly Shown[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Shown[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function dismiss(id: number): void {
  change(shown.filter((one) => one.id !== id));
}

/** Says something that belongs to no place on the screen. At most three stand at a time besides those that stay. */
export function toast(message: ToastMessage): void {
  change([
    ...shown.filter(({ stays }, index) => stays === true || index >= shown.length - 2),
    { ...message, id: ++lastId },
  ]);
}

function ToastCard(props: { toast: Shown; closeLabel: string }) {
  const { id, tone, text, note, action, stays = false } = props.toast;
  // Whoever reads it or is on the way to its button has all the time they need.
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (stays || held) return;
    const timer = setTimeout(() => dismiss(id), tone === 'failed' ? FAILED_SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, tone, stays, held]);
  return (
    <div
      className={`ui-toast is-${tone}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={tone === 'done' ? 'check' : tone === 'failed' ? 'warning' : 'info'} />
      <div className="ui-toast-text">
        <p>{text}</p>
        {note && <p className="ui-toast-note">{note}</p>}
      </div>
      {action && (
        <button
          type="button"
          className="ui-toast-action"
          onClick={() => {
            if (stays) dismiss(id);
            action.onClick();
          }}
        >
          {action.label}
        </button>
      )}
      <IconButton icon="close" label={props.closeLabel} iconSize={12} onClick={() => dismiss(id)} />
    </div>
  );
}

export function Toasts(props: { label: string; closeLabel: string }) {
  const toasts = useSyncExternalStore(subscribe, () => shown);
  return (
    <div className="ui-toasts" role="region" aria-label={props.label} aria-live="polite">
      {toasts.map((item) => (
        <ToastCard key={item.id} toast={item} closeLabel={props.closeLabel} />
      ))}
    </div>
  );
}
