import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationKey } from '#shared/domain/ids.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { Button } from '#renderer/ui/Button.tsx';
import { toast } from '#renderer/ui/Toast.tsx';
import { errorLine, errorWords } from '#renderer/ui/words.ts';

/** Top of a chat whose first numbers are not on this machine: the gateway is asked for them, once a press (SY7). */
export function OlderButton(props: { conversation: ConversationKey; beforeSeq: number; offline: boolean }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'idle' | 'asking' | 'asked'>('idle');
  const ask = async (): Promise<void> => {
    setState('asking');
    const answer = await bridge.call('conversations.older', {
      conversation_key: props.conversation,
      before_seq: props.beforeSeq,
    });
    // What came is in the chat by itself, and then this is gone.
    setState(answer.ok && answer.result.complete ? 'asked' : 'idle');
    if (answer.ok) return;
    const words = errorWords(answer.error);
    toast({ tone: 'failed', text: words.title, note: errorLine(words) });
  };
  return (
    <div className="chat-older">
      {state === 'asked' ? (
        <span role="status">{t('desk.history.olderNone')}</span>
      ) : (
        <Button
          size="small"
          look="quiet"
          icon="refresh"
          busy={state === 'asking'}
          disabled={props.offline}
          onClick={() => void ask()}
        >
          {t('desk.history.older')}
        </Button>
      )}
    </div>
  );
}
