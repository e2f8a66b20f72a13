import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { ConfirmDialog, Dialog } from '#renderer/ui/Dialog.tsx';
import { Field, Input, Segmented, Select, Switch } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { AccessView, HoldTarget, HoldView } from '#shared/contract/administration.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { useReloadOn } from './use-reload.ts';

/** AD3: legal holds and evidence marks, placed and released. */
export function Holds(props: { rowHeight: number; access: AccessView }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [released, setReleased] = useState(false);
  const [selected, setSelected] = useState<number | null>(null);
  const [placing, setPlacing] = useState(false);
  const [releasing, setReleasing] = useState<HoldView | null>(null);
  const asked = useAsk('holds.list', { released });
  const { reload } = asked;
  useReloadOn(reload);
  const mayPlace = props.access.permissions['hold.place'] && !props.access.offline;
  const columns: readonly Column<HoldView>[] = [
    {
      id: 'kind',
      title: t('administration.holds.column.kind'),
      track: '120px',
      sortBy: (row) => row.kind,
      render: (row) => (
        <Tag tone={row.kind === 'legal' ? 'failed' : 'accent'}>{t(`administration.holds.kind.${row.kind}`)}</Tag>
      ),
    },
    {
      id: 'scope',
      title: t('administration.holds.column.scope'),
      track: '76px',
      sortBy: (row) => row.scope,
      render: (row) => t(`administration.holds.scopes.${row.scope}`),
    },
    {
      id: 'target',
      title: t('administration.holds.column.target'),
      track: 'minmax(110px, 1fr)',
      sortBy: (row) => row.target,
      render: (row) => <span className="foreign ellipsis">{row.target}</span>,
    },
    {
      id: 'note',
      title: t('administration.holds.column.note'),
      track: 'minmax(110px, 1fr)',
      sortBy: (row) => row.note,
      render: (row) => <span className="foreign ellipsis">{row.note}</span>,
    },
    {
      id: 'by',
      title: t('administration.holds.column.by'),
      track: '90px',
      sortBy: (row) => row.placed_by,
      render: (row) => <span className="foreign ellipsis">{row.placed_by}</span>,
    },
    {
      id: 'at',
      title: t('administration.holds.column.at'),
      track: '138px',
      sortBy: (row) => row.placed_at,
      render: (row) => <span className="num">{formatStamp(row.placed_at)}</span>,
    },
    {
      id: 'state',
      title: t('administration.holds.column.state'),
      track: '170px',
      sortBy: (row) => row.released_at,
      render: (row) =>
        row.released_at === null ? (
          mayPlace ? (
            <Button size="small" onClick={() => setReleasing(row)}>
              {t('administration.holds.release')}
            </Button>
          ) : (
            t('administration.holds.active')
          )
        ) : (
          <span className="is-soft ellipsis">
            {t('administration.holds.released', { by: row.released_by ?? '', time: formatStamp(row.released_at) })}
          </span>
        ),
    },
  ];
  return (
    <div className="administration-column">
      <div className="administration-filter">
        <Button look="primary" icon="plus" disabled={!mayPlace} onClick={() => setPlacing(true)}>
          {t('administration.holds.place')}
        </Button>
        <span className="administration-switch">
          <Switch label={t('administration.holds.showReleased')} checked={released} onChange={setReleased} />
          <span>{t('administration.holds.showReleased')}</span>
        </span>
        <span className="is-soft">{t('administration.holds.intro')}</span>
      </div>
      <div className="administration-table">
        {asked.data === null ? (
          <Pending error={asked.error} onRetry={reload} />
        ) : asked.data.holds.length === 0 ? (
          <StateMessage icon="bookmark" title={t('administration.holds.empty')} />
        ) : (
          <DataTable
            label={t('administration.tab.holds')}
            columns={columns}
            rows={asked.data.holds}
            rowKey={(row) => row.id}
            rowHeight={Math.max(36, Math.round(props.rowHeight / 2))}
            selectedKey={selected}
            onSelect={(row) => setSelected(row.id)}
            locale={locale}
          />
        )}
      </div>
      {placing && (
        <PlaceHold
          onClose={() => setPlacing(false)}
          onPlaced={() => {
            setPlacing(false);
            toast({ tone: 'done', text: t('administration.holds.placed') });
            reload();
          }}
        />
      )}
      {releasing !== null && (
        <Release
          hold={releasing}
          onClose={() => setReleasing(null)}
          onReleased={() => {
            setReleasing(null);
            toast({ tone: 'done', text: t('administration.holds.releasedDone') });
            reload();
          }}
        />
      )}
    </div>
  );
}

function PlaceHold(props: { onClose: () => void; onPlaced: () => void }) {
  const { t } = useTranslation();
  const [scope, setScope] = useState<HoldTarget['scope']>('conversation');
  const [number, setNumber] = useState('');
  const [text, setText] = useState('');
  const [key, setKey] = useState<string | undefined>(undefined);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const people = useAsk(
    'search.people',
    text.trim() === '' ? null : { slot: 'holds-people', text: text.trim(), limit: 20 },
  );
  const choices = (people.data?.people ?? []).map((person) => ({
    value: String(person.conversation_key),
    label: `${person.consumer} · ${person.shop}`,
  }));
  const target: HoldTarget | null =
    scope === 'order'
      ? number.trim() === ''
        ? null
        : { scope, number: number.trim() }
      : key === undefined
        ? null
        : { scope, conversation_key: Number(key) as ConversationKey };
  const place = async (): Promise<void> => {
    if (target === null || note.trim() === '') return;
    setBusy(true);
    const answer = await bridge.call('holds.place', { target, note: note.trim() });
    setBusy(false);
    if (answer.ok) props.onPlaced();
    else setProblem(`${errorWords(answer.error).title} ${answer.error.code}`);
  };
  return (
    <Dialog
      open
      title={t('administration.holds.placeTitle')}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('common.cancel')}</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={target === null || note.trim() === ''}
            onClick={() => void place()}
          >
            {t('administration.holds.submit')}
          </Button>
        </>
      }
    >
      <div className="form">
        <Field label={t('administration.holds.scope')}>
          <Segmented
            label={t('administration.holds.scope')}
            value={scope}
            onChange={setScope}
            options={(['conversation', 'consumer', 'order'] as const).map((value) => ({
              value,
              label: t(`administration.holds.scopes.${value}`),
            }))}
          />
        </Field>
        {scope === 'order' ? (
          <Field label={t('administration.holds.number')} id="hold-number" note={t('administration.holds.numberNote')}>
            <Input
              id="hold-number"
              value={number}
              maxLength={128}
              onChange={(event) => setNumber(event.target.value)}
            />
          </Field>
        ) : (
          <>
            <Field label={t('administration.holds.search')} id="hold-search">
              <Input
                id="hold-search"
                icon="search"
                value={text}
                maxLength={256}
                placeholder={t('administration.holds.searchHint')}
                onChange={(event) => setText(event.target.value)}
              />
            </Field>
            <Select
              label={t('administration.holds.pick')}
              value={key}
              options={choices}
              onChange={setKey}
              placeholder={t('administration.holds.pick')}
              width="100%"
            />
          </>
        )}
        <Field label={t('administration.holds.note')} id="hold-note">
          <Input
            id="hold-note"
            value={note}
            maxLength={1_000}
            placeholder={t('administration.holds.noteHint')}
            onChange={(event) => setNote(event.target.value)}
          />
        </Field>
        {problem !== null && (
          <p className="job-failed" role="alert">
            {problem}
          </p>
        )}
      </div>
    </Dialog>
  );
}

function Release(props: { hold: HoldView; onClose: () => void; onReleased: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const release = async (): Promise<void> => {
    if (note.trim() === '') return;
    setBusy(true);
    const answer = await bridge.call('holds.release', { id: props.hold.id, note: note.trim() });
    setBusy(false);
    if (answer.ok) props.onReleased();
    else toast({ tone: 'failed', text: errorWords(answer.error).title });
  };
  return (
    <ConfirmDialog
      open
      title={t('administration.holds.releaseTitle')}
      confirm={t('administration.holds.release')}
      cancel={t('common.cancel')}
      danger
      busy={busy}
      disabled={note.trim() === ''}
      onConfirm={() => void release()}
      onCancel={props.onClose}
    >
      <p className="foreign">{props.hold.target}</p>
      <Field label={t('administration.holds.releaseNote')} id="hold-release">
        <Input id="hold-release" value={note} maxLength={1_000} onChange={(event) => setNote(event.target.value)} />
      </Field>
    </ConfirmDialog>
  );
}
