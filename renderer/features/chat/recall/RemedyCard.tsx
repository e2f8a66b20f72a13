import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { currentLocale } from '#renderer/ui/words.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import type { RemedyKind } from './remedy.ts';
import { nextWords, reasonWords } from './words.ts';

/** Under a message whose recall did not take it back everywhere (RM1): what the consumer sees, why, what to do. */
export function RemedyCard(props: {
  kind: RemedyKind;
  code: string | null;
  details: Readonly<Record<string, unknown>> | null;
  /** Just appeared because of what the person did: the first button takes the focus unless they are typing. */
  fresh: boolean;
  onCorrect: () => void;
  onRetry: (() => void) | null;
  onDismiss: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const busy = document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value !== '';
    if (props.fresh && !busy) first.current?.focus({ preventScroll: true });
  }, [props.fresh]);
  return (
    <div className="remedy" role="group" aria-label={t('recall.remedy')}>
      <div className="remedy-head">
        <Icon name="warning" size={14} />
        <strong>
          {props.kind === 'failed'
            ? t('recall.failed')
            : props.kind === 'expired'
              ? t('recall.expired')
              : t(`recall.effects.${props.kind}`)}
        </strong>
      </div>
      <dl>
        <dt>{t('recall.remedyNow')}</dt>
        <dd>{t(`recall.effectLong.${props.kind}`)}</dd>
        {props.code !== null && (
          <>
            <dt>{t('recall.remedyWhy')}</dt>
            <dd>
              {reasonWords(
                {
                  code: props.code,
                  ...(props.details ? { details: props.details as Readonly<Record<string, string | number>> } : {}),
                },
                t,
                locale,
              )}{' '}
              <code className="ui-code">{props.code}</code>
            </dd>
          </>
        )}
        <dt>{t('recall.remedyNext')}</dt>
        <dd>{nextWords(props.code, t)}</dd>
      </dl>
      <div className="remedy-actions">
        <Button ref={first} size="small" look="primary" icon="pencil" onClick={props.onCorrect}>
          {t('recall.remedyCorrect')}
        </Button>
        {props.onRetry && (
          <Button size="small" icon="undo" onClick={props.onRetry}>
            {t('recall.remedyRetry')}
          </Button>
        )}
        <Button size="small" look="quiet" onClick={props.onDismiss}>
          {t('recall.remedyDismiss')}
        </Button>
      </div>
    </div>
  );
}
