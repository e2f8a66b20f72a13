import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { useAsk } from '#renderer/bridge/ask.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { Input } from '#renderer/ui/fields.tsx';
import { stepMatch } from '#renderer/ui/highlight.ts';
import { errorWords } from '#renderer/ui/words.ts';
import { clearFound, useFound } from './found.ts';
import './find.css';

/**
 * Looks up words in the open conversation with the records' own search (SR4, SR10): the newest match first, Enter goes
 * to older ones, Shift+Enter to newer ones. Also finds what is not loaded yet.
 */
export function FindBar(props: {
  conversation: ConversationKey;
  /** What to look for at first; a new turn asks anew. */
  request: { readonly text: string; readonly turn: number };
  /** Brings a message into view, loading older ones as needed. Answers whether it is there. */
  show: (key: MessageKey) => Promise<boolean>;
  onRecords: (text: string) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { conversation, request, show } = props;
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(request.text);
  const [current, setCurrent] = useState<number | null>(null);
  const [moving, setMoving] = useState(false);
  const wanted = useDeferredValue(text.trim());
  const query = useMemo(() => ({ text: wanted, conversations: [conversation] }), [wanted, conversation]);
  const asked = useAsk(
    'search.marks',
    wanted === '' ? null : { slot: 'chat-find', query, conversation_key: conversation },
  );
  const { reload } = asked;
  const marks = useMemo(() => asked.data?.marks ?? [], [asked.data]);

  useEffect(() => {
    setText(request.text);
    input.current?.focus();
    input.current?.select();
  }, [request]);
  useEffect(
    () => bridge.subscribe('messages', ({ keys }) => (keys.length === 0 || keys.includes(conversation)) && reload()),
    [conversation, reload],
  );
  useEffect(() => setCurrent(marks.length === 0 ? null : marks.length - 1), [wanted, marks.length]);

  const key = current === null ? null : (marks[current]?.message_key ?? null);
  useEffect(() => {
    useFound.setState({ marks: new Map(marks.map((mark) => [mark.message_key, mark.matches])), current: key });
  }, [marks, key]);
  useEffect(() => clearFound, []);
  useEffect(() => {
    if (key === null) return;
    setMoving(true);
    void show(key).finally(() => setMoving(false));
  }, [key, show]);

  const step = useCallback((by: 1 | -1) => setCurrent((at) => stepMatch(at, marks.length, by)), [marks.length]);
  return (
    <div className="find" role="search" aria-label={t('find.label')}>
      <Input
        ref={input}
        icon="search"
        className="find-text"
        value={text}
        maxLength={256}
        placeholder={t('find.placeholder')}
        aria-label={t('find.label')}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing || event.keyCode === 229) return;
          if (event.key === 'Enter') step(event.shiftKey ? 1 : -1);
          else if (event.key === 'Escape') props.onClose();
          else return;
          event.preventDefault();
        }}
      />
      <span className="find-count num" role="status">
        {wanted === ''
          ? ''
          : asked.error
            ? errorWords(asked.error).title
            : asked.loading
              ? t('find.searching')
              : marks.length === 0
                ? t('find.none')
                : moving
                  ? t('find.older')
                  : t('find.count', { index: (current ?? 0) + 1, count: marks.length })}
      </span>
      <IconButton
        icon="arrowUp"
        iconSize={14}
        label={t('find.previous')}
        disabled={marks.length === 0}
        onClick={() => step(-1)}
      />
      <IconButton
        icon="arrowDown"
        iconSize={14}
        label={t('find.next')}
        disabled={marks.length === 0}
        onClick={() => step(1)}
      />
      <IconButton
        icon="records"
        iconSize={14}
        label={t('find.records')}
        disabled={wanted === ''}
        onClick={() => props.onRecords(wanted)}
      />
      <IconButton icon="close" iconSize={14} label={t('find.close')} onClick={props.onClose} />
    </div>
  );
}
