import type { TFunction } from 'i18next';
import { useEffect, useMemo, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { AgentOverviewRow, ConsumerRow } from '#shared/contract/views.ts';
import type { Asked } from '#renderer/bridge/ask.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { DataTable, type DataTableHandle } from '#renderer/ui/DataTable.tsx';
import { formatDuration, formatListTime, formatNumber, formatStamp } from '#renderer/ui/format.ts';
import { SplitPane } from '#renderer/ui/SplitPane.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import { AskedTable } from './AskedTable.tsx';
import { copyChosen } from './copy.ts';
import { NumberTable } from './NumberTable.tsx';
import type { QueryForm } from './query.ts';
import { useReportRunning } from './running.ts';
import { Transcript } from './Transcript.tsx';
import { useColumns, type ChoosableColumn } from './use-columns.ts';
import { inPackage, usePackage } from './packages.ts';
import { usePaged } from './use-search.ts';

/** Three linked panes: agents or numbers → their consumers → the two-way transcript (SR6). */
export function Overview(props: {
  form: QueryForm;
  query: SearchQuery;
  rowHeight: number;
  table: Ref<DataTableHandle>;
  /** The first rows are on the screen. */
  onAnswered: () => void;
  onAgents: (agents: readonly string[]) => void;
  /** The same numbers, whenever it was. */
  onAnyTime: () => void;
}) {
  const { t } = useTranslation();
  const byAgent = props.form.by === 'agent';
  const question = { slot: 'records-overview', query: props.query, ...inPackage(usePackage()) };
  const agents = useAsk('search.agents', byAgent ? question : null);
  const numbers = useAsk('search.numbers', byAgent ? null : question);
  const [agentKey, setAgentKey] = useState<number | null>(null);
  const [number, setNumber] = useState<string | null>(null);
  const asked = byAgent ? agents : numbers;
  useReportRunning('overview', asked.loading);
  const answered = asked.data !== null;
  const { onAgents, onAnswered } = props;
  useEffect(() => {
    if (answered) onAnswered();
  }, [answered, onAnswered]);
  useEffect(() => {
    if (agents.data) onAgents(agents.data.agents.map((row) => row.agent));
  }, [agents.data, onAgents]);

  const agent = agents.data?.agents.find((row) => row.agent_key === agentKey) ?? agents.data?.agents[0] ?? null;
  const hit =
    numbers.data?.numbers.find((row) => row.number === number) ?? numbers.data?.numbers.find((row) => row.hit) ?? null;
  const narrowed = useMemo<SearchQuery | null>(() => {
    if (byAgent) return agent ? { ...props.query, agents: [agent.account === '' ? agent.agent : agent.account] } : null;
    return hit?.hit ? { ...props.query, [props.form.numberKind]: [hit.number] } : null;
  }, [byAgent, agent, hit, props.query, props.form.numberKind]);

  return (
    <SplitPane
      id={byAgent ? 'records-agents' : 'records-numbers'}
      label={t('common.size')}
      initial={Math.round(Math.min(byAgent ? Math.max(492, innerWidth * 0.3) : 424, innerWidth * 0.38, 640))}
      min={280}
      max={640}
      first={
        byAgent ? (
          <AgentTable
            asked={agents}
            selected={agent?.agent_key ?? null}
            onSelect={setAgentKey}
            rowHeight={props.rowHeight}
            table={props.table}
          />
        ) : (
          <NumberTable
            asked={numbers}
            selected={hit?.number ?? null}
            onSelect={setNumber}
            rowHeight={props.rowHeight}
            table={props.table}
            range={props.form.range}
            onAnyTime={props.onAnyTime}
          />
        )
      }
      second={
        narrowed === null ? (
          <StateMessage
            icon={byAgent ? 'users' : 'search'}
            title={byAgent ? t('records.chooseAgent') : t('records.missed')}
            {...(byAgent ? {} : { note: t('records.missedNote') })}
          />
        ) : (
          <Consumers key={JSON.stringify(narrowed)} query={narrowed} rowHeight={props.rowHeight} />
        )
      }
    />
  );
}

function AgentTable(props: {
  asked: Asked<{ agents: readonly AgentOverviewRow[] }>;
  selected: number | null;
  onSelect: (key: number) => void;
  rowHeight: number;
  table: Ref<DataTableHandle>;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const all = useMemo<readonly ChoosableColumn<AgentOverviewRow>[]>(() => {
    const amount = (
      id: 'receptions' | 'sessions' | 'messages' | 'unanswered' | 'recalls',
      track: string,
      alarming = false,
    ): ChoosableColumn<AgentOverviewRow> => ({
      id,
      usual: true,
      title: t(`records.columns.${id}`),
      track,
      numeric: true,
      sortBy: (row) => row[id],
      render: (row) => (
        <span className={row[id] === 0 ? 'is-zero' : alarming ? 'is-alarming' : undefined}>
          {formatNumber(row[id], locale)}
        </span>
      ),
    });
    return [
      {
        id: 'agent',
        usual: true,
        fixed: true,
        title: t('records.columns.agent'),
        track: 'minmax(88px, 1fr)',
        sortBy: (row) => row.agent,
        render: (row) => (
          <span className="foreign" title={row.account}>
            {row.agent}
          </span>
        ),
      },
      {
        id: 'account',
        usual: false,
        title: t('records.columns.account'),
        track: '76px',
        sortBy: (row) => row.account,
        render: (row) => <span className="foreign is-soft">{row.account}</span>,
      },
      amount('receptions', '56px'),
      amount('sessions', '44px'),
      amount('messages', '52px'),
      amount('unanswered', '48px', true),
      {
        id: 'firstResponse',
        usual: true,
        text: (row) =>
          row.median_first_response_ms === null ? null : Math.round(row.median_first_response_ms / 1_000),
        title: t('records.columns.firstResponse'),
        track: '62px',
        numeric: true,
        sortBy: (row) => row.median_first_response_ms,
        render: (row) =>
          row.median_first_response_ms === null ? (
            <span className="is-zero">–</span>
          ) : (
            formatDuration(row.median_first_response_ms, locale)
          ),
      },
      amount('recalls', '36px'),
    ];
  }, [t, locale]);
  const columns = useColumns('agents', all);
  const rows = props.asked.data?.agents;
  return (
    <AskedTable asked={props.asked} empty={rows?.length === 0}>
      <DataTable
        label={t('records.overview')}
        locale={locale}
        columns={columns}
        rows={rows ?? []}
        rowKey={(row) => row.agent_key}
        rowHeight={props.rowHeight}
        selectedKey={props.selected}
        onSelect={(row) => props.onSelect(row.agent_key)}
        onCopy={copyChosen}
        ref={props.table}
      />
    </AskedTable>
  );
}

function Consumers(props: { query: SearchQuery; rowHeight: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const page = usePaged('search.consumers', 'records-consumers', props.query, 200, (answer) => answer.consumers);
  useReportRunning('consumers', page.rows === null && page.busy);
  const [key, setKey] = useState<number | null>(null);
  const selected = page.rows?.find((row) => row.consumer_key === key) ?? page.rows?.[0] ?? null;
  const all = useMemo<readonly ChoosableColumn<ConsumerRow>[]>(
    () => [
      {
        id: 'consumer',
        usual: true,
        fixed: true,
        title: t('records.columns.consumer'),
        track: 'minmax(90px, 1fr)',
        sortBy: (row) => row.consumer,
        render: (row) => (
          <span className="consumer-cell">
            <span className="ellipsis foreign" title={`${row.consumer} · ${row.shop}`}>
              {row.consumer}
            </span>
            {row.unanswered && (
              <span title={unansweredWords(row, t)} className="consumer-unanswered">
                {t('records.states.unanswered')}
              </span>
            )}
          </span>
        ),
      },
      {
        id: 'shop',
        usual: false,
        title: t('records.columns.shop'),
        track: '88px',
        sortBy: (row) => row.shop,
        render: (row) => <span className="foreign is-soft">{row.shop}</span>,
      },
      {
        id: 'sessions',
        usual: false,
        title: t('records.columns.sessions'),
        track: '40px',
        numeric: true,
        sortBy: (row) => row.sessions,
        render: (row) => formatNumber(row.sessions, locale),
      },
      {
        id: 'messages',
        usual: true,
        title: t('records.columns.messages'),
        track: '40px',
        numeric: true,
        sortBy: (row) => row.messages,
        render: (row) => formatNumber(row.messages, locale),
      },
      {
        id: 'lastAt',
        usual: true,
        text: (row) => formatStamp(row.last_at),
        title: t('records.columns.lastAt'),
        track: '64px',
        numeric: true,
        sortBy: (row) => row.last_at,
        render: (row) => formatListTime(row.last_at, localNow(), locale),
      },
    ],
    [t, locale],
  );
  const columns = useColumns('consumers', all);
  return (
    <SplitPane
      id="records-consumers"
      label={t('common.size')}
      initial={Math.round(Math.min(Math.max(264, innerWidth * 0.17), innerWidth * 0.21))}
      min={180}
      max={420}
      first={
        page.rows === null ? (
          page.error ? (
            page.error.code === 'CANCELLED' ? (
              <StateMessage icon="search" title={t('records.cancelled')} />
            ) : (
              <ErrorState
                words={errorWords(page.error)}
                code={page.error.code}
                retry={t('common.retry')}
                onRetry={page.retry}
              />
            )
          ) : (
            <LoadingState label={t('records.searching')} />
          )
        ) : page.rows.length === 0 ? (
          <StateMessage icon="users" title={t('records.empty')} note={t('records.emptyNote')} />
        ) : (
          <DataTable
            label={t('records.consumers')}
            locale={locale}
            columns={columns}
            rows={page.rows}
            rowKey={(row) => row.consumer_key}
            rowHeight={props.rowHeight}
            selectedKey={selected?.consumer_key ?? null}
            onSelect={(row) => setKey(row.consumer_key)}
            onCopy={copyChosen}
            onNearEnd={page.next}
          />
        )
      }
      second={
        selected === null ? (
          <StateMessage icon="chat" title={t('records.chooseConsumer')} />
        ) : (
          <Transcript
            key={selected.consumer_key}
            conversations={selected.conversation_keys}
            query={props.query}
            title={selected.consumer}
            shop={selected.shop}
            {...(selected.unanswered ? { mark: unansweredWords(selected, t) } : {})}
          />
        )
      }
    />
  );
}

/** SR7: assigned and not answered, with when and until when as far as that is known. */
function unansweredWords(row: ConsumerRow, t: TFunction): string {
  const { unanswered_from: from, unanswered_until: until } = row;
  if (from === undefined) return t('records.unansweredMark');
  const words = { from: formatStamp(from) };
  if (until === undefined) return t('records.unansweredFrom', words);
  return until === null
    ? t('records.unansweredOpen', words)
    : t('records.unansweredUntil', { ...words, until: formatStamp(until) });
}
