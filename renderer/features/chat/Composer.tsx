import { useEffect, useImperativeHandle, useLayoutEffect, useRef, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { bridge } from '#renderer/bridge/index.ts';
import { useLive } from '#renderer/bridge/live.ts';
import { errorLine, errorWords } from '#renderer/ui/words.ts';
import { Button, IconButton } from '#renderer/ui/Button.tsx';
import { Icon } from '#renderer/ui/Icon.tsx';
import { Kbd } from '#renderer/ui/marks.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import type { AccountView, ConversationView } from '#shared/contract/views.ts';
import type { MessageId } from '#shared/domain/ids.ts';
import { createDraftSaver, joinDraft, useComposers, type ComposerDraft } from './drafts.ts';
import { enterAction } from './ime.ts';

const saver = createDraftSaver((key, text) => void bridge.call('drafts.set', { conversation_key: key, text }));
addEventListener('pagehide', () => saver.flushAll());

export interface ComposerHandle {
  focus(): void;
  /** Returned text goes in without destroying what stands there (RC14). */
  bringBack(text: string): void;
  /** RM2. */
  correct(msgId: string, original: string, prefix: string): void;
}

export function Composer(props: {
  conversation: ConversationView;
  account: AccountView | null;
  name: string;
  ref?: Ref<ComposerHandle>;
  onSent: () => void;
}) {
  const { t } = useTranslation();
  const { conversation, account } = props;
  const key = conversation.key;
  const field = useRef<HTMLTextAreaElement>(null);
  const composing = useRef(false);
  const composedAt = useRef<number | null>(null);
  const enterSends = useLive((state) => state.settings?.enter_sends ?? true);
  const typed = useComposers((state) => state.drafts[key]);
  const draft: ComposerDraft = typed ?? { text: conversation.draft ?? '', correctionOf: null };
  const policy = account?.shops.find((shop) => shop.shop_id === conversation.shop.shop_id)?.policy ?? null;
  const max = policy?.send.max_text ?? null;
  const length = [...draft.text].length;
  const over = max !== null && length > max;

  const change = (next: ComposerDraft): void => {
    useComposers.getState().set(key, next);
    saver.note(key, next.text);
  };

  useEffect(() => () => saver.flush(key), [key]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, 160)}px`;
  }, [draft.text, key]);

  const focusEnd = (): void => {
    // After the text has been rendered.
    requestAnimationFrame(() => {
      const element = field.current;
      element?.focus();
      element?.setSelectionRange(element.value.length, element.value.length);
    });
  };

  useImperativeHandle(props.ref, () => ({
    focus: () => field.current?.focus(),
    bringBack(text) {
      const now = useComposers.getState().drafts[key] ?? draft;
      change({ ...now, text: joinDraft(now.text, text) });
      focusEnd();
    },
    correct(msgId, original, prefix) {
      const now = useComposers.getState().drafts[key] ?? draft;
      change({
        text: now.text.startsWith(prefix) ? now.text : prefix + now.text,
        correctionOf: { msgId, text: original },
      });
      focusEnd();
    },
  }));

  const send = async (): Promise<void> => {
    const text = draft.text.trim();
    if (text === '' || over) return;
    // The field empties at once, so that a second Enter can't send twice; a refusal brings the text back.
    change({ text: '', correctionOf: null });
    const answer = await bridge.call('messages.send', {
      conversation_key: key,
      text,
      ...(draft.correctionOf ? { correction_of: draft.correctionOf.msgId as MessageId } : {}),
    });
    if (answer.ok) {
      props.onSent();
      return;
    }
    const now = useComposers.getState().drafts[key] ?? { text: '', correctionOf: null };
    change({ text: joinDraft(now.text, text), correctionOf: now.correctionOf ?? draft.correctionOf });
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };

  return (
    <div className="composer">
      {draft.correctionOf && (
        <div className="composer-correcting">
          <Icon name="link" size={12} />
          <span className="ellipsis foreign">{t('composer.correcting', { text: draft.correctionOf.text })}</span>
          <IconButton
            icon="close"
            iconSize={12}
            label={t('composer.correctingStop')}
            onClick={() => change({ ...draft, correctionOf: null })}
          />
        </div>
      )}
      <textarea
        ref={field}
        id="composer"
        className="composer-field"
        rows={2}
        value={draft.text}
        aria-label={t('composer.label')}
        aria-invalid={over || undefined}
        placeholder={t('composer.placeholder', { name: props.name })}
        onChange={(event) => change({ ...draft, text: event.target.value })}
        onBlur={() => saver.flush(key)}
        onCompositionStart={() => (composing.current = true)}
        onCompositionEnd={(event) => {
          composing.current = false;
          composedAt.current = event.timeStamp;
        }}
        onKeyDown={(event) => {
          const action = enterAction(
            {
              key: event.key,
              keyCode: event.keyCode,
              isComposing: event.nativeEvent.isComposing,
              shiftKey: event.shiftKey,
              ctrlKey: event.ctrlKey,
              metaKey: event.metaKey,
              altKey: event.altKey,
              timeStamp: event.timeStamp,
            },
            composing.current,
            composedAt.current,
            enterSends,
          );
          if (action === 'send' || action === 'ignore') event.preventDefault();
          if (action === 'send' && !event.repeat) void send();
        }}
      />
      <div className="composer-foot">
        {account && account.state !== 'live' ? (
          <span className="composer-offline">
            <Icon name="offline" size={12} /> {t('composer.offline')}
          </span>
        ) : (
          <span className="composer-keys" aria-hidden="true">
            <Kbd>{enterSends ? 'Enter' : 'Ctrl Enter'}</Kbd> {t('shortcuts.send')}
            <Kbd>{enterSends ? 'Shift Enter' : 'Enter'}</Kbd> {t('shortcuts.newline')}
          </span>
        )}
        {max !== null && length > 0 && (
          <span className={`composer-count num ${over ? 'is-over' : ''}`} role={over ? 'alert' : undefined}>
            {over ? t('composer.tooLong', { count: length - max, max }) : t('composer.count', { count: length, max })}
          </span>
        )}
        <Button look="primary" icon="send" disabled={draft.text.trim() === '' || over} onClick={() => void send()}>
          {t('composer.send')}
        </Button>
      </div>
    </div>
  );
}
