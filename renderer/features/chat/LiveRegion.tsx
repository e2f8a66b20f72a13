import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MessageView } from '#shared/contract/views.ts';

/** New messages of the consumer are read out, once, without those that were there when the chat opened. */
export function LiveRegion(props: { messages: readonly MessageView[] | null }) {
  const { t } = useTranslation();
  const heard = useRef<number | null>(null);
  const [said, setSaid] = useState({ seq: 0, words: '' });
  const { messages } = props;
  useEffect(() => {
    const last = messages?.at(-1);
    if (!messages || !last) return;
    const before = heard.current;
    heard.current = Math.max(before ?? 0, last.conv_seq);
    if (before === null) return;
    const fresh = messages.filter((one) => one.conv_seq > before && one.sender.role === 'consumer');
    if (fresh.length === 0) return;
    const words = fresh.map((one) =>
      t('chat.liveMessage', { name: one.sender.name, text: one.text ?? t(`inbox.kinds.${one.kind}`) }),
    );
    setSaid({ seq: last.conv_seq, words: words.join(' ') });
  }, [messages, t]);
  return (
    <div className="visually-hidden" aria-live="polite">
      {/* By its number, so that the same words said again are read out again. */}
      <span key={said.seq}>{said.words}</span>
    </div>
  );
}
