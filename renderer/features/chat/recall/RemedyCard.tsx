import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Select } from '#renderer/ui/fields.tsx';
import { formatTime } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Tag } from '#renderer/ui/marks.tsx';
import { currentLocale } from '#renderer/ui/words.ts';
import type { MessageIncident } from '#shared/contract/remedy.ts';
import type { RemedyCard as Card, RemedyStep } from '#shared/domain/remedy/card.ts';
import type { Severity } from '#shared/domain/remedy/incident.ts';
import { MISTAKE_TYPES, type MistakeType } from '#shared/domain/remedy/mistakes.ts';
import { playbookOf, type PlaybookBook } from '#shared/domain/remedy/playbooks.ts';
import { reasonWords } from './words.ts';

const SEVERITIES: readonly Severity[] = ['none', 'minor', 'major'];
const TITLES = {
  message: 'incidents.card.blocked',
  message_read: 'incidents.card.blocked',
  maybe_seen: 'recall.effects.maybe_seen',
  still_there: 'recall.effects.local_only',
  unknown: 'recall.unknown',
} as const;

/** Under a message that recall can't, or couldn't, take back whole (RM1): what the consumer sees, why, what to do. */
export function RemedyCard(props: {
  card: Card;
  book: PlaybookBook;
  state: 'failed' | 'expired' | 'done' | null;
  incident: MessageIncident | null;
  /** Just appeared because of what the person did: the first step takes the focus unless they are typing. */
  fresh: boolean;
  onType: (type: MistakeType) => void;
  onStep: (step: RemedyStep) => void;
  onComplete: (type: MistakeType, severity: Severity) => void;
  onIncident: () => void;
  onDismiss: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { card } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const busy = document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== '';
    if (props.fresh && !busy)
      box.current
        ?.querySelector<HTMLButtonElement>('.remedy-actions button:not(:disabled)')
        ?.focus({ preventScroll: true });
  }, [props.fresh]);
  const language = locale === 'en' ? 'en' : 'zh';
  const actionable = card.steps.filter((step) => step.kind === 'playbook' || step.action === 'retry_recall');
  const hints = card.steps.filter((step) => step.kind === 'recovery' && step.action !== 'retry_recall');
  const title =
    props.state === 'failed'
      ? t('recall.failed')
      : props.state === 'expired'
        ? t('recall.expired')
        : t(TITLES[card.sees]);
  const first = actionable.find((step) => step.missing === null && !step.done);
  const completed = props.incident !== null && props.incident.state !== 'draft';

  const button = (step: RemedyStep) => {
    if (step.action === 'complete_incident') return null;
    const label = step.step === null ? t('incidents.recovery.retry_recall') : step.step.title[language];
    return (
      <Button
        key={step.id}
        size="small"
        look={step === first ? 'primary' : 'plain'}
        disabled={step.missing !== null}
        {...(step.done ? { icon: 'check' as const } : {})}
        title={
          step.missing === null
            ? step.done
              ? t('incidents.card.done')
              : label
            : `${t('incidents.card.missing')} ${step.missing}`
        }
        onClick={() => props.onStep(step)}
      >
        {label}
      </Button>
    );
  };

  return (
    <div className="remedy" role="group" aria-label={t('recall.remedy')} ref={box}>
      <div className="remedy-head">
        <Icon name="warning" size={14} />
        <strong>{title}</strong>
      </div>
      <dl>
        <dt>{t('recall.remedyNow')}</dt>
        <dd>{t(`incidents.sees.${card.sees}`)}</dd>
        {card.why.length > 0 && (
          <>
            <dt>{t('recall.remedyWhy')}</dt>
            <dd>
              {card.why.map((reason) => (
                <p key={reason.code}>
                  {reasonWords(reason, t, locale)} <ErrorCode code={reason.code} />
                </p>
              ))}
            </dd>
          </>
        )}
        <dt>{t('recall.remedyNext')}</dt>
        <dd>
          {hints.map((step) => (
            <p key={step.id}>
              {step.action === 'wait_until'
                ? t('incidents.recovery.wait_until', { time: step.at === undefined ? '' : formatTime(step.at, locale) })
                : t(`incidents.recovery.${step.action as 'check_network'}`)}
            </p>
          ))}
          <p>{playbookOf(props.book, card.type).advice[language]}</p>
        </dd>
        <dt>{t('incidents.card.mistake')}</dt>
        <dd className="remedy-type">
          <Select
            label={t('incidents.card.mistake')}
            value={card.type}
            width={132}
            disabled={completed}
            options={MISTAKE_TYPES.map((type) => ({ value: type, label: t(`incidents.type.${type}`) }))}
            onChange={props.onType}
          />
          {card.type === card.proposal.type && card.proposal.because.length > 0 && (
            <Tag>{t('incidents.card.proposed')}</Tag>
          )}
        </dd>
      </dl>
      <div className="remedy-actions">{actionable.map(button)}</div>
      <div className="remedy-foot">
        {completed ? (
          <span>
            {t('incidents.card.completed', { state: t(`incidents.state.${props.incident?.state ?? 'open'}`) })}
          </span>
        ) : (
          <>
            <span>{t('incidents.card.severity')}</span>
            {SEVERITIES.map((severity) => (
              <Button key={severity} size="small" onClick={() => props.onComplete(card.type, severity)}>
                {t(`incidents.severity.${severity}`)}
              </Button>
            ))}
          </>
        )}
        <span className="remedy-space" />
        <Button size="small" look="quiet" onClick={props.onIncident}>
          {t('incidents.card.view')}
        </Button>
        <Button size="small" look="quiet" onClick={props.onDismiss}>
          {t('recall.remedyDismiss')}
        </Button>
      </div>
    </div>
  );
}
