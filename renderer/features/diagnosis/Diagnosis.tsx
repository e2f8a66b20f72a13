import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { AccountView, ConnectionState, ShopView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { serverNow, useLive, useProgress, windowClock } from '#renderer/bridge/live.ts';
import { currentLocale, errorWords, platformName } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { formatCountdown, formatDuration, formatTimeSeconds } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Avatar, Dot, Tag, type Tone } from '#renderer/ui/marks.tsx';
import { LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { useNow } from '#renderer/ui/use-now.ts';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { AccountActions } from './AccountActions.tsx';
import { Backups } from './Backups.tsx';
import { ConnectionLog } from './ConnectionLog.tsx';
import { Doctor } from './Doctor.tsx';
import { ProxySettings } from './Proxy.tsx';
import { Steps } from './Steps.tsx';
import './diagnosis.css';

const TABS = ['connection', 'log', 'doctor', 'backups'] as const;

const TONES: Readonly<Record<ConnectionState, Tone>> = {
  offline: 'offline',
  connecting: 'waiting',
  authenticating: 'waiting',
  'catching-up': 'waiting',
  live: 'done',
  'backing-off': 'waiting',
  kicked: 'failed',
  refused: 'failed',
};

const FAULTS = [
  'cut',
  'slow',
  'drop',
  'duplicate',
  'reorder',
  'refuse',
  'clock-skew',
  'kick',
  'none',
] as const satisfies readonly ProcedureInput<'practice.fault'>['fault'][];

interface DiagnosisRequest {
  readonly tab: (typeof TABS)[number];
  readonly turn: number;
}

/** Each account's connection in full (IN7): state, why, clock, sync, shops and their policies, and the way back. */
export default function Diagnosis(props: { onAddAccount: () => void; request?: DiagnosisRequest | null }) {
  const { t } = useTranslation();
  const accounts = useLive((state) => state.accounts);
  const { request = null } = props;
  const [tab, setTab] = useState<(typeof TABS)[number]>(request?.tab ?? 'connection');
  const [followed, setFollowed] = useState(request?.turn);
  // While drawing, not after it: the page that was asked for is the first that is seen.
  if (request !== null && request.turn !== followed) {
    setFollowed(request.turn);
    setTab(request.tab);
  }
  return (
    <main className="diagnosis" aria-label={t('diagnosis.title')}>
      <header className="ui-screen-head">
        <h1>{t('diagnosis.title')}</h1>
        <Tabs
          label={t('upkeep.tabs')}
          value={tab}
          onChange={setTab}
          tabs={TABS.map((value) => ({ value, label: t(`upkeep.tab.${value}`) }))}
        />
        <Button icon="plus" className="diagnosis-add" onClick={props.onAddAccount}>
          {t('nav.addAccount')}
        </Button>
      </header>
      {tab === 'log' && <ConnectionLog />}
      {tab === 'doctor' && <Doctor />}
      {tab === 'backups' && <Backups />}
      {tab === 'connection' && (
        <div className="diagnosis-body" tabIndex={0} role="region" aria-label={t('upkeep.tab.connection')}>
          {accounts === null ? (
            <LoadingState label={t('common.loading')} />
          ) : accounts.length === 0 ? (
            <StateMessage icon="pulse" title={t('diagnosis.none')} note={t('diagnosis.noneNote')}>
              <Button look="primary" onClick={props.onAddAccount}>
                {t('nav.addAccount')}
              </Button>
            </StateMessage>
          ) : (
            accounts.map((account) => <AccountCard key={account.account_id} account={account} />)
          )}
          {accounts !== null && <ProxySettings />}
        </div>
      )}
    </main>
  );
}

function AccountCard({ account }: { account: AccountView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const progress = useProgress(account.account_id);
  const waiting = account.problem !== null && account.problem.retry_at !== null;
  useNow(waiting);
  const [removing, setRemoving] = useState(false);
  const words = account.problem ? errorWords({ code: account.problem.code }) : null;
  const reconnect = async (): Promise<void> => {
    const answer = await bridge.call('accounts.reconnect', { account_id: account.account_id });
    toast(
      answer.ok
        ? { tone: 'info', text: t('diagnosis.reconnecting') }
        : { tone: 'failed', text: errorWords(answer.error).title },
    );
  };
  return (
    <article className="account-card" aria-label={account.label}>
      <header>
        <Avatar name={account.label} square />
        <div className="account-card-title">
          <h2 className="foreign">{account.label}</h2>
          <p>
            <Dot
              tone={TONES[account.state]}
              hollow={account.state === 'offline'}
              label={t(`connection.${account.state}`)}
            />{' '}
            {t(`connection.${account.state}`)}
            {account.practice && <Tag tone="accent">{t('status.practice')}</Tag>}
          </p>
        </div>
        <AccountActions account={account} />
        {!account.practice && (
          <Button look="quiet" onClick={() => setRemoving(true)}>
            {t('diagnosis.remove')}
          </Button>
        )}
        <Button icon="refresh" onClick={() => void reconnect()}>
          {t('diagnosis.reconnect')}
        </Button>
      </header>
      {account.kicked_by !== null && (
        <p className="account-problem is-failed" role="alert">
          <Icon name="warning" size={14} /> {t('diagnosis.kickedBy', { where: account.kicked_by })}
        </p>
      )}
      {account.problem && words && (
        <p className="account-problem" role="status">
          <Icon name="warning" size={14} />
          <span>
            {words.title} {words.next} <ErrorCode code={account.problem.code} />{' '}
            {account.problem.retry_at !== null && (
              <span className="num">
                {t('status.retryIn', { time: formatCountdown(account.problem.retry_at - windowClock()) })}
              </span>
            )}
          </span>
        </p>
      )}
      <dl className="account-facts">
        <dt>{t('diagnosis.agent')}</dt>
        <dd className="foreign">
          {account.agent
            ? `${account.agent.name} · ${t(`diagnosis.role.${account.agent.role}`)} · ${t(`account.presence.${account.agent.presence}`)}`
            : t('common.unknown')}
        </dd>
        <dt>{t('diagnosis.synced')}</dt>
        <dd className="num">
          {progress.synced_at === null
            ? t('status.neverSynced')
            : t('status.synced', { time: formatTimeSeconds(progress.synced_at, locale), seq: progress.event_seq })}
        </dd>
        <dt>{t('diagnosis.clock')}</dt>
        <dd className="num">{clockWords()}</dd>
        <dt>{t('diagnosis.gateway')}</dt>
        <dd className="foreign num">{account.gateway_url}</dd>
        <dt>{t('diagnosis.device')}</dt>
        <dd className="foreign num">{account.device_id}</dd>
      </dl>
      <Steps account={account} />
      <h3>{t('diagnosis.shops')}</h3>
      <ul className="account-shops">
        {account.shops.map((shop) => (
          <ShopLine key={shop.shop_id} shop={shop} />
        ))}
      </ul>
      {account.practice && <Faults />}
      <ConfirmDialog
        open={removing}
        danger
        title={t('diagnosis.removeTitle', { name: account.label })}
        confirm={t('diagnosis.remove')}
        cancel={t('common.cancel')}
        onCancel={() => setRemoving(false)}
        onConfirm={() => {
          setRemoving(false);
          void bridge
            .call('accounts.remove', { account_id: account.account_id })
            .then((answer) => answer.ok || toast({ tone: 'failed', text: errorWords(answer.error).title }));
        }}
      >
        <p>{t('diagnosis.removeText')}</p>
      </ConfirmDialog>
    </article>
  );

  function clockWords(): string {
    if (!account.clock) return t('diagnosis.clockUnknown');
    const offset =
      account.clock.server_now === undefined ? account.clock.offset_ms : serverNow(account.account_id) - windowClock();
    const size = Math.abs(offset);
    const words =
      size < 1_000
        ? t('diagnosis.clockEqual')
        : t(offset > 0 ? 'diagnosis.clockAhead' : 'diagnosis.clockBehind', { time: formatDuration(size, locale) });
    return t('diagnosis.clockValue', { offset: words, uncertainty: Math.round(account.clock.uncertainty_ms) });
  }
}

function ShopLine({ shop }: { shop: ShopView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  return (
    <li>
      <span className="account-shop-name foreign ellipsis">{shop.name}</span>
      <span className="account-shop-platform foreign">{platformName(shop.platform, locale)}</span>
      {shop.policy ? (
        <>
          <Tag>{t('diagnosis.policy', { version: shop.policy.version })}</Tag>
          <span>
            {shop.policy.recall.enabled
              ? t('diagnosis.recallWindow', { window: formatDuration(shop.policy.recall.window_ms, locale) })
              : t('diagnosis.recallOff')}
          </span>
          {shop.policy.recall.enabled && <span>{t(`diagnosis.readRule.${shop.policy.recall.read_rule}`)}</span>}
          <span>{t('diagnosis.sendDelay', { delay: formatDuration(shop.policy.send.delay_ms, locale) })}</span>
        </>
      ) : (
        <span>{t('diagnosis.noPolicy')}</span>
      )}
      {shop.policy_problem !== null && (
        <span className="account-shop-problem">{t('diagnosis.policyProblem', { problem: shop.policy_problem })}</span>
      )}
    </li>
  );
}

function Faults() {
  const { t } = useTranslation();
  return (
    <div className="account-faults">
      <h3>
        {t('diagnosis.faults')} <span>{t('diagnosis.faultsNote')}</span>
      </h3>
      <div className="account-fault-buttons">
        {FAULTS.map((fault) => (
          <Button
            key={fault}
            size="small"
            onClick={() =>
              void bridge
                .call('practice.fault', { fault })
                .then((answer) =>
                  toast(
                    answer.ok
                      ? { tone: 'info', text: t('diagnosis.faultSet', { fault: t(`diagnosis.fault.${fault}`) }) }
                      : { tone: 'failed', text: errorWords(answer.error).title },
                  ),
                )
            }
          >
            {t(`diagnosis.fault.${fault}`)}
          </Button>
        ))}
      </div>
    </div>
  );
}
