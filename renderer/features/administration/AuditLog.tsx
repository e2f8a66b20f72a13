import { useCallback, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useListing } from '#renderer/bridge/listing.ts';
import { saveFile } from '#renderer/bridge/save.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { Input, MultiSelect, Segmented } from '#renderer/ui/fields.tsx';
import { dayKey, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AuditFilter, AuditRow, AuditVerification } from '#shared/contract/administration.ts';
import type { AppError } from '#shared/contract/errors.ts';
import { DAY } from '#shared/lib/durations.ts';

const PAGE = 200;
type Range = 'day' | 'week' | 'month' | 'all';
const DAYS: Readonly<Record<Exclude<Range, 'all'>, number>> = { day: 1, week: 7, month: 30 };

/** AD4: who did what; filtered, exported, verified. */
export function AuditLog(props: { rowHeight: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [actions, setActions] = useState<readonly string[]>([]);
  const [actors, setActors] = useState<readonly string[]>([]);
  const [text, setText] = useState('');
  const [range, setRange] = useState<Range>('all');
  const [selected, setSelected] = useState<number | null>(null);
  const [verified, setVerified] = useState<AuditVerification | null>(null);
  const [verifying, setVerifying] = useState(false);
  const facets = useAsk('audit.facets', {});
  const asked = useDeferredValue(JSON.stringify(filterOf(actions, actors, text, range)));

  const { page, error, more, reload } = useListing(
    useCallback(
      (before: number | null) =>
        bridge.call('audit.list', { filter: JSON.parse(asked) as AuditFilter, limit: PAGE, before }),
      [asked],
    ),
  );
  const rows = page?.rows ?? null;

  const failed = (reason: AppError): void => {
    const words = errorWords(reason);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };
  const verify = async (): Promise<void> => {
    setVerifying(true);
    const answer = await bridge.call('audit.verify', {});
    setVerifying(false);
    if (answer.ok) setVerified(answer.result);
    else failed(answer.error);
  };
  const save = async (format: 'csv' | 'jsonl'): Promise<void> => {
    const answer = await saveFile(
      `${t('administration.audit.exportFile')}-${dayKey(localNow()).replaceAll('-', '')}.${format}`,
      (target) => bridge.call('audit.export', { filter: JSON.parse(asked) as AuditFilter, format, target }),
    );
    if (answer === null) return;
    if (!answer.ok) return failed(answer.error);
    toast({ tone: 'done', text: t('administration.audit.exported', { entries: answer.result.entries }) });
    reload();
  };

  const name = (action: string): string => {
    const words = t('administration.audit.actions', { returnObjects: true }) as unknown as Record<string, string>;
    // An action of a newer version stands for itself.
    return words[action] ?? action;
  };
  const actor = (id: string): string =>
    id === 'system' || id === 'gateway' || id === 'local' ? t(`administration.audit.${id}`) : id;

  const columns: readonly Column<AuditRow>[] = [
    {
      id: 'seq',
      title: t('administration.audit.column.seq'),
      track: '64px',
      numeric: true,
      sortBy: (row) => row.seq,
      render: (row) => row.seq,
    },
    {
      id: 'at',
      title: t('administration.audit.column.at'),
      track: '138px',
      sortBy: (row) => row.at,
      render: (row) => <span className="num">{formatStamp(row.at)}</span>,
    },
    {
      id: 'actor',
      title: t('administration.audit.column.actor'),
      track: '120px',
      sortBy: (row) => row.actor,
      render: (row) => <span className="foreign ellipsis">{actor(row.actor)}</span>,
    },
    {
      id: 'action',
      title: t('administration.audit.column.action'),
      track: '180px',
      sortBy: (row) => row.action,
      render: (row) => <span className="ellipsis">{name(row.action)}</span>,
    },
    {
      id: 'details',
      title: t('administration.audit.column.details'),
      track: 'minmax(160px, 1fr)',
      sortBy: (row) => JSON.stringify(row.details),
      render: (row) => <span className="foreign ellipsis is-soft">{JSON.stringify(row.details)}</span>,
    },
  ];
  const chosen = rows?.find((row) => row.seq === selected) ?? null;
  return (
    <div className="administration-column">
      <div className="administration-filter">
        <Segmented
          label={t('administration.audit.range')}
          value={range}
          onChange={setRange}
          options={(['day', 'week', 'month', 'all'] as const).map((value) => ({
            value,
            label: t(`administration.audit.ranges.${value}`),
          }))}
        />
        <MultiSelect
          label={t('administration.audit.action')}
          value={actions}
          onChange={setActions}
          placeholder={t('administration.audit.anyAction')}
          options={(facets.data?.actions ?? []).map(({ action, entries }) => ({
            value: action,
            label: `${name(action)} (${formatNumber(entries, locale)})`,
          }))}
        />
        <MultiSelect
          label={t('administration.audit.actor')}
          value={actors}
          onChange={setActors}
          placeholder={t('administration.audit.anyActor')}
          options={(facets.data?.actors ?? []).map((value) => ({ value, label: actor(value) }))}
          width={150}
        />
        <Input
          icon="search"
          aria-label={t('administration.audit.text')}
          placeholder={t('administration.audit.text')}
          value={text}
          maxLength={256}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="administration-space" />
        <Button icon="checks" busy={verifying} onClick={() => void verify()}>
          {verifying ? t('administration.audit.verifying') : t('administration.audit.verify')}
        </Button>
        <Button icon="download" onClick={() => void save('csv')}>
          {t('administration.audit.exportCsv')}
        </Button>
        <Button icon="download" onClick={() => void save('jsonl')}>
          {t('administration.audit.exportJsonl')}
        </Button>
      </div>
      {verified !== null && (
        <p className={`administration-verdict ${verified.ok ? 'is-good' : 'is-bad'}`} role="status">
          <Icon name={verified.ok ? 'check' : 'warning'} size={14} />
          {verified.ok
            ? t('administration.audit.ok', { entries: formatNumber(verified.entries, locale) })
            : verified.broken_at !== null
              ? t('administration.audit.broken', { seq: verified.broken_at })
              : t('administration.audit.missing', { count: verified.missing_at_end })}
          <span className="is-soft num">
            {t('administration.audit.checkedAt', { time: formatStamp(verified.checked_at) })}
            {verified.head !== null && ` · ${t('administration.audit.head')} ${verified.head.slice(0, 16)}`}
          </span>
        </p>
      )}
      <div className={`administration-split ${chosen === null ? 'is-whole' : ''}`}>
        <div className="administration-table">
          {rows === null ? (
            <Pending error={error} onRetry={reload} />
          ) : rows.length === 0 ? (
            <StateMessage icon="records" title={t('administration.audit.empty')} />
          ) : (
            <DataTable
              label={t('administration.tab.audit')}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.seq}
              rowHeight={Math.max(30, Math.round(props.rowHeight / 2))}
              selectedKey={selected}
              onSelect={(row) => setSelected(row.seq)}
              locale={locale}
              onNearEnd={more}
            />
          )}
        </div>
        {chosen !== null && (
          <aside className="administration-pane" aria-label={t('administration.audit.detail')} tabIndex={0}>
            <div className="group-pane">
              <h2>{name(chosen.action)}</h2>
              <p className="is-soft num">
                {formatStamp(chosen.at)} · {actor(chosen.actor)} · {chosen.action}
              </p>
              <pre className="administration-json foreign">{JSON.stringify(chosen.details, null, 2)}</pre>
              <p className="is-soft num group-hash">
                {t('administration.audit.hash')} {chosen.hash}
              </p>
            </div>
          </aside>
        )}
      </div>
    </div>
  );
}

function filterOf(actions: readonly string[], actors: readonly string[], text: string, range: Range): AuditFilter {
  return {
    ...(actions.length === 0 ? {} : { actions: [...actions] }),
    ...(actors.length === 0 ? {} : { actors: [...actors] }),
    ...(text.trim() === '' ? {} : { text: text.trim() }),
    // Whole days back, so that the filter stays the same while it is looked at.
    ...(range === 'all' ? {} : { from: Math.floor(localNow() / DAY) * DAY - (DAYS[range] - 1) * DAY }),
  };
}
