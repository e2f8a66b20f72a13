import { useCallback, useEffect, useRef } from 'react';
import { useAsk, type Asked } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import type { OverviewView } from '#shared/contract/overview.ts';

/** Figures are asked for again this long after something changed, and never so often that asking would be the work. */
const SOONEST_MS = 1_500;
const COST_FACTOR = 10;
/** Days end and recalls expire without anybody saying so. */
const AT_LEAST_EVERY_MS = 60_000;

/** The overview, kept up to date by what the core announces. */
export function useOverview(): Asked<OverviewView> {
  const asked = useAsk('overview.get', {});
  const { reload, data, error } = asked;
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const askedAt = useRef(0);
  const cost = useRef(0);
  const ask = useCallback(() => {
    timer.current = null;
    askedAt.current = performance.now();
    reload();
  }, [reload]);
  useEffect(() => {
    // An answer, of either kind, tells what asking costs. The first one was not asked from here.
    cost.current = askedAt.current === 0 ? 0 : performance.now() - askedAt.current;
  }, [data, error]);
  useEffect(() => {
    const soon = (): void => {
      timer.current ??= setTimeout(ask, Math.max(SOONEST_MS, Math.min(AT_LEAST_EVERY_MS, cost.current * COST_FACTOR)));
    };
    const stop = (['messages', 'conversations', 'incidents', 'reviews', 'accounts'] as const).map((topic) =>
      bridge.subscribe(topic, soon),
    );
    const always = setInterval(soon, AT_LEAST_EVERY_MS);
    return () => {
      for (const end of stop) end();
      clearInterval(always);
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    };
  }, [ask]);
  return asked;
}
