import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '#renderer/bridge/live.ts';
import { Switch } from '#renderer/ui/fields.tsx';
import { formatTimeSeconds } from '#renderer/ui/format.ts';
import { Pending } from '#renderer/ui/Pending.tsx';
import { OfflineStrip, StateMessage } from '#renderer/ui/states.tsx';
import { Tabs } from '#renderer/ui/Tabs.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { WaitingLine } from '#shared/contract/overview.ts';
import { isPermitted } from '#shared/domain/permissions.ts';
import { Mine } from './Mine.tsx';
import { Quality } from './Quality.tsx';
import { Team } from './Team.tsx';
import { useOverview } from './use-overview.ts';
import './overview.css';

type Tab = 'mine' | 'team' | 'quality';

/** 概览: today at a glance for an agent, the team board for supervisors, the progress of QA; live. */
export default function OverviewView(props: {
  rowHeight: number;
  onOpen: (line: WaitingLine) => void;
  onScreen: (screen: 'waiting' | 'incidents' | 'review') => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const accounts = useLive((state) => state.accounts);
  const asked = useOverview();
  const [chosen, setChosen] = useState<Tab | null>(null);
  const [asTable, setAsTable] = useState(false);
  const view = asked.data;
  const reviews = accounts?.some(({ agent }) => isPermitted(agent?.role, 'review.write')) ?? false;
  const tabs: readonly Tab[] =
    view === null
      ? ['mine']
      : [
          ...(view.mine.length > 0 ? (['mine'] as const) : []),
          ...(view.team === null ? [] : (['team'] as const)),
          ...(reviews ? (['quality'] as const) : []),
        ];
  const tab = chosen !== null && tabs.includes(chosen) ? chosen : (tabs[0] ?? 'mine');
  const account = accounts?.[0]?.account_id ?? null;
  const offline = accounts !== null && accounts.length > 0 && accounts.every(({ state }) => state !== 'live');
  return (
    <main className="overview">
      <header className="ui-screen-head">
        <h1>{t('overview.title')}</h1>
        <Tabs
          label={t('overview.tabs')}
          value={tab}
          tabs={tabs.map((value) => ({ value, label: t(`overview.tab.${value}`) }))}
          onChange={setChosen}
        />
        <span className="overview-head-end">
          <span className="num overview-soft overview-updated">
            {view !== null && t('overview.updated', { time: formatTimeSeconds(view.at, locale) })}
          </span>
          <Switch label={t('overview.asTable')} checked={asTable} onChange={setAsTable} />
          <span aria-hidden="true">{t('overview.asTable')}</span>
        </span>
      </header>
      {offline && view !== null && <OfflineStrip>{t('connection.offline')}</OfflineStrip>}
      {view === null ? (
        <Pending error={asked.error} onRetry={asked.reload} />
      ) : tabs.length === 0 ? (
        <StateMessage icon="pulse" title={t('overview.noAccount')} note={t('overview.noAccountNote')} />
      ) : (
        <div className="overview-body" tabIndex={0} role="region" aria-label={t(`overview.tab.${tab}`)}>
          {tab === 'mine' && (
            <Mine mine={view.mine} asTable={asTable} onOpen={props.onOpen} onScreen={props.onScreen} />
          )}
          {tab === 'team' && view.team !== null && (
            <Team
              team={view.team}
              account={account}
              asTable={asTable}
              rowHeight={props.rowHeight}
              onOpen={props.onOpen}
              onScreen={props.onScreen}
            />
          )}
          {tab === 'quality' && <Quality today={view.day.from} asTable={asTable} onScreen={props.onScreen} />}
        </div>
      )}
    </main>
  );
}
