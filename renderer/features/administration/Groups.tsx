import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { serverNow } from '#renderer/bridge/live.ts';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { formatElapsed, formatListTime, formatNumber } from '#renderer/ui/format.ts';
import { Tag, type Tone } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { localNow, useNow } from '#renderer/ui/use-now.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import type { AccessView, GroupRow } from '#shared/contract/administration.ts';
import { isUnderWay } from '#shared/domain/administration/deletion.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { GroupPane } from './GroupPane.tsx';
import { useReloadOn } from './use-reload.ts';

export type GroupState = 'in_use' | 'under_way' | 'requested' | 'removed' | 'held' | 'purged' | 'erased';

/** Where a group stands, from its rows and the deletion that was begun here, whichever says more. */
export function groupState(row: GroupRow): GroupState {
  const step = row.deletion?.step;
  if (row.purged_at !== null) return step === 'purged' ? 'purged' : 'erased';
  if (step === 'held') return 'held';
  if (row.removed !== null) return 'removed';
  if (step === 'requested') return 'requested';
  return step !== undefined && isUnderWay(step) ? 'under_way' : 'in_use';
}

const TONES: Readonly<Record<GroupState, Tone>> = {
  in_use: 'done',
  under_way: 'waiting',
  requested: 'waiting',
  removed: 'failed',
  held: 'waiting',
  purged: 'offline',
  erased: 'offline',
};

/** AD2: the groups, and the way of one of them out of use. */
export function Groups(props: { rowHeight: number; access: AccessView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const asked = useAsk('groups.list', {});
  const { reload } = asked;
  const [selected, setSelected] = useState<ConversationKey | null>(null);
  useReloadOn(reload);
  const rows = asked.data?.groups ?? [];
  const counting = rows.some((row) => groupState(row) === 'removed');
  const now = useNow(counting);
  const columns: readonly Column<GroupRow>[] = [
    {
      id: 'title',
      title: t('administration.groups.column.title'),
      track: 'minmax(180px, 2fr)',
      sortBy: (row) => row.title,
      render: (row) => (
        <span className="foreign ellipsis">
          {row.title === '' ? t('administration.groups.purgedTitle') : row.title}
        </span>
      ),
    },
    {
      id: 'shop',
      title: t('administration.groups.column.shop'),
      track: 'minmax(112px, 1fr)',
      sortBy: (row) => row.shop,
      render: (row) => <span className="foreign ellipsis">{row.shop}</span>,
    },
    {
      id: 'members',
      title: t('administration.groups.column.members'),
      track: '48px',
      numeric: true,
      sortBy: (row) => row.members,
      render: (row) => formatNumber(row.members, locale),
    },
    {
      id: 'messages',
      title: t('administration.groups.column.messages'),
      track: '56px',
      numeric: true,
      sortBy: (row) => row.messages,
      render: (row) => formatNumber(row.messages, locale),
    },
    {
      id: 'state',
      title: t('administration.groups.column.state'),
      track: 'minmax(128px, 1fr)',
      sortBy: (row) => groupState(row),
      render: (row) => {
        const state = groupState(row);
        const left = row.removed === null ? 0 : row.removed.restorable_until - serverNow(row.account_id, now);
        return (
          <>
            <Tag tone={TONES[state]}>{t(`administration.groups.state.${state}`)}</Tag>
            {state === 'removed' && left > 0 && <span className="num is-soft"> {formatElapsed(left)}</span>}
            {row.protections.map((each) => (
              <Tag key={each}>{t(`administration.protection.${each}`)}</Tag>
            ))}
          </>
        );
      },
    },
    {
      id: 'last',
      title: t('administration.groups.lastMessage'),
      track: '72px',
      sortBy: (row) => row.last_message_at,
      render: (row) => (row.last_message_at === null ? '–' : formatListTime(row.last_message_at, localNow(), locale)),
    },
  ];
  if (asked.data === null) return <Pending error={asked.error} onRetry={reload} />;
  if (rows.length === 0)
    return (
      <StateMessage icon="users" title={t('administration.groups.empty')} note={t('administration.groups.emptyNote')} />
    );
  return (
    <div className="administration-split">
      <div className="administration-table">
        <DataTable
          label={t('administration.groups.list')}
          columns={columns}
          rows={rows}
          rowKey={(row) => row.key}
          rowHeight={Math.max(34, Math.round(props.rowHeight / 2))}
          selectedKey={selected}
          onSelect={(row) => setSelected(row.key)}
          locale={locale}
        />
      </div>
      <aside className="administration-pane" aria-label={t('administration.groups.steps')}>
        {selected === null ? (
          <StateMessage
            icon="users"
            title={t('administration.groups.choose')}
            note={t('administration.groups.chooseNote')}
          />
        ) : (
          <GroupPane key={selected} conversationKey={selected} access={props.access} onChanged={reload} />
        )}
      </aside>
    </div>
  );
}
