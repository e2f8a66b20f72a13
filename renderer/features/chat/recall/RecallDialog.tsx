import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { currentLocale } from '#renderer/ui/words.ts';
import { ConfirmDialog } from '#renderer/ui/Dialog.tsx';
import { formatCountdown } from '#renderer/ui/format.ts';
import { Icon } from '#renderer/ui/Icon.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import type { ConversationView, MessageView } from '#shared/contract/views.ts';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import { recallFactsOf } from '#shared/domain/recall/facts.ts';
import type { RecallVerdict } from '#shared/domain/recall/types.ts';
import { useRecallContext } from './use-recall-context.ts';
import { reasonWords, riskWords } from './words.ts';

/**
 * Asks before a recall (RC10): what the consumer will see, every risk, what stays in the record. The verdict is live: when
 * it becomes blocked while the dialog is open, the dialog says so and can no longer confirm.
 */
export function RecallDialog(props: { message: MessageView; conversation: ConversationView; onClose: () => void }) {
  const { context, now } = useRecallContext(props.conversation);
  if (context === null) return null;
  const verdict = assessRecall(recallFactsOf(props.message), context);
  return <Confirmation message={props.message} verdict={verdict} now={now} onClose={props.onClose} />;
}

function Confirmation(props: { message: MessageView; verdict: RecallVerdict; now: number; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [busy, setBusy] = useState(false);
  const { verdict, message } = props;
  const blocked = verdict.reasons.filter((reason) => reason.level === 'blocked');
  const risks = verdict.reasons.filter((reason) => reason.level === 'risky');
  const remaining = verdict.window_ends_at === null ? null : formatCountdown(verdict.window_ends_at - props.now);
  const offline = risks.some((reason) => reason.code === 'OFFLINE');

  const confirm = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('recall.request', { message_key: message.key });
    setBusy(false);
    props.onClose();
    // The outcome itself shows at the message; only a request that was not even accepted is told here.
    if (!answer.ok)
      toast({
        tone: 'failed',
        text: t('recall.notSent'),
        note: reasonWords({ code: answer.error.code, ...detailsOf(answer.error.details) }, t, locale),
      });
  };

  return (
    <ConfirmDialog
      open
      title={t('recall.confirmTitle')}
      confirm={
        remaining !== null && blocked.length === 0 ? `${t('recall.confirm')} (${remaining})` : t('recall.confirm')
      }
      cancel={t('common.cancel')}
      busy={busy}
      disabled={blocked.length > 0}
      onConfirm={() => void confirm()}
      onCancel={props.onClose}
    >
      <blockquote className="recall-quote foreign">{message.text}</blockquote>
      {blocked.length > 0 ? (
        <div className="recall-block" role="alert">
          <Icon name="warning" size={14} />
          <div>
            <p className="recall-block-title">{t('recall.blockedNow')}</p>
            {blocked.map((reason) => (
              <p key={reason.code}>{reasonWords(reason, t, locale)}</p>
            ))}
          </div>
        </div>
      ) : (
        <>
          <h2 className="recall-heading">{t('recall.effectTitle')}</h2>
          <p>{offline ? t('recall.effectOffline', { time: remaining ?? '' }) : t('recall.effect')}</p>
          {risks.length > 0 && (
            <>
              <h2 className="recall-heading is-risk">
                <Icon name="warning" size={13} />
                {t('recall.riskTitle')}
              </h2>
              <ul className="recall-risks">
                {risks.map((reason) => (
                  <li key={reason.code}>{riskWords(reason, t, locale)}</li>
                ))}
              </ul>
            </>
          )}
          <p className="recall-note">{t('recall.recordNote')}</p>
        </>
      )}
    </ConfirmDialog>
  );
}

function detailsOf(details: Readonly<Record<string, unknown>> | undefined): {
  details?: Readonly<Record<string, number | string>>;
} {
  if (!details) return {};
  return {
    details: Object.fromEntries(
      Object.entries(details).filter(
        (entry): entry is [string, number | string] => typeof entry[1] === 'number' || typeof entry[1] === 'string',
      ),
    ),
  };
}
