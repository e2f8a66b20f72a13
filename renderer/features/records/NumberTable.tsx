import { useMemo, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumberRow } from '#shared/contract/views.ts';
import type { Asked } from '#renderer/bridge/ask.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type DataTableHandle } from '#renderer/ui/DataTable.tsx';
import { Segmented } from '#renderer/ui/fields.tsx';
import { formatNumber } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import { AskedTable } from './AskedTable.tsx';
import { copyChosen } from './copy.ts';
import type { QueryForm } from './query.ts';
import { useColumns, type ChoosableColumn } from './use-columns.ts';

const RANGES = {
  today: 'records.today',
  last7: 'records.last7',
  last30: 'records.last30',
  custom: 'records.custom',
} as const;

/**
 * One line a number (SR2). How many were found and how many not stands above, and leaves only those in the table (and in
 * its copy): the missing ones are what a list of thousands is searched for.
 */
export function NumberTable(props: {
  asked: Asked<{ numbers: readonly NumberRow[] }>;
  selected: string | null;
  onSelect: (number: string) => void;
  rowHeight: number;
  table: Ref<DataTableHandle>;
  range: QueryForm['range'];
  onAnyTime: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [shown, setShown] = useState<'all' | 'hit' | 'miss'>('all');
  const choosable = useMemo<readonly ChoosableColumn<NumberRow>[]>(
    () => [
      {
        id: 'number',
        usual: true,
        fixed: true,
        title: t('records.columns.number'),
        track: 'minmax(120px, 1fr)',
        sortBy: (row) => row.number,
        render: (row) => (
          <span className="num" title={row.number}>
            {row.number}
          </span>
        ),
      },
      {
        id: 'hit',
        usual: true,
        text: (row) => t(row.hit ? 'records.hit' : 'records.miss'),
        title: t('records.columns.hit'),
        track: '52px',
        sortBy: (row) => (row.hit ? 0 : 1),
        render: (row) => <Tag tone={row.hit ? 'done' : 'neutral'}>{t(row.hit ? 'records.hit' : 'records.miss')}</Tag>,
      },
      {
        id: 'conversations',
        usual: true,
        title: t('records.columns.conversations'),
        track: '44px',
        numeric: true,
        sortBy: (row) => row.conversations,
        render: (row) => formatNumber(row.conversations, locale),
      },
      {
        id: 'messages',
        usual: true,
        title: t('records.columns.messages'),
        track: '48px',
        numeric: true,
        sortBy: (row) => row.messages,
        render: (row) => formatNumber(row.messages, locale),
      },
    ],
    [t, locale],
  );
  const columns = useColumns('numbers', choosable);
  const all = props.asked.data?.numbers;
  const hits = useMemo(() => all?.filter(({ hit }) => hit) ?? [], [all]);
  const rows = useMemo(
    () => (shown === 'all' ? (all ?? []) : shown === 'hit' ? hits : (all ?? []).filter(({ hit }) => !hit)),
    [all, hits, shown],
  );
  const misses = (all?.length ?? 0) - hits.length;
  const n = (count: number): string => formatNumber(count, locale);
  return (
    <AskedTable asked={props.asked} empty={all?.length === 0}>
      <div className="number-table">
        {all !== undefined && all.length > 1 && (
          <div className="number-hits num">
            <Segmented
              label={t('records.columns.hit')}
              size="small"
              value={shown}
              onChange={(next) => {
                setShown(next);
                // What stands beside the table is about a line of it.
                const first = all.find(({ hit }) => hit === (next === 'hit'));
                if (next !== 'all' && first) props.onSelect(first.number);
              }}
              options={[
                { value: 'all', label: t('records.hitAll', { n: n(all.length) }) },
                { value: 'hit', label: t('records.hitCount', { n: n(hits.length) }) },
                { value: 'miss', label: t('records.missCount', { n: n(misses) }) },
              ]}
            />
          </div>
        )}
        {misses > 0 && props.range !== 'any' && (
          <p className="number-range num">
            {t('records.missRange', { n: n(misses), range: t(RANGES[props.range]) })}
            <Button look="link" onClick={props.onAnyTime}>
              {t('records.anyTime')}
            </Button>
          </p>
        )}
        {rows.length === 0 ? (
          <StateMessage icon="search" title={t(shown === 'hit' ? 'records.noHits' : 'records.noMisses')} />
        ) : (
          <DataTable
            label={t('records.overview')}
            locale={locale}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.number}
            rowHeight={props.rowHeight}
            selectedKey={props.selected}
            rowClass={(row) => (row.hit ? '' : 'is-quiet')}
            onSelect={(row) => props.onSelect(row.number)}
            onCopy={copyChosen}
            ref={props.table}
          />
        )}
      </div>
    </AskedTable>
  );
}
