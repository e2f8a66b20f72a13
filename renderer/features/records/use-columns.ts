import { useEffect, useMemo } from 'react';
import { create } from 'zustand';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import type { Column } from '#renderer/ui/DataTable.tsx';

export type TableName = 'agents' | 'numbers' | 'consumers' | 'messages';

export interface ChoosableColumn<T> extends Column<T> {
  /** Shown until the person chooses otherwise. */
  readonly usual: boolean;
  /** Always shown: without it a row can't be told from the next. */
  readonly fixed?: boolean;
}

interface ShownTable {
  readonly columns: readonly { readonly id: string; readonly title: string; readonly fixed: boolean }[];
  readonly shown: readonly string[];
}

/** The tables on the screen right now, for the menu that chooses their columns. */
export const useShownTables = create<Partial<Record<TableName, ShownTable>>>()(() => ({}));

/** Which columns are shown: as chosen, in the table's own order; ids that no longer exist are forgotten. */
export function shownIds(
  columns: readonly { readonly id: string; readonly usual: boolean; readonly fixed?: boolean }[],
  chosen: readonly string[] | undefined,
): readonly string[] {
  return columns
    .filter((column) => column.fixed || (chosen === undefined ? column.usual : chosen.includes(column.id)))
    .map((column) => column.id);
}

/** The columns of a table that the person wants to see. */
export function useColumns<T>(table: TableName, columns: readonly ChoosableColumn<T>[]): readonly Column<T>[] {
  const chosen = useLive((state) => state.settings?.shown_columns?.[table]);
  const shown = useMemo(() => shownIds(columns, chosen), [columns, chosen]);
  useEffect(() => {
    const entry = { columns: columns.map(({ id, title, fixed = false }) => ({ id, title, fixed })), shown };
    useShownTables.setState({ [table]: entry });
  }, [table, columns, shown]);
  useEffect(() => () => useShownTables.setState({ [table]: undefined } as never), [table]);
  return useMemo(() => columns.filter((column) => shown.includes(column.id)), [columns, shown]);
}

/** Shows or hides a column, from now on. */
export async function toggleColumn(table: TableName, id: string): Promise<void> {
  const { settings } = useLive.getState();
  const now = useShownTables.getState()[table];
  if (!settings || !now) return;
  const next = now.shown.includes(id) ? now.shown.filter((one) => one !== id) : [...now.shown, id];
  const shown_columns = { ...settings.shown_columns, [table]: next };
  const plain = Object.fromEntries(Object.entries(shown_columns).map(([name, ids]) => [name, [...ids]]));
  const answer = await bridge.call('settings.set', { shown_columns: plain });
  if (answer.ok) useLive.setState({ settings: answer.result });
}
