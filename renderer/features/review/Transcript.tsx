import { useCallback, useEffect, useImperativeHandle, useRef, useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useMayOpenSeals, useSeal } from '#renderer/bridge/seals.ts';
import { LongText } from '#renderer/ui/LongText.tsx';
import { Button } from '#renderer/ui/Button.tsx';
import { dayKey, formatDay, formatTimeSeconds } from '#renderer/ui/format.ts';
import { Tag } from '#renderer/ui/marks.tsx';
import { SealDialog, type SealSay } from '#renderer/ui/SealDialog.tsx';
import { ErrorState, LoadingState, StateMessage } from '#renderer/ui/states.tsx';
import { localNow } from '#renderer/ui/use-now.ts';
import { currentLocale, errorWords } from '#renderer/ui/words.ts';
import type { AppError } from '#shared/contract/errors.ts';
import type { MessageView } from '#shared/contract/views.ts';
import type { ConversationKey } from '#shared/domain/ids.ts';

const PAGE = 300;

export interface TranscriptHandle {
  /** To the next or previous message, and answers with it. */
  step(by: 1 | -1): void;
  current(): MessageView | null;
}

/** The conversation as the reviewer reads it: oldest first, the reviewed agent's lines set off, marks at the side. */
export function Transcript(props: {
  conversation: ConversationKey;
  agentId: string;
  marked: ReadonlySet<string>;
  onMark: ((message: MessageView) => void) | null;
  /** Texts by message id, as they are loaded: for the list of marks. */
  onTexts?: (texts: ReadonlyMap<string, string>) => void;
  ref?: Ref<TranscriptHandle>;
}) {
  const { t, i18n } = useTranslation();
  const locale = currentLocale(i18n.language);
  const [messages, setMessages] = useState<readonly MessageView[] | null>(null);
  const [older, setOlder] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const [at, setAt] = useState<number>(-1);
  const scroller = useRef<HTMLDivElement>(null);
  const mayOpenSeals = useMayOpenSeals();
  const { seal, open: openSeal, save: saveSeal, close: closeSeal } = useSeal();
  const { conversation } = props;

  const load = useCallback(
    async (before?: MessageView['key']): Promise<void> => {
      const answer = await bridge.call('messages.page', {
        conversation_key: conversation,
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      });
      if (!answer.ok) return setError(answer.error);
      setError(null);
      setOlder(answer.result.has_older);
      setMessages((now) =>
        before === undefined || now === null ? answer.result.messages : [...answer.result.messages, ...now],
      );
    },
    [conversation],
  );
  useEffect(() => {
    setMessages(null);
    setAt(-1);
    void load();
  }, [load]);
  // From the beginning, as it happened.
  useEffect(() => {
    if (messages !== null && at < 0) scroller.current?.scrollTo({ top: 0 });
  }, [messages, at]);

  const { onTexts } = props;
  useEffect(() => {
    if (messages !== null) onTexts?.(new Map(messages.map(({ msg_id, text }) => [msg_id, text ?? ''])));
  }, [messages, onTexts]);

  const list = messages ?? [];
  const show = (index: number): void => {
    setAt(index);
    scroller.current?.querySelector(`[data-at="${index}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  useImperativeHandle(props.ref, () => ({
    step: (by) => list.length > 0 && show(Math.max(0, Math.min(list.length - 1, at + by))),
    current: () => list[at] ?? null,
  }));

  if (messages === null)
    return error ? (
      <ErrorState words={errorWords(error)} code={error.code} retry={t('common.retry')} onRetry={() => void load()} />
    ) : (
      <LoadingState label={t('common.loading')} />
    );
  if (list.length === 0) return <StateMessage icon="chat" title={t('records.empty')} />;
  const [first] = list;
  return (
    <div
      className="review-log"
      ref={scroller}
      role="log"
      aria-live="off"
      aria-label={t('reviews.desk.transcript')}
      tabIndex={0}
    >
      {older && first && (
        <Button look="link" onClick={() => void load(first.key)}>
          {t('reviews.desk.loadEarlier')}
        </Button>
      )}
      {list.map((message, index) => {
        const before = list[index - 1];
        const newDay = before === undefined || dayKey(before.sent_at) !== dayKey(message.sent_at);
        const reviewed = message.sender.role === 'agent' && message.sender.id === props.agentId;
        const isMarked = props.marked.has(message.msg_id);
        return (
          <div key={message.key}>
            {newDay && <div className="review-day">{formatDay(message.sent_at, localNow(), locale)}</div>}
            <div
              role="presentation"
              data-at={index}
              className={`review-line is-${message.sender.role} ${reviewed ? 'is-reviewed' : ''} ${index === at ? 'is-current' : ''} ${isMarked ? 'is-marked' : ''}`}
              onClick={() => setAt(index)}
            >
              <time className="num">{formatTimeSeconds(message.sent_at, locale)}</time>
              <span className="review-sender ellipsis foreign" title={message.sender.name}>
                {message.sender.name}
              </span>
              <div className="review-text foreign">
                <Content message={message} />
                {message.recalled?.sealed && mayOpenSeals && (
                  <Button look="link" title={t('incidents.seal.hint')} onClick={() => openSeal(message.key)}>
                    {t('incidents.seal.open')}
                  </Button>
                )}
              </div>
              {props.onMark !== null && (
                <button
                  type="button"
                  className={`review-flag ${isMarked ? 'is-on' : ''}`}
                  aria-pressed={isMarked}
                  onClick={() => {
                    setAt(index);
                    props.onMark?.(message);
                  }}
                >
                  {t(isMarked ? 'reviews.desk.unmark' : 'reviews.desk.mark')}
                </button>
              )}
            </div>
          </div>
        );
      })}
      {seal && (
        <SealDialog seal={seal} say={t as unknown as SealSay} onSave={() => void saveSeal()} onClose={closeSeal} />
      )}
    </div>
  );
}

function Content({ message }: { message: MessageView }) {
  const { t } = useTranslation();
  if (message.recalled)
    return (
      <>
        <span className="is-soft">{t('reviews.desk.recalled')}</span>{' '}
        {message.recalled.effect !== 'both' && (
          <Tag tone="waiting">{t(`recall.effects.${message.recalled.effect}`)}</Tag>
        )}{' '}
      </>
    );
  return (
    <>
      {message.correction_of !== null && (
        <>
          <Tag tone="accent">{t('reviews.desk.correction')}</Tag>{' '}
        </>
      )}
      {message.order && (
        <>
          <Tag>{t('chat.order')}</Tag> <span className="num">{message.order.order_no}</span> {message.order.title}{' '}
          <span className="num">¥{message.order.amount}</span>{' '}
        </>
      )}
      {message.attachment && (
        <>
          <Tag>{t(`records.kinds.${message.kind}`)}</Tag> {message.attachment.name}{' '}
        </>
      )}
      <LongText text={message.text ?? ''} more={(count) => t('chat.showAll', { count })}>
        {(shown) => shown}
      </LongText>
      {message.text === null && !message.order && !message.attachment && (
        <Tag>{t(`records.kinds.${message.kind}`)}</Tag>
      )}
      {message.corrected_by !== null && <Tag>{t('chat.correctedBy')}</Tag>}
    </>
  );
}
