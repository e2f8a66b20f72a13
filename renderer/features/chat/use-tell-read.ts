import { useCallback, useEffect, useRef } from 'react';
import type { ConversationView } from '#shared/contract/views.ts';
import { bridge } from '#renderer/bridge/index.ts';
import { spaced } from '#renderer/bridge/spaced.ts';

/** What was read is told this often while messages keep coming. */
const READ_REST_MS = 500;

/** What was read is told to the gateway once, and only while the person can see it. */
export function useTellRead(conversation: ConversationView, lastSeq: number): void {
  const told = useRef(0);
  const { key, intake } = conversation;
  const tell = useCallback(() => {
    if (intake !== 'active' || lastSeq <= told.current || !document.hasFocus()) return;
    told.current = lastSeq;
    return bridge.call('conversations.read', { conversation_key: key, conv_seq: lastSeq });
  }, [key, intake, lastSeq]);
  const latest = useRef(tell);
  latest.current = tell;
  const telling = useRef<ReturnType<typeof spaced> | null>(null);
  useEffect(() => {
    const own = spaced(() => latest.current(), READ_REST_MS);
    telling.current = own;
    own.ask();
    addEventListener('focus', own.ask);
    return () => {
      removeEventListener('focus', own.ask);
      own.stop();
    };
  }, []);
  useEffect(() => telling.current?.ask(), [tell]);
}
