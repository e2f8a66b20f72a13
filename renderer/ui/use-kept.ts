import { useCallback, useState } from 'react';

const kept = new Map<string, unknown>();

/**
 * State of a form, under a name of its own, that outlasts its screen: whoever is called away, or closes it too early, finds
 * what they had begun. `drop` forgets it, for what was saved or given up; nothing outlasts the window.
 */
export function useKept<T>(name: string, initial: () => T): readonly [T, (next: T) => void, () => void] {
  const [value, setValue] = useState<T>(() => (kept.has(name) ? (kept.get(name) as T) : initial()));
  const keep = useCallback(
    (next: T) => {
      kept.set(name, next);
      setValue(next);
    },
    [name],
  );
  const drop = useCallback(() => void kept.delete(name), [name]);
  return [value, keep, drop];
}
