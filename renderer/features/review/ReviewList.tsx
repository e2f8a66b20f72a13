import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useListing } from '#renderer/bridge/listing.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { DataTable, type Column } from '#renderer/ui/DataTable.tsx';
import { Segmented, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag, type Tone } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { ProcedureInput } from '#shared/contract/procedures.ts';
import type { ReviewDetail, ReviewLine } from '#shared/contract/reviews.ts';
import type { AppealState } from '#shared/domain/review/review.ts';
import { isComplete, scoreOf, type Marks } from '#shared/domain/review/scorecard.ts';
import { ReviewPane } from './ReviewPane.tsx';
import { useSayFailure } from './say.ts';
import { ScoreForm } from './ScoreForm.tsx';
import { Transcript } from './Transcript.tsx';

const PAGE = 100;
const TONES: Readonly<Record<AppealState, Tone>> = {
  open: 'waiting',
  upheld: 'neutral',
  changed: 'accent',
  withdrawn: 'offline',
};

/** Reviews of one's own work, with the appeal (QA5); or appeals, with the decision. */
export function ReviewList(props: { scope: 'mine' | 'appeals' }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [selected, setSelected] = useState<string | null>(null);
  const [shown, setShown] = useState<'open' | 'all'>('open');
  const { scope } = props;

  const { page, error, more, reload } = useListing(
    useCallback(
      async (cursor: string | null) => {
        const answer = await bridge.call('reviews.list', {
          scope: scope === 'mine' ? 'mine' : 'all',
          ...(scope === 'appeals'
            ? { appeals: shown === 'open' ? ['open'] : ['open', 'upheld', 'changed', 'withdrawn'] }
            : {}),
          limit: PAGE,
          cursor,
        });
        return answer.ok ? { ...answer, result: { ...answer.result, rows: answer.result.reviews } } : answer;
      },
      [scope, shown],
    ),
  );
  useEffect(() => bridge.subscribe('reviews', reload), [reload]);

  const columns = useMemo<readonly Column<ReviewLine>[]>(
    () => [
      {
        id: 'time',
        title: t('reviews.column.time'),
        track: '148px',
        sortBy: ({ review }) => review.submitted_at,
        render: ({ review }) => <time className="num">{formatStamp(review.submitted_at ?? review.updated_at)}</time>,
      },
      {
        id: 'agent',
        title: t('reviews.column.agent'),
        track: '90px',
        sortBy: ({ review }) => review.agent.name,
        render: ({ review }) => <span className="foreign">{review.agent.name}</span>,
      },
      {
        id: 'conversation',
        title: t('reviews.column.conversation'),
        track: 'minmax(80px, 1fr)',
        sortBy: ({ reception }) => reception.title,
        render: ({ reception }) => <span className="foreign">{reception.title}</span>,
      },
      {
        id: 'score',
        title: t('reviews.column.score'),
        track: '60px',
        numeric: true,
        sortBy: ({ review }) => review.final_score,
        render: ({ review }) => <strong>{review.final_score}</strong>,
      },
      {
        id: 'appeal',
        title: t('reviews.column.appeal'),
        track: '76px',
        sortBy: ({ review }) => review.appeal?.state ?? '',
        render: ({ review }) =>
          review.appeal === null ? (
            t('reviews.appeal.none')
          ) : (
            <Tag tone={TONES[review.appeal.state]}>{t(`reviews.appeal.${review.appeal.state}`)}</Tag>
          ),
      },
    ],
    [t],
  );

  const rows = page?.rows ?? [];
  return (
    <div className="reviewing-page">
      {scope === 'appeals' && (
        <div className="reviewing-bar">
          <Segmented
            label={t('reviews.list.state')}
            value={shown}
            onChange={setShown}
            options={[
              { value: 'open', label: t('reviews.list.open') },
              { value: 'all', label: t('reviews.list.all') },
            ]}
          />
        </div>
      )}
      {page === null ? (
        <Pending error={error} onRetry={reload} />
      ) : rows.length === 0 ? (
        <StateMessage
          icon="review"
          title={t(scope === 'mine' ? 'reviews.list.mineEmpty' : 'reviews.list.appealsEmpty')}
          note={t(scope === 'mine' ? 'reviews.list.mineEmptyNote' : 'reviews.list.appealsEmptyNote')}
        />
      ) : (
        <div className="review-split">
          <div className="reviewing-table">
            <DataTable
              label={t('reviews.list.label')}
              columns={columns}
              rows={rows}
              rowKey={({ review }) => review.review_id}
              rowHeight={34}
              selectedKey={selected}
              onSelect={({ review }) => setSelected(review.review_id)}
              locale={locale}
              footer={
                page.cursor !== null && (
                  <Button look="link" onClick={more}>
                    {t('reviews.list.more')}
                  </Button>
                )
              }
            />
          </div>
          {selected === null ? (
            <StateMessage icon="review" title={t('reviews.list.choose')} />
          ) : (
            <Chosen key={selected} reviewId={selected} />
          )}
        </div>
      )}
    </div>
  );
}

function Chosen(props: { reviewId: string }) {
  const { t } = useTranslation();
  const sayFailure = useSayFailure();
  const [detail, setDetail] = useState<ReviewDetail | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const load = useCallback(async (): Promise<void> => {
    const answer = await bridge.call('reviews.get', { review_id: props.reviewId });
    if (answer.ok) setDetail(answer.result);
    setError(answer.ok ? null : answer.error);
  }, [props.reviewId]);
  useEffect(() => {
    void load();
    return bridge.subscribe('reviews', () => void load());
  }, [load]);

  const act = async (action: ProcedureInput<'reviews.act'>['action'], said: string): Promise<void> => {
    if (detail === null) return;
    const answer = await bridge.call('reviews.act', {
      review_id: props.reviewId,
      seq: detail.review.seq,
      action,
    });
    if (!answer.ok) return sayFailure(answer.error);
    setDetail(answer.result);
    toast({ tone: 'done', text: said });
  };

  if (detail === null) return <Pending error={error} onRetry={() => void load()} />;
  const { review, reception, allowed } = detail;
  const shown = review.decided_marks === null ? review.content : { ...review.content, marks: review.decided_marks };
  return (
    <div className="review-chosen">
      <section className="review-transcript" aria-label={reception.title}>
        <header className="review-head">
          <strong className="ellipsis foreign">{reception.title}</strong>
          <span className="is-soft ellipsis foreign">
            {reception.shop} · {review.agent.name} · {t('reviews.column.reviewer')} {review.reviewer.name}
          </span>
        </header>
        {!detail.erased && (
          <Transcript
            conversation={reception.conversation_key}
            agentId={review.agent.id}
            marked={new Set(review.content.messages.map(({ msg_id }) => msg_id))}
            onMark={null}
            onTexts={setTexts}
          />
        )}
      </section>
      <aside className="review-side" aria-label={t('reviews.desk.form')}>
        <div className="review-side-scroll" tabIndex={0} role="region" aria-label={t('reviews.desk.score')}>
          <ReviewPane
            detail={detail}
            content={shown}
            textOf={(id) => texts.get(id) ?? null}
            at={-1}
            readOnly
            onAt={() => undefined}
            onContent={() => undefined}
          >
            <AppealPart detail={detail} onAct={act} />
          </ReviewPane>
          {allowed.decide && <Decide detail={detail} onAct={act} />}
        </div>
      </aside>
    </div>
  );
}

type Act = (action: ProcedureInput<'reviews.act'>['action'], said: string) => Promise<void>;

function AppealPart({ detail, onAct }: { detail: ReviewDetail; onAct: Act }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const { review, allowed } = detail;
  const { appeal } = review;
  if (appeal === null && !allowed.appeal) return null;
  return (
    <>
      <h2>{t('reviews.appeal.title')}</h2>
      {appeal !== null && (
        <div className="review-appeal">
          <p>
            <Tag tone={TONES[appeal.state]}>{t(`reviews.appeal.${appeal.state}`)}</Tag>{' '}
            <span className="is-soft num">
              {t('reviews.appeal.by', { name: appeal.by.name, time: formatStamp(appeal.at) })}
            </span>{' '}
            {appeal.state === 'changed' && (
              <span className="num">{t('reviews.appeal.original', { score: review.score ?? 0 })}</span>
            )}
          </p>
          <p className="foreign">{appeal.reason}</p>
          {appeal.decision !== null && (
            <>
              <p className="is-soft num">
                {t('reviews.appeal.decide')}{' '}
                {t('reviews.appeal.by', { name: appeal.decision.by.name, time: formatStamp(appeal.decision.at) })}
              </p>
              <p className="foreign">{appeal.decision.note}</p>
            </>
          )}
        </div>
      )}
      {allowed.withdraw && (
        <Button onClick={() => void onAct({ kind: 'withdraw' }, t('reviews.what.withdrawn'))}>
          {t('reviews.appeal.withdraw')}
        </Button>
      )}
      {allowed.appeal && (
        <form
          className="review-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== '') void onAct({ kind: 'appeal', reason: reason.trim() }, t('reviews.appeal.sent'));
          }}
        >
          <TextArea
            aria-label={t('reviews.appeal.reason')}
            placeholder={t('reviews.appeal.reasonHint')}
            rows={3}
            maxLength={2_000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <Button submit look="primary" disabled={reason.trim() === ''}>
            {t('reviews.appeal.send')}
          </Button>
        </form>
      )}
    </>
  );
}

/** QA5: uphold, or score anew; the reviewer's own marks stay in the history. */
function Decide({ detail, onAct }: { detail: ReviewDetail; onAct: Act }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const [marks, setMarks] = useState<Marks>(detail.review.content.marks);
  const [at, setAt] = useState(0);
  const said = t('reviews.appeal.decided');
  const after = scoreOf(detail.card, marks).score;
  const before = detail.review.content.marks;
  const isChanged = detail.card.criteria.some(({ id }) => (marks[id] ?? null) !== (before[id] ?? null));
  return (
    <form className="review-pane review-form" onSubmit={(event) => event.preventDefault()}>
      <h2>{t('reviews.appeal.decide')}</h2>
      <ScoreForm
        card={detail.card}
        marks={marks}
        at={at}
        readOnly={false}
        label={t('reviews.appeal.decide')}
        onAt={setAt}
        onMark={(id, points) => setMarks({ ...marks, [id]: points })}
      />
      <TextArea
        aria-label={t('reviews.appeal.note')}
        placeholder={t('reviews.appeal.note')}
        rows={3}
        maxLength={2_000}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <div className="review-buttons">
        <Button
          disabled={note.trim() === ''}
          onClick={() => void onAct({ kind: 'decide', outcome: 'upheld', note: note.trim() }, said)}
        >
          {t('reviews.appeal.uphold')}
        </Button>
        <Button
          look="primary"
          disabled={note.trim() === '' || !isChanged || !isComplete(detail.card, marks)}
          onClick={() => void onAct({ kind: 'decide', outcome: 'changed', note: note.trim(), marks }, said)}
        >
          {t('reviews.appeal.change')} {isChanged && after !== null ? after : ''}
        </Button>
      </div>
    </form>
  );
}
