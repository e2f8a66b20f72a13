import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { ProgressBar, Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { ReviewSampleView } from '#shared/contract/reviews.ts';
import { DrawDialog } from './DrawDialog.tsx';
import { MergeDialog } from './MergeDialog.tsx';
import { SampleDesk } from './SampleDesk.tsx';

/** Samples with their progress (QA2); one of them opens as the desk to review at. */
export function Samples(props: { rowHeight: number }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [open, setOpen] = useState<string | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const [dialog, setDialog] = useState<'draw' | 'merge' | null>(null);
  const asked = useAsk('samples.list', {});
  const { reload } = asked;
  useEffect(() => {
    const stop = [bridge.subscribe('reviews', reload), bridge.subscribe('accounts', reload)];
    return () => {
      for (const end of stop) end();
    };
  }, [reload]);

  const columns = useMemo<readonly Column<ReviewSampleView>[]>(
    () => [
      {
        id: 'name',
        title: t('reviews.column.name'),
        track: 'minmax(140px, 1.4fr)',
        sortBy: (row) => row.name,
        render: (row) => (
          <button type="button" className="reviewing-link" onClick={() => setOpen(row.sample_id)}>
            {row.name}
          </button>
        ),
      },
      {
        id: 'method',
        title: t('reviews.column.method'),
        track: '110px',
        sortBy: (row) => row.spec.method,
        render: (row) => t(`reviews.method.${row.spec.method}`),
      },
      {
        id: 'progress',
        title: t('reviews.column.progress'),
        track: '180px',
        sortBy: (row) => row.reviewed / Math.max(1, row.size),
        render: (row) => (
          <span className="reviewing-progress">
            <ProgressBar
              share={row.size === 0 ? 0 : row.reviewed / row.size}
              label={t('reviews.sample.progressLabel', { done: row.reviewed, size: row.size })}
            />
            <span className="num">{t('reviews.sample.progress', { done: row.reviewed, size: row.size })}</span>
            {row.closed_at !== null && <Tag>{t('reviews.sample.closed')}</Tag>}
          </span>
        ),
      },
      {
        id: 'drawn',
        title: t('reviews.column.drawn'),
        track: 'minmax(200px, 1fr)',
        sortBy: (row) => row.drawn_at,
        render: (row) => (
          <span className="num">{t('reviews.sample.by', { name: row.drawn_by, time: formatStamp(row.drawn_at) })}</span>
        ),
      },
      {
        id: 'from',
        title: t('reviews.drawing.seed'),
        track: 'minmax(160px, 1fr)',
        sortBy: (row) => row.candidates,
        render: (row) => t('reviews.sample.from', { candidates: row.candidates, seed: row.seed }),
      },
    ],
    [t],
  );

  if (open !== null) return <SampleDesk sampleId={open} onBack={() => setOpen(null)} />;
  const samples = asked.data?.samples ?? [];
  const mayDraw = asked.data?.may_draw ?? false;
  return (
    <div className="reviewing-page">
      <div className="reviewing-bar">
        <Button look="primary" icon="plus" disabled={!mayDraw} onClick={() => setDialog('draw')}>
          {t('reviews.sample.draw')}
        </Button>
        <Button icon="upload" disabled={!mayDraw} onClick={() => setDialog('merge')}>
          {t('reviews.sample.merge')}
        </Button>
      </div>
      {asked.data === null ? (
        <Pending error={asked.error} onRetry={reload} />
      ) : !mayDraw ? (
        <StateMessage icon="info" title={t('reviews.noPermission')} note={t('reviews.noPermissionNote')} />
      ) : samples.length === 0 ? (
        <StateMessage icon="review" title={t('reviews.sample.empty')} note={t('reviews.sample.emptyNote')}>
          <Button look="primary" onClick={() => setDialog('draw')}>
            {t('reviews.sample.draw')}
          </Button>
        </StateMessage>
      ) : (
        <div
          role="presentation"
          className="reviewing-table"
          onKeyDown={(event) => event.key === 'Enter' && selected !== null && setOpen(selected)}
        >
          <DataTable
            label={t('reviews.sample.list')}
            columns={columns}
            rows={samples}
            rowKey={(row) => row.sample_id}
            rowHeight={props.rowHeight}
            selectedKey={selected}
            onSelect={(row) => setSelected(row.sample_id)}
            locale={locale}
          />
        </div>
      )}
      {dialog === 'draw' && (
        <DrawDialog
          onClose={() => setDialog(null)}
          onDrawn={(sample) => {
            setDialog(null);
            setOpen(sample.sample_id);
          }}
        />
      )}
      {dialog === 'merge' && <MergeDialog onClose={() => setDialog(null)} />}
    </div>
  );
}
