import { useCallback, useMemo, useState } from 'react';
import type { ListFilter, ListSort } from '#shared/contract/desk.ts';
import type { ListView } from '#shared/contract/views.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';

const USUAL: ListView = { sort: 'newest', filter: {} };

/**
 * Order and filters of the lists, kept over a restart for each account (IN1); the name that is looked for is of the moment.
 * Shown at once, stored behind it.
 */
export function useListView(accountId: AccountId | null) {
  const of = accountId ?? 'all';
  const kept = useLive((state) => state.settings?.lists?.[of]) ?? USUAL;
  const [name, setName] = useState<string | undefined>(undefined);
  const filter = useMemo<ListFilter>(
    () => (name === undefined ? kept.filter : { ...kept.filter, name }),
    [kept.filter, name],
  );

  const keep = useCallback(
    (patch: Partial<ListView>): void => {
      const { settings } = useLive.getState();
      if (settings === null) return;
      const lists = { ...settings.lists, [of]: { ...(settings.lists?.[of] ?? USUAL), ...patch } };
      useLive.setState({ settings: { ...settings, lists } });
      void bridge.call('settings.set', { lists });
    },
    [of],
  );
  const onSort = useCallback((sort: ListSort) => keep({ sort }), [keep]);
  const onFilter = useCallback(
    ({ name: wanted, ...rest }: ListFilter) => {
      setName(wanted);
      if (JSON.stringify(rest) !== JSON.stringify(useLive.getState().settings?.lists?.[of]?.filter ?? {}))
        keep({ filter: rest });
    },
    [keep, of],
  );
  return { sort: kept.sort, filter, onSort, onFilter };
}
