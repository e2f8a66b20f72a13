import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { useListing } from '#renderer/bridge/listing.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { Segmented, Select } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { IncidentSummary } from '#shared/contract/remedy.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { MISTAKE_TYPES, type MistakeType } from '#shared/domain/remedy/mistakes.ts';
import { IncidentPane } from './IncidentPane.tsx';
import { STATE_TONES } from './tones.ts';

const PAGE = 100;
const STATES = ['all', 'draft', 'open', 'approvals', 'closed'] as const;
type StateFilter = (typeof STATES)[number];
type Filter = ProcedureInput<'incidents.list'>['filter'];

const ANY = '*';

export function IncidentList(props: {
  request: { readonly incidentId: string; readonly turn: number } | null;
  rowHeight: number;
  onConversation: (key: ConversationKey) => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const accounts = useLive((state) => state.accounts);
  const [state, setState] = useState<StateFilter>('all');
  const [type, setType] = useState<MistakeType | typeof ANY>(ANY);
  const [shop, setShop] = useState<string>(ANY);
  const [agent, setAgent] = useState<string>(ANY);
  const [selected, setSelected] = useState<string | null>(props.request?.incidentId ?? null);
  const [agents, setAgents] = useState<ReadonlyMap<string, string>>(new Map());

  const turn = props.request?.turn ?? 0;
  const [seen, setSeen] = useState(turn);
  if (turn !== seen) {
    setSeen(turn);
    setSelected(props.request?.incidentId ?? null);
  }

  const filter = useMemo<Filter>(
    () => ({
      ...(state === 'all'
        ? {}
        : state === 'approvals'
          ? { approvals: true }
          : { states: state === 'open' ? ['open', 'reported', 'supervisor'] : [state] }),
      ...(type === ANY ? {} : { types: [type] }),
      ...(shop === ANY ? {} : { shops: [shop] }),
      ...(agent === ANY ? {} : { agents: [agent] }),
    }),
    [state, type, shop, agent],
  );

  const { page, error, more, reload } = useListing(
    useCallback(
      async (cursor: string | null) => {
        const answer = await bridge.call('incidents.list', { filter, limit: PAGE, cursor });
        return answer.ok ? { ...answer, result: { ...answer.result, rows: answer.result.incidents } } : answer;
      },
      [filter],
    ),
  );
  useEffect(() => bridge.subscribe('incidents', reload), [reload]);
  // Whoever was seen once stays in the filter, also where the list is narrowed to somebody else.
  useEffect(() => {
    setAgents((before) => {
      const next = new Map(before);
      for (const { agent } of page?.rows ?? []) next.set(agent.id, agent.name);
      return next.size === before.size ? before : next;
    });
  }, [page]);

  const columns = useMemo<readonly Column<IncidentSummary>[]>(
    () => [
      {
        id: 'time',
        title: t('incidents.column.time'),
        track: '148px',
        sortBy: (row) => row.opened_at,
        render: (row) => <time className="num">{formatStamp(row.opened_at)}</time>,
      },
      {
        id: 'state',
        title: t('incidents.column.state'),
        track: '128px',
        sortBy: (row) => row.state,
        render: (row) => (
          <>
            <Tag tone={STATE_TONES[row.state]}>{t(`incidents.state.${row.state}`)}</Tag>{' '}
            {row.approvals > 0 && <Tag tone="waiting">{t('incidents.filter.approvals')}</Tag>}
          </>
        ),
      },
      {
        id: 'type',
        title: t('incidents.column.type'),
        track: '72px',
        sortBy: (row) => row.type,
        render: (row) => t(`incidents.type.${row.type}`),
      },
      {
        id: 'cause',
        title: t('incidents.column.cause'),
        track: 'minmax(104px, 1.4fr)',
        sortBy: (row) => row.cause,
        render: (row) => (
          <>
            {t(`incidents.cause.${row.cause}`)} {row.code !== null && <code className="ui-code">{row.code}</code>}
          </>
        ),
      },
      {
        id: 'agent',
        title: t('incidents.column.agent'),
        track: '88px',
        sortBy: (row) => row.agent.name,
        render: (row) => <span className="foreign">{row.agent.name}</span>,
      },
      {
        id: 'conversation',
        title: t('incidents.column.conversation'),
        track: 'minmax(96px, 1fr)',
        sortBy: (row) => row.conversation_title,
        render: (row) => <span className="foreign">{row.conversation_title}</span>,
      },
    ],
    [t],
  );

  const shops = new Map((accounts ?? []).flatMap((account) => account.shops.map((one) => [one.shop_id, one.name])));
  return (
    <div className="incidents-list">
      <div className="incidents-filter" role="search" aria-label={t('incidents.filter.label')}>
        <Segmented
          label={t('incidents.column.state')}
          value={state}
          onChange={setState}
          options={STATES.map((value) => ({
            value,
            label:
              value === 'all' || value === 'open' || value === 'approvals'
                ? t(`incidents.filter.${value}`)
                : t(`incidents.state.${value}`),
          }))}
        />
        <Select
          label={t('incidents.filter.type')}
          value={type}
          width={128}
          onChange={setType}
          options={[
            { value: ANY, label: t('incidents.filter.anyType') },
            ...MISTAKE_TYPES.map((value) => ({ value, label: t(`incidents.type.${value}`) })),
          ]}
        />
        <Select
          label={t('incidents.filter.shop')}
          value={shop}
          width={140}
          onChange={setShop}
          options={[
            { value: ANY, label: t('incidents.filter.anyShop') },
            ...[...shops].map(([value, label]) => ({ value: value as string, label })),
          ]}
        />
        <Select
          label={t('incidents.filter.agent')}
          value={agent}
          width={128}
          searchable
          onChange={setAgent}
          options={[
            { value: ANY, label: t('incidents.filter.anyAgent') },
            ...[...agents].map(([value, label]) => ({ value, label })),
          ]}
        />
        <span className="remedy-space" />
        {page && <span className="num is-soft">{t('incidents.total', { count: page.total })}</span>}
      </div>
      <div className="incidents-split">
        <section className="incidents-table" aria-label={t('incidents.tab.list')}>
          {page === null ? (
            <Pending error={error} onRetry={reload} />
          ) : page.rows.length === 0 ? (
            <StateMessage icon="incident" title={t('incidents.empty')} note={t('incidents.emptyNote')} />
          ) : (
            <DataTable
              label={t('incidents.tab.list')}
              columns={columns}
              rows={page.rows}
              rowKey={(row) => row.incident_id}
              rowHeight={Math.max(32, Math.round(props.rowHeight / 2))}
              selectedKey={selected}
              onSelect={(row) => setSelected(row.incident_id)}
              locale={locale}
              footer={
                page.cursor !== null && (
                  <Button look="link" onClick={more}>
                    {t('incidents.more')}
                  </Button>
                )
              }
            />
          )}
        </section>
        <section className="incidents-pane" aria-label={t('incidents.detail')}>
          {selected === null ? (
            <StateMessage icon="incident" title={t('incidents.choose')} />
          ) : (
            <IncidentPane key={selected} incidentId={selected} onConversation={props.onConversation} />
          )}
        </section>
      </div>
    </div>
  );
}
