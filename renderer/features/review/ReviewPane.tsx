import type { KeyboardEvent, ReactNode, Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Input, Select, TextArea } from '#renderer/ui/fields.tsx';
import { formatStamp } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import type { ReviewDetail } from '#shared/contract/reviews.ts';
import type { ReviewContent } from '#shared/domain/review/review.ts';
import { ScoreForm } from './ScoreForm.tsx';

const ANY = '*';

/** The scorecard beside the transcript: points, marked messages, comment, tags, incident (QA3), and what others did with it. */
export function ReviewPane(props: {
  detail: ReviewDetail;
  content: ReviewContent;
  at: number;
  readOnly: boolean;
  /** Text of a marked message, as far as it is shown. */
  textOf?: (msgId: string) => string | null;
  onAt: (at: number) => void;
  onContent: (content: ReviewContent) => void;
  onIncident?: () => void;
  commentRef?: Ref<HTMLTextAreaElement>;
  tagRef?: Ref<HTMLInputElement>;
  /** Buttons below. */
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const { detail, content, readOnly, onContent } = props;
  const addTag = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    const tag = event.currentTarget.value.trim().slice(0, 40);
    event.currentTarget.value = '';
    if (tag !== '' && !content.tags.includes(tag) && content.tags.length < 20)
      onContent({ ...content, tags: [...content.tags, tag] });
  };
  return (
    <div className="review-pane">
      <ScoreForm
        card={detail.card}
        marks={content.marks}
        at={readOnly ? -1 : props.at}
        readOnly={readOnly}
        onAt={props.onAt}
        onMark={(id, points) => onContent({ ...content, marks: { ...content.marks, [id]: points } })}
      />
      {detail.erased && <p className="is-soft">{t('reviews.desk.erased')}</p>}
      <h2>{t('reviews.desk.marks')}</h2>
      {content.messages.length === 0 ? (
        <p className="is-soft">{t('reviews.desk.noMarks')}</p>
      ) : (
        <ul className="review-marks">
          {content.messages.map((mark, index) => (
            <li key={mark.msg_id}>
              <span className="ellipsis foreign">{props.textOf?.(mark.msg_id) ?? mark.msg_id}</span>
              <div className="review-mark-line">
                {readOnly ? (
                  <>
                    {mark.criterion_id !== null && (
                      <Tag>
                        {detail.card.criteria.find(({ id }) => id === mark.criterion_id)?.name ?? mark.criterion_id}
                      </Tag>
                    )}
                    <span className="foreign">{mark.note}</span>
                  </>
                ) : (
                  <>
                    <Select
                      label={t('reviews.cards.criterion')}
                      value={mark.criterion_id ?? ANY}
                      width={130}
                      options={[
                        { value: ANY, label: t('common.all') },
                        ...detail.card.criteria.map(({ id, name }) => ({ value: id, label: name })),
                      ]}
                      onChange={(value) =>
                        onContent({
                          ...content,
                          messages: content.messages.with(index, {
                            ...mark,
                            criterion_id: value === ANY ? null : value,
                          }),
                        })
                      }
                    />
                    <Input
                      aria-label={t('reviews.desk.markNote')}
                      placeholder={t('reviews.desk.markNote')}
                      value={mark.note}
                      maxLength={1_000}
                      onChange={(event) =>
                        onContent({
                          ...content,
                          messages: content.messages.with(index, { ...mark, note: event.target.value }),
                        })
                      }
                    />
                    <IconButton
                      icon="close"
                      iconSize={12}
                      label={t('reviews.desk.unmark')}
                      onClick={() => onContent({ ...content, messages: content.messages.toSpliced(index, 1) })}
                    />
                  </>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <h2>
        <label htmlFor="review-comment">{t('reviews.desk.comment')}</label>
      </h2>
      {readOnly ? (
        <p className="foreign review-comment">{content.comment === '' ? '–' : content.comment}</p>
      ) : (
        <TextArea
          id="review-comment"
          {...(props.commentRef === undefined ? {} : { ref: props.commentRef })}
          rows={3}
          maxLength={10_000}
          placeholder={t('reviews.desk.commentHint')}
          value={content.comment}
          onChange={(event) => onContent({ ...content, comment: event.target.value })}
        />
      )}
      <h2>{t('reviews.desk.tags')}</h2>
      <div className="review-tags">
        {content.tags.map((tag) => (
          <span key={tag} className="review-tag">
            <Tag>{tag}</Tag>
            {!readOnly && (
              <IconButton
                icon="close"
                iconSize={10}
                label={`${t('reviews.cards.remove')} ${tag}`}
                onClick={() => onContent({ ...content, tags: content.tags.filter((each) => each !== tag) })}
              />
            )}
          </span>
        ))}
        {!readOnly && (
          <Input
            {...(props.tagRef === undefined ? {} : { ref: props.tagRef })}
            aria-label={t('reviews.desk.tags')}
            placeholder={t('reviews.desk.tagsHint')}
            maxLength={40}
            onKeyDown={addTag}
          />
        )}
      </div>
      {(content.incident_id !== null || (!readOnly && props.onIncident !== undefined)) && (
        <>
          <h2>{t('reviews.desk.incident')}</h2>
          <div className="review-tags">
            {content.incident_id !== null ? (
              <>
                <span className="num">{t('reviews.desk.linked', { id: content.incident_id })}</span>
                {!readOnly && (
                  <Button size="small" look="quiet" onClick={() => onContent({ ...content, incident_id: null })}>
                    {t('reviews.desk.unlink')}
                  </Button>
                )}
              </>
            ) : (
              <Button size="small" icon="incident" onClick={props.onIncident}>
                {t('reviews.desk.linkIncident')}
              </Button>
            )}
          </div>
        </>
      )}
      {props.children}
      {detail.others.length > 0 && (
        <>
          <h2>{t('reviews.desk.others')}</h2>
          <ul className="review-history">
            {detail.others.map((other) => (
              <li key={other.review_id}>
                <span className="foreign">{other.reviewer.name}</span>{' '}
                <strong className="num">{other.final_score}</strong>{' '}
                <span className="foreign is-soft">{other.content.comment}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {detail.history.length > 0 && (
        <>
          <h2>{t('reviews.desk.history')}</h2>
          <ol className="review-history">
            {detail.history.map((event) => (
              <li key={event.seq}>
                <time className="num is-soft">{formatStamp(event.at)}</time>{' '}
                <span className="foreign">{event.by.name}</span> {t(`reviews.what.${event.what}`)}{' '}
                {event.score !== null && <span className="num">{event.score}</span>}{' '}
                <span className="foreign is-soft">{event.note}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
