import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConnectionLogEntry } from '#shared/contract/upkeep.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { TextArea } from '#renderer/ui/fields.tsx';
import { formatTimeSeconds } from '#renderer/ui/format.ts';
import { Tag, type Tone } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

const TONES: Readonly<Record<ConnectionLogEntry['level'], Tone>> = {
  debug: 'neutral',
  info: 'neutral',
  warn: 'waiting',
  error: 'failed',
};

type Row = ConnectionLogEntry & { readonly id: number };

/** What happened to the connections, without content, and a report for support. */
export function ConnectionLog() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const accounts = useLive((state) => state.accounts) ?? [];
  const log = useAsk('diagnosis.log', { account_id: null, limit: 500 });
  const [selected, setSelected] = useState<number | null>(null);
  const [report, setReport] = useState<string | null>(null);
  const copy = async (): Promise<void> => {
    const answer = await bridge.call('diagnosis.report', {});
    if (!answer.ok) {
      toast({ tone: 'failed', text: errorWords(answer.error).title });
      return;
    }
    setReport(answer.result.text);
    try {
      await navigator.clipboard.writeText(answer.result.text);
      toast({ tone: 'done', text: t('upkeep.log.copied') });
    } catch {
      toast({ tone: 'info', text: t('upkeep.log.copyFailed') });
    }
  };
  const nameOf = (id: string | null): string => accounts.find(({ account_id }) => account_id === id)?.label ?? '–';
  const columns: readonly Column<Row>[] = [
    {
      id: 'time',
      title: t('upkeep.log.column.time'),
      track: '84px',
      render: (row) => <span className="num">{formatTimeSeconds(row.at, locale)}</span>,
    },
    {
      id: 'account',
      title: t('upkeep.log.column.account'),
      track: '120px',
      render: (row) => <span className="foreign ellipsis">{nameOf(row.account_id)}</span>,
    },
    {
      id: 'level',
      title: t('upkeep.log.column.level'),
      track: '72px',
      render: (row) => <Tag tone={TONES[row.level]}>{t(`upkeep.log.level.${row.level}`)}</Tag>,
    },
    {
      id: 'event',
      title: t('upkeep.log.column.event'),
      track: '190px',
      render: (row) => <span className="num ellipsis">{row.event}</span>,
    },
    {
      id: 'details',
      title: t('upkeep.log.column.details'),
      track: 'minmax(200px, 1fr)',
      render: (row) => (
        <span className="num ellipsis" title={details(row)}>
          {details(row)}
        </span>
      ),
    },
  ];
  return (
    <div className="upkeep-page">
      <div className="upkeep-bar">
        <p className="is-soft">{t('upkeep.log.intro')}</p>
        <Button icon="refresh" onClick={log.reload}>
          {t('upkeep.log.refresh')}
        </Button>
        <Button look="primary" icon="copy" onClick={() => void copy()}>
          {t('upkeep.log.copy')}
        </Button>
      </div>
      {report !== null && (
        <TextArea className="upkeep-report num" aria-label={t('upkeep.log.report')} readOnly rows={8} value={report} />
      )}
      <div className="upkeep-table">
        {log.data === null ? (
          <Pending error={log.error} onRetry={log.reload} />
        ) : log.data.entries.length === 0 ? (
          <StateMessage icon="pulse" title={t('upkeep.log.empty')} />
        ) : (
          <DataTable
            label={t('upkeep.log.list')}
            columns={columns}
            rows={log.data.entries.map((entry, id) => ({ ...entry, id }))}
            rowKey={(row) => row.id}
            rowHeight={32}
            selectedKey={selected}
            onSelect={(row) => setSelected(row.id)}
            locale={locale}
          />
        )}
      </div>
    </div>
  );
}

function details({ fields }: ConnectionLogEntry): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
