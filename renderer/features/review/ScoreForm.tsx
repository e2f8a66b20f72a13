import { useTranslation } from 'react-i18next';
import { Hint } from '#renderer/ui/Button.tsx';
import { Kbd, Tag } from '#renderer/ui/marks.tsx';
import { scoreOf, type Marks, type Scorecard } from '#shared/domain/review/scorecard.ts';

/** The criteria with a button for every point; digits do the same for the chosen one (SampleDesk). */
export function ScoreForm(props: {
  card: Scorecard;
  marks: Marks;
  /** Chosen criterion, for the keyboard. */
  at: number;
  readOnly: boolean;
  /** Name of the whole, where another one stands beside it. */
  label?: string;
  onAt: (at: number) => void;
  onMark: (id: string, points: number | null) => void;
}) {
  const { t } = useTranslation();
  const { card, marks } = props;
  const { score, failed, missing } = scoreOf(card, marks);
  return (
    <section className="score" aria-label={props.label ?? t('reviews.desk.form')}>
      <p className="score-total" role="status">
        <span>{t('reviews.desk.score')}</span>
        <strong className={`num ${failed.length > 0 ? 'is-failed' : ''}`}>
          {score === null ? t('reviews.desk.noScore') : t('reviews.desk.total', { score })}
        </strong>
        {score !== null && missing.length > 0 && (
          <span className="score-missing">{t('reviews.desk.incomplete', { count: missing.length })}</span>
        )}
        <span className="is-soft ellipsis">
          {card.version === 0
            ? t('reviews.desk.cardTemplate', { name: card.name })
            : t('reviews.desk.card', { name: card.name, version: card.version })}
        </span>
      </p>
      <ol className="score-criteria">
        {card.criteria.map((criterion, index) => {
          const points = marks[criterion.id];
          const isFatal = criterion.kind === 'fatal';
          return (
            <li
              key={criterion.id}
              className={`score-criterion ${index === props.at ? 'is-current' : ''} ${isFatal && points === 0 ? 'is-failed' : ''}`}
              onMouseDown={() => props.onAt(index)}
              ref={(element) => {
                if (element !== null && index === props.at) element.scrollIntoView({ block: 'nearest' });
              }}
            >
              <Hint
                text={
                  <>
                    {criterion.note}{' '}
                    {isFatal
                      ? t('reviews.desk.cap', { cap: criterion.cap })
                      : t('reviews.desk.full', { max: criterion.max, weight: criterion.weight })}
                  </>
                }
                placement="left"
              >
                <span className="score-name">
                  <span className="ellipsis">{criterion.name}</span>
                  {isFatal && <Tag tone="failed">{t('reviews.desk.fatal')}</Tag>}
                </span>
              </Hint>
              <span className="score-points" role="radiogroup" aria-label={criterion.name}>
                {(isFatal ? [1, 0] : Array.from({ length: criterion.max + 1 }, (_, value) => value)).map((value) => (
                  <button
                    key={value}
                    type="button"
                    role="radio"
                    aria-checked={points === value}
                    aria-label={
                      isFatal
                        ? `${criterion.name} ${t(value === 1 ? 'reviews.desk.passed' : 'reviews.desk.failed')}`
                        : t('reviews.desk.points', { name: criterion.name, points: value })
                    }
                    disabled={props.readOnly}
                    className={`num ${points === value ? 'is-on' : ''}`}
                    onClick={() => props.onMark(criterion.id, value)}
                  >
                    {isFatal ? t(value === 1 ? 'reviews.desk.passed' : 'reviews.desk.failed') : value}
                  </button>
                ))}
                <button
                  type="button"
                  role="radio"
                  aria-checked={points === null}
                  aria-label={`${criterion.name} ${t('reviews.desk.na')}`}
                  title={t('reviews.desk.na')}
                  disabled={props.readOnly}
                  className={points === null ? 'is-on' : ''}
                  onClick={() => props.onMark(criterion.id, null)}
                >
                  –
                </button>
              </span>
              {index === props.at && !props.readOnly && (
                <span className="score-keys" aria-hidden="true">
                  <Kbd>{isFatal ? '0 1' : `0–${criterion.max}`}</Kbd>
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
