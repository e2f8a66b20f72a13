import { useEffect, useState } from 'react';
import { create } from 'zustand';
import { bridge } from '#renderer/bridge/index.ts';

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

/**
 * How far the slowest of the slots' searches has come (SR8), 0 to 1; null while nothing is known. Forgotten when they end,
 * and when a newer search begins (`turn`).
 */
export function useProgress(slots: readonly string[], active: boolean, turn: number): number | null {
  const [shares, setShares] = useState<ReadonlyMap<string, number>>(new Map());
  useEffect(() => {
    setShares(new Map());
    if (!active) return;
    return bridge.subscribe('search', ({ slot, share }) => {
      if (slots.includes(slot)) setShares((before) => new Map(before).set(slot, share));
    });
  }, [slots, active, turn]);
  return active && shares.size > 0 ? Math.min(...shares.values()) : null;
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
