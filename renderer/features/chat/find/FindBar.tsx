import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationKey, MessageKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { useMarks } from '#renderer/bridge/marks.ts';
import { IconButton } from '#renderer/ui/Button.tsx';
import { Input } from '#renderer/ui/fields.tsx';
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
  const [moving, setMoving] = useState(false);
  const wanted = useDeferredValue(text.trim());
  const query = useMemo(
    () => (wanted === '' ? null : { text: wanted, conversations: [conversation] }),
    [wanted, conversation],
  );
  const found = useMarks('chat-find', query, conversation, 'last');
  const { reload, step, key, matches } = found;

  useEffect(() => {
    setText(request.text);
    input.current?.focus();
    input.current?.select();
  }, [request]);
  useEffect(
    () => bridge.subscribe('messages', ({ keys }) => (keys.length === 0 || keys.includes(conversation)) && reload()),
    [conversation, reload],
  );

  useEffect(() => {
    useFound.setState({ marks: matches, current: key });
  }, [matches, key]);
  useEffect(() => clearFound, []);
  useEffect(() => {
    if (key === null) return;
    setMoving(true);
    void show(key).finally(() => setMoving(false));
  }, [key, show]);

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
          : found.error
            ? errorWords(found.error).title
            : found.loading
              ? t('find.searching')
              : found.total === 0
                ? t('find.none')
                : moving
                  ? t('find.older')
                  : t('find.count', { index: (found.index ?? 0) + 1, count: found.total })}
      </span>
      <IconButton
        icon="arrowUp"
        iconSize={14}
        label={t('find.previous')}
        disabled={found.total === 0}
        onClick={() => step(-1)}
      />
      <IconButton
        icon="arrowDown"
        iconSize={14}
        label={t('find.next')}
        disabled={found.total === 0}
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
