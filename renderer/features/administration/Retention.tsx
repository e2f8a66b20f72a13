import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { Bars } from '#renderer/ui/Bars.tsx';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { Field, Input, Segmented, Switch } from '#renderer/ui/fields.tsx';
import { dayKey, formatDuration, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorLine, errorWords } from '#renderer/ui/words.ts';
import type { AccessView, RetentionOverview, RetentionRow } from '#shared/contract/administration.ts';
import type { RetentionSettings } from '#shared/domain/administration/retention.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { DAY } from '#shared/lib/durations.ts';
import { useReloadOn } from './use-reload.ts';

/** AD3: the rules, the calendar of what goes when, and what is kept because something protects it. */
export function Retention(props: {
  rowHeight: number;
  access: AccessView;
  onConversation: (key: ConversationKey) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  // Fixed while the page is open: a range that moves would never be answered.
  const [from] = useState(() => Math.floor(localNow() / DAY) * DAY - DAY);
  const range = { from, to: from + 92 * DAY };
  const [show, setShow] = useState<'going' | 'kept'>('going');
  const [selected, setSelected] = useState<number | null>(null);
  const overview = useAsk('retention.get', {});
  const calendar = useAsk('retention.calendar', range);
  const list = useAsk('retention.list', { ...range, kept: show === 'kept', limit: 500 });
  const reload = (): void => {
    overview.reload();
    calendar.reload();
    list.reload();
  };
  useReloadOn(overview.reload);
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJob(jobId, ({ state, result, error }) => {
    if (state === 'done')
      toast({
        tone: 'done',
        text: t('administration.retention.runDone', {
          removed: Number(result?.['removed'] ?? 0),
          announced: Number(result?.['announced'] ?? 0),
        }),
      });
    else if (error) toast({ tone: 'failed', text: errorWords({ code: error.code }).title });
    reload();
  });
  const mayRun = props.access.permissions['retention.run'] && !props.access.offline;

  const columns: readonly Column<RetentionRow>[] = [
    {
      id: 'title',
      title: t('administration.retention.column.title'),
      track: 'minmax(130px, 1fr)',
      sortBy: (row) => row.title,
      render: (row) => <span className="foreign ellipsis">{row.title}</span>,
    },
    {
      id: 'shop',
      title: t('administration.retention.column.shop'),
      track: '120px',
      sortBy: (row) => row.shop,
      render: (row) => <span className="foreign ellipsis">{row.shop}</span>,
    },
    {
      id: 'rule',
      title: t('administration.retention.column.rule'),
      track: '84px',
      sortBy: (row) => row.rule,
      render: (row) => t(`administration.retention.rule.${row.rule}`),
    },
    {
      id: 'last',
      title: t('administration.retention.column.last'),
      track: '138px',
      sortBy: (row) => row.last_message_at,
      render: (row) => <span className="num">{formatStamp(row.last_message_at)}</span>,
    },
    show === 'going'
      ? {
          id: 'removes',
          title: t('administration.retention.column.removes'),
          track: '150px',
          sortBy: (row) => row.removes_at,
          render: (row) => (
            <>
              <span className="num">{dayKey(row.removes_at)}</span>{' '}
              {row.announced_at === null && (
                <span className="is-soft">{t('administration.retention.notAnnounced')}</span>
              )}
            </>
          ),
        }
      : {
          id: 'why',
          title: t('administration.retention.column.why'),
          track: 'minmax(150px, 220px)',
          sortBy: (row) => row.protections.join(),
          render: (row) =>
            row.protections.map((each) => <Tag key={each}>{t(`administration.protection.${each}`)}</Tag>),
        },
  ];

  if (overview.data === null) return <Pending error={overview.error} onRetry={reload} />;
  const { data } = overview;
  return (
    <div className="administration-split is-narrow">
      <div
        className="administration-pane is-first"
        tabIndex={0}
        role="region"
        aria-label={t('administration.tab.retention')}
      >
        <p className="is-soft">{t('administration.retention.intro')}</p>
        <p className="num">
          {data.last_run === null
            ? t('administration.retention.neverRun')
            : t('administration.retention.lastRun', {
                time: formatStamp(data.last_run.at),
                removed: data.last_run.removed,
                announced: data.last_run.announced,
              })}
        </p>
        <p className="num">
          {t('administration.retention.announced', { count: data.announced })}
          <br />
          {t('administration.retention.kept', { count: data.kept })}
        </p>
        <Button
          icon="clock"
          disabled={!mayRun || !data.settings.enabled}
          busy={isRunning(job)}
          onClick={() =>
            void bridge.call('retention.run', {}).then((answer) => {
              if (answer.ok) setJobId(answer.result.job_id);
              else
                toast({
                  tone: 'failed',
                  text: errorWords(answer.error).title,
                  note: errorLine(errorWords(answer.error)),
                });
            })
          }
        >
          {t('administration.retention.run')}
        </Button>
        <h2>{t('administration.retention.calendar')}</h2>
        <p className="is-soft">{t('administration.retention.calendarNote')}</p>
        {calendar.data === null ? (
          <LoadingState label={t('common.loading')} rows={3} />
        ) : calendar.data.days.length === 0 ? (
          <StateMessage icon="clock" title={t('administration.retention.calendarEmpty')} compact />
        ) : (
          <Bars
            label={t('administration.retention.calendar')}
            rows={calendar.data.days.map((day) => ({
              id: String(day.day),
              label: <span className="num">{dayKey(day.day)}</span>,
              parts: Object.entries(day.by_rule).map(([rule, count]) => ({
                id: rule,
                label: t(`administration.retention.rule.${rule as RetentionRow['rule']}`),
                tone: 'waiting' as const,
                value: count,
              })),
              value: formatNumber(day.conversations, locale),
            }))}
          />
        )}
        <h2>{t('administration.retention.rules')}</h2>
        <table className="administration-grid">
          <tbody>
            {data.rules.map((rule) => (
              <tr key={rule.shop}>
                <th scope="row" className="foreign">
                  {rule.shop}
                </th>
                <td className="num">
                  {rule.waiting_ms === null || rule.accepted_ms === null
                    ? t('administration.retention.noPolicy')
                    : `${t('administration.retention.ruleWaiting')} ${formatDuration(rule.waiting_ms, locale)} · ${t('administration.retention.ruleAccepted')} ${formatDuration(rule.accepted_ms, locale)}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <SettingsForm
          key={JSON.stringify(data.settings)}
          overview={data}
          editable={mayRun}
          onSaved={() => {
            toast({ tone: 'done', text: t('administration.retention.saved') });
            reload();
          }}
        />
      </div>
      <div className="administration-column">
        <div className="administration-filter">
          <Segmented
            label={t('administration.retention.showLabel')}
            value={show}
            onChange={setShow}
            options={[
              { value: 'going', label: t('administration.retention.show.going') },
              { value: 'kept', label: t('administration.retention.show.kept') },
            ]}
          />
          {list.data?.more === true && <span className="is-soft">{t('administration.retention.more')}</span>}
        </div>
        <div className="administration-table">
          {list.data === null ? (
            <LoadingState label={t('common.loading')} />
          ) : list.data.rows.length === 0 ? (
            <StateMessage icon="clock" title={t('administration.retention.empty')} />
          ) : (
            <DataTable
              label={show === 'going' ? t('administration.retention.list') : t('administration.retention.keptList')}
              columns={columns}
              rows={list.data.rows}
              rowKey={(row) => row.key}
              rowHeight={Math.max(32, Math.round(props.rowHeight / 2))}
              selectedKey={selected}
              onSelect={(row) => setSelected(row.key)}
              locale={locale}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function SettingsForm(props: { overview: RetentionOverview; editable: boolean; onSaved: () => void }) {
  const { t } = useTranslation();
  const { settings } = props.overview;
  const [enabled, setEnabled] = useState(settings.enabled);
  const [other, setOther] = useState(settings.other_days?.toString() ?? '');
  const [imported, setImported] = useState(settings.imported_days?.toString() ?? '');
  const days = (text: string): number | null | undefined => {
    if (text.trim() === '') return null;
    const value = Number(text);
    return Number.isInteger(value) && value >= 1 && value <= 36_500 ? value : undefined;
  };
  const wanted: RetentionSettings | null =
    days(other) === undefined || days(imported) === undefined
      ? null
      : { enabled, other_days: days(other) ?? null, imported_days: days(imported) ?? null };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === null) return;
        void bridge.call('retention.set', wanted).then((answer) => {
          if (answer.ok) props.onSaved();
          else toast({ tone: 'failed', text: errorWords(answer.error).title });
        });
      }}
    >
      <div className="administration-switch">
        <Switch
          label={t('administration.retention.enabled')}
          checked={enabled}
          disabled={!props.editable}
          onChange={setEnabled}
        />
        <span>{t('administration.retention.enabled')}</span>
        <span className="is-soft">{t('administration.retention.enabledNote')}</span>
      </div>
      <Field label={t('administration.retention.otherDays')} id="retention-other">
        <Input
          id="retention-other"
          inputMode="numeric"
          value={other}
          disabled={!props.editable}
          placeholder={t('administration.retention.forever')}
          onChange={(event) => setOther(event.target.value)}
        />
      </Field>
      <Field label={t('administration.retention.importedDays')} id="retention-imported">
        <Input
          id="retention-imported"
          inputMode="numeric"
          value={imported}
          disabled={!props.editable}
          placeholder={t('administration.retention.forever')}
          onChange={(event) => setImported(event.target.value)}
        />
      </Field>
      {props.editable ? (
        <Button submit disabled={wanted === null || JSON.stringify(wanted) === JSON.stringify(settings)}>
          {t('administration.retention.save')}
        </Button>
      ) : (
        <p className="is-soft">{t('administration.retention.policyOnly')}</p>
      )}
    </form>
  );
}
