import { useEffect, useState } from 'react';
import { create } from 'zustand';

/** The parts of the search that are on their way (overview, consumers, page, marks), so that one button can stop them. */
export const useRunning = create<{ readonly parts: ReadonlySet<string> }>()(() => ({ parts: new Set() }));

/** Says that a part runs while `busy`. */
export function useReportRunning(part: string, busy: boolean): void {
  useEffect(() => {
    if (!busy) return;
    useRunning.setState(({ parts }) => ({ parts: new Set(parts).add(part) }));
    return () => useRunning.setState(({ parts }) => ({ parts: new Set([...parts].filter((one) => one !== part)) }));
  }, [part, busy]);
}

/** Below this nobody sees that something ran: no flicker for searches that are done at once. Milliseconds. */
export const SLOW_MS = 300;

/** How long something has been running in whole steps of a second, or null while it is not slow. Milliseconds. */
export function useSlow(active: boolean): number | null {
  const [elapsed, setElapsed] = useState<number | null>(null);
  useEffect(() => {
    if (!active) {
      setElapsed(null);
      return;
    }
    const start = performance.now();
    let tick: ReturnType<typeof setInterval> | undefined;
    const slow = setTimeout(() => {
      setElapsed(performance.now() - start);
      tick = setInterval(() => setElapsed(performance.now() - start), 1_000);
    }, SLOW_MS);
    return () => {
      clearTimeout(slow);
      clearInterval(tick);
    };
  }, [active]);
  return active ? elapsed : null;
}
