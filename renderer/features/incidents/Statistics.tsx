import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Bars } from '#renderer/ui/Bars.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import { formatDuration, formatNumber } from '#renderer/ui/format.ts';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { IncidentStatisticsView } from '#shared/contract/remedy.ts';
import type { MistakeType } from '#shared/domain/remedy/mistakes.ts';
import { STATISTIC_KEYS, type StatisticKey } from '#shared/domain/remedy/statistics.ts';

type Row = IncidentStatisticsView['rows'][number];

/** RM5: incidents by type, shop, agent or month. */
export function Statistics(props: { rowHeight: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [by, setBy] = useState<StatisticKey>('type');
  const [selected, setSelected] = useState<string | null>(null);
  const asked = useAsk('incidents.statistics', { filter: {}, keys: [by] });
  const { reload } = asked;
  useEffect(() => bridge.subscribe('incidents', reload), [reload]);
  const name = (row: Row): string =>
    by === 'type' ? t(`incidents.type.${row.group[0] as MistakeType}`) : (row.names[0] ?? '');
  const numeric = (id: 'count' | 'open' | 'complaints' | 'overdue', value: (row: Row) => number): Column<Row> => ({
    id,
    title: t(`incidents.column.${id}`),
    track: id === 'overdue' ? '150px' : '88px',
    numeric: true,
    sortBy: value,
    render: (row) => formatNumber(value(row), locale),
  });
  const columns: readonly Column<Row>[] = [
    {
      id: 'group',
      title: t(`incidents.statistics.${by}`),
      track: 'minmax(120px, 1fr)',
      sortBy: name,
      render: (row) => <span className="foreign">{name(row)}</span>,
    },
    numeric('count', (row) => row.incidents),
    numeric('open', (row) => row.incidents - row.by_state.closed),
    numeric('complaints', (row) => row.complaints),
    numeric('overdue', (row) => row.overdue_for_escalation),
    {
      id: 'loss',
      title: t('incidents.column.loss'),
      track: '96px',
      numeric: true,
      sortBy: (row) => Number(row.loss),
      render: (row) => `¥${row.loss}`,
    },
    {
      id: 'compensation',
      title: t('incidents.column.compensation'),
      track: '96px',
      numeric: true,
      sortBy: (row) => Number(row.compensation),
      render: (row) => `¥${row.compensation}`,
    },
    {
      id: 'median',
      title: t('incidents.column.median'),
      track: '130px',
      numeric: true,
      sortBy: (row) => row.median_handling_ms,
      render: (row) => (row.median_handling_ms === null ? '–' : formatDuration(row.median_handling_ms, locale)),
    },
  ];
  return (
    <div className="incidents-list">
      <div className="incidents-filter">
        <Segmented
          label={t('incidents.statistics.by')}
          value={by}
          onChange={setBy}
          options={STATISTIC_KEYS.map((value) => ({ value, label: t(`incidents.statistics.${value}`) }))}
        />
      </div>
      {asked.data === null ? (
        <Pending error={asked.error} onRetry={reload} />
      ) : asked.data.rows.length === 0 ? (
        <StateMessage icon="pulse" title={t('incidents.statistics.empty')} />
      ) : (
        <div className="incidents-figures">
          <Bars
            label={t('incidents.column.count')}
            rows={asked.data.rows.slice(0, 12).map((row) => ({
              id: row.group.join(' '),
              label: name(row),
              value: formatNumber(row.incidents, locale),
              parts: [
                {
                  id: 'open',
                  label: t('incidents.column.open'),
                  tone: 'waiting' as const,
                  value: row.incidents - row.by_state.closed,
                },
                { id: 'closed', label: t('incidents.state.closed'), tone: 'done' as const, value: row.by_state.closed },
              ],
            }))}
          />
          <div className="incidents-table">
            <DataTable
              label={t('incidents.tab.statistics')}
              columns={columns}
              rows={asked.data.rows}
              rowKey={(row) => row.group.join(' ')}
              rowHeight={Math.max(32, Math.round(props.rowHeight / 2))}
              selectedKey={selected}
              onSelect={(row) => setSelected(row.group.join(' '))}
              locale={locale}
            />
          </div>
        </div>
      )}
    </div>
  );
}
