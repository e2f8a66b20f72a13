import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { ErrorCode } from '#renderer/ui/ErrorCode.tsx';
import { Dialog } from '#renderer/ui/Dialog.tsx';
import { Tag, type Tone } from '#renderer/ui/marks.tsx';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { BatchRecallResult } from '#shared/contract/remedy.ts';
import type { ConversationView, MessageView } from '#shared/contract/views.ts';
import { recallFactsOf } from '#shared/domain/recall/facts.ts';
import { assessRecall } from '#shared/domain/recall/assess.ts';
import { useRecallContext } from './use-recall-context.ts';
import { reasonWords, riskWords } from './words.ts';

/** In place of the composer while messages are being selected (RC18). */
export function BatchBar(props: { count: number; onRecall: () => void; onCancel: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="batch-bar" role="toolbar" aria-label={t('incidents.batch.recall')}>
      <span className="num">{t('incidents.batch.bar', { count: props.count })}</span>
      <span className="remedy-space" />
      <Button look="primary" icon="undo" disabled={props.count === 0} onClick={props.onRecall}>
        {t('incidents.batch.recall')}
      </Button>
      <Button onClick={props.onCancel}>{t('incidents.batch.cancel')}</Button>
    </div>
  );
}

/** RC18: the verdict of each message before, live; the result of each after, followed until it is final. */
export function BatchDialog(props: {
  messages: readonly MessageView[];
  conversation: ConversationView;
  onClose: () => void;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const { context } = useRecallContext(props.conversation);
  const [busy, setBusy] = useState(false);
  const [results, setResults] = useState<readonly BatchRecallResult[] | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const judged = props.messages.map((message) => {
    const verdict = context === null ? null : assessRecall(recallFactsOf(message), context);
    return { message, verdict, possible: verdict !== null && verdict.verdict !== 'blocked' };
  });
  const possible = judged.filter((each) => each.possible);

  const confirm = async (): Promise<void> => {
    setBusy(true);
    const answer = await bridge.call('recall.batch', { message_keys: possible.map(({ message }) => message.key) });
    setBusy(false);
    if (answer.ok) setResults(answer.result.results);
    else setError(answer.error);
  };

  const before = (each: (typeof judged)[number]): { tone: Tone; word: string; note: string | null } => {
    const reason =
      each.verdict?.reasons.find(({ level }) => level === 'blocked') ?? each.verdict?.reasons.find(() => true) ?? null;
    if (!each.possible)
      return {
        tone: 'failed',
        word: t('incidents.batch.blocked'),
        note: reason === null ? null : reasonWords(reason, t, locale),
      };
    return {
      tone: reason === null ? 'done' : 'waiting',
      word: t('incidents.batch.ready'),
      note: reason === null ? null : riskWords(reason, t, locale),
    };
  };
  const after = (message: MessageView): { tone: Tone; word: string; note: string | null } | null => {
    const result = results?.find(({ message_key }) => message_key === message.key);
    if (result === undefined) return null;
    if (result.error !== null)
      return {
        tone: 'failed',
        word: t('incidents.batch.blocked'),
        note: reasonWords({ code: result.error.code }, t, locale),
      };
    // The message as it is now: its recall moves on after the request was accepted.
    const recall = message.recall ?? result.recall;
    const state = recall?.state ?? 'requested';
    const effect = recall?.effect ?? message.recalled?.effect ?? null;
    if (state === 'done')
      return {
        tone: effect === 'both' ? 'done' : 'waiting',
        word: t(`recall.effects.${effect ?? 'maybe_seen'}`),
        note: null,
      };
    return {
      tone: state === 'failed' || state === 'expired' ? 'failed' : 'waiting',
      word: t(`incidents.recallState.${state}`),
      note: recall === null || recall.code === null ? null : reasonWords({ code: recall.code }, t, locale),
    };
  };

  return (
    <Dialog
      open
      title={
        results === null ? t('incidents.batch.title', { count: props.messages.length }) : t('incidents.batch.results')
      }
      width={560}
      onClose={props.onClose}
      closable={!busy}
      footer={
        results === null ? (
          <>
            <Button onClick={props.onClose}>{t('common.cancel')}</Button>
            <Button look="primary" busy={busy} disabled={possible.length === 0} onClick={() => void confirm()}>
              {possible.length === 0
                ? t('incidents.batch.none')
                : t('incidents.batch.confirm', { count: possible.length })}
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={props.onClose}>
            {t('common.close')}
          </Button>
        )
      }
    >
      <ul className="batch-list">
        {judged.map((each) => {
          const line = (results === null ? null : after(each.message)) ?? before(each);
          return (
            <li key={each.message.key}>
              <span className="ellipsis foreign">{each.message.text ?? t('recall.tombstone.self')}</span>
              <Tag tone={line.tone}>{line.word}</Tag>
              {line.note !== null && <p>{line.note}</p>}
            </li>
          );
        })}
      </ul>
      {results === null && possible.length > 0 && <p className="recall-note">{t('recall.recordNote')}</p>}
      {error !== null && (
        <p role="alert" className="job-failed">
          {errorWords(error).title} <ErrorCode code={error.code} />
        </p>
      )}
    </Dialog>
  );
}
