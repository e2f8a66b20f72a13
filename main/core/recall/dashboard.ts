import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { recallStatistics } from '#shared/domain/recall/statistics.ts';
import { HOUR } from '#shared/lib/durations.ts';
import type { Store } from '../ports/store.ts';

const LONGEST_RANGE = 366 * 24 * HOUR;

/** RC22: for supervisors, QA and admins, over the gateways where they are that. AppFailure NO_PERMISSION, BAD_INPUT. */
export function createDashboard(store: Store): Pick<Handlers, 'recall.dashboard'> {
  return {
    async 'recall.dashboard'({ from, to }) {
      if (to <= from || to - from > LONGEST_RANGE)
        throw new AppFailure('BAD_INPUT', 'a range of 1 ms to 366 days', { field: 'to' });
      const accounts = (await store.accounts()).filter(({ agent }) => isPermitted(agent?.role, 'recall.dashboard'));
      if (accounts.length === 0) throw new AppFailure('NO_PERMISSION', 'recall.dashboard');
      const sources = [...new Set(accounts.map(({ source }) => source))];
      const facts = await store.recallFacts({ from, to }, { kind: 'limited', sources, agents: [] });
      const softLimits = new Map<string, number>();
      for (const { account_id } of accounts)
        for (const shop of await store.shops(account_id))
          if (shop.policy !== null) softLimits.set(shop.shop_id, shop.policy.recall.per_hour_soft);
      return recallStatistics({ ...facts, from, to, offsetMs: facts.offset_ms, softLimits });
    },
  };
}
