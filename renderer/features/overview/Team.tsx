import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { DataTable, type Column, type TableContent } from '#renderer/ui/DataTable.tsx';
import { formatDuration, formatNumber } from '#renderer/ui/format.ts';
import { Dot } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { OverviewTeam, TeamAgent, WaitingLine } from '#shared/contract/overview.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import { ChartCard, Figure, OUTCOME_TONES, OUTCOMES, totalOf, useOutcomeWords, Waited } from './cards.tsx';
import { DayCharts } from './DayCharts.tsx';
import { Queue } from './Queue.tsx';

const PRESENCE = {
  online: { tone: 'done', hollow: false },
  busy: { tone: 'waiting', hollow: false },
  off_duty: { tone: 'offline', hollow: true },
} as const;
/** Bars that fit on a picture. */
const SHOWN = 20;
const HEAD = 34;
const MOST_ROWS = 10;
const PRESENCE_EVERY_MS = 30_000;

/** The team board: who waits, who has how much in hand, recalls and incidents, agent by agent. */
export function Team(props: {
  team: OverviewTeam;
  account: AccountId | null;
  asTable: boolean;
  rowHeight: number;
  onOpen: (line: WaitingLine) => void;
  onScreen: (screen: 'waiting' | 'incidents' | 'review') => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const outcomes = useOutcomeWords();
  const { team, account } = props;
  const [selected, setSelected] = useState<string | null>(null);
  // Presence is the gateway's to say; the records know one's own alone.
  const colleagues = useAsk('accounts.agents', account === null ? null : { account_id: account });
  const { reload } = colleagues;
  useEffect(() => {
    const timer = setInterval(reload, PRESENCE_EVERY_MS);
    return () => clearInterval(timer);
  }, [reload]);
  const agents = useMemo(() => {
    const known = new Map(colleagues.data?.map(({ agent_id, presence }) => [agent_id as string, presence]));
    return team.agents.map((row) => ({ ...row, presence: known.get(row.agent.id) ?? row.presence }));
  }, [team.agents, colleagues.data]);
  const longest = [team.waiting_since, team.unreplied_since].filter((at) => at !== null);
  const recalls = totalOf(team.recalls);
  const recalled = team.agents.filter((agent) => totalOf(agent.recalls) > 0).slice(0, SHOWN);

  const columns = useMemo<Column<TeamAgent>[]>(() => {
    const number = (
      id: 'active' | 'unreplied' | 'receptions' | 'outgoing' | 'incidents',
      attention = false,
    ): Column<TeamAgent> => ({
      id,
      title: t(`overview.team.${id}`),
      track: 'minmax(64px, 0.8fr)',
      numeric: true,
      sortBy: (row) => row[id],
      render: (row) => (
        <span className={attention && row[id] > 0 ? 'is-waiting' : ''}>{formatNumber(row[id], locale)}</span>
      ),
    });
    return [
      {
        id: 'name',
        title: t('overview.team.name'),
        track: 'minmax(112px, 1.6fr)',
        sortBy: (row) => row.agent.name,
        render: (row) => <span className="foreign">{row.agent.name}</span>,
      },
      {
        id: 'presence',
        title: t('overview.team.presence'),
        track: 'minmax(72px, 0.8fr)',
        sortBy: (row) => row.presence,
        text: (row) => t(`overview.presence.${row.presence ?? 'unknown'}`),
        render: (row) =>
          row.presence === null ? (
            <span className="overview-soft">{t('overview.presence.unknown')}</span>
          ) : (
            <span className="overview-presence">
              <span aria-hidden="true">
                <Dot {...PRESENCE[row.presence]} label={t(`overview.presence.${row.presence}`)} />
              </span>
              {t(`overview.presence.${row.presence}`)}
            </span>
          ),
      },
      number('active'),
      number('unreplied', true),
      {
        id: 'longest',
        title: t('overview.team.longest'),
        track: 'minmax(80px, 1fr)',
        numeric: true,
        // Longest first, as the other numbers go.
        sortBy: (row) => (row.unreplied_since === null ? null : -row.unreplied_since),
        text: (row) => (row.unreplied_since === null ? '' : new Date(row.unreplied_since).toISOString()),
        render: (row) =>
          row.unreplied_since === null ? t('overview.none') : <Waited since={row.unreplied_since} account={account} />,
      },
      number('receptions'),
      number('outgoing'),
      {
        id: 'response',
        title: t('overview.team.response'),
        track: 'minmax(80px, 1fr)',
        numeric: true,
        sortBy: (row) => row.median_first_response_ms,
        render: (row) =>
          row.median_first_response_ms === null
            ? t('overview.none')
            : formatDuration(row.median_first_response_ms, locale),
      },
      {
        id: 'recalls',
        title: t('overview.team.recalls'),
        track: 'minmax(64px, 0.8fr)',
        numeric: true,
        sortBy: (row) => totalOf(row.recalls),
        render: (row) => <span title={outcomes(row.recalls)}>{formatNumber(totalOf(row.recalls), locale)}</span>,
      },
      number('incidents'),
      {
        id: 'score',
        title: t('overview.team.score'),
        track: 'minmax(64px, 0.8fr)',
        numeric: true,
        sortBy: (row) => row.score,
        render: (row) => (row.score === null ? t('overview.none') : String(row.score)),
      },
    ];
  }, [t, locale, account, outcomes]);
  const copy = (content: TableContent): void => {
    const lines = [content.head, ...content.rows].map((row) => row.map((cell) => cell ?? '').join('\t'));
    void navigator.clipboard
      .writeText(lines.join('\n'))
      .then(() => toast({ tone: 'done', text: t('overview.team.copied', { count: content.rows.length }) }));
  };

  return (
    <>
      <ul className="overview-figures">
        <Figure
          label={t('overview.figure.waiting')}
          value={formatNumber(team.waiting, locale)}
          tone={team.waiting > 0 ? 'waiting' : undefined}
          onOpen={() => props.onScreen('waiting')}
          note={team.waiting === 0 ? t('overview.figure.waitingNone') : t('overview.queue.claim')}
        />
        <Figure
          label={t('overview.figure.longest')}
          value={longest.length === 0 ? t('overview.none') : <Waited since={Math.min(...longest)} account={account} />}
          note={t(longest.length === 0 ? 'overview.figure.longestNone' : 'overview.figure.longestTeam')}
        />
        <Figure
          label={t('overview.figure.unreplied')}
          value={formatNumber(team.unreplied, locale)}
          tone={team.unreplied > 0 ? 'waiting' : undefined}
          note={t('overview.figure.unrepliedNote', { active: formatNumber(team.active, locale) })}
        />
        <Figure
          label={t('overview.figure.recalls')}
          value={formatNumber(recalls, locale)}
          note={recalls === 0 ? t('overview.figure.recallsNone') : outcomes(team.recalls)}
        />
        <Figure
          label={t('overview.figure.incidents')}
          value={formatNumber(team.incidents, locale)}
          tone={team.incidents > 0 ? 'failed' : undefined}
          onOpen={() => props.onScreen('incidents')}
          note={
            team.approvals > 0
              ? t('overview.figure.approvals', { count: team.approvals })
              : team.incidents === 0
                ? t('overview.figure.incidentsNone')
                : t('overview.figure.incidentsNote', {
                    drafts: team.agents.reduce((sum, { drafts }) => sum + drafts, 0),
                  })
          }
        />
      </ul>
      <section className="overview-card is-wide">
        <header>
          <h2>{t('overview.team.agents')}</h2>
        </header>
        <div
          className="overview-table"
          style={{ height: HEAD + Math.min(MOST_ROWS, Math.max(1, team.agents.length)) * props.rowHeight + 2 }}
        >
          <DataTable
            label={t('overview.team.agents')}
            columns={columns}
            rows={agents}
            rowKey={(row) => row.agent.id}
            rowHeight={props.rowHeight}
            selectedKey={selected}
            onSelect={(row) => setSelected(row.agent.id)}
            onCopy={copy}
            locale={locale}
          />
        </div>
      </section>
      <div className="overview-cards">
        <Queue
          title={t('overview.queue.team')}
          empty={t('overview.queue.teamNone')}
          lines={team.queue}
          account={account}
          onOpen={props.onOpen}
        />
        {team.shops.length > 0 && (
          <ChartCard
            asTable={props.asTable}
            kind="stacked"
            horizontal
            title={t('overview.shops.title')}
            labelTitle={t('overview.shops.shop')}
            labels={team.shops.slice(0, SHOWN).map(({ name }) => name)}
            series={[
              {
                id: 'waiting',
                label: t('overview.shops.waiting'),
                tone: 'waiting',
                values: team.shops.slice(0, SHOWN).map(({ waiting }) => waiting),
              },
              {
                id: 'unreplied',
                label: t('overview.shops.unreplied'),
                tone: 'accent',
                values: team.shops.slice(0, SHOWN).map(({ unreplied }) => unreplied),
              },
              {
                id: 'answered',
                label: t('overview.shops.answered'),
                tone: 'done',
                values: team.shops.slice(0, SHOWN).map(({ active, unreplied }) => active - unreplied),
              },
            ]}
          />
        )}
        {recalled.length > 0 && (
          <ChartCard
            asTable={props.asTable}
            kind="stacked"
            horizontal
            title={t('overview.recallChart.title')}
            labelTitle={t('overview.recallChart.agent')}
            labels={recalled.map(({ agent }) => agent.name)}
            series={OUTCOMES.map((outcome) => ({
              id: outcome,
              label: t(`overview.outcome.${outcome}`),
              tone: OUTCOME_TONES[outcome],
              values: recalled.map((agent) => agent.recalls[outcome]),
            }))}
          />
        )}
        <DayCharts days={team.days} asTable={props.asTable} />
      </div>
    </>
  );
}
