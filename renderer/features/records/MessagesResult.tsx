import { useEffect, useMemo, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { SearchRow } from '#shared/contract/views.ts';
import { DataTable, type DataTableHandle } from '#renderer/ui/DataTable.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { SplitPane } from '#renderer/ui/SplitPane.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { excerpt } from '#renderer/ui/highlight.ts';
import { Marked } from '#renderer/ui/Marked.tsx';
import { copyRows } from './copy.ts';
import { useReportRunning } from './running.ts';
import { Transcript } from './Transcript.tsx';
import { useColumns, type ChoosableColumn } from './use-columns.ts';
import { usePaged } from './use-search.ts';

/** Characters before the first match that a one-line cell keeps. */
const LEAD = 6;

/** Every message that fits, newest first, and what is around the chosen one. */
export function MessagesResult(props: {
  query: SearchQuery;
  rowHeight: number;
  table: Ref<DataTableHandle>;
  /** The first rows are on the screen. */
  onAnswered: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const page = usePaged('search.page', 'records-page', props.query, 100, (answer) => answer.rows);
  useReportRunning('page', page.rows === null && page.busy);
  const answered = page.rows !== null;
  const { onAnswered } = props;
  useEffect(() => {
    if (answered) onAnswered();
  }, [answered, onAnswered]);
  const [key, setKey] = useState<number | null>(null);
  const selected = page.rows?.find((row) => row.message_key === key) ?? page.rows?.[0] ?? null;
  const all = useMemo<readonly ChoosableColumn<SearchRow>[]>(
    () => [
      {
        id: 'time',
        usual: true,
        fixed: true,
        text: (row) => formatStamp(row.sent_at),
        title: t('records.columns.time'),
        track: '132px',
        render: (row) => <span className="num is-soft">{formatStamp(row.sent_at)}</span>,
      },
      {
        id: 'sender',
        usual: true,
        text: (row) => row.sender_name,
        title: t('records.columns.sender'),
        track: '92px',
        render: (row) => <span className={`foreign sender-${row.sender}`}>{row.sender_name}</span>,
      },
      {
        id: 'text',
        usual: true,
        fixed: true,
        text: (row) => (row.recalled ? t('records.recalledText') : row.text),
        title: t('records.columns.text'),
        track: 'minmax(180px, 1fr)',
        render: (row) => {
          if (row.recalled) return <span className="line-recalled">{t('records.recalledText')}</span>;
          if (row.text === '') return <Tag>{t(`records.kinds.${row.kind}`)}</Tag>;
          const cut = excerpt(row.text, row.matches, LEAD);
          return (
            <span className="foreign">
              {row.damaged && <Tag tone="failed">{t('packages.mark')}</Tag>}{' '}
              <Marked text={cut.text} matches={cut.matches} />
            </span>
          );
        },
      },
      {
        id: 'consumer',
        usual: true,
        text: (row) => row.consumer,
        title: t('records.columns.consumer'),
        track: '92px',
        render: (row) => <span className="foreign">{row.consumer}</span>,
      },
      {
        id: 'agent',
        usual: true,
        text: (row) => row.agent,
        title: t('records.columns.agent'),
        track: '72px',
        render: (row) => <span className="foreign is-soft">{row.agent}</span>,
      },
      {
        id: 'shop',
        usual: false,
        text: (row) => row.shop,
        title: t('records.columns.shop'),
        track: '92px',
        render: (row) => <span className="foreign is-soft">{row.shop}</span>,
      },
      {
        id: 'kind',
        usual: false,
        text: (row) => t(`records.kinds.${row.kind}`),
        title: t('records.columns.kind'),
        track: '56px',
        render: (row) => t(`records.kinds.${row.kind}`),
      },
      {
        id: 'orders',
        usual: false,
        text: (row) => row.order_nos.join(' '),
        title: t('records.columns.orders'),
        track: '132px',
        render: (row) => <span className="num">{row.order_nos.join(' ')}</span>,
      },
      {
        id: 'violations',
        usual: false,
        text: (row) => row.violation_nos.join(' '),
        title: t('records.columns.violations'),
        track: '112px',
        render: (row) => <span className="num">{row.violation_nos.join(' ')}</span>,
      },
      {
        id: 'id',
        usual: false,
        text: (row) => row.message_id,
        title: t('records.columns.id'),
        track: '120px',
        render: (row) => <span className="num is-soft">{row.message_id}</span>,
      },
    ],
    [t],
  );
  const columns = useColumns('messages', all);
  if (page.rows === null) {
    if (page.error?.code === 'CANCELLED')
      return <StateMessage icon="search" title={t('records.cancelled')} note={t('records.cancelledNote')} />;
    if (page.error)
      return (
        <ErrorState
          words={errorWords(page.error)}
          code={page.error.code}
          retry={t('common.retry')}
          onRetry={page.retry}
        />
      );
    return <LoadingState label={t('records.searching')} rows={10} />;
  }
  if (page.rows.length === 0)
    return <StateMessage icon="search" title={t('records.empty')} note={t('records.emptyNote')} />;
  return (
    <SplitPane
      id="records-messages"
      label={t('common.size')}
      initial={Math.round(Math.min(680, innerWidth * 0.55))}
      min={420}
      max={900}
      first={
        <DataTable
          label={t('records.messages')}
          locale={locale}
          columns={columns}
          rows={page.rows}
          rowKey={(row) => row.message_key}
          rowHeight={props.rowHeight}
          selectedKey={selected?.message_key ?? null}
          onSelect={(row) => setKey(row.message_key)}
          onCopy={(content) => void copyRows(content, false)}
          ref={props.table}
          onNearEnd={page.next}
          footer={page.busy ? <p className="table-footer">{t('common.loadingMore')}</p> : undefined}
        />
      }
      second={
        selected && (
          <Transcript
            key={selected.conversation_key}
            conversations={[selected.conversation_key]}
            query={props.query}
            focus={selected.message_key}
            title={selected.consumer}
            shop={selected.shop}
          />
        )
      }
    />
  );
}
