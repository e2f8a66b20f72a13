import { DAY } from '#shared/lib/durations.ts';
import type { Policy } from '#shared/protocol/entities.ts';
import type { CatchUpOptions } from './catch-up.ts';
import { pullRange } from './catch-up.ts';

/** Read states are looked at again this far back, whatever the windows for recalls are. */
const LEAST_REACH_MS = DAY;

const name = (account: string): string => `recheck:${account}`;

/**
 * Events that were missed for good (SY7) bring no messages only: recalls and read states of what is here already were among
 * them, and a recalled message must not stay readable (RC17, RC19). So it is noted, before the cursor moves past them, that
 * what was sent since `missedFrom` less the longest window for recalls has to be looked at again. Survives a crash.
 */
export async function noteRecheck(
  options: CatchUpOptions,
  missedFrom: number,
  policies: readonly Policy[],
): Promise<void> {
  const windows = policies.flatMap(({ recall }) => [recall.window_ms, recall.group.window_ms]);
  const since = Math.max(0, missedFrom - Math.max(LEAST_REACH_MS, ...windows));
  const noted = await options.store.setting(name(options.account));
  if (typeof noted === 'number' && noted <= since) return;
  await options.store.setSetting(name(options.account), since);
}

/** Pulls again what `noteRecheck` has noted, if anything. What is cut short is done after the next `welcome`. */
export async function recheck(options: CatchUpOptions, cancelled: () => boolean): Promise<void> {
  const since = await options.store.setting(name(options.account));
  if (typeof since !== 'number') return;
  for (const range of await options.store.rangesSince(options.account, since))
    if (cancelled() || !(await pullRange(options, range, cancelled))) return;
  await options.store.setSetting(name(options.account), undefined);
}
