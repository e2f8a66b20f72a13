import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountView, JobView } from '#shared/contract/views.ts';
import type { Presence } from '#shared/protocol/entities.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { isRunning } from '#renderer/bridge/jobs.ts';
import { useLive, useProgress, windowClock } from '#renderer/bridge/live.ts';
import { downloadAddress } from '#renderer/bridge/save.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { Button, Hint, IconButton } from '#renderer/ui/Button.tsx';
import {
  formatBytes,
  formatCountdown,
  formatDuration,
  formatNumber,
  formatTimeSeconds,
  type Locale,
} from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Dot, ProgressBar, type Tone } from '#renderer/ui/marks.tsx';
import { Menu, type MenuAnchor } from '#renderer/ui/Menu.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { CONNECTION_TONES } from './Rail.tsx';
import { go } from './store.ts';

/** Each account's connection and how far it is synced (SY9), what profile this is, and what runs. */
export function StatusBar() {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts) ?? [];
  const info = useLive((state) => state.info);
  const jobs = useLive((state) => state.jobs);
  const running = jobs.filter(isRunning);
  return (
    <footer className="status" aria-label={t('status.label')}>
      <div className="status-accounts">
        {accounts.map((account) => (
          <AccountStatus key={account.account_id} account={account} />
        ))}
      </div>
      {running.map((job) => (
        <JobStatus key={job.job_id} job={job} />
      ))}
      {jobs.map((job) => (
        <ResumedExport key={job.job_id} job={job} />
      ))}
      {info && (
        <span className="status-note">
          {info.practice && <>{t('status.practice')} · </>}
          {t(`status.key.${info.key_storage}`)}
        </span>
      )}
    </footer>
  );
}

/** By itself, because it changes with every event. */
function Synced({ accountId }: { accountId: AccountView['account_id'] }) {
  const { t, i18n } = useTranslation();
  const { synced_at, event_seq } = useProgress(accountId);
  if (synced_at === null) return t('status.neverSynced');
  return t('status.synced', { time: formatTimeSeconds(synced_at, currentLocale(i18n.language)), seq: event_seq });
}

function AccountStatus({ account }: { account: AccountView }) {
  const { t } = useTranslation();
  const retryAt = account.problem?.retry_at ?? null;
  useNow(retryAt !== null);
  const live = account.state === 'live';
  // RC1: refused as a whole; the one before stays.
  const refused = account.shops.filter(({ policy_problem }) => policy_problem !== null);
  return (
    <span className="status-account">
      <button type="button" className="status-link" onClick={() => go.to('connection')}>
        <Dot {...CONNECTION_TONES[account.state]} label={t(`connection.${account.state}`)} />
        <span className="ellipsis foreign">{account.label}</span>
      </button>
      {account.agent && <PresenceSwitch account={account} presence={account.agent.presence} />}
      <span className="num status-soft">
        {live || account.state === 'catching-up' ? null : `${t(`connection.${account.state}`)} · `}
        {account.state === 'catching-up' && `${t('connection.catching-up')} · `}
        <Synced accountId={account.account_id} />
        {retryAt !== null && ` · ${t('status.retryIn', { time: formatCountdown(retryAt - windowClock()) })}`}
      </span>
      {refused.length > 0 && (
        <span role="alert">
          <button type="button" className="status-link status-refused" onClick={() => go.to('connection')}>
            <Icon name="warning" size={12} />
            {t('status.policyRefused', { shops: refused.map(({ name }) => name).join(t('common.listSeparator')) })}
          </button>
        </span>
      )}
      {(account.state === 'backing-off' || account.state === 'offline') && (
        <Button
          size="small"
          look="quiet"
          className="status-action"
          onClick={() =>
            void bridge
              .call('accounts.reconnect', { account_id: account.account_id })
              .then((answer) => answer.ok || toast({ tone: 'failed', text: errorWords(answer.error).title }))
          }
        >
          {t('status.reconnect')}
        </Button>
      )}
    </span>
  );
}

const PRESENCES = ['online', 'busy', 'off_duty'] as const satisfies readonly Presence[];
const PRESENCE_TONES: Readonly<Record<Presence, { tone: Tone; hollow: boolean }>> = {
  online: { tone: 'done', hollow: false },
  busy: { tone: 'waiting', hollow: false },
  off_duty: { tone: 'offline', hollow: true },
};

/** IN6: whether new conversations come to this login; decided by the gateway, so only while connected. */
function PresenceSwitch(props: { account: AccountView; presence: Presence }) {
  const { t } = useTranslation();
  const { account, presence } = props;
  const [anchor, setAnchor] = useState<MenuAnchor | null>(null);
  const live = account.state === 'live';
  const set = async (next: Presence): Promise<void> => {
    const answer = await bridge.call('accounts.presence', { account_id: account.account_id, presence: next });
    if (!answer.ok) toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  return (
    <>
      <Hint text={live ? t('account.presenceMenu') : t('account.presenceOffline')}>
        <button
          type="button"
          className="status-link status-presence"
          aria-haspopup="menu"
          aria-expanded={anchor !== null}
          aria-label={t('account.presenceOf', { name: account.label, presence: t(`account.presence.${presence}`) })}
          aria-disabled={!live || undefined}
          onClick={(event) => {
            if (!live) return;
            const box = event.currentTarget.getBoundingClientRect();
            setAnchor({ x: box.left, y: box.top, byKeyboard: event.detail === 0 });
          }}
        >
          <Dot
            {...(live ? PRESENCE_TONES[presence] : PRESENCE_TONES.off_duty)}
            label={t(`account.presence.${presence}`)}
          />
          {t(`account.presence.${presence}`)}
          <Icon name="chevronUp" size={10} />
        </button>
      </Hint>
      {anchor && (
        <Menu
          anchor={anchor}
          label={t('account.presenceMenu')}
          onClose={() => setAnchor(null)}
          items={PRESENCES.map((one) => ({
            id: one,
            label: t(`account.presence.${one}`),
            note: t(`account.presenceNote.${one}`),
            checked: one === presence,
            onSelect: () => void set(one),
          }))}
        />
      )}
    </>
  );
}

export function jobProgress(job: JobView, locale: Locale, t: TFunction): string {
  if (job.unit === 'bytes')
    return t('status.jobBytes', {
      done: formatBytes(job.done, locale),
      total: job.total === null ? '…' : formatBytes(job.total, locale),
    });
  if (job.total === null) return t('status.jobRowsOpen', { done: formatNumber(job.done, locale) });
  return t('status.jobRows', { done: formatNumber(job.done, locale), total: formatNumber(job.total, locale) });
}

function JobStatus({ job }: { job: JobView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [cancelling, setCancelling] = useState(false);
  const kind = t(`status.jobKind.${job.kind}`);
  return (
    <span className="status-job" role="status">
      <Hint text={`${kind} ${job.title}`}>
        <span className="ellipsis foreign">{kind}</span>
      </Hint>
      <ProgressBar share={job.total ? job.done / job.total : null} label={`${kind} ${job.title}`} />
      <span className="num">{job.state === 'queued' ? t('status.jobState.queued') : jobProgress(job, locale, t)}</span>
      {job.eta_ms !== null && job.eta_ms > 0 && (
        <span className="num">{t('status.jobLeft', { time: formatDuration(job.eta_ms, locale) })}</span>
      )}
      <IconButton
        icon="close"
        iconSize={12}
        className="status-cancel"
        label={t('status.jobCancel')}
        placement="top"
        disabled={cancelling}
        onClick={() => {
          setCancelling(true);
          void bridge.call('jobs.cancel', { job_id: job.job_id }).finally(() => setCancelling(false));
        }}
      />
    </span>
  );
}

/** EX6: an export that went on at this start ended without a dialog that would lead to its file. */
function ResumedExport({ job }: { job: JobView }) {
  const { t } = useTranslation();
  const [closed, setClosed] = useState(false);
  const address = job.result?.['resumed'] === true ? downloadAddress(job.result['download']) : null;
  if (closed || address === null) return null;
  const name = String(job.result?.['name'] ?? '');
  return (
    <span className="status-job">
      <a className="status-link" href={address} download={name}>
        <Icon name="download" size={12} />
        <span className="ellipsis foreign">{t('export.fetch', { name })}</span>
      </a>
      <IconButton
        icon="close"
        iconSize={12}
        label={t('common.close')}
        placement="top"
        onClick={() => setClosed(true)}
      />
    </span>
  );
}

export function HostStrip() {
  const { t } = useTranslation();
  const host = useLive((state) => state.host);
  if (host !== 'gone') return null;
  return (
    <div className="ui-strip is-waiting" role="alert">
      <Icon name="offline" size={14} />
      {t('status.hostGone')}
    </div>
  );
}
