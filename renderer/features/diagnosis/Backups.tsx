import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BackupInspection, BackupsView, BackupView } from '#shared/contract/upkeep.ts';
import { rolesWith } from '#shared/domain/permissions.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning, useJob } from '#renderer/bridge/jobs.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Select, Switch } from '#renderer/ui/fields.tsx';
import { formatBytes, formatStamp, type Locale } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { RestoreTable } from '#renderer/ui/RestoreTable.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';

const KEEP = ['3', '7', '14', '30'] as const;

/** ST4: backups, and the way back to one of them. */
export function Backups() {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const asked = useAsk('backups.list', {});
  const access = useAsk('access.mine', {});
  const settings = useLive((state) => state.settings);
  const [selected, setSelected] = useState<string | null>(null);
  const [restoring, setRestoring] = useState<BackupView | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const { reload } = asked;
  const job = useJob(jobId, ({ state, result, error }) => {
    if (state === 'done') {
      toast({
        tone: 'done',
        text: t('upkeep.backups.made', { size: formatBytes(Number(result?.['bytes'] ?? 0), locale) }),
      });
      reload();
    } else if (error) toast({ tone: 'failed', text: errorWords({ code: error.code }).title });
  });
  const make = async (): Promise<void> => {
    const answer = await bridge.call('backups.make', {});
    if (answer.ok) setJobId(answer.result.job_id);
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  const set = async (patch: { backup_daily?: boolean; backup_keep?: number }): Promise<void> => {
    const answer = await bridge.call('settings.set', patch);
    if (answer.ok) {
      useLive.setState({ settings: answer.result });
      reload();
    } else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  const mayRestore = access.data?.permissions['backup.restore'] ?? false;
  const keep = String(settings?.backup_keep ?? 7);
  const columns: readonly Column<BackupView>[] = [
    {
      id: 'made',
      title: t('upkeep.backups.column.made'),
      track: '150px',
      sortBy: (row) => row.made_at,
      render: (row) => <span className="num">{formatStamp(row.made_at)}</span>,
    },
    {
      id: 'reason',
      title: t('upkeep.backups.column.reason'),
      track: 'minmax(120px, 1fr)',
      sortBy: (row) => row.reason,
      render: (row) => t(`upkeep.backups.reason.${row.reason}`),
    },
    {
      id: 'size',
      title: t('upkeep.backups.column.size'),
      track: '100px',
      sortBy: (row) => row.bytes,
      render: (row) => <span className="num">{formatBytes(row.bytes, locale)}</span>,
    },
  ];
  const chosen = asked.data?.backups.find(({ name }) => name === selected) ?? null;
  return (
    <div className="upkeep-page">
      <div className="upkeep-bar">
        <p className="is-soft">{t('upkeep.backups.intro')}</p>
        <Button look="primary" icon="download" busy={isRunning(job)} onClick={() => void make()}>
          {t('upkeep.backups.make')}
        </Button>
      </div>
      <div className="upkeep-bar is-second">
        <Switch
          label={t('upkeep.backups.daily')}
          checked={settings?.backup_daily ?? true}
          onChange={(backup_daily) => void set({ backup_daily })}
        />
        <span>{t('upkeep.backups.daily')}</span>
        <span className="is-soft">{t('upkeep.backups.keep')}</span>
        <Select
          label={t('upkeep.backups.keep')}
          value={(KEEP as readonly string[]).includes(keep) ? (keep as (typeof KEEP)[number]) : undefined}
          placeholder={keep}
          width={80}
          onChange={(value) => void set({ backup_keep: Number(value) })}
          options={KEEP.map((value) => ({ value, label: value }))}
        />
        <span className="upkeep-space" />
        <Button icon="undo" disabled={chosen === null || !mayRestore} onClick={() => setRestoring(chosen)}>
          {t('upkeep.backups.restore')}
        </Button>
      </div>
      {access.data && !mayRestore && (
        <p className="is-soft">
          {t('upkeep.backups.noPermission', {
            roles: rolesWith('backup.restore')
              .map((role) => t(`administration.role.${role}`))
              .join(t('common.listSeparator')),
          })}
        </p>
      )}
      {asked.data?.problem && (
        <p role="alert" className="account-problem is-failed">
          <Icon name="warning" size={14} />
          <span>
            {t('upkeep.backups.problem')}: {errorWords({ code: asked.data.problem }).title}{' '}
            {errorWords({ code: asked.data.problem }).next} <code className="ui-code">{asked.data.problem}</code>
          </span>
        </p>
      )}
      {asked.data !== null && asked.data.backups.length > 0 && <Room view={asked.data} locale={locale} />}
      <div className="upkeep-table">
        {asked.data === null ? (
          asked.error ? (
            <ErrorState
              words={errorWords(asked.error)}
              code={asked.error.code}
              retry={t('common.retry')}
              onRetry={reload}
            />
          ) : (
            <LoadingState label={t('common.loading')} />
          )
        ) : asked.data.backups.length === 0 ? (
          <StateMessage icon="download" title={t('upkeep.backups.empty')} note={t('upkeep.backups.emptyNote')} />
        ) : (
          <DataTable
            label={t('upkeep.backups.list')}
            columns={columns}
            rows={asked.data.backups}
            rowKey={(row) => row.name}
            rowHeight={34}
            selectedKey={selected}
            onSelect={(row) => setSelected(row.name)}
            locale={locale}
          />
        )}
      </div>
      {restoring && <RestoreDialog backup={restoring} onClose={() => setRestoring(null)} />}
    </div>
  );
}

/** What the copies take, and whether the next one fits. */
function Room(props: { view: BackupsView; locale: Locale }) {
  const { t } = useTranslation();
  const { backups, room } = props.view;
  const { free, next } = room;
  const size = (bytes: number): string => formatBytes(bytes, props.locale);
  const fits = free === null || next === null || next < free;
  return (
    <p className={fits ? 'is-soft' : 'is-failed'} role={fits ? undefined : 'alert'}>
      {t('upkeep.backups.totals', {
        count: backups.length,
        size: size(backups.reduce((sum, { bytes }) => sum + bytes, 0)),
      })}{' '}
      {free !== null &&
        next !== null &&
        t(fits ? 'upkeep.backups.next' : 'upkeep.backups.noRoom', { next: size(next), free: size(free) })}
    </p>
  );
}

function RestoreDialog(props: { backup: BackupView; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { name, made_at } = props.backup;
  const inspected = useAsk('backups.inspect', { name });
  const [busy, setBusy] = useState(false);
  const restore = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('backups.restore', { name });
    if (answer.ok) toast({ tone: 'info', text: t('upkeep.backups.restoring') });
    else {
      setBusy(false);
      toast({ tone: 'failed', text: errorWords(answer.error).title });
    }
  };
  const inspection: BackupInspection | null = inspected.data;
  return (
    <ConfirmDialog
      open
      danger
      width={620}
      busy={busy}
      disabled={inspection === null}
      title={t('upkeep.backups.restoreTitle', { time: formatStamp(made_at) })}
      confirm={t('upkeep.backups.confirm')}
      cancel={t('common.cancel')}
      onCancel={props.onClose}
      onConfirm={() => void restore()}
    >
      {inspected.error ? (
        <ErrorState
          compact
          words={errorWords(inspected.error)}
          code={inspected.error.code}
          retry={t('common.retry')}
          onRetry={inspected.reload}
        />
      ) : inspection === null ? (
        <LoadingState label={t('upkeep.backups.reading')} rows={4} />
      ) : (
        <>
          <p>{t('upkeep.backups.whatHappens')}</p>
          <RestoreTable
            inspection={inspection}
            say={(key, values) => t(key as 'upkeep.backups.same', values)}
            locale={locale}
          />
          <p className="is-soft">{t('upkeep.backups.gatewayNote')}</p>
        </>
      )}
    </ConfirmDialog>
  );
}
