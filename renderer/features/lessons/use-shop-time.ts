import { useEffect, useMemo } from 'react';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { PracticeTimeView } from '#shared/contract/training.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow, useNow } from '#renderer/ui/use-now.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';

export interface ShopTime extends PracticeTimeView {
  /** It isn't the real time, or doesn't run like it. */
  readonly differs: boolean;
}

/** A clock that is set by people never stands exactly where the real one does. */
const SAME_MS = 2_000;

/** The practice shop's clock, running on between two answers. Null where there is none. */
export function useShopTime(): ShopTime | null {
  const { data, reload } = useAsk('practice.time', {});
  useEffect(() => bridge.subscribe('lessons', reload), [reload]);
  const since = useMemo(() => (data === null ? 0 : localNow()), [data]);
  const fast = data !== null && data.speed !== 1;
  const differs = data !== null && (fast || Math.abs(data.ahead_ms) > SAME_MS);
  const now = useNow(differs);
  if (data === null) return null;
  const passed = now - since;
  return {
    speed: data.speed,
    now: data.now + passed * data.speed,
    ahead_ms: data.ahead_ms + passed * (data.speed - 1),
    differs,
  };
}

export async function setShopTime(change: ProcedureInput<'practice.set_time'>): Promise<void> {
  const answer = await bridge.call('practice.set_time', change);
  if (answer.ok) return;
  const words = errorWords(answer.error);
  toast({ tone: 'failed', text: words.title, note: errorLine(words) });
}
