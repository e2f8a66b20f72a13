import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SearchQuery } from '#shared/contract/search-query.ts';
import type { AgentOverviewRow, ConsumerRow, NumberRow } from '#shared/contract/views.ts';
import type { Asked } from '#renderer/bridge/ask.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { formatDuration, formatListTime, formatNumber } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { SplitPane } from '#renderer/ui/SplitPane.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { QueryForm } from './query.ts';
import { Transcript } from './Transcript.tsx';
import { usePaged } from './use-search.ts';

export interface TableContent {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Three linked panes: agents or numbers → their consumers → the two-way transcript (SR6). */
export function Overview(props: {
  form: QueryForm;
  query: SearchQuery;
  rowHeight: number;
  onTable: (table: TableContent) => void;
  onAgents: (agents: readonly string[]) => void;
}) {
  const { t } = useTranslation();
  const byAgent = props.form.by === 'agent';
  const agents = useAsk('search.agents', byAgent ? { slot: 'records-overview', query: props.query } : null);
  const numbers = useAsk('search.numbers', byAgent ? null : { slot: 'records-overview', query: props.query });
  const [agentKey, setAgentKey] = useState<number | null>(null);
  const [number, setNumber] = useState<string | null>(null);
  const { onAgents } = props;
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
      initial={byAgent ? 492 : 392}
      min={280}
      max={640}
      first={
        byAgent ? (
          <AgentTable
            asked={agents}
            selected={agent?.agent_key ?? null}
            onSelect={setAgentKey}
            rowHeight={props.rowHeight}
            onTable={props.onTable}
          />
        ) : (
          <NumberTable
            asked={numbers}
            selected={hit?.number ?? null}
            onSelect={setNumber}
            rowHeight={props.rowHeight}
            onTable={props.onTable}
          />
        )
      }
      second={
        narrowed === null ? (
          <StateMessage icon="users" title={t('records.chooseAgent')} />
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
  onTable: (table: TableContent) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const columns = useMemo<readonly Column<AgentOverviewRow>[]>(() => {
    const amount = (
      id: 'receptions' | 'sessions' | 'messages' | 'unanswered' | 'recalls',
      track: string,
      alarming = false,
    ): Column<AgentOverviewRow> => ({
      id,
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
        title: t('records.columns.agent'),
        track: 'minmax(88px, 1fr)',
        sortBy: (row) => row.agent,
        render: (row) => (
          <span className="foreign" title={row.account}>
            {row.agent}
          </span>
        ),
      },
      amount('receptions', '56px'),
      amount('sessions', '44px'),
      amount('messages', '52px'),
      amount('unanswered', '48px', true),
      {
        id: 'firstResponse',
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
  const { onTable } = props;
  const rows = props.asked.data?.agents;
  useEffect(() => {
    if (!rows) return;
    onTable({
      head: (
        ['agent', 'account', 'receptions', 'sessions', 'messages', 'unanswered', 'firstResponse', 'recalls'] as const
      ).map((id) => t(`records.columns.${id}`)),
      rows: rows.map((row) => [
        row.agent,
        row.account,
        row.receptions,
        row.sessions,
        row.messages,
        row.unanswered,
        row.median_first_response_ms === null ? null : Math.round(row.median_first_response_ms / 1_000),
        row.recalls,
      ]),
    });
  }, [rows, onTable, t]);
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
      />
    </AskedTable>
  );
}

function NumberTable(props: {
  asked: Asked<{ numbers: readonly NumberRow[] }>;
  selected: string | null;
  onSelect: (number: string) => void;
  rowHeight: number;
  onTable: (table: TableContent) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const columns = useMemo<readonly Column<NumberRow>[]>(
    () => [
      {
        id: 'number',
        title: t('records.columns.number'),
        track: 'minmax(120px, 1fr)',
        sortBy: (row) => row.number,
        render: (row) => <span className="num">{row.number}</span>,
      },
      {
        id: 'hit',
        title: t('records.columns.hit'),
        track: '56px',
        sortBy: (row) => (row.hit ? 0 : 1),
        render: (row) => <Tag tone={row.hit ? 'done' : 'neutral'}>{t(row.hit ? 'records.hit' : 'records.miss')}</Tag>,
      },
      {
        id: 'conversations',
        title: t('records.columns.conversations'),
        track: '48px',
        numeric: true,
        sortBy: (row) => row.conversations,
        render: (row) => formatNumber(row.conversations, locale),
      },
      {
        id: 'messages',
        title: t('records.columns.messages'),
        track: '56px',
        numeric: true,
        sortBy: (row) => row.messages,
        render: (row) => formatNumber(row.messages, locale),
      },
    ],
    [t, locale],
  );
  const { onTable } = props;
  const rows = props.asked.data?.numbers;
  useEffect(() => {
    if (!rows) return;
    onTable({
      head: (['number', 'hit', 'conversations', 'messages'] as const).map((id) => t(`records.columns.${id}`)),
      rows: rows.map((row) => [
        row.number,
        t(row.hit ? 'records.hit' : 'records.miss'),
        row.conversations,
        row.messages,
      ]),
    });
  }, [rows, onTable, t]);
  return (
    <AskedTable asked={props.asked} empty={rows?.length === 0}>
      <DataTable
        label={t('records.overview')}
        locale={locale}
        columns={columns}
        rows={rows ?? []}
        rowKey={(row) => row.number}
        rowHeight={props.rowHeight}
        selectedKey={props.selected}
        rowClass={(row) => (row.hit ? '' : 'is-quiet')}
        onSelect={(row) => props.onSelect(row.number)}
      />
    </AskedTable>
  );
}

function AskedTable(props: { asked: Asked<unknown>; empty: boolean; children: React.ReactNode }) {
  const { t } = useTranslation();
  const { asked } = props;
  if (asked.data === null) {
    if (asked.error?.code === 'CANCELLED')
      return <StateMessage icon="search" title={t('records.cancelled')} note={t('records.cancelledNote')} />;
    if (asked.error)
      return (
        <ErrorState
          words={errorWords(asked.error)}
          code={asked.error.code}
          retry={t('common.retry')}
          onRetry={asked.reload}
        />
      );
    return <LoadingState label={t('records.searching')} rows={8} />;
  }
  if (props.empty) return <StateMessage icon="search" title={t('records.empty')} note={t('records.emptyNote')} />;
  return props.children;
}

function Consumers(props: { query: SearchQuery; rowHeight: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const page = usePaged('search.consumers', 'records-consumers', props.query, 200, (answer) => answer.consumers);
  const [key, setKey] = useState<number | null>(null);
  const selected = page.rows?.find((row) => row.consumer_key === key) ?? page.rows?.[0] ?? null;
  const columns = useMemo<readonly Column<ConsumerRow>[]>(
    () => [
      {
        id: 'consumer',
        title: t('records.columns.consumer'),
        track: 'minmax(90px, 1fr)',
        sortBy: (row) => row.consumer,
        render: (row) => (
          <span className="consumer-cell">
            <span className="ellipsis foreign" title={`${row.consumer} · ${row.shop}`}>
              {row.consumer}
            </span>
            {row.unanswered && (
              <span title={t('records.unansweredMark')} className="consumer-unanswered">
                {t('records.states.unanswered')}
              </span>
            )}
          </span>
        ),
      },
      {
        id: 'messages',
        title: t('records.columns.messages'),
        track: '40px',
        numeric: true,
        sortBy: (row) => row.messages,
        render: (row) => formatNumber(row.messages, locale),
      },
      {
        id: 'lastAt',
        title: t('records.columns.lastAt'),
        track: '64px',
        numeric: true,
        sortBy: (row) => row.last_at,
        render: (row) => formatListTime(row.last_at, localNow(), locale),
      },
    ],
    [t, locale],
  );
  return (
    <SplitPane
      id="records-consumers"
      label={t('common.size')}
      initial={236}
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
          />
        )
      }
    />
  );
}
