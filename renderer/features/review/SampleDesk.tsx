import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { Pending } from '#renderer/ui/Pending.tsx';
import { StateMessage } from '#renderer/ui/states.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import type { AppError } from '#shared/contract/errors.ts';
import type { ReviewDetail, SampleItemView } from '#shared/contract/reviews.ts';
import type { MessageView } from '#shared/contract/views.ts';
import { EMPTY_REVIEW, type ReviewContent } from '#shared/domain/review/review.ts';
import { scoreOf } from '#shared/domain/review/scorecard.ts';
import { ReviewPane } from './ReviewPane.tsx';
import { useSayFailure } from './say.ts';
import { Transcript, type TranscriptHandle } from './Transcript.tsx';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], .ant-select') !== null;
const isCovered = (): boolean => document.querySelector('.ui-dialog .ant-modal') !== null;

/**
 * The desk (QA3): receptions of a sample, the transcript, the scorecard. Everything works from the keyboard: digits score
 * the chosen criterion and go on to the next, j and k walk through the messages, m marks one, c and t go to comment and
 * tags (Esc comes back), s hands in, n and p change the reception.
 */
export function SampleDesk(props: { sampleId: string; onBack: () => void }) {
  const { t } = useTranslation();
  const sayFailure = useSayFailure();
  const asked = useAsk('samples.get', { sample_id: props.sampleId });
  const { reload } = asked;
  useEffect(() => bridge.subscribe('reviews', reload), [reload]);
  const [index, setIndex] = useState<number | null>(null);
  const [closing, setClosing] = useState(false);
  const items = asked.data?.items ?? [];
  const sample = asked.data?.sample ?? null;
  const me = asked.data?.me ?? null;
  const isMine = useCallback(
    (item: SampleItemView) => item.reviews.find(({ reviewer_id }) => reviewer_id === me?.id) ?? null,
    [me],
  );
  // Where the work goes on: the first one without one's own review. Once chosen it stays, also when it is handed in.
  const first = items.findIndex((item) => isMine(item)?.state !== 'submitted');
  if (index === null && asked.data !== null) setIndex(Math.max(0, first));
  const at = index ?? 0;
  const item = items[at];

  const check = async (): Promise<void> => {
    const answer = await bridge.call('samples.check', { sample_id: props.sampleId });
    if (!answer.ok) return sayFailure(answer.error);
    const { same, missing, added } = answer.result;
    toast(
      same
        ? { tone: 'done', text: t('reviews.sample.checkSame') }
        : { tone: 'info', text: t('reviews.sample.checkDiffers', { missing, added }) },
    );
  };

  if (asked.data === null || sample === null) return <Pending error={asked.error} onRetry={reload} />;
  return (
    <div className="reviewing-page">
      <div className="reviewing-bar">
        <IconButton icon="undo" label={t('reviews.sample.back')} onClick={props.onBack} />
        <h2 className="ellipsis">{sample.name}</h2>
        <span className="num is-soft">
          {t('reviews.sample.progress', { done: sample.reviewed, size: sample.size })} ·{' '}
          {t('reviews.sample.from', { candidates: sample.candidates, seed: sample.seed })}
        </span>
        <span className="reviewing-space" />
        <Button size="small" icon="refresh" onClick={() => void check()}>
          {t('reviews.sample.check')}
        </Button>
        {sample.closed_at === null ? (
          <Button size="small" onClick={() => setClosing(true)}>
            {t('reviews.sample.close')}
          </Button>
        ) : (
          <Tag>{t('reviews.sample.closed')}</Tag>
        )}
      </div>
      <div className="review-desk">
        <ol className="review-items" aria-label={t('reviews.sample.items')}>
          {items.map((each, position) => {
            const mine = isMine(each);
            return (
              <li key={each.ordinal}>
                <button
                  type="button"
                  className={`review-item ${position === at ? 'is-current' : ''}`}
                  aria-current={position === at ? 'true' : undefined}
                  onClick={() => setIndex(position)}
                >
                  <span className="review-item-name">
                    <span className="ellipsis foreign">{each.title}</span>
                    {mine?.state === 'submitted' ? (
                      <Tag tone="done">{t('reviews.sample.done', { score: mine.score ?? 0 })}</Tag>
                    ) : mine !== null ? (
                      <Tag tone="waiting">{t('reviews.sample.draft')}</Tag>
                    ) : each.reviews.length > 0 ? (
                      <Tag>{t('reviews.sample.doneOther')}</Tag>
                    ) : null}
                  </span>
                  <span className="review-item-note ellipsis">
                    <span className="foreign">{each.agent.name}</span> ·{' '}
                    {t('reviews.sample.messages', { count: each.messages })}
                    {each.risks.map((risk) => ` · ${t(`reviews.risk.${risk}`)}`)}
                  </span>
                </button>
              </li>
            );
          })}
        </ol>
        {item === undefined ? (
          <StateMessage icon="review" title={t('reviews.sample.choose')} />
        ) : (
          <Desk
            key={`${item.conversation_key} ${item.agent.id}`}
            item={item}
            card={sample.card}
            onStep={(by) => setIndex(Math.max(0, Math.min(items.length - 1, at + by)))}
          />
        )}
      </div>
      <ConfirmDialog
        open={closing}
        title={t('reviews.sample.close')}
        confirm={t('reviews.sample.close')}
        cancel={t('common.cancel')}
        onCancel={() => setClosing(false)}
        onConfirm={() => {
          setClosing(false);
          void bridge
            .call('samples.close', { sample_id: props.sampleId })
            .then((answer) => !answer.ok && sayFailure(answer.error));
        }}
      >
        {t('reviews.sample.closeAsk')}
      </ConfirmDialog>
    </div>
  );
}

function Desk(props: {
  item: SampleItemView;
  card: { readonly card_id: string; readonly version: number };
  onStep: (by: 1 | -1) => void;
}) {
  const { t } = useTranslation();
  const sayFailure = useSayFailure();
  const { conversation_key, agent } = props.item;
  const [detail, setDetail] = useState<ReviewDetail | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const [content, setContent] = useState<ReviewContent>(EMPTY_REVIEW);
  const [criterion, setCriterion] = useState(0);
  const [busy, setBusy] = useState(false);
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const transcript = useRef<TranscriptHandle>(null);
  const comment = useRef<HTMLTextAreaElement>(null);
  const tags = useRef<HTMLInputElement>(null);
  /** Changed since it was last stored. */
  const dirty = useRef(false);

  const { card_id, version } = props.card;
  const open = useCallback(async (): Promise<void> => {
    const answer = await bridge.call('reviews.open', {
      conversation_key,
      agent_id: agent.id,
      card: { card_id, version },
    });
    if (!answer.ok) return setError(answer.error);
    setError(null);
    setDetail(answer.result);
    setContent(answer.result.review.content);
    dirty.current = false;
  }, [conversation_key, agent.id, card_id, version]);
  useEffect(() => void open(), [open]);

  const readOnly = detail === null || !detail.allowed.write;
  const change = (next: ReviewContent): void => {
    if (readOnly) return;
    dirty.current = true;
    setContent(next);
  };

  const save = async (submit: boolean): Promise<boolean> => {
    if (detail === null || readOnly) return false;
    const { missing } = scoreOf(detail.card, content.marks);
    if (submit && missing.length > 0) {
      setCriterion(detail.card.criteria.findIndex(({ id }) => id === missing[0]));
      toast({ tone: 'info', text: t('reviews.desk.incomplete', { count: missing.length }) });
      return false;
    }
    setBusy(true);
    const answer = await bridge.call('reviews.save', {
      conversation_key,
      agent_id: agent.id,
      card: detail.review.card,
      seq: detail.review.seq,
      content,
      submit,
    });
    setBusy(false);
    if (!answer.ok) {
      sayFailure(answer.error);
      return false;
    }
    dirty.current = false;
    setDetail(answer.result);
    if (submit)
      toast({ tone: 'done', text: t('reviews.desk.submitted', { score: answer.result.review.final_score ?? 0 }) });
    return true;
  };

  // A draft is kept when the reviewer goes on to another reception or screen.
  const leave = useRef<() => void>(() => undefined);
  useLayoutEffect(() => {
    leave.current = () => {
      if (!dirty.current || detail === null || readOnly || detail.review.state === 'submitted') return;
      dirty.current = false;
      void bridge
        .call('reviews.save', {
          conversation_key,
          agent_id: agent.id,
          card: detail.review.card,
          seq: detail.review.seq,
          content,
          submit: false,
        })
        .then((answer) => !answer.ok && sayFailure(answer.error));
    };
  });
  useEffect(() => () => leave.current(), []);

  const mark = (message: MessageView): void => {
    const known = content.messages.findIndex(({ msg_id }) => msg_id === message.msg_id);
    change({
      ...content,
      messages:
        known >= 0
          ? content.messages.toSpliced(known, 1)
          : [
              ...content.messages,
              { msg_id: message.msg_id, criterion_id: detail?.card.criteria[criterion]?.id ?? null, note: '' },
            ],
    });
  };
  const linkIncident = async (): Promise<void> => {
    const message = transcript.current?.current() ?? null;
    if (message === null || message.sender.role !== 'agent') {
      toast({ tone: 'info', text: t('reviews.desk.incidentHint') });
      return;
    }
    const known = message.incident?.incident_id;
    if (known !== undefined) return change({ ...content, incident_id: known });
    const answer = await bridge.call('incidents.open', { message_key: message.key, cause: 'manual' });
    if (answer.ok) change({ ...content, incident_id: answer.result.summary.incident_id });
    else sayFailure(answer.error);
  };

  const keys = useRef<(event: KeyboardEvent) => void>(() => undefined);
  useLayoutEffect(() => {
    keys.current = (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || isCovered()) return;
      if (isTyping(event.target)) {
        if (event.key === 'Escape' && event.target instanceof HTMLElement) event.target.blur();
        return;
      }
      const criteria = detail?.card.criteria ?? [];
      const current = criteria[criterion];
      const score = (points: number | null): void => {
        if (current === undefined || readOnly || (points !== null && points > current.max)) return;
        change({ ...content, marks: { ...content.marks, [current.id]: points } });
        setCriterion(Math.min(criteria.length - 1, criterion + 1));
      };
      const actions: Readonly<Record<string, () => void>> = {
        ArrowDown: () => setCriterion(Math.min(criteria.length - 1, criterion + 1)),
        ArrowUp: () => setCriterion(Math.max(0, criterion - 1)),
        '-': () => score(null),
        j: () => transcript.current?.step(1),
        k: () => transcript.current?.step(-1),
        m: () => {
          const message = transcript.current?.current() ?? null;
          if (message !== null) mark(message);
        },
        c: () => comment.current?.focus(),
        t: () => tags.current?.focus(),
        i: () => void linkIncident(),
        s: () => void save(true),
        n: () => props.onStep(1),
        p: () => props.onStep(-1),
      };
      const action = /^[0-9]$/.test(event.key) ? () => score(Number(event.key)) : actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => keys.current(event);
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const marked = new Set(content.messages.map(({ msg_id }) => msg_id));
  return (
    <>
      <section className="review-transcript" aria-label={props.item.title}>
        <header className="review-head">
          <strong className="ellipsis foreign">{props.item.title}</strong>
          <span className="is-soft ellipsis foreign">
            {props.item.shop} · {agent.name}
          </span>
          <span className="reviewing-space" />
          <Button size="small" look="quiet" icon="chevronUp" onClick={() => props.onStep(-1)}>
            {t('reviews.desk.previous')}
          </Button>
          <Button size="small" look="quiet" icon="chevronDown" onClick={() => props.onStep(1)}>
            {t('reviews.desk.next')}
          </Button>
        </header>
        <Transcript
          ref={transcript}
          conversation={conversation_key}
          agentId={agent.id}
          marked={marked}
          onMark={readOnly ? null : mark}
          onTexts={setTexts}
        />
      </section>
      <aside className="review-side" aria-label={t('reviews.desk.form')}>
        {detail === null ? (
          <Pending error={error} onRetry={() => void open()} />
        ) : (
          <>
            <div className="review-side-scroll" tabIndex={0} role="region" aria-label={t('reviews.desk.score')}>
              <ReviewPane
                detail={detail}
                content={content}
                at={criterion}
                readOnly={readOnly}
                textOf={(id) => texts.get(id) ?? null}
                onAt={setCriterion}
                onContent={change}
                onIncident={() => void linkIncident()}
                commentRef={comment}
                tagRef={tags}
              />
            </div>
            <footer className="review-foot">
              {readOnly ? (
                <p className="is-soft">
                  {detail.review.agent.id === detail.review.reviewer.id
                    ? t('reviews.refused.OWN_WORK')
                    : t('reviews.desk.readOnly')}
                </p>
              ) : (
                <>
                  <div className="review-buttons">
                    <Button look="primary" busy={busy} onClick={() => void save(true)}>
                      {t(detail.review.state === 'submitted' ? 'reviews.desk.resubmit' : 'reviews.desk.submit')}
                    </Button>
                    {detail.review.state === 'draft' && (
                      <Button
                        busy={busy}
                        onClick={() =>
                          void save(false).then(
                            (done) => done && toast({ tone: 'done', text: t('reviews.desk.saved') }),
                          )
                        }
                      >
                        {t('reviews.desk.save')}
                      </Button>
                    )}
                  </div>
                  <p className="review-keys">{t('reviews.desk.keys')}</p>
                </>
              )}
            </footer>
          </>
        )}
      </aside>
    </>
  );
}
