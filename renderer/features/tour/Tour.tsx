import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#renderer/ui/Button.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import './tour.css';

const TOUR_STEPS = ['waiting', 'reply', 'recall', 'records', 'overview', 'palette'] as const;
export type TourStep = (typeof TOUR_STEPS)[number];

/** What a step speaks of; it gets a frame while the step is shown. */
const TARGETS: Readonly<Record<TourStep, string>> = {
  waiting: '.inbox, .inbox-list',
  reply: '#composer',
  recall: '.chat-none, .chat',
  records: '.records',
  overview: '.overview',
  palette: '.rail-foot',
};
const FRAME = 'tour-target';

/**
 * The tour (UX5): a strip over the screen, never a dialog. Everything stays usable while it is there; each step shows its
 * screen. It can be put away and taken up again, skipped, and gone through with the keyboard alone.
 */
export function Tour(props: {
  step: number;
  onStep: (step: number) => void;
  onShow: (step: TourStep) => void;
  onLater: () => void;
  onEnd: () => void;
  keys: readonly string[];
}) {
  const { t } = useTranslation();
  const { onShow } = props;
  const last = TOUR_STEPS.length - 1;
  const index = Math.max(0, Math.min(last, props.step));
  const name = TOUR_STEPS[index] ?? 'waiting';
  useEffect(() => {
    onShow(name);
    // The screen of the step may still be loading.
    let framed: Element | null = null;
    const frame = (): void => {
      const found = document.querySelector(TARGETS[name]);
      if (found === framed) return;
      framed?.classList.remove(FRAME);
      found?.classList.add(FRAME);
      framed = found;
    };
    frame();
    const watcher = setInterval(frame, 250);
    return () => {
      clearInterval(watcher);
      framed?.classList.remove(FRAME);
    };
  }, [name, onShow]);
  return (
    <section
      className="tour"
      aria-label={t('overview.tour.title')}
      onKeyDown={(event) => {
        if (event.key === 'Escape') props.onLater();
        else return;
        event.stopPropagation();
      }}
    >
      <ol className="tour-dots" aria-hidden="true">
        {TOUR_STEPS.map((each, at) => (
          <li key={each} className={at === index ? 'is-current' : at < index ? 'is-done' : ''} />
        ))}
      </ol>
      <p aria-live="polite">
        <span className="visually-hidden">
          {t('overview.tour.progress', { step: index + 1, all: TOUR_STEPS.length })}
        </span>
        <strong>{t(`overview.tour.steps.${name}.title`)}</strong>
        {t(`overview.tour.steps.${name}.text`, { keys: props.keys.join(' ') })}
        {name === 'palette' && props.keys.map((key) => <Kbd key={key}>{key}</Kbd>)}
      </p>
      <span className="tour-buttons">
        {index > 0 && (
          <Button size="small" look="quiet" onClick={() => props.onStep(index - 1)}>
            {t('overview.tour.back')}
          </Button>
        )}
        {index < last ? (
          <>
            <Button size="small" look="primary" autoFocus onClick={() => props.onStep(index + 1)}>
              {t('overview.tour.next')}
            </Button>
            <Button size="small" look="quiet" onClick={props.onLater}>
              {t('overview.tour.later')}
            </Button>
            <Button size="small" look="quiet" onClick={props.onEnd}>
              {t('overview.tour.skip')}
            </Button>
          </>
        ) : (
          <Button size="small" look="primary" autoFocus onClick={props.onEnd}>
            {t('overview.tour.done')}
          </Button>
        )}
      </span>
    </section>
  );
}
